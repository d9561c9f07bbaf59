"""Who may not stay is told so in the words of their protocol, on real sockets, and takes no place from others."""

import asyncio
import json
import re
import ssl
from collections.abc import Callable
from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs
from tests.net.conftest import until
from tests.net.whole import Client, Whole, whole

from hobnob.chat.origins import Origins
from hobnob.net import door
from hobnob.net.door import FULL, TLS_ONLY, TOO_MANY, TOO_OFTEN, DoorSettings
from hobnob.net.tls import ACCESS_DENIED

ClientTls = Callable[..., ssl.SSLContext]

NEVER = 1000.0
AFAR, ALSO_AFAR = "203.0.113.7", "203.0.113.8"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
SAYINGS = {
    "lines": b"hello\n",
    "greeted": b"\nada\n",
    "JSON": b'{"do":"hello"}\n',
    "IRC": b"NICK ada\r\nUSER a 0 * :a\r\n",
    "student": b"USERNAME:ada",
    "GET": b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "POST": b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "WebSocket": UPGRADE,
}
KINDS = pytest.mark.parametrize("kind", SAYINGS)
STAYS = pytest.mark.parametrize("kind", ["lines", "greeted", "JSON", "IRC", "student", "WebSocket"])
WELCOMES = {
    "lines": b"You are",
    "greeted": b"Welcome",
    "JSON": b'"ok":true',
    "IRC": b" 001 ",
    "student": b"",
    "WebSocket": b" 101 ",
}


def check_words(kind: str, answer: bytes, sentence: str) -> None:
    """That the answer is one of this protocol's and says the sentence."""
    match kind:
        case "lines" | "greeted":
            assert answer.decode().replace("\r\n", "\n").endswith(f"* {sentence}\n")
        case "JSON":
            code = "tls-required" if sentence == TLS_ONLY else "full"
            assert json.loads(answer) == {"event": "goodbye", "text": sentence, "code": code}
        case "IRC":
            assert answer.decode() == f"ERROR :{sentence}\r\n"
        case "student":
            assert answer.decode() == f"Server: {sentence}\n"
        case _:
            head, _, body = answer.partition(b"\r\n\r\n")
            assert re.match(rb"HTTP/1\.1 [45]\d\d ", head), head
            assert b"Connection: close" in head
            assert body.decode() == f"{sentence}\n"


async def let_in(house: Whole, client: Client, kind: str) -> None:
    """Wait until this one client was let in. The student's server says nothing to who comes."""
    await until(lambda: len(house.chat.conversations) == 1)
    if WELCOMES[kind]:
        await client.until(WELCOMES[kind])


# TLS required


@pytest.mark.parametrize("kind", ["lines", "greeted", "JSON", "IRC", "student"])
async def test_where_tls_is_required_who_speaks_plain_is_told_so(kind: str) -> None:
    async with whole(DoorSettings(tls_required=True)) as house:
        check_words(kind, await house.answer(SAYINGS[kind]), TLS_ONLY)
        assert len(house.door) == 0
        assert not house.chat.conversations


@pytest.mark.parametrize("said", [b"\r\n", b""], ids=["enter", "silence"])
async def test_where_tls_is_required_nobody_is_asked_for_a_name_in_the_clear(said: bytes) -> None:
    async with whole(DoorSettings(tls_required=True), greet_after=0.1) as house:
        assert await house.answer(said) == f"* {TLS_ONLY}\r\n".encode()


async def test_where_tls_is_required_the_encrypted_are_asked_for_their_name(client_tls: ClientTls) -> None:
    async with whole(DoorSettings(tls_required=True)) as house:
        client = await house.connect(b"\n", tls=client_tls())
        await client.until(b"Your name? ")


async def test_where_tls_is_required_a_browser_is_shown_the_way() -> None:
    async with whole(DoorSettings(tls_required=True)) as house:
        for method in (b"GET", b"HEAD"):
            head = await house.answer(SAYINGS["GET"].replace(b"GET", method))
            assert head.startswith(b"HTTP/1.1 307 ")
            assert b"\r\nLocation: https://localhost/\r\n" in head


