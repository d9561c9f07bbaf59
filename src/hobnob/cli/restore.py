"""`hobnob restore FILE`: the way back from a backup, into a folder that no server is using."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from hobnob.cli.chore import Data, Settings, attempt, data_folder, named, settled
from hobnob.cli.outcome import DONE
from hobnob.cli.progress import ProgressLine

EXAMPLES = """\
Examples:
  hobnob restore chat.tar.gz                 into the usual folder, if empty
  hobnob restore --data ./elsewhere chat.tar.gz
  hobnob restore --replace chat.tar.gz       moves what is there aside
  ssh attic 'cat chat.tar.gz' | hobnob restore -

Stop the server first. Nothing is ever deleted, and until all is in its place
nothing is changed. Programs of people who were connected notice by themselves
that the history is another one.
"""

app = App(name="restore", help_epilogue=EXAMPLES)


@app.default
def restore(
    file: Annotated[
        Path, Parameter(help="The file that hobnob backup wrote; - is standard input.", allow_leading_hyphen=True)
    ],
    /,
    *,
    replace: Annotated[bool, Parameter(help="Move a chat that is there already aside.", show_default=False)] = False,
    data: Data = None,
    settings: Settings = None,
) -> int:
    """Put a backup into the data folder."""
    folder = data_folder(data)

    def chore() -> int:
        from hobnob.net.certificate import KEY
        from hobnob.protocol.cleaning import cleaned
        from hobnob.stores import restore as restoring
        from hobnob.stores.folder import IDENTITY

        with ProgressLine() as progress:
            back = partial(restoring.restore, data=folder, replace=replace, progress=progress, settle=settled)
            if str(file) == "-":
                restored = back(sys.stdin.buffer)
            else:
                with named(file).open("rb") as stream:
                    restored = back(stream)
        manifest = cleaned(restored.manifest)
        print(
            f"Restored {manifest.messages:,} messages in {manifest.rooms:,} rooms of {manifest.made_at} to {folder}.",
            file=sys.stderr,
        )
        if restored.aside is not None:
            print(f"What was there before is in {restored.aside}.", file=sys.stderr)
        if not (key := folder / IDENTITY / KEY).exists():
            print(
                f"Put the server's old key to {key} before you start it: with a new one, programs that know the server"
                " stop and say so.",
                file=sys.stderr,
            )
        return DONE

    return attempt(chore)
