"""The contract of what is read back: the present state, and nothing of what was deleted."""

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
    edited,
    happen,
    item,
    joined,
    keep,
    left,
    marked,
    sent,
)

from hobnob.protocol.events import (
    AccountDeleted,
    DeviceRevoked,
    DraftChanged,
    MaskChanged,
    MessageEdited,
    MessagePinned,
    MessageSent,
    MessageUnpinned,
    PersonInvited,
    PersonRenamed,
    ReactionAdded,
    ReactionRemoved,
    RoomChanged,
    RoomDetailChanged,
    SettingChanged,
    TopicChanged,
)
from hobnob.protocol.names import fold, skeleton
from hobnob.protocol.records import Draft, Mask, Message, Person, RoomListing, RoomState, Version
from hobnob.protocol.replies import Unread
from hobnob.stores.memory import MemoryStore
from hobnob.stores.store import AddDirectPeople, AddToken, DropRoom, Membership, Store, TokenKeys

LATER = NOW + 1000
LATER_AT = "2025-11-23T12:13:21.123Z"


def read(store: Store, number: int) -> Message:
    message = store.message(LOBBY, number)
    assert message is not None
    return message


# People


def test_people(store: Store) -> None:
    keep(store, item(writes=(AddToken(b"t" * 32, ADA.id),)))
    assert (store.person(ADA.id), store.person("p_none")) == (ADA, None)
    assert (store.person_by_name("AAA"), store.person_by_name("zoe"), store.person_by_name("a b")) == (ADA, None, None)
    found = store.device(b"t" * 32)
    assert found is not None
    assert (found[1], store.device(b"u" * 32)) == (ADA.id, None)


def test_what_a_token_is_proved_by(store: Store) -> None:
    keys = [TokenKeys(b"salt" * 4, 4096, bytes([number]) * 32, b"server" * 5) for number in range(3)]
    owners = (ADA.id, ADA.id, BOB.id)
    for number, (owner, each) in enumerate(zip(owners, keys, strict=True)):
        keep(store, item(writes=(AddToken(bytes([number]) * 32, owner, f"d_{number}", "phone", each),)))
    keep(store, item(writes=(AddToken(b"t" * 32, ADA.id, "d_without"),)))
    assert [(device.id, found) for device, found in store.token_keys(ADA.id)] == [("d_0", keys[0]), ("d_1", keys[1])]
    assert store.token_keys("p_none") == []
    happen(store, DeviceRevoked(by=ADA.id, by_name=ADA.name, device="d_0"))
    assert [device for device, _ in store.token_keys(ADA.id)] == [
        device for device in store.devices(ADA.id) if device.id == "d_1"
    ]
    happen(store, DeviceRevoked(by=ADA.id, by_name=ADA.name))
    assert (store.token_keys(ADA.id), len(store.token_keys(BOB.id))) == ([], 1)


def test_a_secret_is_its_own(store: Store) -> None:
    assert (len(store.secret), store.secret == MemoryStore().secret) == (32, False)


def test_taken_names(store: Store) -> None:
    names = ["AAA", "\u0430\u0430\u0430", "zoe", "a b"]
    taken = {"AAA": "name-taken", "\u0430\u0430\u0430": "name-lookalike"}
    assert store.names_taken(names) == taken
    assert [store.names_taken([name]) for name in names] == [{name: taken[name]} for name in taken] + [{}, {}]
    assert store.names_taken([*(f"free{number}" for number in range(600)), "AAA"]) == {"AAA": "name-taken"}
    assert store.names_taken([]) == {}


def test_the_keys_of_all_names(store: Store) -> None:
    for person in (ADA, BOB, EVE):
        assert (fold(person.name), skeleton(person.name)) in store.name_keys(100)
    assert len(store.name_keys(2)) == 2


def test_the_name_of_a_deleted_account_is_taken_as_long_as_what_it_said_has_it(store: Store) -> None:
    happen(store, AccountDeleted(by=ADA.id, by_name=ADA.name))
    assert store.names_taken(["aaa"]) == {"aaa": "name-taken"}
    assert "aaa" in dict(store.name_keys(100))


