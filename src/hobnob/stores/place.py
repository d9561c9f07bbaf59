"""New files for this user alone, that appear when they are whole, and take no other file's place unasked.

Whatever interrupts the work, also in its first moment, nothing half-made stays (but for what kills the process).
They reach the disk little by little as they are written: one large sync at the end would hold up everybody else's.
"""

import io
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_SYNC_EVERY = 1024 * 1024  # bytes


class PlaceRefused(Exception):
    """No file can be put there; the message is one sentence that says what to do."""


class _SteadyFile(io.FileIO):
    """A file that is brought to the disk after every `_SYNC_EVERY` bytes."""

    _unsynced = 0

    def write(self, data: "ReadableBuffer", /) -> int:
        written = super().write(data)
        self._unsynced += written
        if self._unsynced >= _SYNC_EVERY:
            os.fsync(self.fileno())
            self._unsynced = 0
        return written


@contextmanager
def new_file(file: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A stream into a file that gets its name at the end of the block, if that ends well.

    Raises:
        PlaceRefused: there is something already, which `force` may replace if it is an ordinary file; or no folder.
        OSError: it cannot be written.
    """
    _check(file, force)
    unfinished = beside(file)
    try:  # already here, as the file may be interrupted in the moment it is made
        opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with io.BufferedWriter(_SteadyFile(opened, "wb")) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _check(file, force)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(file.parent)


@contextmanager
def work_folder(folder: Path) -> Iterator[Path]:
    """A new folder for this user alone, which is gone after the block, with all that is in it. Raises OSError."""
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def beside(file: Path) -> Path:
    """A hidden name in the same folder that nothing else has."""
    return file.with_name(f".{file.name}.{secrets.token_hex(8)}.unfinished")


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
