"""The condition that somebody takes direct messages from another."""

import pytest
from tests.unit.stores.builders import ADA, BOB, LOBBY, NOW, TEA, created, joined, left

from hobnob.protocol.events import AccountDeleted, DirectsChanged, Fact, PersonIgnored, PersonUnignored, RoomChanged
from hobnob.stores.store import Item, Kept, Reachable, Refused, Store

IGNORED = PersonIgnored(by=ADA.id, by_name=ADA.name, person=BOB.id, person_name=BOB.name)
SHARED = DirectsChanged(by=ADA.id, by_name=ADA.name, allow="shared")
PRIVATE = RoomChanged(room=TEA, name="tea", kind="private", history="all")
TOGETHER = (created(TEA, "tea"), joined(ADA, TEA), joined(BOB, TEA))


@pytest.mark.parametrize(
    ("before", "fields", "holds"),
    [
        ((), {}, True),
        ((IGNORED,), {}, False),
        ((IGNORED,), {"shared": True}, False),
        ((IGNORED, PersonUnignored(by=ADA.id, by_name=ADA.name, person=BOB.id)), {}, True),
        ((SHARED,), {}, True),
        ((SHARED,), {"besides": LOBBY}, False),
        ((SHARED,), {"besides": LOBBY, "shared": True}, True),
        ((SHARED, *TOGETHER), {"besides": LOBBY}, True),
        ((SHARED, *TOGETHER, PRIVATE), {"besides": LOBBY}, True),
        ((SHARED, *TOGETHER, left(BOB, TEA)), {"besides": LOBBY}, False),
        ((AccountDeleted(by=ADA.id, by_name=ADA.name),), {}, False),
        ((AccountDeleted(by=ADA.id, by_name=ADA.name),), {"shared": True}, False),
        ((SHARED, DirectsChanged(by=ADA.id, by_name=ADA.name, allow="all")), {"besides": LOBBY}, True),
    ],
)
def test_reachable(store: Store, before: tuple[Fact, ...], fields: dict[str, object], holds: bool) -> None:
    for fact in before:
        store.keep([Item((fact,))], NOW)
    condition = Reachable(ADA.id, BOB.id, **fields)  # type: ignore[arg-type]
    (outcome,) = store.keep([Item((), (condition,))], NOW)
    assert outcome == (Kept(()) if holds else Refused("not-reachable"))


def test_of_whom_nothing_is_kept_everybody_is_heard(store: Store) -> None:
    (outcome,) = store.keep([Item((), (Reachable("p_visitor", BOB.id, LOBBY),))], NOW)
    assert outcome == Kept(())
