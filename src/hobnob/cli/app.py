"""The command `hobnob`: its verbs, and how a mistake is answered: one sentence on stderr, exit status 2."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError

from hobnob import __version__
from hobnob.cli.outcome import DONE, MISTAKE, failed, forget_stdout
from hobnob.cli.sources import fill_from_environment, fill_from_file
from hobnob.config import ConfigRefused

VERBS = {
    "serve": ("serve:app", "Open the port and run the chat until Ctrl+C."),
    "backup": ("backup:app", "Keep everything in one file."),
    "restore": ("restore:app", "Put a backup into the data folder."),
    "export": ("export:app", "Write messages as text that other programs, or people, can read."),
    "doctor": ("doctor:app", "Look whether all is well with the port, the data and this machine."),
    "invite": ("invite:app", "Make a link that lets somebody in."),
    "owner-link": (
        "invite:owner_app",
        "Make the link that makes its user the owner of the server; it works once, for an hour.",
    ),
    "admin": ("admin:app", "Look after the server and its people."),
    "forget": ("forget:app", "Forget by which key a server is known."),
    "join": ("join:app", "Chat in this terminal."),
    "login": ("login:app", "Log this machine in to your account."),
    "logout": ("login:logout_app", "Log this machine out of your account."),
    "account": ("account:app", "See to your account."),
    "rooms": ("rooms:app", "List the rooms."),
    "search": ("search:app", "Find messages."),
    "send": ("send:app", "Say something, from the command line or from stdin."),
    "tail": ("tail:app", "Print what is said in a room."),
    "--install-completion": ("completion:app", "Teach the shell the verbs and flags."),
}
"""Where each verb stands, and what it does. Only the one that is asked for is imported: a short one takes no longer."""


def _default(value: object) -> str | None:
    """A setting's default as the help shows it: nothing where it is empty."""
    return str(value) if value not in (None, ()) else None


app = App(
    name="hobnob",
    help="Chat for your own machine: one command, one port, any client.",
    help_format="plaintext",
    version=f"hobnob {__version__}",
    config=[fill_from_environment, fill_from_file],
    default_parameter=Parameter(negative=(), show_default=_default),
)
for verb, (where, sentence) in VERBS.items():
    app.command(f"hobnob.cli.{where}", name=verb, help=sentence)


def run(arguments: Sequence[str]) -> int:
    """Do what `arguments` (without the program's name) say; the exit status."""
    try:
        status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()  # here its failure can still be told
    except UnusedCliTokensError as mistake:
        surplus = " ".join(mistake.unused_tokens or ())
        return failed(f"Nothing here takes {surplus!r}; --help shows what there is.", MISTAKE)
    except (CycloptsError, ConfigRefused) as mistake:
        return failed(str(mistake), MISTAKE)
    except (BrokenPipeError, SystemExit):  # who read the output has seen enough; the help's printer exits at that
        forget_stdout()
        return DONE
    except OSError as error:  # of the help, or of the last of the output
        forget_stdout()
        return failed(f"{error.strerror or error}.")
    except Exception as fault:  # noqa: BLE001  the last guard: nobody is shown a traceback, which may hold texts
        at = traceback.extract_tb(fault.__traceback__)[-1]
        where = f"{type(fault).__name__} in {Path(at.filename).name}, line {at.lineno}"
        return failed(f"This is a mistake of hobnob itself ({where}). Please report it with this line.")
    return status if isinstance(status, int) else DONE
