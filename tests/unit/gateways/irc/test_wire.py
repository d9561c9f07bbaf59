"""What IRC clients see of events, from whichever gateway they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gateways.irc.house import FakeHouse, id_of

from hobnob.gateways.irc.said import MAX_LINES
from hobnob.gateways.irc.wire import IrcWire
from hobnob.protocol.events import (
    Event,
    MemberAttached,
    MemberDetached,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageSent,
    PersonRenamed,
    PresenceChanged,
    ReactionAdded,
    TopicChanged,
    TypingChanged,
)
from hobnob.protocol.ids import new_person_id
from hobnob.protocol.masks import mask_of
from hobnob.protocol.records import MessageKind, Person, Room

HOUSE = FakeHouse()
WIRE = IrcWire(HOUSE)
ROOM = id_of("r", "tea")
TEA = Room(ROOM, "tea")
ADA, BOB, EVE = (Person(id_of("p", name), name) for name in ("ada", "bob", "eve"))


def said(event: Event, room: Room | None = TEA, wire: IrcWire = WIRE) -> list[str]:
    data = wire.encode(event, room)
    assert not data or data.endswith(b"\r\n")
    return data.decode().split("\r\n")[:-1]


def sent(text: str, kind: MessageKind = "text") -> MessageSent:
    return MessageSent(
        room=ROOM, number=42, at="2026-11-22T23:00:00.123Z", by=ADA.id, by_name="ada", text=text, kind=kind
    )


def direct(*people: Person) -> Room:
    return Room(ROOM, "", "direct", people=people)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (MemberAttached(room=ROOM, by=ADA.id, by_name="ada"), "JOIN #tea"),
        (MemberDetached(room=ROOM, by=ADA.id, by_name="ada"), "PART #tea"),
        (MemberDetached(room=ROOM, by=ADA.id, by_name="ada", reason="gone"), "PART #tea :gone"),
        (MemberLeft(room=ROOM, by=ADA.id, by_name="ada", person=ADA.id, person_name="ada"), "PART #tea"),
        (MemberLeft(room=ROOM, by=ADA.id, by_name="ada", person=BOB.id, person_name="bob"), "KICK #tea bob :ada"),
        (TopicChanged(room=ROOM, by=ADA.id, by_name="ada", topic="all about tea"), "TOPIC #tea :all about tea"),
        (PersonRenamed(by=ADA.id, by_name="ada", name="ida"), "NICK ida"),
        (PresenceChanged(by=ADA.id, by_name="ada", state="offline", text="bye"), "QUIT bye"),
        (
            MessageEdited(room=ROOM, of=1, by=ADA.id, by_name="ada", text="better\nso"),
            "PRIVMSG #tea :* edited: better so",
        ),
        (sent("hi"), "PRIVMSG #tea :hi"),
        (sent("hi", "notice"), "NOTICE #tea :hi"),
        (sent("waves", "action"), "PRIVMSG #tea :\x01ACTION waves\x01"),
    ],
)
def test_what_is_said(event: Event, line: str) -> None:
    assert said(event) == [f":ada!~u@adaaaaaaaa.hobnob {line}"]


@pytest.mark.parametrize(
    "event",
    [
        MemberJoined(room=ROOM, by=ADA.id, by_name="ada", person=ADA.id, person_name="ada"),
        MessageDeleted(room=ROOM, of=1, by=ADA.id, by_name="ada"),
        ReactionAdded(room=ROOM, of=1, emoji="👍", by=ADA.id, by_name="ada"),
        sent(""),
        sent(" \n\x00"),
        TypingChanged(room=ROOM, by=ADA.id, by_name="ada"),
        PresenceChanged(by=ADA.id, by_name="ada", state="away", text="lunch"),
    ],
)
def test_what_is_not_said(event: Event) -> None:
    assert said(event) == []


def test_what_the_server_does_comes_from_the_server() -> None:
    assert said(TopicChanged(room=ROOM, topic="x")) == [":hobnob.test TOPIC #tea :x"]


def test_tags_by_what_was_negotiated() -> None:
    event = sent("hi")
    line = ":ada!~u@adaaaaaaaa.hobnob PRIVMSG #tea :hi"
    assert said(event, wire=IrcWire(HOUSE, frozenset({"server-time"}))) == [f"@time=2026-11-22T23:00:00.123Z {line}"]
    assert said(event, wire=IrcWire(HOUSE, frozenset({"message-tags"}))) == [f"@msgid={ROOM}.42 {line}"]
    assert hash(IrcWire(HOUSE, frozenset({"server-time"}))) == hash(IrcWire(HOUSE, frozenset({"server-time"})))


def test_a_message_of_several_lines_has_its_id_once() -> None:
    first, second = said(sent("one\n\n \ntwo"), wire=IrcWire(HOUSE, frozenset({"message-tags"})))
    assert first == f"@msgid={ROOM}.42 :ada!~u@adaaaaaaaa.hobnob PRIVMSG #tea :one"
    assert second == ":ada!~u@adaaaaaaaa.hobnob PRIVMSG #tea :two"


def test_a_flood_of_lines_ends_with_their_number() -> None:
    lines = said(sent("\n".join(map(str, range(200)))))
    assert len(lines) == MAX_LINES
    assert lines[-1].endswith(" :… (151 more lines)")


def test_the_longest_prose_is_said_whole() -> None:
    words = "hobnob " * 2340
    texts = [line.partition(" :")[2] for line in said(sent(words))]
    assert " ".join(texts).split() == words.split()


def test_a_long_correction_is_one_line() -> None:
    event = MessageEdited(room=ROOM, of=1, by=ADA.id, by_name="ada", text="é" * 1000)
    (line,) = said(event)
    assert line.endswith("é…")
    assert 508 <= len(line.encode()) <= 510


def test_direct_rooms() -> None:
    prefix = ":ada!~u@adaaaaaaaa.hobnob PRIVMSG"
    assert said(sent("hi"), direct(ADA, BOB)) == [f"{prefix} bob :hi"]
    assert said(sent("hi"), direct(ADA)) == [f"{prefix} ada :hi"]
    assert said(sent("hi"), direct(ADA, EVE, BOB)) == [f"{prefix} ada+bob+eve :[ada+bob+eve] hi"]
    assert said(MemberAttached(room=ROOM, by=ADA.id, by_name="ada"), direct(ADA, BOB)) == []


def test_the_label_of_many_is_short() -> None:
    people = [ADA, *(Person(new_person_id(), f"person-{number:02}") for number in range(40))]
    (line,) = said(sent("hi"), direct(*people))
    assert line.endswith(" :[ada+person-00+person-01+person-02+person-03+person-04+person-05+…] hi")


NAMES = st.sampled_from(["ada", "Адам", "𐐀" * 32, "a" * 32])
TEXTS = st.text(max_size=3000) | st.text("é \n\r\0\x01", max_size=3000)


@given(NAMES, TEXTS, st.sampled_from(["text", "action", "notice"]), NAMES, st.booleans())
def test_no_text_forges_or_overfills_a_line(name: str, text: str, kind: MessageKind, other: str, grouped: bool) -> None:
    by = new_person_id()
    people = (Person(by, name), Person(BOB.id, other), *([EVE] if grouped else []))
    event = MessageSent(room=ROOM, number=1, by=by, by_name=name, text=text, kind=kind)
    edited = MessageEdited(room=ROOM, of=1, by=by, by_name=name, text=text)
    for data in (WIRE.encode(event, direct(*people)), WIRE.encode(edited, Room(ROOM, other))):
        for line in data.split(b"\r\n")[:-1]:
            assert not set(line) & set(b"\r\n\0")
            assert len(line) <= 510
            assert line.startswith(f":{mask_of(by, name)} ".encode())
            assert line.count(b"\x01") == (2 if b"\x01ACTION " in line else 0)


@given(TEXTS.map(lambda text: text.replace("\x01", "")))
def test_farewell_and_reasons_are_one_line(reason: str) -> None:
    for data in (
        WIRE.farewell(reason, "kicked"),
        WIRE.encode(PresenceChanged(by=ADA.id, state="offline", text=reason), None),
    ):
        assert data.count(b"\r") == data.count(b"\n") == 1
