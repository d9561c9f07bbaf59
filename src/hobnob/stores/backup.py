"""Backups of a data folder, also of one that a server is using.

The copy is of one moment: a read transaction stands still while the server goes on writing, which SQLite's WAL lets
both do without waiting for each other. It is taken and packed in steps with pauses, so that the disk and the processors
have time for the server too.
The archive is made beside its place and moved there when it is whole and on the disk.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from hobnob.protocol.times import rfc3339
from hobnob.stores import archive
from hobnob.stores.archive import FORMAT, Manifest, Progress
from hobnob.stores.place import beside, new_file, stoppable, work_folder
from hobnob.stores.sql import DATABASE

_STEP = 256  # pages, 1 MiB
_PAUSE = 0.004  # seconds between two steps
_REMOVED = 8 * 1024 * 1024  # bytes of the copy between two pauses
_SYNC_EVERY = 2  # steps: little by little, or one large sync would hold up those of the server


class BackupRefused(Exception):
    """There can be no such backup; the message is one sentence that says what to do."""


def save(
    data: Path,
    file: Path,
    *,
    force: bool,
    program: str,
    progress: Progress,
    settle: Callable[[], None] = stoppable,
) -> Manifest:
    """Back the data folder up into a new file that only this user may read.

    Args:
        data: the data folder; a server may be using it.
        file: where the archive shall stand; one that stands there already is replaced with `force` only.
        program: the version of this program.
        settle: called right before the archive gets its name.

    Raises:
        BackupRefused, PlaceRefused, OSError: nothing was written.
    """
    with new_file(file, force=force, settle=settle) as stream, work_folder(beside(file)) as work:
        return stream_out(data, stream, work, program=program, progress=progress)


def stream_out(data: Path, stream: BinaryIO, work: Path, *, program: str, progress: Progress) -> Manifest:
    """Write an archive of the data folder to a stream; `work` is an empty folder with room for a copy.

    Raises:
        BackupRefused, OSError: what was written by then is worth nothing.
    """
    with _reading(data / DATABASE):
        copy = work / DATABASE
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        copy_database(data / DATABASE, copy, progress)
        manifest = _describe(copy, program)
        archive.write(stream, manifest, work, _resting(progress))
        _remove(copy)
    return manifest


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """Copy a database, as it is at one moment, into one file. Raises sqlite3.Error."""
    with closing(read_only(source)) as live, closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous=OFF")
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it sees one moment
        synced = os.open(target.parent / target.name, os.O_RDONLY | os.O_CLOEXEC)
        steps = 0

        def pause(status: int, remaining: int, total: int) -> None:
            nonlocal steps
            steps += 1
            if steps % _SYNC_EVERY == 0:
                os.fsync(synced)
            progress("copying", total - remaining, total)
            time.sleep(_PAUSE)

        try:
            live.backup(copy, pages=_STEP, progress=pause)
        finally:
            os.close(synced)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def _remove(copy: Path) -> None:
    """Remove a large file piece by piece: all at once, its removal would hold up the syncs of the server."""
    with copy.open("r+b") as file:
        for size in range(copy.stat().st_size, 0, -_REMOVED):
            file.truncate(size)
            time.sleep(_PAUSE)
    copy.unlink()


def _resting(progress: Progress) -> Progress:
    """The same, but whoever says that something is done rests as long as they computed since they last said so."""
    woke = time.thread_time()

    def rest(what: str, done: int, total: int) -> None:
        nonlocal woke
        progress(what, done, total)
        time.sleep(time.thread_time() - woke)
        woke = time.thread_time()

    return rest


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that reads, whatever is being written meanwhile. Raises sqlite3.Error."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def integrity(connection: sqlite3.Connection) -> str:
    """What is wrong with a database; empty when nothing is found. Raises sqlite3.Error."""
    found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return "" if found == "ok" else found


@contextmanager
def _reading(database: Path) -> Iterator[None]:
    """Turns what SQLite says into sentences about the database that is backed up."""
    if not database.is_file():
        raise BackupRefused(f"There is no chat in {database.parent}: name the data folder with --data.")
    try:
        yield
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise BackupRefused(
                f"The disk is full or broken ({error}); the copy needs as much room as the data."
            ) from error
        raise BackupRefused(f"{database} cannot be read ({error}). `hobnob doctor` says more.") from error


def _describe(copy: Path, program: str) -> Manifest:
    with closing(read_only(copy)) as connection:
        if found := integrity(connection):
            raise BackupRefused(
                f"The database is damaged ({found}), so a backup of it is not one. Keep the older ones."
            )

        def value(statement: str) -> str:
            return str(connection.execute(statement).fetchone()[0])

        return Manifest(
            format=FORMAT,
            program=program,
            made_at=rfc3339(time.time_ns() // 1_000_000),
            revision=value("SELECT version_num FROM alembic_version"),
            epoch=value("SELECT value FROM meta WHERE key = 'epoch'"),
            rooms=int(value("SELECT count(*) FROM rooms")),
            people=int(value("SELECT count(*) FROM persons")),
            messages=int(value("SELECT coalesce(sum(messages), 0) FROM logs WHERE id IS NOT NULL")),
            parts=(archive.describe(copy),),
        )
