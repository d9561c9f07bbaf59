"""The JSON codec: what bytes say however they are split, and how answers and events are said."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.gateways.gateway import Close, Codec, House, Said
from hobnob.gateways.json_lines import MAX_BAD_FRAMES, JsonLinesCodec, JsonLinesWire
from hobnob.protocol.codec import MAX_CLIENT_FRAME
from hobnob.protocol.commands import Command, Hello, Ping, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Gap, MessageSent
from hobnob.protocol.records import Person, Room
from hobnob.protocol.replies import Done, Pong, Welcome


class NoHouse:
    """A house that nobody may ask anything."""


@pytest.fixture
def codec() -> JsonLinesCodec:
    return make_codec()


def make_codec() -> JsonLinesCodec:
    house: House = NoHouse()  # type: ignore[assignment]
    codec = JsonLinesCodec(house)
    contract: Codec = codec
    assert list(contract.begin(None)) == []  # type: ignore[arg-type]
    return codec


def lines(said: object) -> list[dict[str, object]]:
    assert isinstance(said, list | tuple)
    assert all(piece.endswith(b"\n") for piece in said)
    return [json.loads(line) for piece in said for line in piece.splitlines()]


def test_a_command_comes_with_its_line_end(codec: JsonLinesCodec) -> None:
    assert codec.receive(b'{"do":"send_message","room":"#lobby",') == []
    assert codec.receive(b'"text":"hi"}\r\n{"do":"pi') == [SendMessage(room="#lobby", text="hi")]
    assert codec.receive(b'ng","id":7}\n') == [Ping(id=7)]


STREAM = (
    b'{"do":"ping","id":1}\n\n{"do":"hello","name":"ad\xc3\xa4"}\r\n \n{"do":"sing","id":"x"}\nnonsense\n{"do":"ping"}'
)


def everything(pieces: list[bytes]) -> list[Said]:
    codec = make_codec()
    return [said for piece in pieces for said in codec.receive(piece)] + list(codec.end())


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_how_bytes_are_split_never_matters(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    said = everything(pieces)
    assert said == everything([STREAM])
    assert [piece for piece in said if isinstance(piece, Command)] == [Ping(id=1), Hello(name="adä"), Ping()]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    for said in everything(pieces):
        assert isinstance(said, Command | bytes | Close)


def test_a_bad_frame_is_answered_with_its_id(codec: JsonLinesCodec) -> None:
    (unknown,) = lines(codec.receive(b'{"do":"sing","id":"x"}\n'))
    assert (unknown["reply"], unknown["error"]) == ("x", "unknown-command")
    (wrong,) = lines(codec.receive(b'{"do":"send_message","id":3,"room":"#lobby","text":5}\n'))
    assert (wrong["reply"], wrong["error"]) == (3, "bad-command")
    assert "$.text" in str(wrong["hint"])
    (odd,) = lines(codec.receive(b'{"do":"ping","id":[1]}\n'))
    assert (odd["reply"], odd["error"]) == (None, "bad-command")


@pytest.mark.parametrize(
    "frame", [b"hi", b"[]", b"[" * 60_000, b'{"do":"ping"} {}', b'{"do":"send_message","text":"\xff"}']
)
def test_what_is_no_json_is_answered(codec: JsonLinesCodec, frame: bytes) -> None:
    (answer,) = lines(codec.receive(frame + b"\n"))
    assert (answer["reply"], answer["error"]) == (None, "bad-json")


@pytest.mark.parametrize("number", [-1, 2**53, 10**40])
def test_numbers_that_no_store_holds_are_refused(codec: JsonLinesCodec, number: int) -> None:
    (answer,) = lines(codec.receive(b'{"do":"read_history","room":"#lobby","before":%d}\n' % number))
    assert answer["error"] == "bad-command"


def test_a_frame_may_be_as_long_as_the_limit(codec: JsonLinesCodec) -> None:
    frame = b'{"do":"ping"}'.ljust(MAX_CLIENT_FRAME)
    assert codec.receive(frame + b"\n") == [Ping()]
    (answer,) = lines(codec.receive(frame + b" \n"))
    assert answer["error"] == "frame-too-long"
    assert "64 KiB" in str(answer["hint"])


def test_a_line_without_end_is_answered_once_and_not_kept(codec: JsonLinesCodec) -> None:
    said = [said for _ in range(1600) for said in codec.receive(b"x" * MAX_CLIENT_FRAME)]  # 100 MB
    assert [answer["error"] for answer in lines(said)] == ["frame-too-long"]
    assert len(codec._kept) == 0
    assert codec.receive(b'still the same line\n{"do":"ping"}\n') == [Ping()]


def test_the_end_of_input_ends_the_line(codec: JsonLinesCodec) -> None:
    assert codec.receive(b'{"do":"ping"}') == []
    assert codec.end() == [Ping()]
    assert codec.end() == []


def test_who_sends_nothing_but_bad_frames_is_closed(codec: JsonLinesCodec) -> None:
    assert len(codec.receive(b"what\n" * MAX_BAD_FRAMES)) == MAX_BAD_FRAMES
    assert codec.receive(b'{"do":"ping"}\n') == [Ping()]
    *said, end = codec.receive(b"what\n" * (MAX_BAD_FRAMES + 5) + b'{"do":"ping"}\n')
    assert isinstance(end, Close)
    assert len(said) == MAX_BAD_FRAMES + 2
    assert lines(said)[-1]["event"] == "goodbye"
    assert codec.receive(b'{"do":"ping"}\n') == []


def test_an_answer_carries_the_commands_id(codec: JsonLinesCodec) -> None:
    assert codec.answer(Ping(id="7"), Done(number=42)) == (b'{"reply":"7","ok":true,"number":42}\n',)
    assert codec.answer(Ping(), Pong()) == (b'{"reply":null,"ok":true}\n',)
    (refused,) = lines(codec.answer(Ping(id=1), ChatError("not-a-member")))
    assert refused == {"reply": 1, "error": "not-a-member", "hint": "Join the room first."}


def test_what_was_missed_follows_the_welcome(codec: JsonLinesCodec) -> None:
    missed = (MessageSent(room="r_1", number=2, text="hi"), Gap(head=9, room="r_2"))
    welcome = Welcome(you=Person("p_1", "ada"), epoch="e", server="hob", version="1", missed=missed)
    reply, *events = lines(codec.answer(Hello(id="h"), welcome))
    assert reply["reply"] == "h"
    assert "missed" not in reply
    assert [event["event"] for event in events] == ["message_sent", "gap"]


def test_events_are_lines_and_the_wire_format_is_shared() -> None:
    wire, room = JsonLinesWire(), Room("r_1", "lobby")
    assert {wire: 1}[JsonLinesWire()] == 1
    event = MessageSent(room="r_1", number=2, count=1, text="line\nbreak")
    encoded = wire.encode(event, room)
    assert encoded.count(b"\n") == 1
    assert json.loads(encoded) == {
        "event": "message_sent",
        "room": "r_1",
        "number": 2,
        "count": 1,
        "text": "line\nbreak",
    }
    assert wire.gap(room, 9) == b'{"event":"gap","head":9,"room":"r_1"}\n'
    assert wire.farewell("Bye.", "stopping") == b'{"event":"goodbye","text":"Bye.","code":"stopping"}\n'
