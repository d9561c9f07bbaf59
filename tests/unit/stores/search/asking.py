"""Short ways to search, for the tests of indexes."""

from tests.unit.stores.builders import ADA

from hobnob.protocol.search import parse
from hobnob.stores.search.search import Page, Question, Visit
from hobnob.stores.store import Store

LONG = 60.0
"""Seconds: time is no subject where this stands."""


def ask(
    store: Store, query: str, asker: str = ADA.id, *, room: str | None = None, visits: tuple[Visit, ...] = (),
    before: tuple[str, int] | None = None, limit: int = 20, private: bool = True,
) -> Page:  # fmt: skip
    """What somebody finds once everything is indexed. `from:` names ids here: nobody looks names up."""
    while store.index.index_more():
        pass
    return ask_now(store, query, asker, room=room, visits=visits, before=before, limit=limit, private=private)


def ask_now(
    store: Store, query: str, asker: str = ADA.id, *, room: str | None = None, visits: tuple[Visit, ...] = (),
    before: tuple[str, int] | None = None, limit: int = 20, private: bool = True,
) -> Page:  # fmt: skip
    """The same with the index as it is."""
    parsed = parse(query)
    return store.index.search(Question(parsed, asker, visits, room, parsed.sender, before, limit, private), LONG)


def numbers(store: Store, query: str, asker: str = ADA.id, *, room: str | None = None) -> list[int]:
    """The numbers of the messages that are found, newest first."""
    return [hit.number for hit in ask(store, query, asker, room=room).hits]
