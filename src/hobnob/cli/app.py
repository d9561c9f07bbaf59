"""The command `hobnob`: its verbs, and how a mistake is answered: one sentence on stderr, exit status 2."""

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError

from hobnob.cli import backup, doctor, export, join, restore, rooms, search, send, tail, version
from hobnob.cli.serve import EXAMPLES, serve
from hobnob.cli.sources import fill_from_environment, fill_from_file
from hobnob.config import ConfigRefused

MISTAKE = 2
"""The exit status of what was not even tried."""


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
# These speak to a server and take none of its settings.
app.command(join.join, help_epilogue=join.EXAMPLES, config=())
app.command(rooms.rooms, help_epilogue=rooms.EXAMPLES, config=())
app.command(search.search, help_epilogue=search.EXAMPLES, config=())
app.command(send.send, help_epilogue=send.EXAMPLES, config=())
app.command(tail.tail, help_epilogue=tail.EXAMPLES, config=())
app.register_install_completion_command(help="Teach the shell the verbs and flags.")


def run(arguments: Sequence[str]) -> int:
    """Do what `arguments` (without the program's name) say; the exit status."""
    try:
        status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except UnusedCliTokensError as mistake:
        surplus = " ".join(mistake.unused_tokens or ())
        print(f"hobnob: Nothing here takes {surplus!r}; --help shows what there is.", file=sys.stderr)
        return MISTAKE
    except (CycloptsError, ConfigRefused) as mistake:
        print(f"hobnob: {mistake}", file=sys.stderr)
        return MISTAKE
    return status if isinstance(status, int) else 0