def test_a_renamed_person(store: Store) -> None:
    happen(store, PersonRenamed(by=ADA.id, by_name="aaa", name="Ada"))
    assert store.person(ADA.id) == store.person_by_name("ADA") == Person(ADA.id, "Ada")
    assert store.person_by_name("aaa") is None
    assert store.names_taken(["aaa"]) == {}
    assert ("ada", skeleton("Ada")) in store.name_keys(100)
    assert "aaa" not in dict(store.name_keys(100))


def test_a_visitor_who_takes_another_name_is_nobody_kept(store: Store) -> None:
    happen(store, PersonRenamed(by="p_visitor", by_name="vic", name="Vic"))
    assert store.person("p_visitor") is None


def test_settings(store: Store) -> None:
    changes = [("theme", "dark"), ("size", "2"), ("theme", "light"), ("size", None), ("none", None)]
    happen(store, *(SettingChanged(by=ADA.id, key=key, value=value) for key, value in changes))
    assert store.settings(ADA.id) == {"theme": "light"}
    assert store.settings(BOB.id) == {}
    assert len(store.events_since(ADA.id, 0, 10)[0]) == 5


def test_details_are_the_public_settings(store: Store) -> None:
    changes = [("public.bot", "yes"), ("public.pronouns", "she"), ("publicity", "x"), ("public.bot", None)]
    happen(store, *(SettingChanged(by=ADA.id, key=key, value=value) for key, value in changes))
    happen(store, SettingChanged(by=BOB.id, key="public.bot", value="yes"))
    assert store.details([ADA.id, "p_nobody"]) == {ADA.id: {"pronouns": "she"}}
    assert store.details([ADA.id, BOB.id]) == {ADA.id: {"pronouns": "she"}, BOB.id: {"bot": "yes"}}
    many = [ADA.id, *(f"p_{number}" for number in range(2000))]
    assert store.details(many) == {ADA.id: {"pronouns": "she"}}


# Rooms


def test_a_room(store: Store) -> None:
    happen(store, created(TEA, "Tea", ADA.id, "private"), TopicChanged(room=TEA, topic="leaves", by=ADA.id))
    entry = store.room(TEA)
    assert entry is not None
    assert entry == store.room_by_name("tEA")
    assert (entry.room.id, entry.room.name, entry.room.kind, entry.room.topic) == (TEA, "Tea", "private", "leaves")
    assert (entry.head, entry.count, entry.rights, entry.lasting) == (2, 0, 0, False)
    assert (store.room("r_none"), store.room_by_name("none"), store.room_by_name("a b")) == (None, None, None)


def test_details_of_a_room(store: Store) -> None:
    happen(store, created(TEA, "Tea", ADA.id))
    for key, value in [
        ("url", "https://a.example/\U0001f375"),
        ("avatar", "x"),
        ("url", "y"),
        ("avatar", None),
        ("z", None),
    ]:
        happen(store, RoomDetailChanged(room=TEA, key=key, value=value, by=ADA.id))
    entry, lobby = store.room(TEA), store.room(LOBBY)
    assert entry is not None
    assert lobby is not None
    assert (entry.room.details, lobby.room.details) == ({"url": "y"}, {})


def test_when_a_room_was_made_and_who_set_its_topic(store: Store) -> None:
    happen(store, created(TEA, "Tea", ADA.id))
    entry = store.room(TEA)
    assert entry is not None
    assert (entry.room.created_at, entry.room.topic_by, entry.room.topic_at) == (AT, "", "")
    happen(store, TopicChanged(room=TEA, topic="leaves", by=ADA.id, by_name="ada"))
    entry = store.room(TEA)
    assert entry is not None
    assert (entry.room.topic_by, entry.room.topic_at) == ("ada", AT)


