"""Forgetting the names of who deleted their account, in all facts that hold one."""

import pytest
from tests.unit.stores.builders import ADA, BOB, DIRECT, LOBBY, NOW, TEA, created, item, joined, left, sent

from hobnob.chat.lookup import by
from hobnob.protocol.events import (
    Fact,
    InvitedToRoom,
    MaskChanged,
    MemberLeft,
    Moderated,
    PersonRenamed,
    ReactionAdded,
    TopicChanged,
)
from hobnob.protocol.ids import AUDIT
from hobnob.stores.naming import nameless
from hobnob.stores.store import ForgetNames, Kept, Store

BY_ADA = by(ADA)
KICKED = MemberLeft(room=TEA, by=BOB.id, by_name=BOB.name, person=ADA.id, person_name=ADA.name)


@pytest.mark.parametrize(
    ("fact", "without"),
    [
        (KICKED, MemberLeft(room=TEA, by=BOB.id, by_name=BOB.name, person=ADA.id, person_name="")),
        (PersonRenamed(name="ada", **BY_ADA), PersonRenamed(name="", by=ADA.id)),
        (PersonRenamed(name="ada", by=BOB.id, by_name="b"), PersonRenamed(name="ada", by=BOB.id, by_name="b")),
        (
            InvitedToRoom(by=BOB.id, by_name="b", room=TEA, name="lobby", inviter=ADA.id, inviter_name=ADA.name),
            InvitedToRoom(by=BOB.id, by_name="b", room=TEA, name="lobby", inviter=ADA.id, inviter_name=""),
        ),
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_a_fact_without_a_name(fact: Fact, without: Fact) -> None:
    assert nameless(fact, ADA.id) == without
    assert nameless(without, ADA.id) is without


def test_names_are_found_page_by_page_and_forgotten(store: Store) -> None:
    facts: tuple[Fact, ...] = (
        created(TEA, "tea"), joined(ADA, TEA), joined(BOB, TEA), sent(BOB, "hi", TEA, (ADA.id,)),
        sent(ADA, "hello", TEA),
        ReactionAdded(room=TEA, of=4, emoji="x", **BY_ADA), TopicChanged(room=TEA, topic="tea", **BY_ADA),
        MaskChanged(room=TEA, kind="mute", mask="eve!*@*", on=True, **BY_ADA), KICKED, created(DIRECT, "other"),
        left(ADA, DIRECT), PersonRenamed(name="ada2", **BY_ADA),
        Moderated(action="kick", person=ADA.id, person_name=ADA.name, by=BOB.id, by_name=BOB.name),
    )  # fmt: skip
    (outcome,) = store.keep([item(*facts)], NOW)
    assert isinstance(outcome, Kept)
    found: list[tuple[str, int]] = []
    after: int | None = 0
    while after is not None:
        page, after = store.naming(ADA.id, after, 2)
        found += page
    assert found[0][0] == LOBBY  # where they joined before
    assert found[1:] == [(TEA, 2), (TEA, 6), (TEA, 7), (TEA, 8), (TEA, 9), (DIRECT, 2), ("house", 1)]
    store.keep([item(writes=(ForgetNames(ADA.id, (*found, ("r_" + "x" * 26, 1))),))], NOW)
    assert store.naming(ADA.id, 0, 100) == ([], None)
    for log in (LOBBY, TEA, DIRECT, "house"):
        kept, _ = store.events_since(log, 0, 100)
        assert [fact for fact in kept if nameless(fact, ADA.id) is not fact] == []
        assert [fact.number for fact in kept] == list(range(1, len(kept) + 1))
    entry = store.room(TEA)
    assert entry is not None
    assert (entry.room.topic, entry.room.topic_by) == ("tea", "")
    assert [mask.by_name for mask in store.masks(TEA)] == [""]
    (line,), _ = store.audit(room=None, before=None, limit=10)
    assert (line.log, line.person_name) == (AUDIT, ADA.name)
