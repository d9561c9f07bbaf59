"""What a database adds to the contract: faults, other processes, many threads, files, and what is left in them."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.unit.stores.builders import (
    ADA,
    BOB,
    LOBBY,
    created,
    deleted,
    edited,
    furnish,
    happen,
    item,
    keep,
    left,
    sent,
)

from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import DraftChanged, MessageSent
from hobnob.stores import sqlite
from hobnob.stores.rows import NEW_FACT
from hobnob.stores.sql import DATABASE, SqlStore
from hobnob.stores.store import AddPerson, Duplicate, Item, Kept, Refused, Unknown
from hobnob.stores.transaction import _INSERT_FACTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path) -> Iterator[SqlStore]:
    store = SqlStore(folder)
    store.open()
    furnish(store)
    yield store
    store.close()


def say(text: str, ref: str) -> Item:
    return item(sent(ADA, text), by=ADA.id, ref=ref)


def reopened(folder: Path) -> SqlStore:
    store = SqlStore(folder)
    store.open()
    return store


# Again and again


def test_everything_is_there_after_opening_again(store: SqlStore, folder: Path) -> None:
    happen(store, sent(ADA, "hi"))
    facts = store.events_since(LOBBY, 0, 100)
    store.close()
    again = reopened(folder)
    assert again.events_since(LOBBY, 0, 100) == facts
    assert again.epoch == store.epoch
    assert len(again.epoch) == 32
    assert again.secret == store.secret
    again.close()


def test_every_database_has_its_own_epoch(store: SqlStore, tmp_path: Path) -> None:
    other = reopened(tmp_path / "other")
    assert other.epoch != store.epoch
    other.close()


def test_the_fast_insert_gives_its_parameters_in_the_order_of_a_row() -> None:
    compiled = _INSERT_FACTS.compile(dialect=sa.create_engine("sqlite://").dialect)
    assert getattr(compiled, "positiontup", None) == list(NEW_FACT)


def test_what_a_writer_kept_every_reader_sees(store: SqlStore) -> None:
    for number in range(5, 60):
        happen(store, sent(ADA, "hi"))
        assert store.heads([LOBBY]) == {LOBBY: number}


def test_unread_is_counted_by_indexes_alone(store: SqlStore) -> None:
    plan: list[str] = []
    statement = "SELECT count(*) FROM facts WHERE log = 1 AND number > 5 AND author = 'p'"
    with store._readers.connect() as connection:
        plan += [str(row[3]) for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement)]
    assert plan == ["SEARCH facts USING COVERING INDEX facts_messages (author=? AND log=? AND number>?)"]


def test_two_threads_keep_at_once(store: SqlStore) -> None:
    each, threads = 60, 4
    outcomes: list[list[object]] = [[] for _ in range(threads)]

    def work(thread: int) -> None:
        for step in range(each):
            outcomes[thread] += keep(store, say("x", f"{thread}-{step}"), say("y", f"{step}"))

    running = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    kept = [outcome for one in outcomes for outcome in one if isinstance(outcome, Kept)]
    numbers = sorted(fact.number for outcome in kept for fact in outcome.events)
    assert numbers == list(range(5, 5 + each * threads + each))
    assert sum(isinstance(outcome, Duplicate) for one in outcomes for outcome in one) == each * (threads - 1)
    assert [fact.number for fact in store.events_since(LOBBY, 4, 1000)[0]] == numbers


# Faults


def outsider(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / DATABASE, isolation_level=None)


def test_a_locked_database_refuses_and_recovers(store: SqlStore, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT", 0.05)
    store.close()
    store = reopened(folder)
    other = outsider(folder)
    other.execute("BEGIN IMMEDIATE")
    assert keep(store, say("1", "a"), say("2", "b")) == [Refused("store-unavailable")] * 2
    assert store.heads([LOBBY]) == {LOBBY: 4}
    other.execute("ROLLBACK")
    other.close()
    assert [fact.number for fact in happen(store, sent(ADA, "hi"))] == [5]
    store.close()


def test_a_full_disk_refuses_and_recovers(store: SqlStore) -> None:
    with store._writer.connect() as connection:
        (pages,) = connection.exec_driver_sql("PRAGMA page_count").one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    outcomes = keep(store, say("x" * 50_000, "a"), say("small", "b"))
    assert outcomes == [Refused("store-full")] * 2
    assert store.heads([LOBBY]) == {LOBBY: 4}
    outcomes = keep(store, say("x" * 50_000, "a"), say("small", "b"))
    assert [type(outcome) for outcome in outcomes] == [Kept, Kept]


FILLING = """
import resource, signal, sys
from pathlib import Path
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import Refused
from tests.unit.stores.builders import *
store = SqlStore(Path(sys.argv[1]))
store.open()
furnish(store)
size = max(path.stat().st_size for path in Path(sys.argv[1]).iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 200_000, resource.RLIM_INFINITY))
kept = refused = 0
while not refused:
    [outcome] = keep(store, item(sent(ADA, "x" * 5000)))
    refused = isinstance(outcome, Refused)
    kept += not refused