def test_on_what_terms_one_comes_in(store: Store) -> None:
    happen(store, created(TEA, "Tea", ADA.id))
    happen(
        store, RoomChanged(room=TEA, name="Tea", kind="public", history="all", topics="moderators", key="k", limit=7)
    )
    entry = store.room(TEA)
    assert entry is not None
    assert (entry.room.topics, entry.room.key, entry.room.limit) == ("moderators", "k", 7)


def test_masks_begin_and_end(store: Store) -> None:
    happen(store, created(TEA, "Tea", ADA.id))
    for kind, mask, on in (("ban", "b*!*@*", True), ("mute", "b*!*@*", True), ("ban", "a*!*@*", True),
                           ("ban", "b*!*@*", False), ("ban", "c*!*@*", False)):  # fmt: skip
        happen(store, MaskChanged(room=TEA, kind=kind, mask=mask, on=on, by=ADA.id, by_name="ada"))  # type: ignore[arg-type]
    assert store.masks(TEA) == [Mask("mute", "b*!*@*", "ada", AT), Mask("ban", "a*!*@*", "ada", AT)]
    assert store.masks(LOBBY) == []
    keep(store, item(writes=(DropRoom(TEA),)))
    assert store.masks(TEA) == []


def test_a_room_lasts_from_its_first_kept_member(store: Store) -> None:
    happen(store, created(TEA, "tea", ADA.id), joined(ADA, TEA), left(ADA, TEA))
    entry = store.room(TEA)
    assert entry is not None
    assert (entry.lasting, entry.rights) == (True, 1)


def test_a_direct_room_is_found_by_its_people(store: Store) -> None:
    visitor = Person("p_" + "v" * 26, "vic", "visitor")
    keep(store, item(created(DIRECT, "", ADA.id, "direct"), writes=(AddDirectPeople(DIRECT, (ADA, visitor)),)))
    happen(store, PersonRenamed(by=ADA.id, name="Lovelace"))
    entry = store.direct_room([visitor.id, ADA.id])
    assert entry is not None
    assert entry.room.people == (Person(ADA.id, "Lovelace"), visitor)
    assert store.room(DIRECT) == entry
    assert store.direct_room([ADA.id]) is None
    assert store.direct_room([ADA.id, visitor.id, BOB.id]) is None
    assert store.room_by_name("") is None


def test_the_directory(store: Store) -> None:
    happen(store, created(TEA, "Attic"), joined(ADA, TEA), sent(ADA, "hi", TEA))
    happen(store, created("r_secret", "secret", kind="private"), created("r_zoo", "zoo"))
    happen(store, TopicChanged(room=LOBBY, topic="all"))
    assert store.public_rooms() == [
        RoomListing(TEA, "Attic", "public", members=1, count=1, created_at=AT),
        RoomListing(LOBBY, "lobby", "public", topic="all", members=3, topic_at=AT, created_at=AT),
        RoomListing("r_zoo", "zoo", "public", created_at=AT),
    ]


def test_where_somebody_was_asked_in(store: Store) -> None:
    happen(store, created(TEA, "Tea"), created("r_den", "den", kind="private"))
    happen(store, *(PersonInvited(room=room, person=BOB.id, person_name="bbb", by=ADA.id) for room in (TEA, "r_den")))
    assert [(listing.name, listing.kind) for listing in store.invitations(BOB.id)] == [
        ("den", "private"),
        ("Tea", "public"),
    ]
    happen(store, joined(BOB, TEA))
    assert [listing.name for listing in store.invitations(BOB.id)] == ["den"]
    assert store.invitations(ADA.id) == []


def test_members(store: Store) -> None:
    happen(store, joined(Person("p_unknown", "nobody")), left(BOB))
    assert store.members(LOBBY) == [Membership(ADA, "member", 2), Membership(EVE, "member", 4)]
    assert store.members("r_none") == []


def test_who_joins_twice_only_changes_the_role(store: Store) -> None:
    again = joined(ADA)
    happen(store, sent(BOB, "hi"), marked(ADA, 1), type(again)(room=LOBBY, person=ADA.id, person_name="", role="owner"))
    assert store.members(LOBBY)[0] == Membership(ADA, "owner", 2)
    assert store.unread(ADA.id, LOBBY) == Unread(LOBBY, 1, 1)


