"""Who speaks HTTP before the web gateway is loaded."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from msgspec.structs import replace
from tests.net.conftest import PATIENCE, until_closed
from tests.net.web.conftest import CALM, ListeningHouse, Visitor

from hobnob.gateways.gateway import House
from hobnob.gateways.web.late import LateWebGateway
from hobnob.gateways.web.settings import WebSettings

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
END = b"Connection: close\r\n\r\n"

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Early:
    """A listening socket whose web gateway is not loaded yet."""

    def __init__(self, settings: WebSettings) -> None:
        self.gateway = LateWebGateway(cast(House, ListeningHouse()), settings)
        self.left = 0
        self._accepted: asyncio.Queue[asyncio.Transport] = asyncio.Queue()
        self._writers: list[asyncio.StreamWriter] = []

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Accepted(self._accepted), "127.0.0.1", 0)

    def _left(self) -> None:
        self.left += 1

    async def client(self, first: bytes = b"") -> Client:
        """A client that was accepted, and whose first bytes were read already, as the listener does it."""
        reader, writer = await asyncio.open_connection(*self._listener.sockets[0].getsockname())
        self._writers.append(writer)
        transport = await asyncio.wait_for(self._accepted.get(), PATIENCE)
        protocol = cast(asyncio.Protocol, self.gateway.protocol(Visitor(), self._left))
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(first)
        return reader, writer

    async def stop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._listener.close()
        await self.gateway.stop()
        await self._listener.wait_closed()


class Accepted(asyncio.Protocol):
    """Tells of its connection, which somebody else takes over."""

    def __init__(self, accepted: asyncio.Queue[asyncio.Transport]) -> None:
        self._accepted = accepted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._accepted.put_nowait(cast(asyncio.Transport, transport))


@pytest.fixture
async def early(request: pytest.FixtureRequest) -> AsyncIterator[Early]:
    early = Early(getattr(request, "param", CALM))
    await early.listen()
    yield early
    await early.stop()


async def rest(client: Client) -> bytes:
    return await asyncio.wait_for(until_closed(client[0]), PATIENCE)


async def test_early_requests_are_answered_once_it_is_there(early: Early) -> None:
    whole = await early.client(REQUEST + END)
    half = await early.client(REQUEST)
    half[1].write(END)
    await early.gateway.start()
    for client in (whole, half, await early.client(REQUEST + END)):
        answer = await rest(client)
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"ok\n")


async def test_the_end_of_input_may_come_early_too(early: Early) -> None:
    client = await early.client(REQUEST + b"\r\n")
    client[1].write_eof()
    await early.gateway.start()
    assert (await rest(client)).endswith(b"ok\n")


@pytest.mark.parametrize("early", [replace(CALM, head_timeout=0.2)], indirect=True, ids=["hasty"])
async def test_deadlines_begin_when_it_is_there(early: Early) -> None:
    client = await early.client(REQUEST)
    await early.gateway.start()
    assert (await rest(client)).startswith(b"HTTP/1.1 408")


async def test_who_gave_up_before_hurts_nobody(early: Early) -> None:
    gone = await early.client(REQUEST)
    gone[1].transport.abort()
    other = await early.client(REQUEST + END)
    await early.gateway.start()
    assert (await rest(other)).endswith(b"ok\n")


async def test_a_server_that_stops_before_cuts_who_is_held(early: Early) -> None:
    client = await early.client(REQUEST + END)
    await early.gateway.stop()
    assert await rest(client) == b""
