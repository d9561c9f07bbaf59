"""Searching: how long a search takes among many messages, and how far the index lags behind what is kept.

hobnob's store and index are measured in this process, without clients: a search is what a thread of the server does
for one. The reference is SQLite's FTS5 by itself: one table over the same texts, asked for the newest rows that match,
with no idea of rooms, members, edits or deletions.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from itertools import accumulate, islice
from pathlib import Path

from bench.lab import Lab, Rows
from bench.table import Aim, Row, percentile
from hobnob.protocol.events import MemberJoined, MessageSent, RoomCreated
from hobnob.protocol.records import Person
from hobnob.protocol.search import parse
from hobnob.stores.search.search import Question, SearchTooSlow
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import AddPerson, Item, Kept

MESSAGES = 1_000_000
ROOMS, PEOPLE = 50, 100
VOCABULARY = 50_000
PACE = 5000
SEED = 20261123
STARTED = 1_750_000_000_000
PAGE = 20

PERSONS = [Person(f"p_{n:026d}", f"person{n}", "guest") for n in range(PEOPLE)]
ROOM_IDS = [f"r_{n:026d}" for n in range(ROOMS)]
ASKER = PERSONS[0].id


def measure(lab: Lab) -> Rows:
    """Rows of indexing, of searches by kind, and of the lag at a pace."""
    size = 20_000 if lab.quick else MESSAGES
    with ExitStack() as stack:
        store = SqlStore(lab.new_folder() / "data")
        store.open()
        stack.callback(store.close)
        plain = stack.enter_context(closing(_plain(lab.new_folder() / "plain.db")))
        furnish(store)
        fill(store, size)
        yield Row(f"index of {size:,}: building", "messages a second", size / _build(store), size / _copy(plain, size))
        ours, theirs = _searches(store, plain, 4 if lab.quick else 20)
        for kind in ours:
            what = f"search in {size:,}: {kind}"
            yield Row(f"{what}, p95", "ms", percentile(ours[kind], 0.95), percentile(theirs[kind], 0.95))
        everything = [wait for waits in ours.values() for wait in waits]
        reference = [wait for waits in theirs.values() for wait in waits]
        yield Row(
            f"search in {size:,}: all kinds, p95", "ms", percentile(everything, 0.95), percentile(reference, 0.95),
            Aim("≤", 50),
        )  # fmt: skip
        yield from _lag_rows(store, 1.0 if lab.quick else 5.0)


def texts(seed: int) -> Iterator[str]:
    """Messages without end, of 3 to 20 words that are as unevenly frequent as in a language (Zipf)."""
    chance = random.Random(seed)
    words = [word(rank) for rank in range(VOCABULARY)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
    while True:
        drawn = chance.choices(words, cum_weights=weights, k=10_000)
        at = 0
        while at < len(drawn):
            length = chance.randint(3, 20)
            yield " ".join(drawn[at : at + length])
            at += length


def word(rank: int) -> str:
    """A made-up word; frequent ones are short."""
    syllables = ("ka", "lo", "mi", "tu", "re", "so", "ni", "va", "pe", "du")
    return "".join(syllables[int(digit)] for digit in str(rank + 10))


def furnish(store: SqlStore) -> None:
    """Everybody is in every other room; the asker in all but the last ten."""
    people = tuple(AddPerson(person) for person in PERSONS)
    store.keep([Item((), writes=people)], STARTED)
    for number, room in enumerate(ROOM_IDS):
        created = RoomCreated(room=room, name=f"room{number}")
        members = [p for n, p in enumerate(PERSONS) if (number < ROOMS - 10 if n == 0 else (n + number) % 2)]
        joined = (MemberJoined(room=room, person=p.id, person_name=p.name, by=p.id, by_name=p.name) for p in members)
        store.keep([Item((created, *joined))], STARTED)


def fill(store: SqlStore, size: int) -> None:
    """Messages of all people in all rooms, few of which are busy."""
    chance, said = random.Random(SEED), texts(SEED)
    rooms = chance.choices(ROOM_IDS, weights=[1 / (n + 1) for n in range(ROOMS)], k=size)
    for start in range(0, size, 1000):
        batch = [_message(room, chance.choice(PERSONS), next(said)) for room in rooms[start : start + 1000]]
        outcomes = store.keep([Item(tuple(batch))], STARTED + start * 60)
        assert all(isinstance(outcome, Kept) for outcome in outcomes)


def _message(room: str, by: Person, text: str) -> MessageSent:
    return MessageSent(room=room, by=by.id, by_name=by.name, text=text)


def _build(store: SqlStore) -> float:
    begun = time.perf_counter()
    while store.index.index_more():
        pass
    return time.perf_counter() - begun


def _plain(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE VIRTUAL TABLE messages USING fts5(text)")
    return database


def _copy(plain: sqlite3.Connection, size: int) -> float:
    """Index the same texts in the reference; seconds, without those for making them up."""
    seconds = 0.0
    said = texts(SEED)
    for _ in range(0, size, 2000):
        batch = [(text,) for text in islice(said, 2000)]
        begun = time.perf_counter()
        plain.execute("BEGIN")
        plain.executemany("INSERT INTO messages (text) VALUES (?)", batch)
        plain.execute("COMMIT")
        seconds += time.perf_counter() - begun
    return seconds


def queries(chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """One search of each kind: its name, how a person writes it, and FTS5's words for its text."""
    frequent, usual = word(chance.randrange(20)), [word(chance.randrange(100, 2000)) for _ in range(3)]
    rare = word(chance.randrange(20_000, VOCABULARY))
    someone = chance.choice(PERSONS).name
    yield "a frequent word", frequent, frequent
    yield "a usual word", usual[0], usual[0]
    yield "a rare word", rare, rare
    yield "two words", f"{usual[0]} {usual[1]}", f"{usual[0]} AND {usual[1]}"
    yield "three words, nowhere together", f"{rare} {usual[1]} {usual[2]}", f"{rare} AND {usual[1]} AND {usual[2]}"
    yield "a phrase", f'"{frequent} {usual[0]}"', f'"{frequent} {usual[0]}"'
    yield "a beginning", f"{usual[2][:4]}*", f"{usual[2][:4]}*"
    yield "a word but not another", f"{usual[0]} -{frequent}", f"{usual[0]} NOT {frequent}"
    yield "a word of somebody", f"{usual[0]} from:{someone}", usual[0]
    yield "a word in a quiet room", f"{usual[0]} in:#room30", usual[0]
    yield "everything of somebody", f"from:{someone}", frequent


