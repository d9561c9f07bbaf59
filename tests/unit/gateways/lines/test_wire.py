"""How events look in a terminal, and that nobody's words can look like anything else."""

import unicodedata
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.gateways.lines.student import StudentWire
from hobnob.gateways.lines.wire import LinesWire
from hobnob.protocol.events import (
    AsideSent,
    Event,
    InvitedToRoom,
    MemberAttached,
    MemberBanned,
    MemberDetached,
    MemberJoined,
    MemberLeft,
    MemberMuted,
    MemberUnbanned,
    MemberUnmuted,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessageSent,
    Moderated,
    PersonInvited,
    PersonRenamed,
    PresenceChanged,
    ReactionAdded,
    ReactionRemoved,
    RoleChanged,
    RoomChanged,
    RoomCreated,
    ServerRoleChanged,
    TopicChanged,
    TypingChanged,
)
from hobnob.protocol.records import MessageKind, Person, PresenceState, Room
from hobnob.protocol.text import clean

LOBBY = Room(id="r_lobby", name="lobby")
TEA = Room(id="r_tea", name="tea")
ADA, BOB = Person(id="p_ada", name="ada"), Person(id="p_bob", name="bob")
DIRECT = Room(id="r_direct", name="", kind="direct", people=(ADA, BOB))
WIRE = LinesWire(here="r_lobby")


def message(text: str, kind: MessageKind = "text", by_name: str = "ada") -> MessageSent:
    return MessageSent(room="r_lobby", number=1, by="p_ada", by_name=by_name, text=text, kind=kind)


def left(by: Person, reason: str = "") -> MemberLeft:
    return MemberLeft(room="r_lobby", by=by.id, by_name=by.name, person="p_ada", person_name="ada", reason=reason)


def present(state: PresenceState, text: str = "") -> PresenceChanged:
    return PresenceChanged(by="p_ada", by_name="ada", state=state, text=text)


def edited(text: str) -> MessageEdited:
    return MessageEdited(room="r_lobby", by="p_ada", by_name="ada", of=4, text=text)


NEXT_DAY = "2026-11-23T09:00:00.000Z"


Kind = TypeVar("Kind", bound=Event)


def about_eve(kind: type[Kind], **rest: object) -> Kind:
    who = {"room": "r_lobby", "by": "p_ada", "by_name": "ada", "person": "p_eve", "person_name": "eve"}
    return msgspec.convert(who | rest, kind)


def changed(**now: object) -> RoomChanged:
    fields = {"room": "r_lobby", "by": "p_ada", "by_name": "ada", "name": "lobby", "kind": "public", "history": "all"}
    return msgspec.convert(fields | now, RoomChanged)


