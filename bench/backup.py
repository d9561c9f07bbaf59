"""Backup: how long senders wait for the word that their messages are kept while `hobnob backup` runs beside them.

The database holds a million messages and a thousand more arrive each second. The reference is the same server at the
same pace without a backup, just before; beside the time of the backup stands that of a bare copy of the database file.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.lab import Lab, Rows
from bench.load import Crowd
from bench.server import ROOT, BenchError, start_hobnob
from bench.table import Aim, Row, percentile

MESSAGES = 1_000_000
PACE = 1000.0
SENDERS = 50
QUIET = 5  # seconds of the reference
LIMIT = 60.0  # seconds after which the backup is given up

SEED = """
INSERT INTO facts (log, number, at, messages, event, author, author_name, ref, text, ref_key, digest)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
SELECT :log, i + :head, 1763900000000 + i, i, 'message_sent', 'p_aaaaaaaaaaaaaaaaaaaaaaaaaa', 'ada',
    hex(randomblob(13)), hex(randomblob(50)), printf('%010d', i) || randomblob(12), randomblob(16)
FROM n
"""


def measure(lab: Lab) -> Rows:
    """Rows of waits with and without a backup, and of the backup's own time."""
    count, quiet = (20_000, 1) if lab.quick else (MESSAGES, QUIET)
    folder = lab.new_folder()
    data = folder / "data"
    start_hobnob(data).stop()
    fill(data / "hobnob.sqlite3", count)
    with start_hobnob(data) as server, lab.crowd(server, SENDERS, SENDERS, own_rooms=True) as crowd:
        crowd.paced(PACE, 1)
        alone = _waits(crowd, quiet)
        waits: list[float] = []
        begun = time.perf_counter()
        with _backing_up(data, folder / "chat.tar.gz") as process:
            while process.poll() is None:
                waits += _waits(crowd, 1)
                if time.perf_counter() - begun > LIMIT:
                    raise BenchError(f"The backup took more than {LIMIT:g} s.")
        if process.returncode:
            raise BenchError(f"The backup failed with the status {process.returncode}.")
        took = time.perf_counter() - begun
    what = f"{PACE:,.0f} messages a second during a backup of {count:,}"
    yield Row(f"{what}: ack p50", "ms", percentile(waits, 0.5), percentile(alone, 0.5))
    yield Row(f"{what}: ack p99", "ms", percentile(waits, 0.99), percentile(alone, 0.99), Aim("≤", 50))
    yield Row(f"backup of {count:,} messages under that load", "s", took, _copied(data, folder / "copy"))


def fill(database: Path, count: int) -> None:
    """Put messages into the oldest room of a database that no server is using, as the store would have."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        log, head = connection.execute("SELECT seq, head FROM logs ORDER BY seq LIMIT 1").fetchone()
        connection.execute("BEGIN")
        connection.execute(SEED, {"count": count, "log": log, "head": head})
        connection.execute(
            "UPDATE logs SET head = head + :n, messages = messages + :n WHERE seq = :log", {"n": count, "log": log}
        )
        connection.execute("COMMIT")


def _waits(crowd: Crowd, seconds: float) -> list[float]:
    return [us / 1000 for us in crowd.paced(PACE, seconds).latencies_us]


@contextmanager
def _backing_up(data: Path, file: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "hobnob", "backup", "--data", str(data), str(file)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def _copied(data: Path, target: Path) -> float:
    """Seconds to copy the database file and bring it to the disk, with nobody writing."""
    begun = time.perf_counter()
    shutil.copyfile(data / "hobnob.sqlite3", target)
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return time.perf_counter() - begun
