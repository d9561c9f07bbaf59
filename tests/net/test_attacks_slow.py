"""Slowloris, in every state that a connection can be in: whoever drips bytes, or nothing, has to go in time.

Every deadline is a tenth of a second here, and a byte comes every few milliseconds: a deadline that each byte puts off
would never come.
"""

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import NamedTuple

import pytest
from tests.net.test_door import UPGRADE
from tests.net.whole import Client, Whole, whole

from hobnob.gateways.web.settings import WebSettings

ClientTls = Callable[..., ssl.SSLContext]

QUICK = 0.1
SOON = 5.0
"""Fifty times as long as any deadline: the machine may be busy."""

HELLO = b'{"do":"hello"}\n'
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


class Slow(NamedTuple):
    """What an attacker sends at once, and what again and again, a byte at a time."""

    first: bytes
    drip: bytes = b""
    tls: bool = False
    proxied: bool = False


STATES = {
    "undecided: nothing": Slow(b""),
    "undecided: half a line of IRC": Slow(b"NICK ", b"x"),
    "undecided: half a request line": Slow(b"GET /", b"a"),
    "undecided: telnet options": Slow(b"\xff\xfd\x03\xff\xfa", b"\x01"),
    "greeted: nothing": Slow(b"\n"),
    "greeted: a name without an end": Slow(b"\n", b"x"),
    "PROXY header": Slow(b"PROXY TCP4 203.0.113.7 ", b"1", proxied=True),
    "TLS: the first bytes of a handshake": Slow(b"\x16\x03"),
    "TLS: half a ClientHello": Slow(CLIENT_HELLO, b"\0"),
    "inside TLS: nothing": Slow(b"", tls=True),
    "inside TLS: half a line": Slow(b"NICK ", b"x", tls=True),
    "SSH": Slow(b"SSH-2.0-x\r\n", b"x"),
    "HTTP: half a header": Slow(HEAD, b"X-a: b\r\n"),
    "HTTP: half a header inside TLS": Slow(HEAD, b"X-a: b\r\n", tls=True),
    "HTTP: a body that does not come": Slow(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n", b"x"
    ),
    "HTTP: chunks without an end": Slow(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"
    ),
    "HTTP: nothing after an answer": Slow(HEAD + b"\r\n"),
    "HTTP: half a second request": Slow(HEAD + b"\r\n", b"G"),
    "WebSocket: nothing": Slow(UPGRADE),
    "WebSocket: half a frame": Slow(UPGRADE + b"\x81\xfe\xff\x00mask", b"x"),
    "WebSocket: empty fragments": Slow(UPGRADE + b"\x01\x80mask", b"\x00\x80mask"),
    "JSON: half a line": Slow(b'{"do":"hello","name":"', b"x"),
    "JSON: pings": Slow(b'{"do":"ping"}\n', b'{"do":"ping"}\n'),
    "JSON: blank lines": Slow(b'{"do":"ping"}\n', b"\n"),
    "IRC: half registered": Slow(b"CAP LS 302\r\nNICK eve\r\n"),
    "IRC: half registered, with pings": Slow(b"CAP LS 302\r\nNICK eve\r\n", b"PING x\r\n"),
    "lines: a name that is refused": Slow(b"\nServer\n", b"Server\n"),
}


@pytest.fixture(autouse=True)
def strangers_go_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.strangers.INTRODUCE_WITHIN", QUICK)
    monkeypatch.setattr("hobnob.chat.strangers.LOOK_EVERY", QUICK / 4)
    monkeypatch.setattr("hobnob.net.door.LINGER", QUICK)


@pytest.fixture
async def house() -> AsyncIterator[Whole]:
    web = WebSettings(head_timeout=QUICK, idle_timeout=QUICK, close_timeout=QUICK, heartbeat=60)
    async with whole(
        web=web, greet_after=QUICK / 4, decide_within=QUICK, answer_within=QUICK, handshake_within=QUICK
    ) as house:
        house.listener._port.spoke_web.note("127.0.0.1", asyncio.get_running_loop().time())  # type: ignore[union-attr]
        yield house


async def drip(client: Client, data: bytes) -> None:
    """Byte after byte, until the connection is lost."""
    with suppress(ConnectionError):
        for byte in itertools.cycle(data):
            client.send(bytes([byte]))
            await client.writer.drain()
            await asyncio.sleep(QUICK / 50)


async def somebody(house: Whole, address: str | None = None) -> Client:
    """One who says hello; again, where this machine was too busy to read it within these short deadlines."""
    for _ in range(20):
        client = await house.connect(HELLO, address=address)
        with suppress(AssertionError, ConnectionError):
            await client.until(b'"ok":true')
            return client
    raise AssertionError("nobody is let in")


async def encrypted(house: Whole, context: ssl.SSLContext) -> Client:
    """One inside TLS; again, where this machine was too busy to shake hands within these short deadlines."""
    for _ in range(20):
        with suppress(OSError):
            return await house.connect(tls=context)
    raise AssertionError("nobody gets a handshake")


@pytest.mark.parametrize("slow", STATES.values(), ids=STATES.keys())
async def test_who_drips_has_to_go(house: Whole, client_tls: ClientTls, slow: Slow) -> None:
    """And meanwhile the one who speaks is heard."""
    honest = await somebody(house)
    if slow.proxied:
        attacker = Client(*await asyncio.open_connection("127.0.0.1", house.port, local_addr=("127.0.0.9", 0)))
        house.clients.append(attacker)
    elif slow.tls:
        attacker = await encrypted(house, client_tls())
    else:
        attacker = await house.connect()
    attacker.send(slow.first)
    dripping = asyncio.create_task(drip(attacker, slow.drip))
    async with asyncio.timeout(SOON):
        await attacker.rest()
    dripping.cancel()
    await asyncio.gather(dripping, return_exceptions=True)
    async with asyncio.timeout(SOON):
        while house.listener.undecided or len(house.door) > 1 or len(house.chat.conversations) > 1:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    honest.send(b'{"do":"ping","id":"here"}\n')
    await honest.until(b'"reply":"here"')


async def test_who_takes_nothing_of_an_answer_has_to_go(house: Whole) -> None:
    """Request after request, and not a byte of the answers is read."""
    _, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=1)
    with suppress(ConnectionError):
        async with asyncio.timeout(SOON):
            while True:
                writer.write(b"GET /static/chat.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100)
                await writer.drain()
                await asyncio.sleep(0)
    async with asyncio.timeout(SOON):
        while len(house.door):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    writer.transport.abort()


async def test_many_at_once_cost_those_who_speak_nothing(house: Whole) -> None:
    """As many as one address may have, in every state, and a newcomer from elsewhere is served at once."""
    for slow in itertools.islice(itertools.cycle(state for state in STATES.values() if not state.tls), 60):
        if not slow.proxied:
            await house.connect(slow.first)
    await somebody(house, "203.0.113.7")
