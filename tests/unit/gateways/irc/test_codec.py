"""The connection: any bytes in any split, limits, refusals, and what the commands ask of the chat."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.gateways.irc.house import FakeClient, FakeHouse

from hobnob.gateways.gateway import Close
from hobnob.gateways.irc.numerics import LATER
from hobnob.protocol.commands import Command, Hello, JoinRoom, LeaveRoom, Ping, ReadRoom, SendMessage, SetName, SetTopic
from hobnob.protocol.errors import HINTS, ChatError
from hobnob.protocol.events import MemberLeft, TopicChanged

LINES = st.sampled_from(
    [
        b"NICK ada", b"NICK bob", b"NICK eve", b"NICK :", b"USER a 0 * :a", b"CAP LS 302", b"CAP REQ :server-time",
        b"CAP END", b"JOIN #a,#b", b"JOIN #a", b"JOIN 0", b"PART #a", b"NAMES #a", b"NAMES #b", b"TOPIC #a :x",
        b"TOPIC #a", b"PRIVMSG #a,bob :hi", b"PRIVMSG #a :ho", b"PRIVMSG", b"NOTICE #a :x", b"WHO #a", b"MODE #a",
        b"MODE #a b", b"MODE ada", b"LIST", b"PING x", b"WHAT", b"QUIT", b"\xff", b"a" * 600, b"a" * 9000, b"@a=b X",
        b"CAP REQ :batch draft/multiline labeled-response message-tags echo-message", b"BATCH +1 draft/multiline #a",
        b"@batch=1 PRIVMSG #a :one", b"@batch=1;draft/multiline-concat PRIVMSG #a :two", b"BATCH -1",
        b"@label=1 PING", b"@label=2 PRIVMSG #a :hi", b"@label=3;batch=1 PRIVMSG #a :\xff", b"@+typing=x TAGMSG #a",
    ]
)  # fmt: skip
STREAMS = st.lists(LINES | st.binary(max_size=30), max_size=25).map(lambda lines: b"\r\n".join([*lines, b""]))
WELCOME = b"NICK ada\r\nUSER a 0 * :a\r\n"


def asked(client: FakeClient) -> list[Command]:
    """What the chat was asked, but for the waiting."""
    return [command for command in client.commands if not isinstance(command, Ping)]


def registered(house: FakeHouse, name: str = "ada") -> FakeClient:
    client = house.connect()
    client.receive(f"NICK {name}\r\nUSER x 0 * :x\r\n".encode())
    client.read()
    client.commands.clear()
    return client


def lines_for(data: bytes, house: FakeHouse | None = None) -> list[str]:
    """What a registered client is answered."""
    client = registered(house or FakeHouse())
    client.receive(data)
    return client.read()


@given(st.booleans(), STREAMS, st.lists(st.integers(min_value=0, max_value=2000)))
def test_any_bytes_in_any_split_give_the_same(welcomed: bool, stream: bytes, cuts: list[int]) -> None:
    data = WELCOME + stream if welcomed else stream
    outcomes = []
    for places in ([0, len(data)], [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]):
        house = FakeHouse()
        bob, client = registered(house, "bob"), house.connect()
        bob.receive(b"JOIN #a\r\n")
        for start, end in pairwise(places):
            if client.closed is None:
                client.receive(data[start:end])
        outcomes.append((client.read(), bob.read(), client.closed))
    assert outcomes[0] == outcomes[1]


def test_labels_and_batches_asked_for_in_the_same_breath_are_known() -> None:
    client = FakeHouse().connect()
    request = b"CAP REQ :batch labeled-response draft/multiline message-tags\r\n"
    lines = b"@label=1 PING x\r\nBATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :one\r\n@label=2 BATCH +2 x\r\n"
    client.receive(WELCOME + request + lines + b"PING y\r\n")
    assert client.read()[-3:] == [
        "@label=1 :hobnob.test PONG hobnob.test :x",
        "@label=2 :hobnob.test FAIL BATCH MULTILINE_INVALID :Begin with BATCH +name draft/multiline target.",
        ":hobnob.test PONG hobnob.test :y",
    ]
    assert not any(isinstance(command, SendMessage) for command in client.commands)


@given(st.binary(max_size=300))
def test_any_bytes_leave_the_codec_alive(data: bytes) -> None:
    client = registered(FakeHouse())
    client.receive(data + b"\r\n")
    client.read()
    if client.closed is None:
        client.receive(b"PING alive\r\n")
        assert client.read() == [":hobnob.test PONG hobnob.test :alive"]


@pytest.mark.parametrize(
    "line",
    [
        b"PRIVMSG bob :" + b"a" * 500,
        b"a" * 9000,
        b"a" * 100_000,
        b"@a=" + b"b" * 4093 + b" PRIVMSG bob :hi",
        b"@" + b"a" * 9000,
    ],
)
def test_a_line_that_is_too_long_is_refused(line: bytes) -> None:
    assert lines_for(line + b"\r\nPING x\r\n") == [
        ":hobnob.test 417 ada :Input line was too long",
        ":hobnob.test PONG hobnob.test :x",
    ]


def test_the_longest_lines_are_taken() -> None:
    body = b"PRIVMSG #tea :".ljust(510, b"a")
    house = FakeHouse()
    client = registered(house)
    client.receive(b"JOIN #tea\r\n@a=" + b"b" * 4092 + b" " + body + b"\r\n")
    assert asked(client)[-1] == SendMessage(id=5, room="#tea", text="a" * 496)


def test_a_line_without_its_end_is_not_taken() -> None:
    client = registered(FakeHouse())
    client.receive(b"PRIVMSG #tea :half of wh")
    assert list(client.codec.end()) == [Close("end of input", "end of input")]
    assert client.commands == []


def test_nothing_is_said_before_the_client_speaks() -> None:
    assert FakeHouse().connect().read() == []


@pytest.mark.parametrize("code", sorted(HINTS.keys() - {"hello-first"}))
@pytest.mark.parametrize("command", ["JOIN #tea", "PRIVMSG #tea :x", "TOPIC #tea :x", "NICK eve"])
@pytest.mark.parametrize("standard", [True, False])
def test_every_error_is_one_clear_line(code: str, command: str, standard: bool) -> None:
    house = FakeHouse()
    client = registered(house)
    if standard:
        client.receive(b"CAP REQ standard-replies\r\n")
    client.read()
    house.refuse = dict.fromkeys((JoinRoom, SendMessage, SetTopic, SetName), ChatError(code))
    client.receive(f"{command}\r\n".encode())
    (line,) = client.read()
    word = command.split()[0]
    fail, later = f":hobnob.test FAIL {word} {code.upper().replace('-', '_')} ", f":hobnob.test 263 ada {word} :"
    known = later if code in LATER else ":hobnob.test 4"
    assert line.startswith((fail, known) if standard and code not in LATER else fail if standard else known)
    assert "{" not in line


def test_a_refused_hello_that_no_name_helps_ends_the_connection() -> None:
    house = FakeHouse()
    house.refuse = {Hello: ChatError("stopping")}
    client = house.connect()
    client.receive(WELCOME + b"JOIN #tea\r\n")
    assert client.read() == [
        ":hobnob.test 400 * NICK :The server is stopping. Connect again in a moment.",
        "ERROR :The server is stopping. Connect again in a moment.",
    ]
    assert client.closed


def test_sends_in_a_row_wait_for_nothing() -> None:
    client = registered(FakeHouse())
    client.receive(b"JOIN #tea\r\n")
    client.commands.clear()
    client.receive(b"PRIVMSG #tea :x\r\n" * 3 + b"NOTICE #tea :y\r\nPING 1\r\n")
    assert [type(command) for command in client.commands] == [*[SendMessage] * 4, Ping]


def test_a_line_that_depends_on_others_waits_for_them() -> None:
    client = registered(FakeHouse())
    client.receive(b"JOIN #tea\r\nMODE #tea\r\n")
    assert [type(command) for command in client.commands] == [JoinRoom, Ping, ReadRoom]
    assert client.read()[-1] == ":hobnob.test 324 ada #tea :+n"


def test_a_client_finds_out_that_it_was_removed() -> None:
    house = FakeHouse()
    ada, bob = registered(house), registered(house, "bob")
    ada.receive(b"JOIN #tea\r\n")
    bob.receive(b"JOIN #tea\r\n")
    ada.read(), bob.read()
    room = house.rooms["tea"]
    event = MemberLeft(
        room=room.record.id, by=ada.me.id, by_name="ada", person=bob.me.id, person_name="bob", reason="rude"
    )
    house.remove(room, bob.me, event, None)
    assert bob.read() == [":ada!~u@adaaaaaaaa.hobnob KICK #tea bob :rude"]
    bob.receive(b"PART #tea\r\nNAMES #tea\r\n")
    assert bob.read() == [
        ":hobnob.test 442 bob #tea :You're not on that channel",
        ":hobnob.test 353 bob = #tea :~ada",
        ":hobnob.test 366 bob #tea :End of NAMES list",
    ]
    assert LeaveRoom not in map(type, bob.commands)
    bob.receive(b"JOIN #tea\r\n")
    assert bob.read()[0] == ":bob!~u@bobaaaaaaa.hobnob JOIN #tea"


def test_a_topic_set_elsewhere_is_found() -> None:
    house = FakeHouse()
    client = registered(house)
    client.receive(b"JOIN #tea\r\n")
    client.read()
    room = house.rooms["tea"]
    room.record = replace(room.record, topic="new")
    house.tell(room, TopicChanged(room=room.record.id, topic="new"))
    client.receive(b"TOPIC #tea\r\n")
    assert client.read() == [":hobnob.test TOPIC #tea :new", ":hobnob.test 332 ada #tea :new"]


def test_a_private_room_is_shown_as_secret() -> None:
    house = FakeHouse()
    client = registered(house)
    client.receive(b"JOIN #tea\r\nPART #tea\r\n")
    client.read()
    room = house.rooms["tea"]
    room.record = replace(room.record, kind="private")
    client.receive(b"JOIN #tea\r\n")
    assert client.read() == [":hobnob.test 473 ada #tea :There is no such room, or you may not see it."]
    room.roles[client.me.id] = "moderator"
    client.receive(b"JOIN #tea\r\nMODE #tea\r\n")
    assert client.read()[1:] == [
        ":hobnob.test 353 ada @ #tea :@ada",
        ":hobnob.test 366 ada #tea :End of NAMES list",
        ":hobnob.test 324 ada #tea :+ins",
    ]


def test_many_names_come_in_several_lines() -> None:
    house = FakeHouse()
    for number in range(60):
        registered(house, f"somebody-{chr(97 + number // 8)}{chr(97 + number % 8)}").receive(b"JOIN #tea\r\n")
    lines = lines_for(b"JOIN #tea\r\n", house)
    names = [line for line in lines if " 353 " in line]
    assert len(names) > 1
    assert all(len(line) <= 510 for line in names)
    assert sum(len(line.split(" :")[1].split()) for line in names) == 61
    assert lines[-1].startswith(":hobnob.test 366 ")
    lines = lines_for_outsider(house)
    assert sum(len(line.split(" :")[1].split()) for line in lines[:-1]) == 61


def lines_for_outsider(house: FakeHouse) -> list[str]:
    outsider = registered(house, "outsider")
    outsider.receive(b"NAMES #tea\r\n")
    return outsider.read()


def test_every_line_of_isupport_is_one() -> None:
    _, *lines = lines_for(b"VERSION\r\n")
    assert all(len(line.split(" :")[0].split()) <= 16 and len(line) <= 510 for line in lines)
    told = " ".join(lines)
    assert " NETWORK=hobnob.test " in told
    assert " CHANMODES=beI,k,lS,imnst " in told