SHOWN: dict[str, tuple[Event, str]] = {
    "a message": (message("hello"), "ada: hello\n"),
    "an action": (message("waves", "action"), "* ada waves\n"),
    "a notice": (message("build ok", "notice"), "-ada- build ok\n"),
    "a message of several lines": (message("one\nbob: two\n* three"), "ada: one\n    | bob: two\n    | * three\n"),
    "IRC formatting": (message("\x02bold\x02 \x0304,01red\x0f"), "ada: bold red\n"),
    "a tab": (message("a\tb"), "ada: a    b\n"),
    "right to left": (message("\u05e9\u05dc\u05d5\u05dd"), "ada: \u2068\u05e9\u05dc\u05d5\u05dd\u2069\n"),
    "a deleted message, read again": (msgspec.structs.replace(message(""), deleted=True), ""),
    "an aside": (
        AsideSent(room="r_lobby", by="p_ada", by_name="ada", to="moderator", text="psst\nyou"),
        "(to moderators alone) ada: psst\n    | you\n",
    ),
    "tags for moderators": (AsideSent(room="r_lobby", by="p_ada", by_name="ada", to="moderator", tags={"a": "b"}), ""),
    "an edit": (edited("hello"), "* ada edited: hello\n"),
    "an edit of several lines": (edited("one\ntwo"), "* ada edited: one two\n"),
    "a long edit": (edited("x" * 300), "* ada edited: " + "x" * 200 + "\u2026\n"),
    "an edit of what is gone": (edited(""), ""),
    "a deletion": (MessageDeleted(room="r_lobby", by="p_ada", by_name="ada", of=4), "* ada deleted a message\n"),
    "a reaction": (
        ReactionAdded(room="r_lobby", by="p_ada", by_name="ada", of=4, emoji="\U0001f44d"),
        "* ada reacted \U0001f44d to #4\n",
    ),
    "a reaction taken back": (ReactionRemoved(room="r_lobby", by="p_ada", by_name="ada", of=4, emoji="x"), ""),
    "a pin": (MessagePinned(room="r_lobby", by="p_ada", by_name="ada", of=4), "* ada pinned #4\n"),
    "a topic": (TopicChanged(room="r_lobby", by="p_ada", by_name="ada", topic="Tea"), "* ada set the topic: Tea\n"),
    "no topic": (TopicChanged(room="r_lobby", by="p_ada", by_name="ada", topic=""), "* ada removed the topic\n"),
    "an invitation": (about_eve(PersonInvited), "* ada invited eve\n"),
    "one's own invitation": (
        InvitedToRoom(by="p_eve", by_name="eve", room="r_tea", name="tea", inviter="p_ada", inviter_name="ada"),
        "* ada invites you to #tea. /join tea goes there.\n",
    ),
    "a role": (about_eve(RoleChanged, role="moderator"), "* ada made eve a moderator of the room\n"),
    "a role on the server": (
        ServerRoleChanged(by="p_ada", by_name="ada", person="p_eve", person_name="eve", role="owner"),
        "* ada made eve an owner of the server\n",
    ),
    "a ban": (
        about_eve(MemberBanned, until=NEXT_DAY, reason="spam\nada: forged"),
        "* ada banned eve from the room, until 2026-11-23 09:00 UTC (spam ada: forged)\n",
    ),
    "a ban without end": (about_eve(MemberBanned), "* ada banned eve from the room, for ever\n"),
    "the end of a ban": (about_eve(MemberUnbanned), "* ada ended the ban of eve\n"),
    "a mute": (about_eve(MemberMuted, until=NEXT_DAY), "* ada muted eve, until 2026-11-23 09:00 UTC\n"),
    "the end of a mute": (about_eve(MemberUnmuted), "* ada let eve write again\n"),
    "a report": (
        about_eve(Moderated, action="report", room_name="tea", of=42, reason="rude\nada: forged"),
        "* ada reports message 42 of eve in #tea (rude ada: forged)\n",
    ),
    "a report of a direct message": (
        about_eve(Moderated, action="report", of=42),
        "* ada reports message 42 of eve\n",
    ),
    "closed doors": (
        Moderated(by="p_ada", by_name="ada", action="doors", until=NEXT_DAY),
        "* ada closed the doors until 2026-11-23 09:00 UTC\n",
    ),
    "open doors": (Moderated(by="p_ada", by_name="ada", action="doors"), "* ada opened the doors\n"),
    "what is heard in the room": (about_eve(Moderated, action="kick"), ""),
    "a kick": (about_eve(MemberLeft, reason="loud\x1b[2J"), "* ada removed eve (loud[2J)\n"),
    "a changed room": (
        changed(name="hall", kind="private", history="joined", posting="moderators", slow=60),
        (
            "* ada changed the room to #hall: private, only moderators write, 1 minute between two messages, "
            "newcomers see it from their coming\n"
        ),
    ),
    "a room for all": (
        changed(),
        "* ada changed the room to #lobby: public, all write, newcomers see all of its past\n",
    ),
    "coming": (MemberAttached(room="r_lobby", by="p_ada", by_name="ada"), "* ada joined\n"),
    "membership": (MemberJoined(room="r_lobby", by="p_ada", by_name="ada", person="p_ada", person_name="ada"), ""),
    "one client of several": (MemberDetached(room="r_lobby", by="p_ada", by_name="ada"), ""),
    "leaving": (left(ADA, "tired\x02"), "* ada left (tired)\n"),
    "being removed": (left(BOB, "spam"), "* bob removed ada (spam)\n"),
    "going offline": (present("offline"), "* ada left\n"),
    "away": (present("away", "lunch"), "* ada is away (lunch)\n"),
    "online": (present("online"), ""),
    "a new name": (PersonRenamed(by="p_ada", by_name="ada", name="eve"), "* ada is now called eve\n"),
    "typing": (TypingChanged(room="r_lobby", by="p_ada", by_name="ada"), ""),
    "the room's beginning": (RoomCreated(room="r_lobby", by="p_ada", by_name="ada", name="lobby"), ""),
}