assert outcome == Refused("store-full"), outcome
assert store.heads([LOBBY]) == {LOBBY: 4 + kept}
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
[fact] = happen(store, sent(ADA, "there is room again"))
assert fact.number == 5 + kept
print(kept)
store.close()
"""


def run(program: str, *arguments: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, env=environment, cwd=root
    )


def test_files_that_cannot_grow_refuse_and_recover(folder: Path) -> None:
    process = run(FILLING, str(folder))
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    kept = int(printed.splitlines()[-1])
    assert kept > 5
    store = reopened(folder)
    assert store.heads([LOBBY]) == {LOBBY: 5 + kept}
    store.close()


def test_a_commit_that_may_have_happened_is_unknown(store: SqlStore) -> None:
    def fail(_: sa.Connection) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise sa.exc.OperationalError("COMMIT", None, error)

    sa.event.listen(store._writer, "commit", fail)
    assert keep(store, say("1", "a")) == [Unknown()]
    sa.event.remove(store._writer, "commit", fail)
    [outcome] = keep(store, say("1", "a"))
    assert isinstance(outcome, Kept | Duplicate)
    assert store.heads([LOBBY]) == {LOBBY: 5}


@pytest.mark.parametrize(
    ("code", "refusal", "undone"),
    [
        (sqlite3.SQLITE_FULL, "store-full", True),
        (sqlite3.SQLITE_IOERR_WRITE, "store-full", True),
        (sqlite3.SQLITE_IOERR_FSYNC, "store-full", False),
        (sqlite3.SQLITE_BUSY, "store-unavailable", True),
        (sqlite3.SQLITE_READONLY, "store-unavailable", False),
        (sqlite3.SQLITE_CANTOPEN, "store-unavailable", False),
    ],
)
def test_what_errors_mean(code: int, refusal: str, undone: bool) -> None:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code
    assert (sqlite.refusal(error), sqlite.surely_undone(error)) == (refusal, undone)


def test_what_no_database_can_hold_is_refused_alone(store: SqlStore) -> None:
    outcomes = keep(store, say("1", "a"), say("\ud800", "b"), item(edited(ADA, 10**30, "x")), say("2", "c"))
    assert [type(outcome) for outcome in outcomes] == [Kept, Refused, Refused, Kept]
    assert outcomes[1] == Refused("bad-command")
    assert store.heads([LOBBY]) == {LOBBY: 6}


def test_a_database_that_cannot_be_read_is_unavailable(store: SqlStore, folder: Path) -> None:
    with outsider(folder) as other:
        other.execute("ALTER TABLE settings RENAME TO elsewhere")
    with pytest.raises(ChatError) as refused:
        store.settings(ADA.id)
    assert refused.value.code == "store-unavailable"


# Killed


TALKING = """
import sys
from pathlib import Path
from hobnob.stores.sql import SqlStore
from tests.unit.stores.builders import *
store = SqlStore(Path(sys.argv[1]))
store.open()
furnish(store)
step = 0
while True:
    outcomes = keep(store, *(item(sent(ADA, f"{step + more}"), by=ADA.id, ref=f"{step + more}") for more in range(7)))
    for outcome in outcomes:
        print(outcome.events[0].number, outcome.events[0].text, flush=True)
    step += 7
