"""The protocol in WebSocket frames, without a WebSocket."""

import pytest

from hobnob.gateways.gateway import Codec, House, WireFormat
from hobnob.gateways.json_lines import MAX_BAD_FRAMES, JsonLinesWire
from hobnob.gateways.web.frames import JsonFramesCodec, JsonFramesWire, text_frame
from hobnob.protocol.commands import Ping
from hobnob.protocol.events import MessageSent
from hobnob.protocol.records import Room
from hobnob.protocol.replies import Pong


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (0xFFFF, b"\x81\x7e\xff\xff"),
        (0x10000, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_the_head_of_a_frame(size: int, head: bytes) -> None:
    assert text_frame(b"x" * size) == head + b"x" * size


def test_a_frame_holds_the_same_object_as_a_line() -> None:
    frames: WireFormat = JsonFramesWire()
    lines: WireFormat = JsonLinesWire()
    room = Room("r_1", "lobby")
    event = MessageSent(room="r_1", number=1, text="hi")
    assert frames.encode(event, room) == text_frame(lines.encode(event, room).removesuffix(b"\n"))
    assert frames != lines
    assert frames == JsonFramesWire()
    assert hash(frames) == hash(JsonFramesWire())


def test_one_payload_is_one_command() -> None:
    house: House = None  # type: ignore[assignment]
    codec: Codec = JsonFramesCodec(house)
    assert codec.manner.gateway == "web"
    assert codec.receive(b'{"do":"ping",\n"id":1}') == [Ping(id=1)]
    assert codec.receive(b"") == []
    assert codec.answer(Ping(id=1), Pong()) == (text_frame(b'{"reply":1,"ok":true}'),)
    (error,) = codec.receive(b'{"do":"ping"}\n{"do":"ping"}')
    assert isinstance(error, bytes)
    assert b"bad-json" in error
    assert list(codec.end()) == []


def test_too_many_bad_frames_end_it() -> None:
    house: House = None  # type: ignore[assignment]
    codec = JsonFramesCodec(house)
    said = [piece for _ in range(MAX_BAD_FRAMES + 1) for piece in codec.receive(b"?")]
    assert len(said) == MAX_BAD_FRAMES + 3
    assert codec.receive(b'{"do":"ping"}') == []
