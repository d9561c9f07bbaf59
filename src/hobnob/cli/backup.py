"""`hobnob backup FILE`: everything in one file, also while the server runs."""

import os
import sys
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated

from cyclopts import Parameter

from hobnob.cli import version
from hobnob.cli.chore import DONE, FAILED, Data, Settings, attempt, data_folder
from hobnob.cli.progress import ProgressLine

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
        from hobnob.stores.backup import save, stream_out
        from hobnob.stores.place import beside, work_folder

        os.nice(_NICENESS)
        with ProgressLine() as progress:
            if str(file) != "-":
                made = save(folder, file.expanduser(), force=force, program=version.number(), progress=progress)
            elif sys.stdout.isatty():
                print(
                    "hobnob: An archive is not for a terminal: name a file, or send it to a program.", file=sys.stderr
                )
                return FAILED
            else:
                with work_folder(beside(Path(gettempdir()) / "hobnob-backup")) as work:
                    out = sys.stdout.buffer
                    made = stream_out(folder, out, work, program=version.number(), progress=progress)
                    out.flush()
        print(f"Kept {made.messages:,} messages in {made.rooms:,} rooms.", file=sys.stderr)
        return DONE

    return attempt(chore)
