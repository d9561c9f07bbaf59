"""The mirror folds events as the server does; pages and events may overtake each other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.client.fakes import BOB, LOBBY, ME, TEA, message, state, welcome

from hobnob.client.mirror import MOST_FORMER, Mirror, Room
from hobnob.protocol import events as e
from hobnob.protocol.records import Draft, Member, Message, Person, RoomState
from hobnob.protocol.replies import Unread

DIRECT = "r_" + "d" * 26


def mirror(*rooms: RoomState) -> Mirror:
    made = Mirror()
    made.welcome(welcome(*rooms))
    return made


def followed(made: Mirror, keeps: int = 200) -> Room:
    room = made["#tea"]
    made.begin_reading(room)
    room.keeps = keeps
    made.filled(room, [Member(ME, "ada"), Member(BOB, "bob")], [])
    return room


def test_rooms_are_found_by_any_name_of_theirs() -> None:
    made = mirror(state(), RoomState(DIRECT, "", "direct", people=(Person(ME, "ada"), Person(BOB, "Bob"))))
    assert made["#tea"] is made["Tea"] is made[TEA]
    assert made["@bob"].id == DIRECT
    assert "#bob" not in made
    assert made.get("#") is None
    assert made.get("x" * 1000) is None
    made.fold(e.PersonRenamed(name="rob", by=BOB, by_name="bob", number=1))
    assert made["@rob"].id == DIRECT
    assert "@bob" not in made


def test_rooms_whose_name_nobody_can_have_are_found_by_id() -> None:
    gone = Person(BOB, "", "deleted")
    made = mirror(state(name="no \x1b name"), RoomState(DIRECT, "", "direct", people=(Person(ME, "ada"), gone)))
    assert made[DIRECT].people[1] == gone
    assert made[TEA].name == "no \x1b name"


def test_messages_are_in_their_present_state() -> None:
    made = mirror()
    room = followed(made)
    base: dict[str, Any] = {"room": TEA, "by": BOB, "by_name": "bob"}
    for event in (
        message(1, "one"),
        message(2, "two"),
        e.MessageEdited(**base, number=3, of=1, text="ONE", at="t3"),
        e.ReactionAdded(**base, number=4, of=1, emoji="👋"),
        e.ReactionAdded(**base, number=5, of=1, emoji="👋"),
        e.MessagePinned(**base, number=6, of=1),
        e.MessageDeleted(**base, number=7, of=2, author=BOB),
        e.MessageEdited(**base, number=8, of=2, text="back?"),
        e.TopicChanged(**base, number=9, topic="tea"),
    ):
        made.fold(event)
    [one] = room.messages.values()
    assert (one.text, one.edited_at, one.reactions, one.pinned) == ("ONE", "t3", {"👋": (BOB,)}, True)
    assert (room.topic, room.head) == ("tea", 9)
    made.fold(e.ReactionRemoved(**base, number=10, of=1, emoji="👋"))
    made.fold(e.MessageUnpinned(**base, number=11, of=1))
    assert (room.messages[1].reactions, room.messages[1].pinned) == ({}, False)


def test_only_the_newest_messages_are_kept() -> None:
    made = mirror()
    room = followed(made, keeps=3)
    for number in range(1, 10):
        made.fold(message(number))
    assert list(room.messages) == [7, 8, 9]


def test_members_come_and_go() -> None:
    made = mirror()
    room = followed(made)
    eve = "p_" + "e" * 26
    made.fold(e.MemberJoined(room=TEA, person=eve, person_name="eve", by=eve, number=1))
    made.fold(e.MemberDetached(room=TEA, by=BOB))
    made.fold(e.PresenceChanged(state="away", by=eve))
    made.fold(e.PersonRenamed(name="rob", by=BOB, number=1))
    assert room.members[eve] == Member(eve, "eve", state="away", attached=True)
    assert room.members[BOB].name == "rob"
    made.fold(e.PresenceChanged(state="offline", by=eve))
    assert room.members[eve] == Member(eve, "eve", state="offline")
    made.fold(e.MemberLeft(room=TEA, person=eve, person_name="eve", number=2))
    assert eve not in room.members


def test_a_room_and_the_roles_in_it_change() -> None:
    made = mirror(state(posting="moderators", slow=5))
    room = followed(made)
    assert (room.posting, room.slow) == ("moderators", 5)
    made.fold(e.RoomChanged(room=TEA, number=1, by=BOB, name="coffee", kind="private", history="joined", slow=9))
    assert made["#coffee"] is room
    assert "#tea" not in made
    assert room.state() == RoomState(TEA, "coffee", "private", history="joined", head=1, slow=9)
    made.fold(e.RoleChanged(room=TEA, number=2, by=BOB, person=ME, person_name="ada", role="moderator"))
    assert (room.role, room.members[ME].role, room.members[BOB].role) == ("moderator", "moderator", "member")


def test_one_s_own_standing_on_the_server_changes() -> None:
    made = mirror()
    made.fold(e.AccountRegistered(by=BOB, number=1))
    made.fold(e.ServerRoleChanged(by=ME, person=BOB, person_name="bob", role="owner", number=2))
    assert made.me == Person(ME, "ada")
    made.fold(e.AccountRegistered(by=ME, number=3))
    made.fold(e.ServerRoleChanged(by=BOB, person=ME, person_name="ada", role="owner", number=4))
    assert made.me == Person(ME, "ada", "account", "owner")


def test_unread_counts_what_others_said() -> None:
    made = mirror(state(head=3, count=3, read=1, unread=2))
    room = made["#tea"]
    made.fold(message(3))  # it is in the count already
    made.fold(message(4, by=ME))
    made.fold(message(5, mentions=(ME,)))
    assert (room.unread, room.mentions, room.count) == (3, 1, 5)
    made.fold(e.MessageDeleted(room=TEA, of=5, author=BOB, by=BOB, number=6))
    assert made.uncounted == {TEA}
    made.counted(Unread(TEA, 1, 2, 0))
    assert (room.unread, room.mentions) == (2, 0)
    made.fold(e.ReadMarked(room=TEA, upto=6, number=1, by=ME))
    assert (room.read, room.unread) == (6, 0)


def test_one_s_own_log_moves_rooms_and_drafts() -> None:
    made = mirror()
    made.fold(e.DraftChanged(room=TEA, text="well", by=ME, number=1))
    assert made["#tea"].draft == Draft("well")
    made.fold(e.DraftChanged(room=TEA, by=ME, number=2))
    assert made[TEA].draft is None
    made.fold(e.RoomGained(room=LOBBY, name="lobby", by=ME, number=3))
    assert made.unknown == {LOBBY}
    made.joined(state(LOBBY, "lobby"))
    assert not made.unknown
    made.fold(e.RoomLost(room=TEA, by=ME, number=4))
    assert list(made) == [LOBBY]
    assert "#tea" not in made
    assert made.former[TEA].name == "tea"
    made.joined(state())
    assert not made.former


def test_of_lost_rooms_the_last_ones_are_remembered() -> None:
    made = Mirror()
    rooms = [f"r_{number:026}" for number in range(MOST_FORMER + 1)]
    for room in rooms:
        made.joined(state(room, "tea"))
        made.fold(e.RoomLost(room=room, by=ME, number=1))
    assert list(made.former) == rooms[1:]


def test_what_was_missed_is_to_be_read_again() -> None:
    made = mirror()
    made.fold(e.Gap(head=900, room=TEA))
    assert (made.stale, made.uncounted) == (set(), {TEA})
    room = followed(made)
    made.fold(e.Gap(head=901, room=TEA))
    assert made.stale == {TEA}
    made.stale.clear()
    made.welcome(welcome(state(head=3), epoch="e2"))
    assert made.stale == {TEA}
    assert made["#tea"] is room


def page(events: list[e.Fact]) -> list[Message]:
    made = mirror()
    room = followed(made)
    for event in events:
        made.fold(event)
    return list(room.messages.values())


def story(choices: list[int]) -> list[e.Fact]:
    events: list[e.Fact] = []
    base: dict[str, Any] = {"room": TEA, "by": BOB, "by_name": "bob", "at": "t"}
    for number, choice in enumerate(choices, 1):
        of = 1 + choice % max(1, number - 1)
        kinds: list[e.Fact] = [
            message(number, f"text {number}"),
            e.MessageEdited(**base, number=number, of=of, text=f"edit {number}"),
            e.MessageDeleted(**base, number=number, of=of),
            e.ReactionAdded(**base, number=number, of=of, emoji="x"),
            e.ReactionRemoved(**base, number=number, of=of, emoji="x"),
            e.MessagePinned(**base, number=number, of=of),
        ]
        events.append(kinds[choice % len(kinds)])
    return events


@given(st.lists(st.integers(0, 100), max_size=30), st.data())
def test_a_page_may_be_older_or_newer_than_the_events_around_it(choices: list[int], data: st.DataObject) -> None:
    events = story(choices)
    asked = data.draw(st.integers(0, len(events)))
    read = data.draw(st.integers(asked, len(events)))
    arrived = data.draw(st.integers(asked, len(events)))
    made = mirror()
    for event in events[:asked]:
        made.fold(event)
    room = made["#tea"]
    made.begin_reading(room)
    for event in events[asked:arrived]:
        made.fold(event)
    made.filled(room, [], page(events[:read]))
    for event in events[arrived:]:
        made.fold(event)
    assert list(room.messages.values()) == page(events)


@pytest.mark.parametrize("event", [e.Gap(head=3), e.Goodbye("x"), message(3, room=LOBBY)])
def test_what_is_of_no_room_of_ours_is_left_alone(event: e.AnyEvent) -> None:
    made = mirror()
    made.fold(event)
    assert (made.stale, made.uncounted, made.unknown) == (set(), set(), set())