def test_who_comes_again_begins_anew(store: Store) -> None:
    happen(store, sent(BOB, "1"), left(ADA), sent(BOB, "2"))
    assert store.unread(ADA.id, LOBBY) is None
    assert store.rooms_of(ADA.id) == []
    happen(store, joined(ADA), sent(BOB, "3"))
    assert store.members(LOBBY)[0].since == 8
    assert store.unread(ADA.id, LOBBY) == Unread(LOBBY, 8, 1)


def test_the_rooms_of_a_person(store: Store) -> None:
    direct = item(
        created(DIRECT, "", ADA.id, "direct"), joined(ADA, DIRECT), writes=(AddDirectPeople(DIRECT, (ADA, BOB)),)
    )
    keep(store, direct, item(created(TEA, "tea")))
    happen(store, sent(BOB, "hello", mentions=(ADA.id,)), sent(BOB, "psst", DIRECT), marked(ADA, 3, DIRECT))
    happen(store, DraftChanged(by=ADA.id, room=LOBBY, text="dear all", reply_to=f"{LOBBY}.5"))
    assert store.rooms_of(ADA.id) == [
        RoomState(DIRECT, "", "direct", people=(ADA, BOB), head=3, count=1, read=3),
        RoomState(
            LOBBY, "lobby", "public", head=5, count=1, read=2, unread=1, mentions=1,
            draft=Draft("dear all", f"{LOBBY}.5"),
        ),
    ]  # fmt: skip
    assert [state.id for state in store.rooms_of(BOB.id)] == [LOBBY]
    assert store.rooms_of("p_none") == []


# Unread


def test_unread_counts_what_others_said_after_the_mark(store: Store) -> None:
    happen(
        store, sent(BOB, "1", mentions=(ADA.id,)), sent(ADA, "2", mentions=(ADA.id,)), sent(BOB, "3"), sent(EVE, "4")
    )
    assert store.unread(ADA.id, LOBBY) == Unread(LOBBY, 2, 3, 1)
    happen(store, marked(ADA, 5))
    assert store.unread(ADA.id, LOBBY) == Unread(LOBBY, 5, 2, 0)
    happen(store, deleted(BOB, 7), deleted(ADA, 6))
    assert store.unread(ADA.id, LOBBY) == Unread(LOBBY, 5, 1, 0)
    happen(store, marked(ADA, 1))
    assert store.unread(ADA.id, LOBBY) == Unread(LOBBY, 1, 2, 1)
    happen(store, edited(EVE, 8, "4 @ada", mentions=(ADA.id,)), edited(BOB, 5, "1"))
    assert store.unread(ADA.id, LOBBY) == Unread(LOBBY, 1, 2, 1)
    happen(store, marked(ADA, 99))
    assert store.unread(ADA.id, LOBBY) == Unread(LOBBY, 99, 0, 0)
    assert store.unread(ADA.id, "r_none") is None
    assert store.unread("p_none", LOBBY) is None


def test_a_mark_in_a_room_of_others_changes_nothing(store: Store) -> None:
    happen(store, created(TEA, "tea"), marked(ADA, 1, TEA), marked(ADA, 1, "r_none"))
    assert store.unread(ADA.id, TEA) is None


# Messages


def test_an_edited_message(store: Store) -> None:
    happen(store, sent(ADA, "one", mentions=(BOB.id,)))
    happen(store, edited(ADA, 5, "two"), edited(ADA, 5, "three", mentions=(EVE.id,)), now=LATER)
    message = read(store, 5)
    assert (message.text, message.mentions, message.edited_at) == ("three", (EVE.id,), LATER_AT)
    assert store.versions(LOBBY, 5) == [Version(5, AT, "one"), Version(6, LATER_AT, "two")]
    facts = store.events_since(LOBBY, 4, 10)[0]
    assert [(fact.text, fact.mentions) for fact in facts if isinstance(fact, MessageSent | MessageEdited)] == [
        ("three", (EVE.id,))
    ] * 3
    assert [fact.edited for fact in facts if isinstance(fact, MessageSent)] == [True]