"""


def test_kill_9_loses_nothing_acknowledged(folder: Path) -> None:
    process = run(TALKING, str(folder))
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().split() for _ in range(150)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [line.split() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    store = reopened(folder)
    messages = [fact for fact in store.events_since(LOBBY, 4, 1_000_000)[0] if isinstance(fact, MessageSent)]
    assert [fact.number for fact in messages] == list(range(5, 5 + len(messages)))
    assert [fact.text for fact in messages] == [str(step) for step in range(len(messages))]
    assert len(messages) % 7 == 0
    said = {fact.number: fact.text for fact in messages}
    assert all(said[int(number)] == text for number, text in acknowledged)
    assert keep(store, say("0", "0")) == [Duplicate(LOBBY, 5, messages[0].at)]
    store.close()


# Gone


def files_with(folder: Path, words: bytes) -> list[str]:
    return [path.name for path in folder.iterdir() if words in path.read_bytes()]


def test_a_deleted_text_is_in_no_file(store: SqlStore, folder: Path) -> None:
    [said, *_] = happen(store, sent(ADA, "the SECRET words " * 500), sent(BOB, "stays"), sent(ADA, "short SECRET"))
    happen(store, edited(ADA, said.number, "other SECRET words"))
    happen(store, DraftChanged(by=ADA.id, room=LOBBY, text="a SECRET draft"), DraftChanged(by=ADA.id, room=LOBBY))
    assert files_with(folder, b"SECRET")
    happen(store, deleted(ADA, said.number), deleted(ADA, 7))
    store.tidy()
    assert files_with(folder, b"SECRET") == []
    assert files_with(folder, b"stays") == [DATABASE]


def test_texts_that_grew_and_moved_leave_nothing_behind(store: SqlStore, folder: Path) -> None:
    for _ in range(3):
        happen(store, *(sent(ADA, f"SECRET{size:05}" * (1 + size % 40)) for size in range(300)))
    for number in range(5, 905, 2):
        happen(store, edited(ADA, number, "SECRET-longer" * (1 + number % 90)))
    for number in range(904, 4, -1):
        happen(store, deleted(ADA, number))
    store.tidy()
    assert files_with(folder, b"SECRET") == []


def test_a_dropped_room_leaves_nothing_behind(store: SqlStore, folder: Path) -> None:
    happen(store, created("r_v", "visitors", "p_v"))
    for size in range(400):
        happen(store, sent(ADA, "a SECRET " * (size % 50), "r_v"), sent(ADA, "another SECRET " * (size % 30)))
    store.forget_visitors()
    for number in range(5, 405):
        happen(store, deleted(ADA, number))
    store.tidy()
    assert files_with(folder, b"SECRET") == []


def test_what_a_killed_process_had_erased_goes_at_the_next_start(store: SqlStore, folder: Path) -> None:
    happen(store, sent(ADA, "the SECRET words"))
    happen(store, deleted(ADA, 5))
    assert files_with(folder, b"SECRET")
    copy = folder.parent / "copy"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    reopened(copy).close()
    assert files_with(copy, b"SECRET") == []


def test_a_new_database_has_nothing_to_overwrite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is waited for less at the first start."""
    overwritten: list[sa.Engine] = []

    def truncate_wal(engine: sa.Engine) -> bool:
        overwritten.append(engine)
        return True

    monkeypatch.setattr(sqlite, "truncate_wal", truncate_wal)
    reopened(tmp_path / "new").close()
    assert not overwritten
    reopened(tmp_path / "new").close()
    assert overwritten


def test_a_reader_puts_tidying_off(store: SqlStore, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT", 60.0)
    store.close()
    store = reopened(folder)
    happen(store, sent(ADA, "the SECRET words"))
    reader = outsider(folder)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM facts").fetchall()
    happen(store, deleted(ADA, 5))
    begun = time.monotonic()
    store.tidy()
    assert time.monotonic() - begun < 30  # while it waits nobody can write
    assert files_with(folder, b"SECRET")
    reader.close()
    store.tidy()
    assert files_with(folder, b"SECRET") == []
    store.close()


def test_only_the_owner_may_read(store: SqlStore, folder: Path) -> None:
    happen(store, sent(ADA, "hi"), left(BOB))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} >= {DATABASE, f"{DATABASE}-wal", "hobnob.lock"}


def test_a_name_taken_by_another_process_is_refused_alone(store: SqlStore, folder: Path) -> None:
    zoe = AddPerson(type(ADA)("p_" + "z" * 26, "zoe"))
    keep(store, item(writes=(zoe,)))
    outcomes = keep(store, say("1", "a"), item(writes=(AddPerson(type(ADA)("p_y", "Zoe")),)), say("2", "b"))
    assert [type(outcome) for outcome in outcomes] == [Kept, Refused, Kept]
    assert store.heads([LOBBY]) == {LOBBY: 6}