@pytest.mark.parametrize(("event", "line"), SHOWN.values(), ids=SHOWN.keys())
def test_an_event_is_a_line_or_nothing(event: Event, line: str) -> None:
    assert WIRE.encode(event, LOBBY).decode() == line


def test_another_room_is_named_before_everything_in_it() -> None:
    assert WIRE.encode(message("hi"), TEA) == b"#tea ada: hi\n"
    assert WIRE.encode(left(ADA), TEA) == b"#tea * ada left\n"


def test_what_belongs_to_no_room_is_marked_with_none() -> None:
    assert WIRE.encode(present("offline"), None) == b"* ada left\n"


def test_a_direct_message_says_to_whom_and_comings_stay_unsaid() -> None:
    assert WIRE.encode(message("psst"), DIRECT) == b"ada -> bob: psst\n"
    assert WIRE.encode(MemberAttached(room="r_direct", by="p_ada", by_name="ada"), DIRECT) == b""


def test_a_direct_message_to_many_names_a_few() -> None:
    people = tuple(Person(id=f"p_{name}", name=name) for name in ("ada", "bob", "cy", "dee", "eve", "fay"))
    room = Room(id="r_direct", name="", kind="direct", people=people)
    assert WIRE.encode(message("psst"), room) == b"ada -> bob, cy, dee and 2 more: psst\n"


def test_colours_stay_with_the_person() -> None:
    wire = LinesWire(here="r_lobby", colour=True)
    first, second = wire.encode(message("hi"), LOBBY), wire.encode(message("hi", by_name="eve"), LOBBY)
    assert first.replace(b"ada", b"eve") == second
    assert first.endswith(b"\x1b[0m: hi\n")


def test_equal_formats_are_one() -> None:
    assert len({LinesWire("r_lobby"), LinesWire("r_lobby"), LinesWire("r_tea"), LinesWire("r_lobby", crlf=True)}) == 3
    assert not WIRE.echo


def test_a_reader_who_is_too_slow_has_to_go_with_a_word() -> None:
    assert WIRE.gap(LOBBY, 9) is None
    assert WIRE.farewell("The server is stopping.", "stopping") == b"* The server is stopping.\n"
    assert WIRE.farewell("", "ended") == b""


NAME = st.sampled_from(["ada", "bob", "\u05d0\u05d1", "[x]", "eve|away"])


@given(st.text(max_size=200).map(clean), st.sampled_from(["text", "action", "notice"]), NAME, st.booleans())
def test_nobodys_words_forge_a_line_or_move_a_cursor(text: str, kind: MessageKind, name: str, crlf: bool) -> None:
    data = LinesWire(here="r_lobby", crlf=crlf).encode(message(text, kind, name), LOBBY).decode()
    assert data.endswith("\r\n" if crlf else "\n")
    first, *others = data.replace("\r\n" if crlf else "\n", "\n")[:-1].split("\n")
    assert all(line.startswith("    | ") for line in others)
    assert name in first
    assert not [char for char in first + "".join(others) if unicodedata.category(char) == "Cc"]


def test_a_student_hears_messages_and_corrections_only() -> None:
    wire = StudentWire()
    heard = {name: wire.encode(event, LOBBY).decode() for name, (event, _) in SHOWN.items()}
    assert {name for name, line in heard.items() if line} == {
        name for name, (event, line) in SHOWN.items() if line and isinstance(event, MessageSent | MessageEdited)
    }
    assert heard["a message"] == "ada: hello\n"
    assert wire.gap(LOBBY, 9) is None
    assert wire.farewell("The server is stopping.", "stopping") == b"Server: The server is stopping.\n"


@given(st.integers(970, 1010), st.sampled_from("xä€\U0001f44d"))
def test_a_student_is_sent_little_at_once_and_no_half_character(length: int, char: str) -> None:
    data = StudentWire().encode(message(char * length), LOBBY)
    assert len(data) <= 1024
    assert data.decode().endswith("\n")
    assert data.decode().count("\n") == 1
