"""The data folder, its disk, its database, and the clock beside what was said last. Nothing is changed or made."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from hobnob.cli.checks.finding import Finding, fail, ok, warn
from hobnob.protocol.times import rfc3339
from hobnob.stores.backup import read_only
from hobnob.stores.folder import LOCK
from hobnob.stores.migrations import HEAD
from hobnob.stores.sql import DATABASE

_LITTLE_ROOM = 100 * 1024 * 1024
_SOME_ROOM = 1024 * 1024 * 1024
_BUILT = 1_761_955_200_000  # 2025-11-01: a clock before it is wrong
_AHEAD = 60_000  # ms that the last message may be later than now


def check_folder(data: Path, now: int, *, thorough: bool) -> Iterator[Finding]:
    """Look at a data folder at `now` (ms since 1970); `thorough` compares every index with its table."""
    try:
        if not data.exists():
            yield _missing(data)
            yield _disk(_nearest(data), 0)
            yield _clock(now, 0)
            return
        found = _mode(data)
        yield found
        if found.state == "fail":
            return
        yield _holder(data)
        database = data / DATABASE
        size = database.stat().st_size if database.exists() else None
        yield _disk(data, size or 0)
    except OSError as error:
        yield fail("folder", f"{data} cannot be looked into ({error.strerror})", "Be the user who runs the server.")
        return
    if size:
        yield from _database(database, now, thorough)
        return
    if size is None:
        yield ok("database", f"there is none in {data} yet; `hobnob serve` makes it")
    else:
        remedy = "`hobnob serve` begins a new chat in it; if there was one, restore a backup before."
        yield warn("database", f"{database} is empty", remedy)
    yield _clock(now, 0)


def _missing(data: Path) -> Finding:
    """Whether a server could make it."""
    around = _nearest(data)
    if not around.is_dir():
        return fail("folder", f"{data} cannot be made, as {around} is no folder", "Choose another one with --data.")
    if not os.access(around, os.W_OK | os.X_OK):
        remedy = "Choose another one with --data, or be a user who may."
        return fail("folder", f"{data} is not there, and nothing may be made in {around}", remedy)
    return warn("folder", f"{data} is not there yet", "`hobnob serve` makes it; if it should be there, see --data.")


def _mode(data: Path) -> Finding:
    found = data.stat()
    if not data.is_dir():
        return fail("folder", f"{data} is no folder", "Choose another one with --data.")
    if found.st_uid != os.geteuid() and os.geteuid() != 0:
        return fail("folder", f"{data} belongs to the user with the number {found.st_uid}", "Be that user.")
    if found.st_mode & 0o077:
        return warn("folder", f"other users may look into {data}", f"Close it with `chmod 700 {data}`.")
    if not os.access(data, os.W_OK | os.X_OK):
        return fail("folder", f"nothing may be written in {data}", f"Open it with `chmod 700 {data}`.")
    return ok("folder", f"{data} is for its owner alone")


def _holder(data: Path) -> Finding:
    """Who has the lock. Asking takes it for a moment, in a way that two who ask do not disturb each other."""
    try:
        lock = os.open(data / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return ok("lock", "no server has used the folder yet")
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        process = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
        return ok("lock", f"a server is using the folder, process {ascii(process)[1:-1]}")
    finally:
        os.close(lock)
    return ok("lock", "no server is using the folder")


def _disk(folder: Path, used: int) -> Finding:
    free = shutil.disk_usage(folder).free
    says = f"{_size(free)} free, {_size(used)} used by the messages"
    if free < _LITTLE_ROOM:
        return fail("disk", says, "Make room: a server that cannot write refuses what people say.")
    if free < max(_SOME_ROOM, used):
        return warn("disk", says, "Make room: a backup needs as much as the messages.")
    return ok("disk", says)


def _clock(now: int, last: int) -> Finding:
    if now < _BUILT:
        return fail("clock", f"it says {rfc3339(now)}, which is long ago", "Set it, or let it be set (NTP).")
    if now + _AHEAD < last:
        says = f"it says {rfc3339(now)}, and the last message is of {rfc3339(last)}"
        return fail("clock", says, "Set it: until then all messages get that time.")
    return ok("clock", f"it says {rfc3339(now)}")


def _database(path: Path, now: int, thorough: bool) -> Iterator[Finding]:
    if not os.access(path, os.R_OK):
        yield fail("database", f"{path} may not be read", "Be the user who runs the server.")
        return
    restore = "Restore a backup with `hobnob restore --replace FILE`; what is there is kept beside it."
    try:
        with closing(read_only(path)) as connection:
            connection.execute("BEGIN")
            found = connection.execute("PRAGMA integrity_check(1)" if thorough else "PRAGMA quick_check(1)").fetchone()
            if found != ("ok",):
                yield fail("database", f"{path} is damaged ({str(found[0]).splitlines()[-1]})", restore)
                return
            yield ok("database", f"{path} is sound" + ("" if thorough else ", as far as a quick look tells"))
            yield _schema(connection)
            last = connection.execute("SELECT coalesce(max(at), 0) FROM logs").fetchone()[0]
        yield _clock(now, last)
    except sqlite3.Error as error:
        yield fail("database", f"{path} is damaged or no database ({error})", restore)


def _schema(connection: sqlite3.Connection) -> Finding:
    revision = str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    if revision > HEAD:
        says = f"it was written by a newer hobnob (revision {revision}, this one knows {HEAD})"
        return fail("schema", says, "Install that one.")
    if revision < HEAD:
        return warn(
            "schema", f"its revision is {revision}", f"The next start brings it to {HEAD}; make a backup before."
        )
    return ok("schema", f"its revision is {revision}, the newest")


def _nearest(folder: Path) -> Path:
    """The folder itself or the first one around it that exists."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())


def _size(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
