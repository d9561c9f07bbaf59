"""A web gateway on a real socket, with a house that only listens, and clients for it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import aiohttp
import pytest
from msgspec.structs import replace
from tests.net.conftest import PATIENCE, until_closed

from hobnob.gateways.gateway import Codec, House, Link, Origin
from hobnob.gateways.web.connection import HttpConnection
from hobnob.gateways.web.host import WebGateway
from hobnob.gateways.web.settings import WebSettings

NEVER = 1000.0
CALM = WebSettings(
    hosts=frozenset({"chat.example.org"}), head_timeout=NEVER, idle_timeout=NEVER, close_timeout=0.3, heartbeat=NEVER
)
"""No deadline that a busy machine could miss; tests of deadlines have one."""
HASTY = pytest.mark.parametrize("server", [replace(CALM, head_timeout=0.2)], indirect=True, ids=["hasty"])
UPGRADE = (
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: " + base64.b64encode(bytes(16)).decode(),
)


@dataclass(frozen=True)
class Visitor:
    address: str = "127.0.0.1"
    tls: bool = False
    loopback: bool = True

    @property
    def origin(self) -> Origin:
        return Origin(self.address, confidential=self.tls or self.loopback, loopback=self.loopback)


class Listening:
    """A conversation that keeps what it hears, and has a link to talk back on."""

    def __init__(self, codec: Codec, link: Link, origin: Origin) -> None:
        self.codec, self.link, self.origin = codec, link, origin
        self.introduced = True
        self.heard: asyncio.Queue[object] = asyncio.Queue()
        self.gone: asyncio.Queue[str] = asyncio.Queue()

    def receive(self, data: bytes) -> None:
        for said in self.codec.receive(data):
            self.heard.put_nowait(said)

    def end(self) -> None:
        self.heard.put_nowait("end")
        self.link.write(b"never sent: the socket is closed")
        self.link.close()

    def pause(self) -> None:
        self.heard.put_nowait("pause")

    def resume(self) -> None:
        self.heard.put_nowait("resume")

    def dismiss(self, reason: str, code: str) -> None:
        self.link.write(self.codec.wire.farewell(reason, code))
        self.link.close()

    def lost(self, reason: str) -> None:
        self.gone.put_nowait(reason)


class ListeningHouse:
    def __init__(self) -> None:
        self.name = "hob"
        self.version = "1.2"
        self.entered: asyncio.Queue[Listening] = asyncio.Queue()
        self.pauses = False
        """Whoever comes is read no further from the beginning."""

    def enter(self, codec: Codec, link: Link, origin: Origin) -> Listening:
        conversation = Listening(codec, link, origin)
        if self.pauses:
            link.pause_reading()
        self.entered.put_nowait(conversation)
        return conversation


class Server:
    """A web gateway behind a listening socket, and clients for it."""

    def __init__(self, settings: WebSettings = CALM, house: House | None = None) -> None:
        self.peer = Visitor()
        self.house = ListeningHouse()
        listening: House = self.house  # type: ignore[assignment]
        self.gateway = WebGateway(house or listening, settings)
        self.port = 0
        self.left = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        await self.gateway.start()
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: self.gateway.protocol(self.peer, self._left), "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        self.session = aiohttp.ClientSession()

    async def stop(self) -> None:
        await self.session.close()
        for writer in self._writers:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
        self._listener.close()
        await self.gateway.stop()
        await self._listener.wait_closed()

    def _left(self) -> None:
        self.left += 1

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that the end of the test closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        return reader, writer

    async def raw(self, request: bytes) -> bytes:
        """Send, and read to the end of the connection."""
        reader, writer = await self.open()
        writer.write(request)
        return await asyncio.wait_for(until_closed(reader), PATIENCE)

    async def get(self, path: str = "/", *headers: str, host: str = "localhost", method: str = "GET") -> bytes:
        """The whole answer to a request."""
        head = "".join(f"{line}\r\n" for line in (f"Host: {host}", "Connection: close", *headers))
        return await self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode())

    async def upgrade(
        self, *headers: str, host: str = "localhost"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
        """A raw WebSocket, and the head of the answer that opened it."""
        reader, writer = await self.open()
        lines = ("GET /ws HTTP/1.1", f"Host: {host}", "Connection: Upgrade", *UPGRADE, *headers, "", "")
        writer.write("\r\n".join(lines).encode())
        return reader, writer, await reader.readuntil(b"\r\n\r\n")

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        """aiohttp's WebSocket client."""
        return await self.session.ws_connect(f"http://localhost:{self.port}/ws")

    def settings_for_next_socket(self, *, heartbeat: float) -> None:
        self.gateway._socket._settings = replace(CALM, heartbeat=heartbeat)

    @property
    def connections(self) -> list[HttpConnection]:
        """Those that the gateway has."""
        assert self.gateway._runner is not None
        assert self.gateway._runner.server is not None
        return [cast(HttpConnection, each) for each in self.gateway._runner.server.connections]

    def be_tls(self) -> None:
        self.peer = Visitor(tls=True)

    async def entered(self) -> Listening:
        return await asyncio.wait_for(self.house.entered.get(), PATIENCE)


@pytest.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """With the settings of `pytest.mark.parametrize("server", …, indirect=True)`, if there are any."""
    server = Server(getattr(request, "param", CALM))
    await server.start()
    yield server
    await server.stop()