def test_a_deleted_message_keeps_its_number_and_its_place(store: Store) -> None:
    message = MessageSent(
        room=LOBBY, text="secret", by=ADA.id, by_name="aaa", mentions=(BOB.id,), thread=f"{LOBBY}.1", ref="r" * 32
    )
    happen(store, message, edited(ADA, 5, "more secret", mentions=(BOB.id,)))
    happen(store, ReactionAdded(room=LOBBY, of=5, emoji="+1", by=BOB.id), MessagePinned(room=LOBBY, of=5, by=BOB.id))
    happen(store, deleted(ADA, 5), now=LATER)
    assert store.message(LOBBY, 5) == Message(
        LOBBY, 5, 1, AT, ADA.id, "aaa", thread=f"{LOBBY}.1", deleted=True, ref="r" * 32
    )
    assert store.versions(LOBBY, 5) == []
    first, second, *_ = store.events_since(LOBBY, 4, 10)[0]
    assert isinstance(first, MessageSent)
    assert (first.text, first.mentions, first.edited, first.deleted) == ("", (), False, True)
    assert isinstance(second, MessageEdited)
    assert (second.text, second.mentions) == ("", ())


def test_what_speaks_of_a_deleted_message_changes_nothing(store: Store) -> None:
    happen(store, sent(ADA, "gone"), deleted(ADA, 5))
    before = read(store, 5)
    happen(
        store,
        edited(ADA, 5, "back", mentions=(BOB.id,)),
        ReactionAdded(room=LOBBY, of=5, emoji="+1", by=BOB.id),
        MessagePinned(room=LOBBY, of=5, by=BOB.id),
        deleted(ADA, 5),
        edited(ADA, 1, "no message"),
        edited(ADA, 99, "not there"),
        deleted(ADA, 99),
        MessagePinned(room=LOBBY, of=1, by=BOB.id),
        ReactionAdded(room=LOBBY, of=99, emoji="+1", by=BOB.id),
    )
    assert read(store, 5) == before
    assert store.message(LOBBY, 1) is None
    assert store.versions(LOBBY, 5) == []
    texts = [fact.text for fact in store.events_since(LOBBY, 6, 100)[0] if isinstance(fact, MessageEdited)]
    assert texts == ["", "", ""]


def test_reactions(store: Store) -> None:
    happen(store, sent(ADA, "hi"))
    for person, emoji in [(BOB, "+1"), (ADA, "+1"), (BOB, "+1"), (EVE, "ok")]:
        happen(store, ReactionAdded(room=LOBBY, of=5, emoji=emoji, by=person.id))
    assert read(store, 5).reactions == {"+1": (BOB.id, ADA.id), "ok": (EVE.id,)}
    for person, emoji in [(BOB, "+1"), (EVE, "ok"), (EVE, "never")]:
        happen(store, ReactionRemoved(room=LOBBY, of=5, emoji=emoji, by=person.id))
    assert read(store, 5).reactions == {"+1": (ADA.id,)}


def test_pins(store: Store) -> None:
    happen(
        store, sent(ADA, "hi"), MessagePinned(room=LOBBY, of=5, by=ADA.id), MessagePinned(room=LOBBY, of=5, by=BOB.id)
    )
    assert read(store, 5).pinned
    happen(store, MessageUnpinned(room=LOBBY, of=5, by=ADA.id))
    assert not read(store, 5).pinned


def test_messages_that_are_not_there(store: Store) -> None:
    assert [store.message(LOBBY, number) for number in (0, 1, 99, -1, 10**30)] == [None] * 5
    assert store.message("r_none", 1) is None
    assert store.versions("r_none", 1) == store.versions(LOBBY, 10**30) == []


# History


