"""Real sockets on loopback, each test on uvloop and on plain asyncio; gateways that tell what reached them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop

from hobnob.net.listener import Listener, ListenerSettings
from hobnob.net.peer import Peer
from hobnob.net.recogniser import Port, Recogniser
from hobnob.net.sniffer import Kind
from hobnob.net.tls import Tls, server_context

CERTIFICATES = Path(__file__).parent / "certificates"
GREETING = b"This is hobnob.\r\nYour name? "
PATIENCE = 20.0
"""Seconds that a shared, slow machine may take for what is at once elsewhere."""


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@dataclass
class Opened:
    """The gateways' protocols that were built, in order."""

    kinds: list[Kind] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    transports: list[asyncio.Transport] = field(default_factory=list)


class Teller(asyncio.Protocol):
    """Answers each first piece with its kind, and every byte with itself."""

    def __init__(self, kind: Kind, peer: Peer, opened: Opened) -> None:
        self.kind = kind
        self.peer = peer
        self.opened = opened
        self.told = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.opened.kinds.append(self.kind)
        self.opened.peers.append(self.peer)
        self.opened.transports.append(self.transport)

    def data_received(self, data: bytes) -> None:
        if not self.told:
            self.told = True
            self.transport.write(self.kind.name.encode() + b"<")
        self.transport.write(data)

    def eof_received(self) -> None:
        self.transport.write(b">end")


class BufferedTeller(asyncio.BufferedProtocol):
    """The same by a small buffer of its own, which takes more than one turn to fill."""

    def __init__(self, teller: Teller) -> None:
        self.teller = teller
        self.buffer = bytearray(5)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.teller.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return memoryview(self.buffer)

    def buffer_updated(self, nbytes: int) -> None:
        self.teller.data_received(bytes(self.buffer[:nbytes]))

    def eof_received(self) -> None:
        self.teller.eof_received()


@dataclass
class House:
    """A listening port and what came through it."""

    listener: Listener
    opened: Opened
    host: str
    port: int
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self, tls: ssl.SSLContext | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = "localhost" if tls else None
        reader, writer = await asyncio.open_connection(self.host, self.port, ssl=tls, server_hostname=name)
        self.writers.append(writer)
        return reader, writer

    @property
    def shared(self) -> Port:
        """What its undecided connections share."""
        assert self.listener._port is not None
        return self.listener._port

    async def until_none_is_undecided(self) -> None:
        await until(lambda: not self.listener.undecided)

    async def end_patience(self, when: Callable[[Recogniser], bool] = lambda undecided: True) -> None:
        """Patience with the one undecided connection ends as soon as `when` is so: no clock runs against a test."""
        await until(lambda: [*map(when, self.shared.undecided)] == [True])
        [undecided] = self.shared.undecided
        undecided._patience_ended()

    async def exchange(self, *pieces: bytes, tls: ssl.SSLContext | None = None) -> bytes:
        """All that is answered to `pieces`, up to the end of the connection; our own end follows the last piece."""
        reader, writer = await self.connect(tls)
        try:
            await send(writer, *pieces)
            if tls is None:
                writer.write_eof()
                return await until_closed(reader)
            return await reader.read(65536)
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def send(writer: asyncio.StreamWriter, *pieces: bytes) -> None:
    """Each piece by itself: with the receiver in the same loop and no delay in the kernel, each is a read.

    Who is cut meanwhile says no more, and finds it out by reading.
    """
    with suppress(ConnectionError):
        for piece in pieces:
            if writer.is_closing():
                return
            writer.write(piece)
            await writer.drain()
            for _ in range(3):
                await asyncio.sleep(0)


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """What still comes; a reset is an end too, and what came before it counts."""
    heard = b""
    try:
        while data := await reader.read(65536):
            heard += data
    except ConnectionError:
        heard += bytes(reader._buffer)  # type: ignore[attr-defined]  # which is not given out after a reset
    return heard


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it is so, where nobody tells of it."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


Serve = Callable[..., Awaitable[House]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    houses: list[House] = []

    async def start(
        *,
        tls: bool | Tls = False,
        buffered: bool = False,
        gateways: Mapping[Kind, Callable[[Peer], asyncio.BaseProtocol]] | None = None,
        context: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        **settings: Any,
    ) -> House:
        opened = Opened()

        def build(kind: Kind) -> Callable[[Peer], asyncio.BaseProtocol]:
            def factory(peer: Peer) -> asyncio.BaseProtocol:
                teller = Teller(kind, peer, opened)
                return BufferedTeller(teller) if buffered else teller

            return factory

        kinds = (Kind.WEB, Kind.JSON, Kind.IRC, Kind.STUDENT, Kind.TEXT)
        if tls is True:
            context = server_context(CERTIFICATES / "cert.pem", CERTIFICATES / "key.pem")
        listener = Listener(
            gateways={kind: build(kind) for kind in kinds} | dict(gateways or {}),
            greeting=GREETING,
            settings=ListenerSettings(**settings),
            tls=tls if isinstance(tls, Tls) else Tls(context) if context else None,
        )
        [(address, port)] = await listener.start(host, 0)
        houses.append(House(listener, opened, address, port))
        return houses[-1]

    yield start
    for house in houses:
        await house.listener.close()
        for transport in (*house.opened.transports, *(writer.transport for writer in house.writers)):
            transport.abort()
    await asyncio.sleep(0)  # what was aborted closes its socket in the next turn


@pytest.fixture
def client_tls() -> Callable[..., ssl.SSLContext]:
    def context(*alpn: str) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(CERTIFICATES / "cert.pem"))
        if alpn:
            made.set_alpn_protocols(list(alpn))
        return made

    return context
