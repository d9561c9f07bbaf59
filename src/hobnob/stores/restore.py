"""Putting a backup back into a data folder, as the beginning of another history (epoch).

At every moment the folder holds a whole chat, the old one or the restored one: everything is prepared in a folder
within it, and one rename is the change. What was there before is moved aside, never deleted. The folder's lock is held
all the while, so no server can be using it. The search index is made anew by the server.
"""

import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from hobnob.stores import archive
from hobnob.stores.archive import ArchiveRefused, Manifest, Progress
from hobnob.stores.backup import integrity
from hobnob.stores.folder import IDENTITY, LOCK, DataFolder
from hobnob.stores.migrations import HEAD
from hobnob.stores.place import stoppable, sync_folder
from hobnob.stores.sql import DATABASE
from hobnob.stores.store import StoreRefused
from hobnob.stores.tables import metadata

PARTS = (DATABASE,)
_WORK = "restoring"
_ASIDE = "before-restore-"
_BUSY_TIMEOUT = 5.0  # seconds
_SPARE = 64 * 1024 * 1024  # bytes of the disk that a restore leaves free


class Restored:
    """What was restored, and where the earlier content went, if there was any."""

    def __init__(self, manifest: Manifest, aside: Path | None) -> None:
        self.manifest = manifest
        self.aside = aside


def restore(
    stream: BinaryIO, data: Path, *, replace: bool, progress: Progress, settle: Callable[[], None] = stoppable
) -> Restored:
    """Restore the archive in `stream` into the folder `data`.

    Args:
        stream: an archive as `backup.save` writes it; it is not trusted.
        data: a folder that is empty or missing, or with `replace` any data folder that no server is using.
        settle: called right before anything that was there is touched.

    Raises:
        StoreRefused, ArchiveRefused, OSError: everything is as it was.
    """
    with _locked(data):
        if not replace and _content(data):
            raise StoreRefused(
                f"There is a chat in {data} already: choose another folder with --data,"
                " or move the old one aside with --replace."
            )
        work = data / _WORK
        shutil.rmtree(work, ignore_errors=True)  # of a restore that was killed
        work.mkdir(mode=0o700)
        try:
            limit = max(0, shutil.disk_usage(data).free - _SPARE)
            manifest = archive.unpack(stream, work, PARTS, limit, progress)
            progress("checking", 0, 1)
            _begin_anew(work / DATABASE, manifest)
            progress("checking", 1, 1)
            settle()
            aside = _put_in_place(work, data)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return Restored(manifest, aside)


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Hold the folder; one that was made for this and stayed empty is removed again."""
    made = not data.exists()
    folder = DataFolder(data)
    folder.open()
    try:
        data.chmod(0o700)
        yield
    finally:
        if made and not _content(data):
            (data / LOCK).unlink(missing_ok=True)
            with suppress(OSError):
                data.rmdir()
        folder.close()


def _content(data: Path) -> list[Path]:
    """What a data folder holds beside its lock, the server's key and what restores left there."""
    stays = (LOCK, IDENTITY, _WORK)
    return [path for path in sorted(data.iterdir()) if path.name not in stays and not path.name.startswith(_ASIDE)]


def _begin_anew(database: Path, manifest: Manifest) -> None:
    """Check the database of an archive, and give it an epoch of its own."""
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
            _check(connection, manifest)
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (secrets.token_hex(16),))
    except sqlite3.Error as error:
        raise ArchiveRefused(f"The database in it is damaged, or not one of hobnob's ({error}).") from error


def _check(connection: sqlite3.Connection, manifest: Manifest) -> None:
    # First of all: only tables and indexes with pages of their own run nothing when they are used.
    acting = "SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index') OR rootpage = 0"
    if connection.execute(acting).fetchone() != (0,):
        raise ArchiveRefused("The database in it has triggers, views or virtual tables, which hobnob's has not.")
    if found := integrity(connection):
        raise ArchiveRefused(f"The database in it is damaged ({found}).")
    [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall() or [("",)]
    epoch = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    if revision != manifest.revision or epoch != (manifest.epoch,):
        raise ArchiveRefused("The database in it is not the one that its manifest describes.")
    if revision > HEAD:
        raise ArchiveRefused(f"A newer hobnob made it (revision {revision}, this one knows {HEAD}): restore it there.")
    if revision == HEAD:
        for table in metadata.sorted_tables:
            connection.execute(f"{sa.select(table)} LIMIT 0")  # raises when a table or column is not there


def _put_in_place(work: Path, data: Path) -> Path | None:
    """Move what is there aside and the restored database to its place; where the former went."""
    aside = _move_aside(data)
    (work / DATABASE).replace(data / DATABASE)
    sync_folder(data)
    return aside


def _move_aside(data: Path) -> Path | None:
    old = _content(data)
    if not old:
        return None
    _empty_wal(data / DATABASE)
    aside = data / f"{_ASIDE}{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(2)}"
    aside.mkdir(mode=0o700)
    for path in old:
        if path.name == DATABASE:
            _also_at(path, aside / path.name)
        elif path.exists():  # the WAL may have gone meanwhile
            path.rename(aside / path.name)
    sync_folder(aside)
    return aside


def _empty_wal(database: Path) -> None:
    """Bring all into the database itself, if it is sound enough: then it is whole without the files beside it."""
    if database.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(database, timeout=_BUSY_TIMEOUT)) as connection:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise StoreRefused(f"Another program is reading {database}: let it end, then try again.")


def _also_at(database: Path, path: Path) -> None:
    """Give the database a second name, so that its place is never empty; where that cannot be, move it."""
    try:
        os.link(database, path)
    except OSError:
        database.rename(path)
