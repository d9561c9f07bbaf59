"""The contract of `keep`: numbers, times, conditions, refs, and that an item is kept whole or not at all."""

import pytest
from tests.unit.stores.builders import (
    ADA,
    AT,
    BOB,
    DIRECT,
    EVE,
    LOBBY,
    NOW,
    TEA,
    created,
    deleted,
    happen,
    item,
    joined,
    keep,
    left,
    sent,
)

from hobnob.protocol.events import (
    Fact,
    MessageSent,
    PersonRenamed,
    RoleChanged,
    RoomChanged,
    RoomDetailChanged,
    RoomGained,
    SettingChanged,
)
from hobnob.protocol.records import Person, Role
from hobnob.stores.store import (
    AddDirectPeople,
    AddPerson,
    AddToken,
    Condition,
    DetailsBelow,
    DirectFree,
    DropRoom,
    Duplicate,
    IsMember,
    Item,
    Kept,
    MessageExists,
    MessageStands,
    NameFree,
    NotMember,
    Refused,
    RightsUnchanged,
    RoomNameFree,
    SettingsBelow,
    Store,
)


def numbers(facts: list[Fact]) -> list[int]:
    return [fact.number for fact in facts]


def test_nothing_is_kept_of_nothing(bare: Store) -> None:
    assert bare.keep([], NOW) == []
    assert bare.heads([LOBBY, "house"]) == {LOBBY: 0, "house": 0}
    assert bare.events_since(LOBBY, 0, 10) == ([], False)


def test_numbers_count_up_by_one_in_each_log(store: Store) -> None:
    happen(store, created(TEA, "tea"))
    facts = happen(store, sent(ADA, "1"), sent(ADA, "a", TEA), sent(BOB, "2"), sent(BOB, "b", TEA))
    assert numbers(facts) == [5, 2, 6, 3]
    assert numbers(store.events_since(LOBBY, 0, 100)[0]) == [1, 2, 3, 4, 5, 6]
    assert store.heads([TEA, LOBBY, "r_none"]) == {TEA: 3, LOBBY: 6, "r_none": 0}


def test_what_is_kept_is_what_is_read(store: Store) -> None:
    message = MessageSent(
        room=LOBBY, text="h\u00e9\n\U0001f375", by=ADA.id, by_name="aaa", kind="action", reply_to=f"{LOBBY}.1",
        tags={"x": "y"}, thread=f"{LOBBY}.2", mentions=(BOB.id, EVE.id), ref="x" * 32,
    )  # fmt: skip
    [outcome] = keep(store, item(message, by=ADA.id, ref="x" * 32))
    assert isinstance(outcome, Kept)
    [fact] = outcome.events
    assert (fact.number, fact.at) == (5, AT)
    assert store.events_since(LOBBY, 4, 10) == ([fact], False)


def test_count_is_the_number_of_messages_up_to_here(store: Store) -> None:
    happen(store, sent(ADA, "1"), left(BOB), sent(ADA, "2"), deleted(ADA, 5))
    facts, _ = store.events_since(LOBBY, 3, 100)
    assert [getattr(fact, "count", None) for fact in facts] == [0, 1, 1, 2, 2]
    entry = store.room(LOBBY)
    assert entry is not None
    assert (entry.head, entry.count, entry.rights) == (8, 2, 1)


def test_time_never_goes_back_in_a_log(store: Store) -> None:
    [first] = happen(store, sent(ADA, "1"))
    [second] = happen(store, sent(ADA, "2"), now=NOW - 5000)
    [third] = happen(store, sent(ADA, "3"), now=NOW + 877)
    assert (first.at, second.at, third.at) == (AT, AT, "2025-11-23T12:13:21.000Z")


def test_one_item_in_several_logs(store: Store) -> None:
    gained = RoomGained(by=ADA.id, by_name=ADA.name, room=TEA, name="tea")
    renamed = PersonRenamed(by=ADA.id, by_name=ADA.name, name="lovelace")
    [outcome] = keep(store, item(created(TEA, "tea", ADA.id), joined(ADA, TEA), gained, renamed, sent(ADA, "hi", TEA)))
    assert isinstance(outcome, Kept)
    assert [(fact.log, fact.number) for fact in outcome.events] == [
        (TEA, 1),
        (TEA, 2),
        (ADA.id, 1),
        ("house", 1),
        (TEA, 3),
    ]
    assert store.events_since(ADA.id, 0, 10)[0] == [outcome.events[2]]
    assert store.events_since("house", 0, 10)[0] == [outcome.events[3]]


