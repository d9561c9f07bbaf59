"""`hobnob export`: all messages, a room's or a person's, for programs (JSON lines) or for people (one page of HTML)."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

from cyclopts import App, Parameter

from hobnob.cli.chore import Data, Settings, attempt, data_folder, named, settled
from hobnob.cli.outcome import DONE
from hobnob.cli.progress import ProgressLine

if TYPE_CHECKING:
    from hobnob.stores.export import Export

EXAMPLES = """\
Examples:
  hobnob export > everything.jsonl
  hobnob export --room '#lobby' --format html --output lobby.html
  hobnob export --person ada --output ada.jsonl

Messages come as they are now: edited ones with their last text, deleted ones
without any. A line of JSON is a message of docs/protocol.md, with the room's
name beside. The server may go on meanwhile. Private rooms are among it.
"""

Format = Literal["jsonl", "html"]

app = App(name="export", help_epilogue=EXAMPLES)


@app.default
def export(
    *,
    room: Annotated[str | None, Parameter(help="Only this room, by name or id.")] = None,
    person: Annotated[str | None, Parameter(help="Only what this person wrote, by name or id.")] = None,
    format: Annotated[Format, Parameter(help="JSON lines, or a page to read.")] = "jsonl",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="File to write, instead of stdout.")] = None,
    force: Annotated[bool, Parameter(help="Replace the file if there is one already.", show_default=False)] = False,
    data: Data = None,
    settings: Settings = None,
) -> int:
    """Write messages as text that other programs, or people, can read."""
    folder = data_folder(data)

    def chore() -> int:
        from hobnob.stores.export import reading_export
        from hobnob.stores.place import new_file

        with ExitStack() as stack:
            target = output and named(output)
            found = stack.enter_context(reading_export(folder, room, person))
            stream: BinaryIO = sys.stdout.buffer
            if target is not None:
                stream = stack.enter_context(new_file(target, force=force, settle=settled))
            progress = stack.enter_context(ProgressLine(shown=output is not None or not sys.stdout.isatty()))
            _write(found, format, stream, progress)
            stream.flush()
        return DONE

    return attempt(chore)


def _write(export: "Export", format: Format, stream: BinaryIO, progress: ProgressLine) -> None:
    from hobnob.cli.transcript import page

    total = export.count()
    pieces = _lines(export) if format == "jsonl" else (piece.encode() for piece in page(export))
    for done, piece in enumerate(pieces):  # a page has a few more than messages
        stream.write(piece)
        progress("exporting", min(done, total), total)


def _lines(export: "Export") -> Iterator[bytes]:
    """Every message as a line of JSON, `room_name` being what a room has a name for."""
    from hobnob.protocol.cleaning import cleaned
    from hobnob.protocol.codec import encode

    for room in export.rooms():
        end = b"}\n" if room.kind == "direct" else b',"room_name":' + encode(cleaned(room.name)) + b"}\n"
        for message in export.messages(room):
            line = encode(message)
            yield encode(cleaned(message, line)).removesuffix(b"}") + end
