"""Too much of everything: lines without an end, huge frames, headers and bodies, and readers who take nothing."""

import asyncio
import gc
import json
import socket
import tracemalloc
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from tests.net.test_attacks_slow import HEAD, HELLO
from tests.net.test_door import UPGRADE
from tests.net.whole import Client, Whole, whole

from hobnob.chat.policy import Policy
from hobnob.gateways.web.settings import WebSettings

KIB, MIB = 1024, 1024 * 1024


@pytest.fixture
async def house() -> AsyncIterator[Whole]:
    async with whole(web=WebSettings(close_timeout=0.3)) as house:
        yield house


class Endless(NamedTuple):
    """What comes first; what is said without an end, and answered; what ends it, and shows that the client lives."""

    first: bytes
    filling: bytes
    answer: bytes
    end: bytes
    alive: bytes


PING = b'{"do":"ping","id":"alive"}\n', b'"reply":"alive"'
IRC, IRC_PING = b"NICK ada\r\nUSER a 0 * :a\r\n", (b"PING alive\r\n", b"PONG hobnob :alive")
WHO = b"/who\n", b"ada"
LINES = {
    "JSON": Endless(
        HELLO,
        b'{"do":"send_message","room":"#lobby","text":"' + b"x" * 500,
        b"frame-too-long",
        b'"}\n' + PING[0],
        PING[1],
    ),
    "JSON, nested": Endless(HELLO, b'{"do":[' * 100, b"frame-too-long", b"\n" + PING[0], PING[1]),
    "IRC": Endless(IRC, b"PRIVMSG #lobby :" + b"x" * 500, b" 417 ", b"\r\n" + IRC_PING[0], IRC_PING[1]),
    "IRC tags": Endless(IRC, b"@" + b"a=b;" * 100, b" 417 ", b" PING x\r\n" + IRC_PING[0], IRC_PING[1]),
    "lines": Endless(b"\nada\n", b"x" * 500, b"This line is too long", b"\n" + WHO[0], WHO[1]),
    "telnet": Endless(b"\nada\n", b"\xff\xfa" + b"\x01" * 600, b"too long", b"\xff\xf0\n" + WHO[0], WHO[1]),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
async def test_a_line_without_an_end_is_answered_once_and_not_kept(house: Whole, line: Endless) -> None:
    client = await house.connect(line.first)
    await asyncio.wait_for(client.reader.read(65536), 30)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(4 * MIB // len(line.filling)):
        client.send(line.filling)
        await client.writer.drain()
    await client.until(line.answer)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept - before < MIB
    client.send(line.end)
    told = await client.until(line.alive)
    assert told.count(line.answer) == 0


@pytest.mark.parametrize("first", [b"x", b"{", b"NICK ", b"GET /", b"\xff\xfa", b"USERNAME:", b" ", b"@a="])
async def test_a_first_line_without_an_end_is_not_kept(house: Whole, first: bytes) -> None:
    client = await house.connect(first)
    sent = 0
    try:
        async with asyncio.timeout(30):
            while sent < 20 * MIB:
                client.send(b"x" * 64 * KIB)
                sent += 64 * KIB
                await client.writer.drain()
    except ConnectionError:
        return
    assert not any(len(recogniser._first) > 100 * KIB for recogniser in house.listener._port.undecided)  # type: ignore[union-attr]


POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
HTTP = {
    "a long address": (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", None),
    "a long header": (HEAD + b"X-a: " + b"b" * 20_000 + b"\r\n\r\n", b" 400 "),
    "many headers": (HEAD + b"".join(b"X-%d: b\r\n" % n for n in range(5000)) + b"\r\n", b" 4"),
    "headers without an end": (HEAD + b"".join(b"X-%d: b\r\n" % n for n in range(90)) + b"X: " + b"b" * 40_000, b" 4"),
    "a long body": (POST + b"Content-Length: 99999999999\r\n\r\nx", b" 405 "),
    "a length that is no number": (POST + b"Content-Length: 1e9\r\n\r\n", b" 400 "),
    "a chunk of 16 EiB": (POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx", b" 4"),
    "a cookie of 10 KiB": (HEAD + b"Cookie: " + b"a=b; " * 2000 + b"\r\n\r\n", b" 400 "),
    "many ranges": (
        b"GET /static/chat.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRange: bytes="
        + b"0-1," * 1500
        + b"0-1\r\n\r\n",
        b"HTTP/1.1 ",
    ),
}


@pytest.mark.parametrize(("request_", "status"), HTTP.values(), ids=HTTP.keys())
async def test_http_that_is_too_much_is_refused(house: Whole, request_: bytes, status: bytes | None) -> None:
    answer = await house.answer(request_)
    if status is None:
        assert answer == b""  # its first line was too long to know what it is
    else:
        assert status in answer.partition(b"\r\n")[0], answer[:200]
        assert len(answer) < 64 * KIB
    assert len(house.door) == 0


@pytest.mark.parametrize(
    "frame",
    [b"\x81\xff" + (1 << 62).to_bytes(8, "big") + b"mask", b"\x89\xfe\xff\xff" + b"mask", b"\xc1\x80mask"],
    ids=["of 4 EiB", "a ping of 64 KiB", "compressed"],
)
async def test_a_websocket_frame_that_may_not_be_ends_it(house: Whole, frame: bytes) -> None:
    client = await house.connect(UPGRADE)
    await client.until(b"\r\n\r\n")
    client.send(frame)
    rest = await client.rest()
    assert rest == b"" or rest[0] == 0x88
    assert not house.chat.conversations


async def test_readers_who_take_nothing_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each asks for pages of 256 KiB and takes none; together they may have 4 MiB kept. The one who reads stays."""
    monkeypatch.setattr("hobnob.chat.burden.WEIGH_EVERY", 0.02)
    most = 4 * MIB
    async with whole(policy=Policy(most_kept=most)) as house:
        ada = await house.connect(HELLO)
        welcome = json.loads((await ada.until(b"\n")).decode())
        room = welcome["rooms"][0]["id"]
        for n in range(20):
            text = "x" * 15_000
            ada.send(json.dumps({"do": "send_message", "id": n, "room": room, "text": text}).encode() + b"\n")
        await ada.until(b'"reply":19')
        for _ in range(40):
            reading = socket.socket()
            reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
            reading.setblocking(False)
            await asyncio.get_running_loop().sock_connect(reading, ("127.0.0.1", house.port))
            attacker = Client(*await asyncio.open_connection(sock=reading))
            attacker.send(HELLO + b'{"do":"read_history","room":"#lobby","limit":200}\n' * 20)
            attacker.writer.transport.pause_reading()  # type: ignore[attr-defined]
            house.clients.append(attacker)
        async with asyncio.timeout(20):
            while len(house.chat.conversations) > 30:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        kept = sum(conversation.own_bytes() for conversation in house.chat.conversations)
        assert kept < 3 * most  # what was added since it was weighed last, too
        ada.send(b'{"do":"ping","id":"here"}\n')
        await ada.until(b'"reply":"here"')


async def test_many_short_lines_in_one_read_stay_bytes(house: Whole) -> None:
    """What may not be done yet is not understood yet: a line of two bytes is a command of hundreds."""
    client = await house.connect(b"hello\n", address="203.0.113.7")
    await client.until(b"You are")
    client.send(b"x\n" * 30_000)
    [conversation] = house.chat.conversations
    async with asyncio.timeout(30):
        while conversation._reading:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert len(conversation._said or ()) < 2000
    assert conversation.own_bytes() < MIB


async def test_a_read_of_a_program_without_lines_stays_one_message(house: Whole) -> None:
    ada = await house.connect(HELLO)
    await ada.until(b'"ok":true')
    student = await house.connect(b"USERNAME:bob")
    await ada.until(b"bob")
    student.send(b"x" * 5000)
    await ada.until(b'"text":"' + b"x" * 5000 + b'"')