def test_pages_of_facts(store: Store) -> None:
    assert numbers(store.events_since(LOBBY, 1, 2)[0]) == [2, 3]
    assert store.events_since(LOBBY, 1, 2)[1] is True
    assert store.events_since(LOBBY, 1, 3)[1] is False
    assert store.events_since(LOBBY, 4, 3) == ([], False)
    assert store.events_since(LOBBY, 10**30, 3) == ([], False)


# Refs


def say(text: str, ref: str | None = "r" * 32, person: Person = ADA, digest: bytes = b"d" * 16) -> Item:
    return item(sent(person, text), by=person.id, ref=ref, digest=digest)


def test_a_repeated_ref_answers_the_first_number(store: Store) -> None:
    keep(store, say("hi"))
    assert keep(store, say("hi"), now=NOW + 9) == [Duplicate(LOBBY, 5, AT)]
    assert store.heads([LOBBY]) == {LOBBY: 5}


def test_a_ref_may_come_again_in_the_same_batch(store: Store) -> None:
    outcomes = keep(store, say("hi"), say("hi"), say("other", digest=b"o" * 16), say("more", ref=None))
    assert outcomes[1:3] == [Duplicate(LOBBY, 5, AT), Refused("ref-reused")]
    assert store.heads([LOBBY]) == {LOBBY: 6}


def test_a_ref_with_other_content_is_refused(store: Store) -> None:
    keep(store, say("hi"))
    assert keep(store, say("ho", digest=b"e" * 16)) == [Refused("ref-reused")]


def test_what_a_ref_did(store: Store) -> None:
    keep(store, say("hi"))
    assert store.kept_ref(ADA.id, "r" * 32) == (Duplicate(LOBBY, 5, AT), b"d" * 16)
    assert store.kept_ref(BOB.id, "r" * 32) is None
    assert store.kept_ref(ADA.id, "s" * 32) is None


def test_refs_belong_to_a_person(store: Store) -> None:
    outcomes = keep(store, say("hi"), say("hi", person=BOB))
    assert all(isinstance(outcome, Kept) for outcome in outcomes)


def test_a_refused_item_uses_up_no_ref(store: Store) -> None:
    refused = item(sent(ADA, "hi"), requires=(RightsUnchanged(LOBBY, 7),), by=ADA.id, ref="r" * 32, digest=b"o" * 16)
    assert keep(store, refused) == [Refused("stale")]
    assert isinstance(keep(store, say("hi"))[0], Kept)


def test_the_ref_of_an_item_is_with_its_first_event(store: Store) -> None:
    several = item(created(TEA, "tea", ADA.id), joined(ADA, TEA), by=ADA.id, ref="r" * 32)
    assert isinstance(keep(store, several)[0], Kept)
    assert keep(store, several, now=NOW + 5) == [Duplicate(TEA, 1, AT)]


def test_a_ref_outlives_the_message(store: Store) -> None:
    keep(store, say("hi"), item(deleted(ADA, 5)))
    assert keep(store, say("hi")) == [Duplicate(LOBBY, 5, AT)]


# Conditions


