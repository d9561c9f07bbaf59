"""New files for this user alone, that appear when they are whole, and take no other file's place unasked."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO


class PlaceRefused(Exception):
    """No file can be put there; the message is one sentence that says what to do."""


@contextmanager
def new_file(file: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A stream into a file that gets its name at the end of the block, if that ends well.

    Raises:
        PlaceRefused: there is something already, which `force` may replace if it is an ordinary file; or no folder.
        OSError: it cannot be written.
    """
    _check(file, force)
    opened, name = mkstemp(prefix=f".{file.name}.", suffix=".unfinished", dir=file.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(opened, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _check(file, force)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _check(file: Path, force: bool) -> None:
    if not file.parent.is_dir():
        raise PlaceRefused(f"There is no folder {file.parent}: make it, or choose another place.")
    if not os.path.lexists(file):
        return
    if not file.is_file():
        raise PlaceRefused(f"{file} is no ordinary file: choose another name.")
    if not force:
        raise PlaceRefused(f"There is a file {file} already: choose another name, or replace it with --force.")
