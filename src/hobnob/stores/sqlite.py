"""What is particular to SQLite: how its connections are set up, what its errors mean, how a copy is made."""

import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_TIMEOUT = (
    2.0  # seconds; nobody else should write to the file, a backup or a curious person might hold it a moment
)
_READERS = 3
_READERS_PATIENCE = 20  # ms; nobody can write while a checkpoint waits, and a backup reads for a long time
_CHECKPOINT_PAGES = (
    8000  # 32 MiB of WAL between two checkpoints: refs are random, so that each batch touches many pages
)
_CACHE = 16 * 1024  # KiB; taken only as far as it is used


def writer(path: Path) -> sa.Engine:
    """One connection, whose transactions take the write lock at their beginning."""
    return _engine(
        path,
        1,
        "BEGIN IMMEDIATE",
        ["synchronous=FULL", f"wal_autocheckpoint={_CHECKPOINT_PAGES}", f"cache_size=-{_CACHE}"],
    )


def readers(path: Path) -> sa.Engine:
    """A few connections that read; each transaction sees one moment."""
    return _engine(path, _READERS, "BEGIN", ["query_only=ON"])


def _engine(path: Path, connections: int, begin: str, pragmas: list[str]) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _BUSY_TIMEOUT, "check_same_thread": False},
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # texts of messages stay out of errors and logs
    )

    def set_up(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # or sqlite3 would begin transactions by itself, later than we do
        for pragma in ("journal_mode=WAL", "secure_delete=ON", "foreign_keys=ON", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", set_up)
    sa.event.listen(engine, "begin", start)
    return engine


def refusal(error: BaseException | None) -> str:
    """The code with which a failed write is refused."""
    full = _primary_code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return "store-full" if full else "store-unavailable"


def surely_undone(error: BaseException | None) -> bool:
    """Whether a COMMIT that failed so has certainly kept nothing.

    The frame that commits is the last one written: if a write failed it is not there. After a failed sync it may be.
    """
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_WRITE:
        return True
    return _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CONSTRAINT)


def why_not_opened(path: Path, error: BaseException | None) -> str:
    """The sentence for a database that cannot be used."""
    match _primary_code(error):
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            remedy = "Put a backup in its place, or choose another folder with --data."
            return f"{path} is damaged or no database ({error}). {remedy}"
        case sqlite3.SQLITE_BUSY:
            return f"{path} is held by another program. Close that program and start again."
        case sqlite3.SQLITE_FULL:
            return f"There is no room on the disk for {path}. Make some and start again."
        case _:
            return f"{path} cannot be opened ({error}). Look at its permissions, or choose another folder with --data."


def _primary_code(error: BaseException | None) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def truncate_wal(engine: sa.Engine) -> bool:
    """Move everything from the WAL into the database and empty it; False when a reader stood in the way."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_READERS_PATIENCE}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout={int(_BUSY_TIMEOUT * 1000)}")
        return row is not None and row[0] == 0
    finally:
        connection.close()


def copy(connection: sa.Connection, path: Path) -> None:
    """Write the whole database, as the connection sees it, to a new file that only this user may read."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    source = connection.connection.driver_connection
    assert isinstance(source, sqlite3.Connection)
    target = sqlite3.connect(unfinished)
    try:
        source.backup(target)
    finally:
        target.close()
    unfinished.replace(path)
