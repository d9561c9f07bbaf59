"""TLS on the one port: nothing of it may be lost, in whatever pieces and turns it comes."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable

import pytest
from tests.net.conftest import CERTIFICATES, GREETING, House, Serve, send, until, until_closed

from hobnob.net.sniffer import Kind
from hobnob.net.tls import NO_TLS_HERE, server_context

NEVER = 1000.0
ClientTls = Callable[..., ssl.SSLContext]


class ByHand:
    """A TLS client whose every flight is sent as the test wants it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
        self.reader = reader
        self.writer = writer
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    async def shake_hands(self, *, bytewise: bool, last: Callable[[], None] = lambda: None) -> None:
        """The handshake; what `last` does goes out with the last flight, in one write."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                await self.flush(bytewise=bytewise)
                answer = await self.reader.read(65536)
                assert answer, "the server ended the handshake"
                self.incoming.write(answer)
            else:
                last()
                await self.flush(bytewise=bytewise)
                return

    async def flush(self, *, bytewise: bool) -> None:
        data = self.outgoing.read()
        await send(self.writer, *([bytes([byte]) for byte in data] if bytewise else [data]))

    async def read(self) -> bytes:
        """All that comes until the server's end."""
        got = b""
        while True:
            try:
                piece = self.tls.read(65536)
            except ssl.SSLWantReadError:
                more = await self.reader.read(65536)
                if not more:
                    return got
                self.incoming.write(more)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return got
            else:
                if not piece:
                    return got
                got += piece


async def by_hand(house: House, context: ssl.SSLContext) -> ByHand:
    reader, writer = await house.connect()
    return ByHand(reader, writer, context)


def close_after(client: ByHand, words: bytes) -> Callable[[], None]:
    def last() -> None:
        client.tls.write(words)
        with contextlib.suppress(ssl.SSLWantReadError):
            client.tls.unwrap()

    return last


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("bytewise", [False, True])
async def test_the_client_hello_reaches_tls_however_it_is_cut(
    serve: Serve, client_tls: ClientTls, bytewise: bool, version: ssl.TLSVersion
) -> None:
    house = await serve(tls=True, greet_after=NEVER, handshake_within=NEVER)
    context = client_tls()
    context.maximum_version = version
    client = await by_hand(house, context)
    await client.shake_hands(bytewise=bytewise)
    client.tls.write(b"NICK ada\r\n")
    await client.flush(bytewise=bytewise)
    await until(lambda: bool(house.opened.transports))
    house.opened.transports[0].close()
    assert await client.read() == b"IRC<NICK ada\r\n"


@pytest.mark.parametrize("turns", range(6))
async def test_a_client_hello_that_comes_while_tls_is_put_under_is_not_lost(
    serve: Serve, client_tls: ClientTls, turns: int
) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    client = await by_hand(house, client_tls())
    with pytest.raises(ssl.SSLWantReadError):
        client.tls.do_handshake()
    hello = client.outgoing.read()
    client.writer.write(hello[:2])
    for _ in range(turns):
        await asyncio.sleep(0)
    client.writer.write(hello[2:])
    client.incoming.write(await asyncio.wait_for(client.reader.read(65536), 30))
    await client.shake_hands(bytewise=False)


async def test_what_comes_with_the_last_flight_is_not_lost(serve: Serve, client_tls: ClientTls) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    client = await by_hand(house, client_tls())

    def last() -> None:
        client.tls.write(b"NICK ada\r\n")

    await client.shake_hands(bytewise=False, last=last)
    await house.until_none_is_undecided()
    house.opened.transports[0].close()
    assert await client.read() == b"IRC<NICK ada\r\n"


