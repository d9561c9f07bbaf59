"""Whatever is said, changed and searched for, the index finds what looking at every message finds."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.stores.builders import ADA, BOB, EVE, LOBBY, NOW, TEA, created, furnish, joined, left, sent
from tests.unit.stores.search.asking import ask

from hobnob.protocol.events import Fact, MessageDeleted, MessageEdited, MessagePinned, ReactionAdded
from hobnob.stores.memory import MemoryStore
from hobnob.stores.search.search import Page
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import Item, Store

PEOPLE = (ADA, BOB, EVE)
WORDS = (
    "tea",
    "Tea,",
    "green",
    "thé",
    "日本語",
    "本",
    "日",
    "東京",
    "ไทย",
    "x-y",
    "http://a.b",
    "\x0304red",
    "ß",
    "\U0001f375",
)

people = st.sampled_from(PEOPLE)
rooms = st.sampled_from((LOBBY, TEA))
numbers = st.integers(1, 20)
texts = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=4).map("".join),
    st.text(min_size=1, max_size=8).filter(lambda text: text.isprintable()),
)
changes: st.SearchStrategy[Fact] = st.one_of(
    st.builds(lambda person, room, text: sent(person, text, room), people, rooms, texts),
    st.builds(lambda person, room, text: sent(person, text, room), people, rooms, texts),
    st.builds(
        lambda person, room, of, text: MessageEdited(room=room, of=of, text=text, by=person.id),
        people, rooms, numbers, texts,
    ),
    st.builds(lambda room, of: MessageDeleted(room=room, of=of, by=ADA.id), rooms, numbers),
    st.builds(lambda room, of: MessagePinned(room=room, of=of, by=ADA.id), rooms, numbers),
    st.builds(lambda room, of: ReactionAdded(room=room, of=of, emoji="+1", by=ADA.id), rooms, numbers),
    st.builds(joined, people, rooms),
    st.builds(left, people, rooms),
)  # fmt: skip
parts = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(WORDS).map("-{}".format),
    st.sampled_from(("te*", "日", "語", '"green tea"', '"tea 日本"', "本語", "has:link", "has:pin", "has:reaction")),
    st.sampled_from((f"from:{ADA.id}", "from:bbb")), texts.map(lambda text: text.replace('"', "")),
)  # fmt: skip
queries = st.lists(parts, min_size=1, max_size=3).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(
    happened=st.lists(st.lists(changes, max_size=12), max_size=4), searched=st.lists(queries, min_size=1, max_size=6)
)
def test_agreement(happened: list[list[Fact]], searched: list[str]) -> None:
    with TemporaryDirectory() as folder:
        sqlite, memory = SqlStore(Path(folder)), MemoryStore()
        stores: tuple[Store, ...] = (sqlite, memory)
        for store in stores:
            store.open()
            furnish(store)
            store.keep([Item((created(TEA, "tea"), joined(ADA, TEA)))], NOW)
        try:
            for step, facts in enumerate(happened):
                for store in stores:
                    for number, fact in enumerate(facts):  # at different times, by which memory puts them in order
                        store.keep([Item((fact,))], NOW + step * 100 + number)
                    store.index.index_more()
            for query in searched:
                for person in PEOPLE:
                    assert found(sqlite, query, person.id) == found(memory, query, person.id)
        finally:
            sqlite.close()


def found(store: Store, query: str, asker: str) -> Page | str:
    try:
        return ask(store, query, asker)
    except Exception as error:  # noqa: BLE001  both have to refuse it in the same way
        return repr(error)
