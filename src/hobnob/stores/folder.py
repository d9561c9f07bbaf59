"""The data folder: made for this user alone, and used by one process at a time."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from hobnob.stores.store import StoreRefused

LOCK = "hobnob.lock"
IDENTITY = "tls"
"""The folder in it with the server's own key and certificate: by them it is known, whatever is said in it."""


class DataFolder:
    """A folder and the lock on it. The lock ends with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def open(self) -> None:
        """Make the folder where it is missing, and lock it. Raises StoreRefused."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreRefused(
                f"The data folder {self.path} cannot be used ({error.strerror}). Choose another one with --data."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            process = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(lock)
            raise StoreRefused(
                f"{self.path} is in use by another hobnob (process {process})."
                " Stop it, or choose another folder with --data."
            ) from error
        self._lock = lock
        with suppress(OSError):  # that the disk is full will be said of the database; this is for curious people
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let others use the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def private_file(self, name: str) -> Path:
        """The path of a file in the folder that only this user may read, made empty where it is missing."""
        path = self.path / name
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
        return path
