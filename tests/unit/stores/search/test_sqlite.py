"""What is particular to the index in SQLite: its file, its parts, and how words are forgotten."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.clock import Clock
from tests.unit.stores.builders import (
    ADA,
    BOB,
    LOBBY,
    NOW,
    TEA,
    deleted,
    edited,
    furnish,
    happen,
    item,
    joined,
    keep,
    sent,
)
from tests.unit.stores.search.asking import ask, ask_now, numbers

from hobnob.protocol.events import MessagePinned, ReactionAdded, RoomCreated
from hobnob.stores.search.search import IndexUnavailable, Visit
from hobnob.stores.search.sqlite import FORGET_AFTER, SqliteIndex
from hobnob.stores.sql import DATABASE, SEARCH, SqlStore
from hobnob.stores.store import DropRoom


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[SqlStore]:
    """A store with Ada, Bob and Eve in the lobby, and an index that has this clock."""
    store = SqlStore(tmp_path)
    store.open()
    store.index.close()
    store.index = SqliteIndex(tmp_path / SEARCH, tmp_path / DATABASE, store.epoch, clock)
    furnish(store)
    yield store
    store.close()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four facts a part, three a batch."""
    for module in ("sqlite", "find"):
        monkeypatch.setattr(f"hobnob.stores.search.{module}.PART", 4)
    monkeypatch.setattr("hobnob.stores.search.sqlite.BATCH", 3)


def forget(store: SqlStore, clock: Clock) -> None:
    while store.index.index_more():
        pass
    clock.now += FORGET_AFTER
    store.tidy()


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob(SEARCH + "*"))


def test_only_this_user_may_read_it(store: SqlStore, tmp_path: Path) -> None:
    ask(store, "tea")
    files = list(tmp_path.glob(SEARCH + "*"))
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.usefixtures("small_parts")
def test_many_parts_are_one_index(store: SqlStore) -> None:
    happen(store, *(sent(BOB, f"tea {cup}") for cup in range(30)))
    assert numbers(store, "tea 7") == [12]
    page = ask(store, "tea", limit=20)
    assert [hit.number for hit in page.hits] == list(range(34, 14, -1))
    assert [hit.number for hit in ask(store, "tea", before=(LOBBY, 15)).hits] == list(range(14, 4, -1))
    happen(store, edited(BOB, 5, "coffee"), edited(BOB, 33, "coffee"))
    assert numbers(store, "coffee") == [33, 5]
    assert numbers(store, "tea before:2025-11-23") == []


def test_words_of_deleted_messages_leave_the_disk(store: SqlStore, clock: Clock, tmp_path: Path) -> None:
    happen(store, sent(ADA, "xylophonist"), sent(ADA, "quetzalcoatl"), edited(ADA, 6, "zwitterionic"), sent(BOB, "tea"))
    assert numbers(store, "xylophonist") == [5]
    assert numbers(store, "zwitterionic") == [6]
    happen(store, deleted(ADA, 5), deleted(ADA, 6))
    while store.index.index_more():
        pass
    store.tidy()
    assert b"lophonist" in on_disk(tmp_path), "otherwise this shows nothing"
    forget(store, clock)
    for gone in (b"lophonist", b"etzalcoatl", b"itterionic"):
        assert gone not in on_disk(tmp_path)
    assert numbers(store, "tea") == [8]


def test_words_of_dropped_rooms_leave_the_disk(store: SqlStore, clock: Clock, tmp_path: Path) -> None:
    happen(store, RoomCreated(room=TEA, name="tea", by="p_visitor"), sent(ADA, "xylophonist", room=TEA))
    assert ask(store, "xylophonist", "p_visitor", visits=(Visit(TEA, 1),)).hits
    keep(store, item(writes=(DropRoom(TEA),)))
    forget(store, clock)
    assert b"lophonist" not in on_disk(tmp_path)


@pytest.mark.usefixtures("small_parts")
def test_a_rebuilt_part_can_still_be_edited(store: SqlStore, clock: Clock) -> None:
    happen(store, sent(ADA, "green tea"), sent(ADA, "red tea"), sent(BOB, "gone"), sent(ADA, "blue tea"))
    happen(store, edited(ADA, 6, "pink tea"), deleted(BOB, 7))
    assert numbers(store, "tea") == [8, 6, 5]
    happen(store, edited(ADA, 5, "black tea"))  # not indexed when the part is rebuilt
    clock.now += FORGET_AFTER
    store.tidy()
    assert numbers(store, "black") == [5]
    happen(store, edited(ADA, 5, "white tea"), edited(ADA, 6, "white tea"))
    assert numbers(store, "white") == [6, 5]
    assert numbers(store, "pink") == numbers(store, "black") == numbers(store, "green") == numbers(store, "red") == []


def test_it_goes_on_where_it_was(store: SqlStore, tmp_path: Path) -> None:
    happen(store, sent(ADA, "green tea"))
    assert numbers(store, "green") == [5]
    store.close()
    again = SqlStore(tmp_path)
    again.open()
    assert [hit.number for hit in ask_now(again, "green").hits] == [5]
    happen(again, sent(ADA, "green leaves"))
    assert numbers(again, "green") == [6, 5]
    again.close()


