"""WebSockets on the wire: frames split anyhow, sizes, pauses and ends."""

import asyncio
import json

import aiohttp
import pytest
from tests.net.conftest import PATIENCE, until, until_closed
from tests.net.web.conftest import Listening, Server
from tests.net.websocket import frame

from hobnob.gateways.gateway import FLOOD
from hobnob.protocol.codec import MAX_CLIENT_FRAME
from hobnob.protocol.commands import Command


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


PING = b'{"do":"ping","id":1}'


async def test_a_text_frame_is_a_command(server: Server) -> None:
    socket = await server.connect()
    conversation = await server.entered()
    assert conversation.origin.address == "127.0.0.1"
    await socket.send_str(PING.decode())
    command = await conversation.heard.get()
    assert isinstance(command, Command)
    await socket.send_str("what?")
    error = await conversation.heard.get()
    assert isinstance(error, bytes)
    conversation.link.write(error)
    assert json.loads((await socket.receive()).data)["error"] == "bad-json"
    await socket.close()
    assert await conversation.heard.get() == "end"
    assert await conversation.gone.get() == "closed"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 0xFFFF, 0x10000, 1024 * 1024])
async def test_frames_of_every_size_arrive(server: Server, size: int) -> None:
    socket = await server.connect()
    conversation = await server.entered()
    farewell = conversation.codec.wire.farewell("x" * size, "ended")
    conversation.link.write(farewell + farewell)
    for _ in range(2):
        assert json.loads((await socket.receive()).data)["text"] == "x" * size
    await socket.close()


async def test_compression_and_subprotocols_are_refused(server: Server) -> None:
    _, _, answer = await server.upgrade(
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Sec-WebSocket-Protocol: x"
    )
    assert status(answer) == 101
    assert b"Sec-WebSocket-Extensions" not in answer
    assert b"Sec-WebSocket-Protocol" not in answer


async def raw_socket(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Listening]:
    reader, writer, answer = await server.upgrade()
    assert status(answer) == 101
    return reader, writer, await server.entered()


async def test_fragments_and_pings_between_them_byte_by_byte(server: Server) -> None:
    reader, writer, conversation = await raw_socket(server)
    stream = (
        frame(1, PING[:5], final=False) + frame(9, b"there?") + frame(0, PING[5:9], final=False) + frame(0, PING[9:])
    )
    for at in range(len(stream)):
        writer.write(stream[at : at + 1])
        await asyncio.sleep(0)
    assert isinstance(await conversation.heard.get(), Command)
    assert await reader.readexactly(8) == b"\x8a\x06there?"
    writer.write(frame(8, b"\x03\xe8"))
    assert await reader.read() == b"\x88\x02\x03\xe8"


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (frame(2, b"binary"), 1003, "binary frame"),
        (frame(1, b"x" * 40_000, final=False) + frame(0, b"x" * 40_000)[:8], 1009, "frame too long"),
        (b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"mask", 1009, "frame too long"),
        (b"\x81\xff" + (MAX_CLIENT_FRAME + 1).to_bytes(8, "big") + b"mask", 1009, "frame too long"),
        (frame(3, b"reserved"), 1002, "connection lost"),
    ],
    ids=["binary", "fragments", "huge", "one too long", "reserved"],
)
async def test_frames_that_may_not_be_end_the_socket(server: Server, data: bytes, code: int, reason: str) -> None:
    reader, writer, conversation = await raw_socket(server)
    writer.write(data)
    answer = await until_closed(reader)
    assert answer[:1] == b"\x88"
    assert int.from_bytes(answer[2:4], "big") == code
    assert answer[4:].endswith(b".")
    assert await conversation.gone.get() == reason


async def test_a_frame_may_be_as_long_as_the_limit(server: Server) -> None:
    socket = await server.connect()
    conversation = await server.entered()
    await socket.send_str(PING.decode().ljust(MAX_CLIENT_FRAME))
    assert isinstance(await conversation.heard.get(), Command)
    await socket.close()


async def test_reading_is_paused_and_resumed(server: Server) -> None:
    socket = await server.connect()
    conversation = await server.entered()
    conversation.link.pause_reading()
    for number in (1, 2):  # one that the server waits for already, and one that it does not ask for
        await socket.send_str(f'{{"do":"ping","id":{number}}}')
    await until(lambda: conversation.link.held() > len(PING))
    assert conversation.heard.empty()
    conversation.link.resume_reading()
    heard = [await conversation.heard.get() for _ in range(2)]
    assert [command.id for command in heard if isinstance(command, Command)] == [1, 2]
    await socket.close()


