"""IRC over WebSocket: subprotocols, frames of one line, and the same rooms as over TCP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from tests.net.web.conftest import CALM, Server

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.stores.memory import MemoryStore

DEADLINE = 10


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    """A web gateway with a real chat."""
    chat = Chat(MemoryStore(), LocalBus(), "hobnob.test")
    await chat.open()
    server = Server(CALM, chat)
    await server.start()
    try:
        yield server
    finally:
        await chat.stop("The end.")
        await server.stop()


async def say(socket: aiohttp.ClientWebSocketResponse, *lines: str) -> None:
    for line in lines:
        if socket.protocol == "binary.ircv3.net":
            await socket.send_bytes(line.encode())
        else:
            await socket.send_str(line)


async def until(socket: aiohttp.ClientWebSocketResponse, end: str) -> list[str]:
    """The lines up to one that ends so."""
    lines: list[str] = []
    async with asyncio.timeout(DEADLINE):
        while not (lines and lines[-1].endswith(end)):
            message = await socket.receive()
            expected = aiohttp.WSMsgType.BINARY if socket.protocol == "binary.ircv3.net" else aiohttp.WSMsgType.TEXT
            assert message.type is expected
            line = message.data if isinstance(message.data, str) else message.data.decode()
            assert "\r" not in line
            assert "\n" not in line
            lines.append(line)
    return lines


@pytest.mark.parametrize(
    ("path", "protocols", "chosen"),
    [
        ("/", ["text.ircv3.net"], "text.ircv3.net"),
        ("/", ["binary.ircv3.net", "text.ircv3.net"], "binary.ircv3.net"),
        ("/irc", ["binary.ircv3.net"], "binary.ircv3.net"),
        ("/irc", [], None),
        ("/ws", ["text.ircv3.net"], "text.ircv3.net"),
    ],
)
async def test_a_line_is_a_frame(path: str, protocols: list[str], chosen: str | None) -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"http://localhost:{server.port}{path}", protocols=protocols)
        assert socket.protocol == chosen
        await say(socket, "CAP LS 302")
        listed = await until(socket, "userhost-in-names")  # in as many lines as its length takes
        assert all(line.startswith(":hobnob.test CAP * LS ") for line in listed)
        await say(socket, "CAP REQ :echo-message draft/multiline batch", "NICK ada", "USER a 0 * :a", "CAP END")
        await say(socket, "JOIN #tea")
        await until(socket, ":End of NAMES list")
        other = await session.ws_connect(f"http://localhost:{server.port}/irc", protocols=["text.ircv3.net"])
        await say(other, "NICK bob", "USER b 0 * :b", "JOIN #tea")
        await until(other, ":End of NAMES list")
        await say(other, "PRIVMSG #tea :Grüße")
        assert (await until(socket, ":Grüße"))[-1].startswith(":bob!~u@")
        await say(socket, "PRIVMSG #tea :hello")
        assert (await until(socket, ":hello"))[-1].startswith(":ada!~u@")
        assert (await until(other, ":hello"))[-1].startswith(":ada!~u@")
        await say(other, "QUIT :bye")
        assert (await until(other, ":Bye: bye")) == ["ERROR :Bye: bye"]
        assert (await until(socket, "QUIT bye"))[-1].startswith(":bob!~u@")
        await socket.close()


async def test_a_frame_of_the_other_kind_is_refused() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"http://localhost:{server.port}/irc", protocols=["text.ircv3.net"])
        await socket.send_bytes(b"NICK ada")
        async with asyncio.timeout(DEADLINE):
            assert (await socket.receive()).data == aiohttp.WSCloseCode.UNSUPPORTED_DATA


async def test_the_last_word_is_a_frame_too() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"http://localhost:{server.port}/irc", protocols=["text.ircv3.net"])
        await say(socket, "PING x")
        await until(socket, "x")
        stopping = asyncio.create_task(server.gateway.stop())
        async with asyncio.timeout(DEADLINE):
            assert (await socket.receive()).data == "ERROR :The server is stopping."
            await socket.receive()
            await stopping