CONDITIONS: list[tuple[Condition, str | None]] = [
    (NameFree("zoe"), None),
    (NameFree("AAA"), "name-taken"),
    (NameFree("AAA", ADA.id), None),
    (NameFree("lll"), None),
    (NameFree("\u0430\u0430\u0430"), "name-lookalike"),
    (NameFree("a b"), "name-invalid"),
    (RoomNameFree("tea"), None),
    (RoomNameFree("Lobby"), "room-taken"),
    (RightsUnchanged(LOBBY, 1), None),
    (RightsUnchanged(LOBBY, 0), "stale"),
    (RightsUnchanged(LOBBY, 0, ADA.id), None),
    (RightsUnchanged(LOBBY, 0, EVE.id), "stale"),
    (RightsUnchanged("r_none", 0), "stale"),
    (MessageStands(LOBBY, 5), None),
    (MessageStands(LOBBY, 6), "deleted"),
    (MessageStands(LOBBY, 1), "bad-number"),
    (MessageStands(LOBBY, 99), "bad-number"),
    (MessageStands(LOBBY, 10**30), "bad-number"),
    (MessageStands("r_none", 1), "bad-number"),
    (MessageExists(LOBBY, 5), None),
    (MessageExists(LOBBY, 6), None),
    (MessageExists(LOBBY, 1), "bad-number"),
    (MessageExists(LOBBY, 99), "bad-number"),
    (MessageExists(LOBBY, 10**30), "bad-number"),
    (MessageExists("r_none", 1), "bad-number"),
    (NotMember(LOBBY, EVE.id), None),
    (NotMember(LOBBY, ADA.id), "stale"),
    (NotMember("r_none", ADA.id), None),
    (IsMember(LOBBY, ADA.id), None),
    (IsMember(LOBBY, EVE.id), "not-a-member"),
    (IsMember("r_none", ADA.id), "not-a-member"),
    (DirectFree((ADA.id, EVE.id)), None),
    (DirectFree((BOB.id, ADA.id)), "stale"),
    (SettingsBelow(ADA.id, "new", 2), None),
    (SettingsBelow(ADA.id, "new", 1), "too-many"),
    (SettingsBelow(ADA.id, "theme", 1), None),
    (DetailsBelow(LOBBY, "new", 2), None),
    (DetailsBelow(LOBBY, "new", 1), "too-many"),
    (DetailsBelow(LOBBY, "url", 1), None),
    (DetailsBelow("r_none", "new", 1), None),
]


@pytest.mark.parametrize(("role", "may"), [("moderator", True), ("speaker", True), ("member", False), ("guest", False)])
def test_where_not_all_write_it_depends_on_the_role(store: Store, role: Role, may: bool) -> None:
    happen(
        store,
        RoomChanged(room=LOBBY, by=ADA.id, name="Lobby", kind="public", history="all", posting="moderators"),
        RoleChanged(room=LOBBY, by=ADA.id, person=BOB.id, person_name=BOB.name, role=role),
    )
    [outcome] = keep(store, item(sent(BOB, "hi"), requires=(RightsUnchanged(LOBBY, 0, BOB.id),)))
    assert (outcome == Refused("stale")) is not may


@pytest.mark.parametrize(("condition", "code"), CONDITIONS, ids=[repr(condition) for condition, _ in CONDITIONS])
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "later"])
def test_conditions(store: Store, condition: Condition, code: str | None, together: bool) -> None:
    before = [
        item(sent(ADA, "stands")),
        item(sent(ADA, "goes")),
        item(deleted(ADA, 6)),
        item(left(EVE)),
        item(created(DIRECT, "", ADA.id, "direct"), writes=(AddDirectPeople(DIRECT, (ADA, BOB)),)),
        item(SettingChanged(by=ADA.id, key="theme", value="dark")),
        item(RoomDetailChanged(room=LOBBY, by=ADA.id, key="url", value="https://tea.example")),
    ]
    checked = item(sent(ADA, "last"), requires=(condition,))
    after = item(sent(BOB, "another"))
    if together:
        *_, outcome, last = keep(store, *before, checked, after)
    else:
        keep(store, *before)
        [outcome, last] = keep(store, checked, after)
    assert isinstance(last, Kept)
    if code is None:
        assert isinstance(outcome, Kept)
    else:
        assert outcome == Refused(code)
        assert last.events[0].number == 10


def test_a_refused_item_leaves_nothing(store: Store) -> None:
    person = Person("p_" + "z" * 26, "zoe")
    wrong = item(
        created(TEA, "tea"),
        joined(person, TEA),
        requires=(RoomNameFree("tea"), NotMember(LOBBY, ADA.id)),
        writes=(AddPerson(person), AddToken(b"t" * 32, person.id)),
        by=ADA.id,
        ref="r" * 32,
    )
    assert keep(store, wrong) == [Refused("stale")]
    assert (store.room(TEA), store.person(person.id), store.device(b"t" * 32)) == (None, None, None)
    assert store.heads([TEA]) == {TEA: 0}


def test_an_event_of_no_room_is_refused(store: Store) -> None:
    outcomes = keep(store, item(sent(ADA, "lost", TEA)), item(sent(ADA, "hi")), item(left(ADA, TEA)))
    assert outcomes[0] == outcomes[2] == Refused("no-such-room")
    assert isinstance(outcomes[1], Kept)


