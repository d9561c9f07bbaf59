"""New files for this user alone, that appear when they are whole, and take no other file's place unasked.

Whatever interrupts the work, also in its first moment, nothing half-made stays. Only what kills the process leaves
something: nobody holds its lock any more, and the next attempt at the same name removes it.
They reach the disk little by little as they are written: one large sync at the end would hold up everybody else's.
"""

import fcntl
import io
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_SYNC_EVERY = 1024 * 1024  # bytes
_UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{16}\.unfinished", re.DOTALL)


def stoppable() -> None:
    """For who may be stopped at any moment, as nothing notices."""


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
def new_file(file: Path, *, force: bool, settle: Callable[[], None] = stoppable) -> Iterator[BinaryIO]:
    """A stream into a file that gets its name at the end of the block, if that ends well.

    `settle` is called right before it gets it: whoever is stopped later can not say any more that nothing was changed.

    Raises:
        PlaceRefused: there is something already, which `force` may replace if it is an ordinary file; or no folder.
        OSError: it cannot be written.
    """
    _check(file, force)
    clear_abandoned(file)
    unfinished = beside(file)
    try:  # already here, as the file may be interrupted in the moment it is made
        with io.BufferedWriter(_SteadyFile(_made(unfinished, file), "wb")) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _check(file, force)
        settle()
        unfinished.replace(file)
    finally:
        with suppress(OSError):  # it has its name by now, or could not even be made
            unfinished.unlink()
    sync_folder(file.parent)


@contextmanager
def work_folder(folder: Path) -> Iterator[Path]:
    """A new folder for this user alone, which is gone after the block, with all that is in it. Raises OSError."""
    lock = -1
    try:
        folder.mkdir(mode=0o700)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        _hold(lock)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock >= 0:
            os.close(lock)


def beside(file: Path) -> Path:
    """A hidden name in the same folder that nothing else has."""
    return file.with_name(f".{file.name}.{secrets.token_hex(8)}.unfinished")


def abandoned(folder: Path, name: str | None = None) -> list[Path]:
    """What was begun in a folder by this user, for a file of this name or of any, and will not be ended by anyone.

    Raises:
        OSError: the folder cannot be read.
    """
    begun = ((path, _UNFINISHED.fullmatch(path.name)) for path in sorted(folder.iterdir()))
    return [path for path, parts in begun if parts and name in (None, parts[1]) and not _is_held(path)]


def clear_abandoned(file: Path) -> None:
    """Remove what was begun for this file and will not be ended. What cannot be removed stays."""
    with suppress(OSError):
        for path in abandoned(file.parent, file.name):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _made(unfinished: Path, file: Path) -> int:
    """The descriptor of a new file; that it cannot be made is told of the name that was asked for."""
    try:
        opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error
    _hold(opened)
    return opened


def _hold(descriptor: int) -> None:
    """Lock it as long as it is open, where the file system knows locks."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_held(path: Path) -> bool:
    """Whether a program is at work on it, as far as this user can know."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return os.fstat(opened).st_uid != os.geteuid()
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