@pytest.mark.parametrize("damage", ["missing", "empty", "no database", "torn", "another epoch", "another version"])
def test_it_is_made_anew(store: SqlStore, tmp_path: Path, damage: str) -> None:
    happen(store, sent(ADA, "green tea"))
    assert numbers(store, "green") == [5]
    store.close()
    spoil(tmp_path / SEARCH, damage)
    again = SqlStore(tmp_path)
    again.open()
    for _ in range(3):  # torn pages are noticed at work
        try:
            found = numbers(again, "green")
            break
        except IndexUnavailable:
            continue
    assert found == [5]
    assert stat.S_IMODE((tmp_path / SEARCH).stat().st_mode) == 0o600
    again.close()


def spoil(path: Path, damage: str) -> None:
    match damage:
        case "missing":
            path.unlink()
        case "empty":
            os.truncate(path, 0)
        case "no database":
            path.write_bytes(b"no database at all" * 1000)
        case "torn":
            with path.open("r+b") as file:
                file.seek(4096)
                file.write(b"\xff" * (path.stat().st_size - 4096))
        case "another epoch":
            change(path, "UPDATE meta SET value = 'another' WHERE key = 'epoch'")
        case "another version":
            change(path, "UPDATE meta SET value = '0' WHERE key = 'version'")


def change(path: Path, statement: str) -> None:
    database = sqlite3.connect(path)
    database.execute(statement)
    database.commit()
    database.close()


def test_a_store_opens_and_closes_without_it(tmp_path: Path) -> None:
    (tmp_path / SEARCH).mkdir()
    with pytest.raises(Exception, match="Look at its permissions"):
        SqlStore(tmp_path).open()


def test_keeping_does_not_wait_for_it(store: SqlStore, tmp_path: Path) -> None:
    ask(store, "tea")
    held = sqlite3.connect(tmp_path / SEARCH, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    happen(store, sent(ADA, "green tea"))
    held.close()
    assert numbers(store, "green") == [5]


def test_indexing_does_not_hold_what_keeping_needs(store: SqlStore) -> None:
    happen(store, sent(ADA, "green tea"))
    ask(store, "tea")
    writer = store.index._writer  # type: ignore[attr-defined]
    writer.execute("BEGIN IMMEDIATE")
    happen(store, sent(ADA, "black tea"))
    writer.execute("ROLLBACK")
    assert numbers(store, "black") == [6]


@pytest.mark.parametrize("rooms", [1, 60, 400])
def test_somebody_with_many_rooms(store: SqlStore, rooms: int) -> None:
    for number in range(rooms):
        room = f"r_{number:026d}"
        created = RoomCreated(room=room, name=f"room{number}", by=BOB.id)
        keep(store, item(created, joined(ADA if number % 2 else BOB, room), sent(BOB, f"tea {number}", room=room)))
    happen(store, *(sent(BOB, "unseen" * 3, room=f"r_{0:026d}") for _ in range(rooms * 3)))
    assert len(ask(store, "tea", limit=1000).hits) == rooms // 2
    assert len(ask(store, "has:link -tea", limit=1000).hits) == 0
    assert len(ask(store, "after:2020-01-01 -unseen", limit=1000).hits) == rooms // 2


@pytest.mark.parametrize("few", [0, 5, 6, 100])
@pytest.mark.usefixtures("small_parts")
def test_what_few_or_many_messages_have(store: SqlStore, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr("hobnob.stores.search.find._FEW", few)
    happen(store, *(sent(ADA, f"tea {number}") for number in range(30)))
    pinned = [6, 7, 9, 20, 31, 33]
    happen(store, *(MessagePinned(room=LOBBY, of=of, by=BOB.id, by_name=BOB.name) for of in pinned))
    happen(store, *(reacted(of, emoji) for of in (7, 8, 31) for emoji in ("👍", "👋")), deleted(ADA, 9))
    assert numbers(store, "has:pin") == [33, 31, 20, 7, 6]
    assert numbers(store, "has:reaction") == [31, 8, 7]
    assert numbers(store, "has:reaction has:pin tea") == [31, 7]
    assert numbers(store, "has:pin -tea") == []
    assert ask(store, "has:pin", before=(LOBBY, 31), limit=1).hits[0].number == 20
    everything = [hit.number for hit in ask(store, "tea", limit=100).hits]
    assert everything == [number for number in range(34, 4, -1) if number != 9]


def reacted(of: int, emoji: str) -> ReactionAdded:
    return ReactionAdded(room=LOBBY, of=of, emoji=emoji, by=BOB.id, by_name=BOB.name)


def test_an_index_that_lags_far_behind_says_so(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.stores.search.find._BEHIND", 3)
    happen(store, sent(ADA, "one"))
    assert not ask(store, "one").partial
    happen(store, *(sent(ADA, "more") for _ in range(4)))
    assert ask_now(store, "one").partial