# What there may be one of, without a condition that says so. A database finds it out in the middle of the batch.

ADD_ZOE = AddPerson(Person("p_" + "z" * 26, "zoe"))
CLASHES = [
    item(created(TEA, "LOBBY")),
    item(created(LOBBY, "again")),
    item(writes=(AddPerson(Person("p_" + "z" * 26, "AAA")),)),
    item(writes=(AddPerson(Person("p_" + "z" * 26, "\u0430\u0430\u0430")),)),
    item(writes=(AddPerson(Person(ADA.id, "zoe")),)),
    item(writes=(ADD_ZOE, AddToken(b"a" * 32, ADA.id))),
    item(created(TEA, "", ADA.id, "direct"), writes=(AddDirectPeople(TEA, (BOB, ADA)),)),
    item(PersonRenamed(by=ADA.id, name="bbb")),
]


@pytest.mark.parametrize("clash", CLASHES, ids=range(len(CLASHES)))
def test_a_clash_is_refused_and_hurts_nobody_else(store: Store, clash: Item) -> None:
    keep(store, item(created(DIRECT, "", ADA.id, "direct"), writes=(AddDirectPeople(DIRECT, (ADA, BOB)),)))
    keep(store, item(writes=(AddToken(b"a" * 32, ADA.id),)))
    first, outcome, last = keep(store, item(sent(ADA, "before")), clash, item(sent(ADA, "after")))
    assert outcome == Refused("stale")
    assert isinstance(first, Kept)
    assert isinstance(last, Kept)
    assert numbers([*first.events, *last.events]) == [5, 6]
    assert store.heads(["house", TEA]) == {"house": 0, TEA: 0}
    assert store.person("p_" + "z" * 26) is None


def test_an_illegal_name_is_refused(store: Store) -> None:
    outcomes = keep(store, item(sent(ADA, "hi")), item(writes=(AddPerson(Person("p_x", "a b")),)))
    assert isinstance(outcomes[0], Kept)
    assert outcomes[1] == Refused("name-invalid")


def test_a_room_of_visitors_can_be_dropped(store: Store) -> None:
    visitor = Person("p_" + "v" * 26, "vic", "visitor")
    keep(store, item(created(TEA, "tea", visitor.id)), item(sent(visitor, "hi", TEA), by=visitor.id, ref="r" * 32))
    [outcome, again] = keep(store, item(writes=(DropRoom(TEA),)), item(sent(visitor, "gone", TEA)))
    assert (outcome, again) == (Kept(()), Refused("no-such-room"))
    assert (store.room(TEA), store.room_by_name("tea"), store.heads([TEA])) == (None, None, {TEA: 0})
    assert store.events_since(TEA, 0, 10) == ([], False)


def test_a_room_can_be_dropped_where_it_was_made(store: Store) -> None:
    outcomes = keep(store, item(created(TEA, "tea", "p_x")), item(writes=(DropRoom(TEA),)), item(sent(ADA, "hi")))
    assert isinstance(outcomes[2], Kept)
    assert store.room(TEA) is None


@pytest.mark.parametrize("room", [LOBBY, TEA])
def test_a_lasting_room_is_not_dropped(store: Store, room: str) -> None:
    happen(store, created(TEA, "tea", ADA.id), joined(ADA, TEA))
    assert keep(store, item(writes=(DropRoom(room), DropRoom("r_none")))) == [Kept(())]
    assert store.room(room) is not None


def test_rooms_of_visitors_are_forgotten_at_the_start(store: Store) -> None:
    happen(store, created(TEA, "tea", "p_visitor"), sent(ADA, "hi", TEA))
    store.forget_visitors()
    assert store.room(TEA) is None
    assert store.room(LOBBY) is not None


def test_a_ref_goes_with_the_room_that_its_own_item_forgets(store: Store) -> None:
    keep(store, item(created(TEA, "tea", "p_x")))
    gone = item(sent(ADA, "bye", TEA), writes=(DropRoom(TEA),), by=ADA.id, ref="ref-1")
    [first] = keep(store, gone)
    assert isinstance(first, Kept)
    assert keep(store, gone) == [Refused("no-such-room")]
    assert store.kept_ref(ADA.id, "ref-1") is None