def page(
    store: Store,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int = 3,
    since: int = 0,
) -> tuple[list[int], bool]:
    messages, more = store.history(LOBBY, before=before, after=after, around=around, limit=limit, since=since)
    return [message.number for message in messages], more


def test_pages_of_history(store: Store) -> None:
    happen(store, *(sent(ADA, str(number)) for number in (5, 6, 7)), left(BOB), sent(ADA, "9"), sent(ADA, "10"))
    happen(store, deleted(ADA, 6))
    assert page(store) == ([7, 9, 10], True)
    assert page(store, limit=5) == ([5, 6, 7, 9, 10], False)
    assert page(store, before=9) == ([5, 6, 7], False)
    assert page(store, before=8, limit=2) == ([6, 7], True)
    assert page(store, before=5) == ([], False)
    assert page(store, after=5) == ([6, 7, 9], True)
    assert page(store, after=6) == ([7, 9, 10], False)
    assert page(store, after=10) == ([], False)
    assert page(store, around=7) == ([6, 7, 9], True)
    assert page(store, around=8, limit=4) == ([6, 7, 9, 10], True)
    assert page(store, around=5) == ([5, 6, 7], True)
    assert page(store, around=10, limit=9) == ([5, 6, 7, 9, 10], False)
    assert page(store, around=99) == ([10], True)
    assert page(store, before=10**30) == page(store)
    assert page(store, after=10**30) == ([], False)


def test_history_begins_where_one_joined(store: Store) -> None:
    happen(store, *(sent(ADA, str(number)) for number in (5, 6, 7)))
    assert page(store, since=6) == ([6, 7], False)
    assert page(store, after=1, since=6) == ([6, 7], False)
    assert page(store, before=7, since=6) == ([6], False)
    assert page(store, around=6, since=6) == ([6, 7], False)
    assert page(store, since=8) == ([], False)


def test_history_is_the_messages_themselves(store: Store) -> None:
    happen(store, sent(ADA, "one"), sent(BOB, "two"), edited(ADA, 5, "eins"))
    happen(store, ReactionAdded(room=LOBBY, of=6, emoji="+1", by=ADA.id))
    messages, _ = store.history(LOBBY, before=None, after=None, around=None, limit=9, since=0)
    assert messages == [store.message(LOBBY, 5), store.message(LOBBY, 6)]
    assert store.history("r_none", before=None, after=None, around=None, limit=9, since=0) == ([], False)


# Drafts


def test_drafts_are_read_as_they_are_now(store: Store) -> None:
    draft = DraftChanged(by=ADA.id, by_name="aaa", room=LOBBY, text="first", reply_to=f"{LOBBY}.1")
    happen(store, draft, DraftChanged(by=ADA.id, by_name="aaa", room=LOBBY, text="second"))
    texts = [
        (fact.text, fact.reply_to) for fact in store.events_since(ADA.id, 0, 9)[0] if isinstance(fact, DraftChanged)
    ]
    assert texts == [("second", None)] * 2
    happen(store, DraftChanged(by=ADA.id, room=LOBBY))
    assert [fact.text for fact in store.events_since(ADA.id, 0, 9)[0] if isinstance(fact, DraftChanged)] == [""] * 3
    assert store.rooms_of(ADA.id)[0].draft is None


def test_drafts_go_with_the_membership(store: Store) -> None:
    happen(store, DraftChanged(by=ADA.id, room=LOBBY, text="dear all"), left(ADA), joined(ADA))
    happen(store, DraftChanged(by=ADA.id, room="r_none", text="nowhere"))
    assert store.rooms_of(ADA.id)[0].draft is None


def test_a_time_is_found_as_a_number(store: Store) -> None:
    for later in (1, 1, 5, 9):
        happen(store, sent(ADA, "hi"), now=NOW + later)
    assert [store.number_at(LOBBY, NOW + at) for at in (-1, 0, 1, 4, 5, 8, 9, 100)] == [0, 4, 6, 6, 7, 7, 8, 8]
    assert store.number_at(TEA, NOW) == 0