@pytest.mark.parametrize("words", [b"hello\n", b"hello"])
async def test_what_comes_with_the_last_flight_and_the_end_is_not_lost(
    serve: Serve, client_tls: ClientTls, words: bytes
) -> None:
    heard: list[bytes] = []

    class Listens(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            heard.append(data)

        def eof_received(self) -> None:
            heard.append(b"end")

        def connection_lost(self, exc: Exception | None) -> None:
            lost.set()

    lost = asyncio.Event()
    house = await serve(tls=True, greet_after=NEVER, gateways={Kind.TEXT: lambda peer: Listens()})
    client = await by_hand(house, client_tls())
    await client.shake_hands(bytewise=False, last=close_after(client, words))
    client.writer.write_eof()
    await asyncio.wait_for(lost.wait(), 30)
    assert heard == [words, b"end"]


async def test_alpn_http_goes_to_the_web_unrecognised(serve: Serve, client_tls: ClientTls) -> None:
    house = await serve(tls=True, greet_after=NEVER, decide_within=2 * NEVER)
    reader, writer = await house.connect(client_tls("h2", "http/1.1"))
    await house.end_patience(lambda undecided: undecided._alpn == "http/1.1")  # a browser's spare connection
    await send(writer, b"NICK ada\r\n")
    assert await reader.readexactly(4) == b"WEB<"
    assert house.opened.peers[0].alpn == "http/1.1"


async def test_alpn_http_that_stays_silent_has_a_deadline(serve: Serve, client_tls: ClientTls) -> None:
    house = await serve(tls=True, greet_after=NEVER, decide_within=NEVER + 0.02)
    reader, _ = await house.connect(client_tls("http/1.1"))
    await house.end_patience(lambda undecided: undecided._alpn == "http/1.1")
    assert await until_closed(reader) == b""
    assert house.opened.kinds == []


async def test_alpn_irc_goes_to_irc(serve: Serve, client_tls: ClientTls) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    reader, writer = await house.connect(client_tls("irc"))
    await send(writer, b"{")
    assert await reader.readexactly(5) == b"IRC<{"


async def test_alpn_nobody_knows_is_no_alpn(serve: Serve, client_tls: ClientTls) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    reader, writer = await house.connect(client_tls("h2"))
    await send(writer, b"{")
    assert await reader.readexactly(6) == b"JSON<{"


async def test_alpn_acme_ends_after_the_handshake(serve: Serve, client_tls: ClientTls) -> None:
    context = server_context(CERTIFICATES / "cert.pem", CERTIFICATES / "key.pem")
    context.set_alpn_protocols(["acme-tls/1"])
    house = await serve(context=context, greet_after=NEVER)
    reader, _ = await house.connect(client_tls("acme-tls/1"))
    assert await until_closed(reader) == b""
    assert house.opened.kinds == []


async def test_tls_without_a_certificate_is_answered_by_an_alert(serve: Serve, client_tls: ClientTls) -> None:
    house = await serve(greet_after=NEVER)
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        await house.connect(client_tls())
    reader, writer = await house.connect()
    await send(writer, b"\x16\x03\x01\x00\x05\x01", b"more of it")
    assert await until_closed(reader) == NO_TLS_HERE


@pytest.mark.parametrize("rest", [b"\x01\x00\x05not TLS at all", b"\x00\x00\x00", b"\xff" * 64])
async def test_a_broken_handshake_ends_quietly(serve: Serve, rest: bytes) -> None:
    house = await serve(tls=True, greet_after=NEVER, handshake_within=1.0)
    reader, writer = await house.connect()
    await send(writer, b"\x16\x03" + rest)
    writer.write_eof()
    await until_closed(reader)
    await house.until_none_is_undecided()
    assert house.opened.kinds == []


@pytest.mark.parametrize("turns", range(6))
async def test_a_peer_that_vanishes_during_the_handshake_leaves_nothing(
    serve: Serve, client_tls: ClientTls, turns: int
) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    client = await by_hand(house, client_tls())
    with pytest.raises(ssl.SSLWantReadError):
        client.tls.do_handshake()
    client.writer.write(client.outgoing.read())
    for _ in range(turns):
        await asyncio.sleep(0)
    client.writer.transport.abort()
    for _ in range(10):
        await asyncio.sleep(0)
    await house.until_none_is_undecided()


async def test_tls_inside_tls_is_closed(serve: Serve, client_tls: ClientTls) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    reader, writer = await house.connect(client_tls())
    await send(writer, b"\x16\x03\x01\x00\x05")
    assert await until_closed(reader) == b""


async def test_closing_the_listener_ends_a_handshake(serve: Serve) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    reader, writer = await house.connect()
    await send(writer, b"\x16\x03\x01\x02\x00")
    await house.listener.close()
    await until_closed(reader)
    assert house.listener.undecided == 0


async def test_a_session_ticket_resumes(serve: Serve, client_tls: ClientTls) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    context = client_tls()
    first = await by_hand(house, context)
    await first.shake_hands(bytewise=False)
    first.tls.write(b"\n")
    await first.flush(bytewise=False)
    got = b""
    while len(got) < len(GREETING):
        try:
            got += first.tls.read(65536)
        except ssl.SSLWantReadError:
            first.incoming.write(await first.reader.read(65536))
    again = await by_hand(house, context)
    again.tls = context.wrap_bio(again.incoming, again.outgoing, server_hostname="localhost", session=first.tls.session)
    await again.shake_hands(bytewise=False)
    assert again.tls.session_reused