@pytest.mark.parametrize("kind", ["POST", "WebSocket"])
async def test_where_tls_is_required_a_program_that_speaks_http_is_told_so(kind: str) -> None:
    async with whole(DoorSettings(tls_required=True)) as house:
        client = await house.connect(SAYINGS[kind])
        answer = await client.until(b"write https in the address, or wss for a WebSocket.\n")
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert not house.chat.conversations


@STAYS
async def test_where_tls_is_required_the_encrypted_come_in(kind: str, client_tls: ClientTls) -> None:
    async with whole(DoorSettings(tls_required=True)) as house:
        client = await house.connect(SAYINGS[kind], tls=client_tls())
        await let_in(house, client, kind)


async def test_a_proxy_that_took_the_encryption_off_is_believed() -> None:
    """The TLS extra of a PROXY header, version 2 (proxy-protocol.txt, 2.2.5)."""
    tls = b"\x20\x00\x05\x01\x00\x00\x00\x00"
    addresses = bytes([203, 0, 113, 7]) * 2 + b"\x04\xd2\x00\x50"
    header = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11" + (len(addresses) + len(tls)).to_bytes(2, "big") + addresses + tls
    async with whole(DoorSettings(tls_required=True)) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port, local_addr=("127.0.0.9", 0))
        writer.write(header + b"NICK ada\r\nUSER a 0 * :a\r\n")
        assert b" 001 ada " in await reader.readuntil(b"\n")
        writer.transport.abort()
        check_words("IRC", await house.answer(SAYINGS["IRC"], address=AFAR), TLS_ONLY)


# Caps


@KINDS
async def test_one_address_has_its_cap(kind: str) -> None:
    async with whole(DoorSettings(max_connections_per_address=2)) as house:
        stay = [await house.connect(b"NICK a%d\r\nUSER a 0 * :a\r\n" % n, address=AFAR) for n in range(2)]
        for client in stay:
            await client.until(b" 001 ")
        check_words(kind, await house.answer(SAYINGS[kind], address=AFAR), TOO_MANY)
        await (await house.connect(b"hello\n", address=ALSO_AFAR)).until(b"You are")
        await (await house.connect(b"hello\n")).until(b"You are")
        stay[0].cut()
        await until(lambda: len(house.door) == 3)
        await (await house.connect(b"hello\n", address=AFAR)).until(b"You are")


@KINDS
async def test_the_process_has_its_cap(kind: str) -> None:
    async with whole(DoorSettings(max_connections=1)) as house:
        first = await house.connect(b"hello\n")
        await first.until(b"You are")
        check_words(kind, await house.answer(SAYINGS[kind], address=AFAR), FULL)
        check_words(kind, await house.answer(SAYINGS[kind]), FULL)
        first.cut()
        await until(lambda: len(house.door) == 0)
        await (await house.connect(b"hello\n")).until(b"You are")


@STAYS
async def test_who_goes_makes_room(kind: str) -> None:
    async with whole() as house:
        for _ in range(3):
            client = await house.connect(SAYINGS[kind])
            await let_in(house, client, kind)
            assert len(house.door) == 1
            client.cut()
            await until(lambda: len(house.door) == 0)


async def test_a_site_has_its_cap() -> None:
    async with whole(DoorSettings(max_connections_per_address=1, max_connections_per_site=2)) as house:
        for network in (1, 2):
            await (await house.connect(b"hi\n", address=f"2001:db8:0:{network}::1")).until(b"You are")
        for other in ("2001:db8:0:1::2", "2001:db8:0:3::1"):
            check_words("lines", await house.answer(b"hi\n", address=other), TOO_MANY)
        await (await house.connect(b"hi\n", address="2001:db8:1::1")).until(b"You are")


async def test_trusted_networks_count_for_the_process_alone() -> None:
    settings = DoorSettings(max_connections=3, max_connections_per_address=1, exempt=(ip_network("203.0.113.0/24"),))
    async with whole(settings) as house:
        for _ in range(3):
            await (await house.connect(b"hi\n", address=AFAR)).until(b"You are")
        check_words("lines", await house.answer(b"hi\n", address=AFAR), FULL)


