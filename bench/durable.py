"""Keeping: how many messages a second are committed, and how long a sender waits for the word that his is.

hobnob is measured through its JSON protocol, every sender in a room of his own, so nobody else is told. The
reference is what the database alone can do from one thread: `executemany` and COMMIT of whole batches into a plain
table, with the same durability (WAL, synchronous=FULL), without any client.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.lab import Lab, Rows, keep_server
from bench.load import TEXT, Crowd
from bench.table import Aim, Row, percentile

SENDERS, WINDOW = 50, 20
UNDER_WAY = SENDERS * WINDOW  # messages under way at saturation, and the reference's batch
PACE = 5000.0
GATHERING = 0.002  # seconds in which the reference collects a batch at a given pace
ROUNDS = 3

SCHEMA = """
CREATE TABLE messages (
    room TEXT, number INTEGER, at TEXT, by TEXT, ref TEXT, text TEXT, PRIMARY KEY (room, number), UNIQUE (by, ref)
) WITHOUT ROWID
"""
INSERT = "INSERT INTO messages VALUES (?, ?, '2026-01-01T00:00:00.000Z', ?, ?, ?)"
Message = tuple[str, int, str, str, str]


@dataclass(frozen=True)
class Keeping:
    """Committed messages a second, the waits for it in milliseconds, and the server's CPU µs a message."""

    rate: float
    waits: list[float]
    cpu: float


def measure(lab: Lab) -> Rows:
    """Rows of messages a second, CPU time a message, and waits for the acknowledgement."""
    seconds = 1.0 if lab.quick else 3.0
    with ExitStack() as stack:
        server = keep_server(stack, lab.hobnob())
        crowd = stack.enter_context(lab.crowd(server, SENDERS, SENDERS, own_rooms=True)) if server else None
        database = stack.enter_context(closing(open_database(lab.new_folder() / "plain.db")))
        plain = PlainInserts(database)
        pairs = [(_saturate(crowd, seconds), plain.saturate(seconds)) for _ in range(1 if lab.quick else ROUNDS)]
        yield from _saturated_rows(pairs)
        pairs = [(_pace(crowd, seconds), plain.pace(PACE, seconds)) for _ in range(1 if lab.quick else ROUNDS)]
        yield from _paced_rows(pairs)


def open_database(path: Path) -> sqlite3.Connection:
    """An empty database of one table, as durable as hobnob's."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(SCHEMA)
    return database


class PlainInserts:
    """The reference: batches into `database`, as fast as it takes them or at a pace."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._count = 0

    def saturate(self, seconds: float) -> Keeping:
        """One full batch after another; a message waits as long as its batch takes."""
        waits: list[float] = []
        begun, cpu = time.perf_counter(), time.process_time()
        while (now := time.perf_counter()) < begun + seconds:
            self._commit(UNDER_WAY)
            waits += [(time.perf_counter() - now) * 1000] * UNDER_WAY
        return self._keeping(waits, begun, cpu)

    def pace(self, rate: float, seconds: float) -> Keeping:
        """What became due since the last batch is the next one; a message waits from when it was due."""
        waits: list[float] = []
        begun, cpu = time.perf_counter(), time.process_time()
        while (now := time.perf_counter()) < begun + seconds:
            due = int((now - begun) * rate) - len(waits)
            if due:
                first = len(waits)
                self._commit(due)
                done = time.perf_counter() - begun
                waits += [(done - (first + n + 1) / rate) * 1000 for n in range(due)]
            time.sleep(max(0.0, now + GATHERING - time.perf_counter()))
        return self._keeping(waits, begun, cpu)

    def _commit(self, size: int) -> None:
        batch = messages(self._count, size)
        self._count += size
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(INSERT, batch)
        self._database.execute("COMMIT")

    def _keeping(self, waits: list[float], begun: float, cpu: float) -> Keeping:
        rate = len(waits) / (time.perf_counter() - begun)
        return Keeping(rate, waits, (time.process_time() - cpu) * 1e6 / len(waits))


def messages(first: int, size: int) -> list[Message]:
    """`size` messages numbered from `first`, dealt to the rooms in turn."""
    text = "x" * TEXT
    return [
        (f"r_{n % SENDERS:026d}", n // SENDERS, f"p_{n % SENDERS:026d}", f"{n:026d}", text)
        for n in range(first, first + size)
    ]


def _saturate(crowd: Crowd | None, seconds: float) -> Keeping | None:
    if crowd is None:
        return None
    done = crowd.burst(WINDOW, seconds)
    return Keeping(done.acked / done.seconds, [us / 1000 for us in done.latencies_us], done.cpu_a_message)


def _pace(crowd: Crowd | None, seconds: float) -> Keeping | None:
    if crowd is None:
        return None
    done = crowd.paced(PACE, seconds)
    return Keeping(done.acked / done.seconds, [us / 1000 for us in done.latencies_us], done.cpu_a_message)


Pairs = list[tuple[Keeping | None, Keeping]]


def _saturated_rows(pairs: Pairs) -> Iterator[Row]:
    ours, theirs = [one for one, _ in pairs if one], [other for _, other in pairs]
    what = f"durable messages, {UNDER_WAY:,} under way"
    yield Row(what, "a second", _rate(ours), _rate(theirs), Aim("≥", 20_000))
    yield Row(f"{what}: process", "CPU µs a message", _cpu(ours), _cpu(theirs))
    for share in (0.5, 0.99):
        yield Row(f"{what}: ack p{share * 100:g}", "ms", _wait(ours, share), _wait(theirs, share))


def _paced_rows(pairs: Pairs) -> Iterator[Row]:
    ours, theirs = [one for one, _ in pairs if one], [other for _, other in pairs]
    what = f"durable messages at {PACE:,.0f} a second"
    yield Row(f"{what}: process", "CPU µs a message", _cpu(ours), _cpu(theirs))
    yield Row(f"{what}: ack p50", "ms", _wait(ours, 0.5), _wait(theirs, 0.5))
    yield Row(f"{what}: ack p99", "ms", _wait(ours, 0.99), _wait(theirs, 0.99), Aim("≤", 20))


def _rate(rounds: list[Keeping]) -> float | None:
    return median(each.rate for each in rounds) if rounds else None


def _cpu(rounds: list[Keeping]) -> float | None:
    return median(each.cpu for each in rounds) if rounds else None


def _wait(rounds: list[Keeping], share: float) -> float | None:
    return median(percentile(each.waits, share) for each in rounds) if rounds else None
