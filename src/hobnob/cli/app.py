"""The command `hobnob`: its verbs, and how a mistake is answered: one sentence on stderr, exit status 2."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError

from hobnob.cli import (
    account,
    admin,
    backup,
    doctor,
    export,
    forget,
    invite,
    join,
    login,
    restore,
    rooms,
    search,
    send,
    tail,
    version,
)
from hobnob.cli.outcome import DONE, MISTAKE, failed, forget_stdout
from hobnob.cli.serve import EXAMPLES, serve
from hobnob.cli.sources import fill_from_environment, fill_from_file
from hobnob.config import ConfigRefused


def _default(value: object) -> str | None:
    """A setting's default as the help shows it: nothing where it is empty."""
    return str(value) if value not in (None, ()) else None


app = App(
    name="hobnob",
    help="Chat for your own machine: one command, one port, any client.",
    help_format="plaintext",
    version=version.sentence,
    config=[fill_from_environment, fill_from_file],
    default_parameter=Parameter(negative=(), show_default=_default),
)
app.command(serve, help_epilogue=EXAMPLES)
app.command(backup.backup, help_epilogue=backup.EXAMPLES)
app.command(restore.restore, help_epilogue=restore.EXAMPLES)
app.command(export.export, help_epilogue=export.EXAMPLES)
app.command(doctor.doctor, help_epilogue=doctor.EXAMPLES)
app.command(invite.invite, help_epilogue=invite.INVITE_EXAMPLES)
app.command(invite.owner_link, help_epilogue=invite.OWNER_EXAMPLES)
app.command(admin.app)
# These speak to a server and take none of its settings.
app.command(forget.forget, help_epilogue=forget.EXAMPLES, config=())
app.command(join.join, help_epilogue=join.EXAMPLES, config=())
app.command(login.login, help_epilogue=login.LOGIN_EXAMPLES, config=())
app.command(login.logout, help_epilogue=login.LOGOUT_EXAMPLES, config=())
app.command(account.app)
app.command(rooms.rooms, help_epilogue=rooms.EXAMPLES, config=())
app.command(search.search, help_epilogue=search.EXAMPLES, config=())
app.command(send.send, help_epilogue=send.EXAMPLES, config=())
app.command(tail.tail, help_epilogue=tail.EXAMPLES, config=())
app.register_install_completion_command(help="Teach the shell the verbs and flags.")


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
