"""`hobnob backup FILE`: everything in one file, also while the server runs."""

import os
import sys
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from hobnob import __version__
from hobnob.cli.chore import Data, Settings, attempt, data_folder, named, settled
from hobnob.cli.outcome import DONE, failed, forget_stdout
from hobnob.cli.progress import ProgressLine

if TYPE_CHECKING:
    from hobnob.stores.archive import Manifest

EXAMPLES = """\
Examples:
  hobnob backup chat.tar.gz
  hobnob backup --force /mnt/disk/chat.tar.gz    in the place of an older one
  hobnob backup - | ssh attic 'cat > chat.tar.gz'

The server may go on meanwhile. The file holds what people wrote and what lets
their devices in, so only you may read it. `hobnob restore` is the way back.
"""
_NICENESS = 19
"""The server's people come first."""

app = App(name="backup", help_epilogue=EXAMPLES)


@app.default
def backup(
    file: Annotated[Path, Parameter(help="The file to write; - is standard output.", allow_leading_hyphen=True)],
    /,
    *,
    force: Annotated[bool, Parameter(help="Replace the file if there is one already.", show_default=False)] = False,
    data: Data = None,
    settings: Settings = None,
) -> int:
    """Keep everything in one file."""
    folder = data_folder(data)

    def chore() -> int:
        from hobnob.net.certificate import KEY
        from hobnob.stores.backup import save
        from hobnob.stores.folder import IDENTITY

        os.nice(_NICENESS)
        with ProgressLine() as progress:
            if str(file) != "-":
                made = save(folder, named(file), force=force, program=__version__, progress=progress, settle=settled)
            elif sys.stdout.isatty():
                return failed("An archive is not for a terminal: name a file, or send it to a program.")
            else:
                made = _to_stdout(folder, progress)
        print(f"Kept {made.messages:,} messages in {made.rooms:,} rooms.", file=sys.stderr)
        if (key := folder / IDENTITY / KEY).exists():
            print(f"Keep {key} as well, in a safe place: programs know the server by it.", file=sys.stderr)
        return DONE

    return attempt(chore)


def _to_stdout(folder: Path, progress: ProgressLine) -> "Manifest":
    from hobnob.stores.backup import BackupRefused, stream_out
    from hobnob.stores.place import beside, clear_abandoned, work_folder

    stream = sys.stdout.buffer
    copy = Path(gettempdir()) / "hobnob-backup"
    clear_abandoned(copy)
    try:
        with work_folder(beside(copy)) as work:
            made = stream_out(folder, stream, work, program=__version__, progress=progress)
            stream.flush()
    except BrokenPipeError:
        forget_stdout()
        raise BackupRefused("The program that reads the archive ended before it had all of it.") from None
    return made