@pytest.mark.parametrize("backlog", [0, 1000], ids=["read no further", "read on"])
@pytest.mark.parametrize("code", [b"", b"\x03\xe8", b"\x0f\xa0"], ids=["no code", "1000", "4000"])
async def test_what_was_said_before_a_goodbye_is_done_at_its_pace(server: Server, code: bytes, backlog: int) -> None:
    """Even when the connection is lost meanwhile; and until then it counts."""
    _, writer, conversation = await raw_socket(server)
    conversation.link.pause_reading(backlog)
    writer.write(frame(1, PING) * 3 + frame(8, code))
    writer.close()
    assert await asyncio.wait_for(conversation.heard.get(), PATIENCE) == "resume"  # its goodbye was read
    await until(lambda: [connection.transport for connection in server.connections] == [None])
    assert conversation.heard.empty()
    assert not server.left
    for _ in range(3):
        conversation.link.resume_reading()
        assert isinstance(await asyncio.wait_for(conversation.heard.get(), PATIENCE), Command)
    assert await conversation.heard.get() == "end"
    assert await conversation.gone.get() == "closed"
    await until(lambda: server.left == 1)


async def test_what_waits_is_dropped_when_the_connection_is_lost(server: Server) -> None:
    _, writer, conversation = await raw_socket(server)
    conversation.link.pause_reading(1000)
    writer.write(frame(1, PING))
    await until(lambda: conversation.link.held() > len(PING))
    writer.close()
    assert await asyncio.wait_for(conversation.gone.get(), PATIENCE) == "connection lost"
    assert conversation.heard.empty()
    await until(lambda: server.left == 1)


async def test_more_than_may_wait_is_a_flood(server: Server) -> None:
    reader, writer, conversation = await raw_socket(server)
    conversation.link.pause_reading(1000)
    writer.write(frame(1, b"x" * 400) * 3 + frame(8, b""))
    assert FLOOD.encode() in await asyncio.wait_for(until_closed(reader), PATIENCE)
    assert await conversation.gone.get() == "closed by the server"
    assert conversation.heard.empty()


async def test_a_slow_reader_pauses_the_conversation_and_goes_on(server: Server) -> None:
    socket = await server.connect()
    conversation = await server.entered()
    socket._response.connection.transport.pause_reading()  # type: ignore[union-attr]
    piece = conversation.codec.wire.farewell("x" * 500_000, "ended")
    for _ in range(32):
        conversation.link.write(piece)
    assert await conversation.heard.get() == "pause"
    socket._response.connection.transport.resume_reading()  # type: ignore[union-attr]
    for _ in range(32):
        assert len((await socket.receive()).data) > 500_000
    assert await conversation.heard.get() == "resume"
    await socket.close()


async def test_the_server_may_end_it(server: Server) -> None:
    socket = await server.connect()
    conversation = await server.entered()
    conversation.dismiss("Bye.", "stopping")
    assert json.loads((await socket.receive()).data) == {"event": "goodbye", "text": "Bye.", "code": "stopping"}
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert await conversation.gone.get() == "closed by the server"


async def test_who_does_not_shake_hands_is_cut(server: Server) -> None:
    reader, _, conversation = await raw_socket(server)
    conversation.dismiss("Bye.", "stopping")
    assert await asyncio.wait_for(until_closed(reader), PATIENCE)
    assert await conversation.gone.get()


async def test_stopping_says_goodbye(server: Server) -> None:
    socket = await server.connect()
    await server.entered()
    idle, _ = await server.open()
    await until(lambda: len(server.connections) == 2)
    stopping = asyncio.ensure_future(server.gateway.stop())
    assert json.loads((await socket.receive()).data)["event"] == "goodbye"
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    await asyncio.wait_for(stopping, PATIENCE)
    assert await until_closed(idle) == b""


async def test_who_is_read_no_further_need_not_answer_pings(server: Server) -> None:
    """What is paused here cannot bring a PONG; so a flood that is slowed would be cut, and lose what it had sent."""
    server.settings_for_next_socket(heartbeat=0.1)
    server.house.pauses = True
    reader, writer, conversation = await raw_socket(server)
    words = [b"%d" % n + b"x" * 30_000 for n in range(20)]
    for word in words:
        writer.write(frame(1, word))
    assert await asyncio.wait_for(reader.readexactly(8), PATIENCE) == b"\x89\x00" * 4
    ping_no_more(conversation)
    conversation.link.resume_reading()
    heard = [await asyncio.wait_for(conversation.heard.get(), PATIENCE) for _ in words]
    assert len(heard) == len(words)
    assert conversation.gone.empty()


def ping_no_more(conversation: Listening) -> None:
    """What is read from now on may come as late as it likes."""
    socket = conversation.link._socket  # type: ignore[attr-defined]
    socket._heartbeat = None
    socket._cancel_heartbeat()


async def test_who_answers_no_ping_is_cut(server: Server) -> None:
    server.settings_for_next_socket(heartbeat=0.2)
    reader, _, conversation = await raw_socket(server)
    assert await reader.readexactly(2) == b"\x89\x00"
    assert await asyncio.wait_for(conversation.gone.get(), PATIENCE) == "timed out"
