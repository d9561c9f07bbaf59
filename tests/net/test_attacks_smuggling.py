"""One protocol's words inside of another's: a connection keeps what its first bytes made it, and only that is obeyed.

A web page can make a browser send nearly any bytes as the body of a request to any port; nothing in there may act.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable

import pytest
from tests.net.test_attacks_slow import HEAD, HELLO
from tests.net.test_door import UPGRADE
from tests.net.whole import Client, Whole, whole

from hobnob.gateways.web.settings import WebSettings

ClientTls = Callable[..., ssl.SSLContext]

SPAM = b"sp@m"  # no id has such a character
WORDS = {
    "IRC": b"NICK mallory\r\nUSER e 0 * :e\r\nJOIN #lobby\r\nPRIVMSG #lobby :sp@m\r\n",
    "JSON": b'{"do":"hello","name":"mallory"}\n{"do":"send_message","room":"#lobby","text":"sp@m"}\n',
    "lines": b"\nmallory\nsp@m\n",
    "student": b"USERNAME:mallory\nsp@m",
}
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\n"


@pytest.fixture
async def house() -> AsyncIterator[Whole]:
    async with whole(web=WebSettings(close_timeout=0.1)) as house:
        yield house


async def nobody_came(house: Whole, *, but: int = 0) -> None:
    """That nobody but so many is here, or was, and that nothing was said."""
    ada = await house.connect(HELLO)
    await ada.until(b'"ok":true')
    assert len(house.chat.conversations) == 1 + but
    ada.send(b'{"do":"read_history","id":"past","room":"#lobby"}\n')
    told = await ada.until(b'"reply":"past"') + await ada.until(b"\n")
    assert b"mallory" not in told
    assert SPAM not in told


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
@pytest.mark.parametrize("chunked", [False, True])
async def test_the_body_of_a_request_is_nobodys_words(house: Whole, words: bytes, chunked: bool) -> None:
    if chunked:
        body = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(words), words)
    else:
        body = b"Content-Length: %d\r\n\r\n%b" % (len(words), words)
    answer = await house.answer(POST + body)
    assert answer.startswith(b"HTTP/1.1 405 ")
    await nobody_came(house)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
async def test_what_follows_a_request_is_a_request_or_nothing(house: Whole, words: bytes) -> None:
    for head in (HEAD + b"\r\n", HEAD + b"Content-Length: 0\r\n\r\n", b"GET /healthz HTTP/1.0\r\n\r\n"):
        client = await house.connect(head + words)
        await client.rest()
    await nobody_came(house)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
async def test_headers_are_nobodys_words(house: Whole, words: bytes) -> None:
    for line in words.split():
        for between in (b"", b"X-a: b\r\n ", b"X-a: b\n"):
            await house.answer(HEAD + b"Connection: close\r\n" + between + line + b"\r\n\r\n")
    await nobody_came(house)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
async def test_what_follows_an_upgrade_is_frames(house: Whole, words: bytes) -> None:
    client = await house.connect(UPGRADE + words)
    await client.rest()
    await nobody_came(house)


AMBIGUOUS = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "a list of lengths": b"Content-Length: 5, 6\r\n",
    "a length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "a length with a sign": b"Content-Length: +5\r\n",
    "a space before the colon": b"Content-Length : 5\r\n",
    "chunks in disguise": b"Transfer-Encoding: xchunked\r\n",
    "chunks twice": b"Transfer-Encoding: chunked, chunked\r\n",
    "a header with a zero": b"X-a: \0\r\n",
    "a carriage return alone": b"X-a: b\rX-c: d\r\n",
}


@pytest.mark.parametrize("header", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
async def test_a_request_whose_end_two_servers_might_see_apart_is_refused(house: Whole, header: bytes) -> None:
    """Behind a proxy, the rest of one client's request would become the beginning of another's."""
    answer = await house.answer(
        b"POST / HTTP/1.1\r\nHost: localhost\r\n"
        + header
        + b"\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    )
    assert answer.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 ")), answer
    assert answer.count(b"HTTP/1.") == 1


@pytest.mark.parametrize(
    "request_",
    [
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
        b"GET http://127.0.0.1:22/ HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
        b"GET http://example.org/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: localhost\r\nX-secret: 1\r\n\r\n",
    ],
    ids=["CONNECT", "a proxy's request", "another host", "HTTP/2", "TRACE"],
)
async def test_nobody_gets_anywhere_through_us(house: Whole, request_: bytes) -> None:
    client = await house.connect(request_)
    status = await client.until(b"\r\n")
    assert status.split()[1] in (b"200", b"400", b"404", b"405", b"421", b"501", b"505")
    if status.split()[1] == b"200":  # our own page, whatever its address was called
        await client.until(b"hobnob is a chat server")
    assert b"SSH-" not in client.heard
    assert b"X-secret" not in client.heard


@pytest.mark.parametrize("first", [WORDS["IRC"], WORDS["JSON"], b"hello\n"], ids=["IRC", "JSON", "lines"])
async def test_http_in_the_midst_of_a_chat_is_no_request(house: Whole, first: bytes) -> None:
    client = await house.connect(first)
    await asyncio.wait_for(client.reader.read(65536), 30)
    client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client.writer.write_eof()
    assert b"HTTP/1.1 200" not in await client.rest()


async def test_json_in_the_midst_of_irc_is_no_command(house: Whole) -> None:
    client = await house.connect(b"NICK ada\r\nUSER a 0 * :a\r\n" + WORDS["JSON"] + b"PING x\r\n")
    assert SPAM not in await client.until(b"PONG hobnob :x")
    await nobody_came(house, but=1)


async def test_irc_in_the_midst_of_json_is_no_command(house: Whole) -> None:
    client = await house.connect(HELLO + WORDS["IRC"] + b'{"do":"ping","id":"end"}\n')
    told = await client.until(b'"reply":"end"')
    assert told.count(b'"error":"bad-json"') == WORDS["IRC"].count(b"\n")
    await nobody_came(house, but=1)


@pytest.mark.parametrize("inner", [b"\x16\x03\x01\x02\x00\x01", b"\x16\x03"])
async def test_tls_inside_tls_is_closed(house: Whole, client_tls: ClientTls, inner: bytes) -> None:
    client = await house.connect(inner, tls=client_tls())
    assert await client.rest() == b""
    await nobody_came(house)


async def test_tls_after_a_greeting_is_closed(house: Whole) -> None:
    client = await house.connect(b"\n\x16\x03\x01\x02\x00\x01\x00")
    assert (await client.rest()).endswith(b"(Enter for a guest name) ")
    await nobody_came(house)


async def test_starttls_does_not_bring_commands_of_before_into_tls(house: Whole) -> None:
    """There is none: TLS is on from the first byte or not at all, so nothing can be injected before it."""
    client = await house.connect(b"STARTTLS\r\nNICK mallory\r\nUSER e 0 * :e\r\n")
    assert b" 670 " not in await client.until(b" 001 ")


async def test_what_stands_before_a_client_hello_is_not_part_of_it(house: Whole, client_tls: ClientTls) -> None:
    """Somebody on the way puts a line before the handshake, to have it count as the client's."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    client = Client(reader, writer)
    house.clients.append(client)
    hello, outgoing = client_tls(), ssl.MemoryBIO()
    inner = hello.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        inner.do_handshake()
    client.send(b"NICK mallory\r\n" + outgoing.read())
    writer.write_eof()
    assert b"\x16\x03" not in await client.rest()