Waits = dict[str, list[float]]


def _searches(store: SqlStore, plain: sqlite3.Connection, rounds: int) -> tuple[Waits, Waits]:
    """Milliseconds by kind; the first round of each only warms caches."""
    ours: Waits = {}
    theirs: Waits = {}
    chance = random.Random(SEED)
    for round_ in range(rounds + 1):
        for kind, typed, words in queries(chance):
            mine, reference = _ask(store, typed), _ask_plain(plain, words)
            if round_:
                ours.setdefault(kind, []).append(mine)
                theirs.setdefault(kind, []).append(reference)
    return ours, theirs


def _ask(store: SqlStore, typed: str) -> float:
    begun = time.perf_counter()
    query = parse(typed)
    sender = next((person.id for person in PERSONS if person.name == query.sender), None)
    room = f"r_{30:026d}" if query.room else None
    with suppress(SearchTooSlow):  # its time stands for itself
        store.index.search(Question(query, ASKER, room=room, sender=sender, limit=PAGE))
    return (time.perf_counter() - begun) * 1000


def _ask_plain(plain: sqlite3.Connection, words: str) -> float:
    begun = time.perf_counter()
    statement = "SELECT rowid, text FROM messages WHERE messages MATCH ? ORDER BY rowid DESC LIMIT ?"
    plain.execute(statement, (words, PAGE)).fetchall()
    return (time.perf_counter() - begun) * 1000


def _lag_rows(store: SqlStore, seconds: float) -> Iterator[Row]:
    """The waits of commits with the index following, beside those without it, and the index's lag."""
    alone, _ = _keep_at_pace(store, seconds, follow=False)
    _build(store)
    followed, lags = _keep_at_pace(store, seconds, follow=True)
    what = f"index at {PACE:,} messages a second"
    yield Row(f"{what}: lag, longest", "s", max(lags), None, Aim("≤", 1))
    for share in (0.5, 0.99):
        name = f"{what}: commit p{share * 100:g}, beside none followed"
        yield Row(name, "ms", percentile(followed, share), percentile(alone, share))


def _keep_at_pace(store: SqlStore, seconds: float, *, follow: bool) -> tuple[list[float], list[float]]:
    """Milliseconds of each commit, and seconds from a commit until a search finds what was in it."""
    commits: list[float] = []
    kept: list[tuple[float, int]] = []
    lags: list[float] = []
    done = threading.Event()
    follower = threading.Thread(target=_follow, args=(store, kept, lags, done))
    if follow:
        follower.start()
    said, chance = texts(SEED + 1), random.Random(SEED)
    begun = time.perf_counter()
    sent = 0
    while (now := time.perf_counter()) < begun + seconds:
        due = int((now - begun) * PACE) - sent
        if due:
            batch = [Item((_message(chance.choice(ROOM_IDS), chance.choice(PERSONS), next(said)),)) for _ in range(due)]
            start = time.perf_counter()
            store.keep(batch, STARTED)
            commits.append((time.perf_counter() - start) * 1000)
            sent += due
            kept.append((time.perf_counter(), sent))
        time.sleep(max(0.0, now + 0.004 - time.perf_counter()))
    done.set()
    if follow:
        follower.join()
    return commits, lags


def _follow(store: SqlStore, kept: list[tuple[float, int]], lags: list[float], done: threading.Event) -> None:
    """What the server does: look every 200 ms, and catch up. Everything kept before a look is found after it."""
    seen = 0
    while not done.is_set() or seen < len(kept):
        time.sleep(0.2)
        known = len(kept)
        while store.index.index_more():
            pass
        lags += [time.perf_counter() - at for at, _ in kept[seen:known]]
        seen = known