@pytest.mark.parametrize("exempt", [True, False])
async def test_loopback_is_exempt_unless_strangers_come_by_it(exempt: bool) -> None:
    async with whole(DoorSettings(max_connections_per_address=1, loopback_exempt=exempt)) as house:
        await (await house.connect(b"hi\n")).until(b"You are")
        second = await house.connect(b"hi\n")
        if exempt:
            await second.until(b"You are")
        else:
            check_words("lines", await second.rest(), TOO_MANY)


async def test_a_flood_is_told_to_the_log_once() -> None:
    async with whole(DoorSettings(max_connections=1)) as house:
        await (await house.connect(b"hi\n")).until(b"You are")
        with capture_logs() as logged:
            for _ in range(5):
                await house.answer(b"hi\n", address=AFAR)
    assert [line["address"] for line in logged if line["log_level"] == "warning"] == [AFAR]


# Too often


class Counting:
    """One connection too many after the first `few` of each address."""

    def __init__(self, few: int = 0) -> None:
        self.few = few
        self.counted: list[str] = []

    def __call__(self, address: str) -> bool:
        self.counted.append(address)
        return self.counted.count(address) > self.few


@KINDS
async def test_who_connects_too_often_is_told_so(kind: str) -> None:
    async with whole(too_often=Counting()) as house:
        check_words(kind, await house.answer(SAYINGS[kind], address=AFAR), TOO_OFTEN)
        assert len(house.door) == 0


async def test_who_connects_too_often_is_spared_no_handshake() -> None:
    async with whole(too_often=Counting()) as house:
        with capture_logs() as logged:
            assert await house.answer(b"\x16\x03\x01\x02\x00\x01", address=AFAR) == ACCESS_DENIED
        assert [line["event"] for line in logged] == ["an address connects too often; it gets no TLS"]


async def test_each_connection_counts_once_and_for_whom_a_proxy_names(client_tls: ClientTls) -> None:
    counting = Counting(1)
    async with whole(too_often=counting) as house:
        await (await house.connect(b"hi\n", address=AFAR)).until(b"You are")
        await (await house.connect(b"hi\n", tls=client_tls())).until(b"You are")
        await (await house.connect(b"\n")).until(b"Your name?")
        assert counting.counted == [AFAR, "127.0.0.1", "127.0.0.1"]


async def test_who_sends_too_many_requests_is_told_so_and_closed() -> None:
    counting = Counting(2)
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with whole(asks_too_often=counting) as house:
        answer = await house.answer(request * 4, address=AFAR)
        assert answer.count(b"HTTP/1.1 200 ") == 2
        assert answer.count(b"HTTP/1.1 429 ") == answer.count(b"\r\nRetry-After: 60\r\n") == 1
        assert answer.endswith(b"wait a minute, then try again.\n")
        await (await house.connect(request, address=ALSO_AFAR)).until(b"ok\n")
        assert counting.counted == [AFAR] * 3 + [ALSO_AFAR]


async def test_who_comes_by_a_proxy_that_nobody_named_is_counted() -> None:
    counting = Counting(0)
    async with whole(asks_too_often=counting) as house:
        await house.answer(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n")
        assert counting.counted == ["proxied 127.0.0.1"]
        assert Origins().of(counting.counted[0]).network is not None


# Last words


async def test_last_words_arrive_although_more_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing over unread input would reset the connection, and the kernel would drop the words."""
    monkeypatch.setattr(door, "LINGER", NEVER)
    async with whole(DoorSettings(tls_required=True)) as house:
        client = await house.connect(b"hello\n" + b"x" * 500_000)
        assert (await client.rest()).decode() == f"* {TLS_ONLY}\n"


async def test_who_does_not_go_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LINGER", NEVER)
    async with whole(DoorSettings(tls_required=True)) as house:
        assert await house.answer(b"hello\n")
        assert house.door._lingering == 1
        monkeypatch.setattr(door, "LINGER", 0.05)
        assert await house.answer(b"hello\n")
        await until(lambda: house.door._lingering == 1)  # the other one stays


async def test_in_a_flood_not_everybody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_LINGERING", 1)
    monkeypatch.setattr(door, "LINGER", NEVER)
    async with whole(DoorSettings(tls_required=True)) as house:
        first = await house.connect(b"hello\n")
        assert await first.rest()
        assert await house.answer(b"hello\n") == b""
        first.writer.close()
        await until(lambda: house.door._lingering == 0)
        assert await house.answer(b"hello\n")
