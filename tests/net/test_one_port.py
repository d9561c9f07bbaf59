"""The laws of the one port, each with its test, on real sockets."""

import asyncio
import ssl
import struct
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.net.conftest import GREETING, Serve, send, until, until_closed

from hobnob.net.sniffer import Kind

NEVER = 1000.0
"""Longer than any test: what must not be waited for."""
SOON = NEVER + 0.03
"""A deadline that comes soon after `House.end_patience`, where nobody is greeted before NEVER."""
LATE = 2 * NEVER
"""A deadline that does not come after it."""

FIRST_LINES = [
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Kind.WEB),
    (b"BREW /pot HTTP/1.0\r\n", Kind.WEB),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Kind.WEB),
    (b"USER /a HTTP/1.1\r\n", Kind.WEB),
    (b'{"do":"hello"}\n', Kind.JSON),
    (b"CAP LS 302\r\nNICK ada\r\n", Kind.IRC),
    (b"NICK ada\n", Kind.IRC),
    (b"QUIT\r\n", Kind.IRC),
    (b"USERNAME:bob", Kind.STUDENT),
    (b"USERS say hello\n", Kind.TEXT),
    (b"hello\n", Kind.TEXT),
    ("grüße\n".encode("latin-1"), Kind.TEXT),
    (b"\xff\xfb\x1f\xff\xfd\x03\xff\xfa\x1f\x00P\x00\x18\xff\xf0hello\r\n", Kind.TEXT),
]
trusted = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize("buffered", [False, True])
@pytest.mark.parametrize("bytewise", [False, True])
@pytest.mark.parametrize(("first", "kind"), FIRST_LINES)
async def test_the_first_bytes_choose_the_gateway(
    serve: Serve, first: bytes, kind: Kind, bytewise: bool, buffered: bool
) -> None:
    house = await serve(buffered=buffered, greet_after=NEVER)
    pieces = [bytes([byte]) for byte in first] if bytewise else [first]
    assert await house.exchange(*pieces) == kind.name.encode() + b"<" + first + b">end"
    assert house.opened.kinds == [kind]
    assert house.listener.undecided == 0


@pytest.mark.parametrize("bytewise", [False, True])
@pytest.mark.parametrize(("first", "kind"), FIRST_LINES)
async def test_inside_tls_the_first_bytes_choose_again(
    serve: Serve, client_tls: Callable[..., ssl.SSLContext], first: bytes, kind: Kind, bytewise: bool
) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    reader, writer = await house.connect(client_tls())
    await send(writer, *([bytes([byte]) for byte in first] if bytewise else [first]))
    expected = kind.name.encode() + b"<" + first
    assert await reader.readexactly(len(expected)) == expected
    assert house.opened.peers[0].tls


async def test_a_silent_client_is_greeted_with_fixed_words_alone(serve: Serve) -> None:
    house = await serve(greet_after=0.01)
    reader, writer = await house.connect()
    assert await reader.readexactly(len(GREETING)) == GREETING
    assert house.opened.kinds == []  # no gateway was built that could say more
    await send(writer, b"ada\n")
    assert await reader.readexactly(9) == b"TEXT<ada\n"
    assert house.opened.peers[0].greeted


async def test_a_silent_client_inside_tls_is_greeted(serve: Serve, client_tls: Callable[..., ssl.SSLContext]) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    reader, _ = await house.connect(client_tls())
    await house.end_patience(lambda undecided: undecided._tls)
    assert await reader.readexactly(len(GREETING)) == GREETING


async def test_nobody_is_greeted_whose_address_spoke_http(serve: Serve) -> None:
    house = await serve(greet_after=NEVER, decide_within=SOON)
    await house.exchange(b"GET / HTTP/1.1\r\n\r\n")
    reader, _ = await house.connect()
    await house.end_patience()
    assert await until_closed(reader) == b""


async def test_a_spare_connection_from_before_the_first_request_is_not_greeted(serve: Serve) -> None:
    house = await serve(greet_after=NEVER, decide_within=LATE)
    spare, writer = await house.connect()
    await house.exchange(b"GET / HTTP/1.1\r\n\r\n")
    await house.end_patience()
    await send(writer, b"GET /late HTTP/1.1\r\n\r\n")
    assert await spare.readexactly(4) == b"WEB<"


async def test_nobody_is_greeted_whose_address_spoke_tls(
    serve: Serve, client_tls: Callable[..., ssl.SSLContext]
) -> None:
    house = await serve(tls=True, greet_after=NEVER, decide_within=SOON)
    await house.exchange(b"NICK ada\r\n", tls=client_tls())
    reader, _ = await house.connect()
    await house.end_patience()
    assert await until_closed(reader) == b""
    reader, _ = await house.connect(client_tls())
    await house.end_patience(lambda undecided: undecided._tls)
    assert await until_closed(reader) == b""


async def test_the_memory_of_http_ends(serve: Serve) -> None:
    house = await serve(greet_after=NEVER, no_greet_memory=0.0)
    await house.exchange(b"GET / HTTP/1.1\r\n\r\n")
    reader, _ = await house.connect()
    await house.end_patience()
    assert await reader.readexactly(len(GREETING)) == GREETING


@pytest.mark.parametrize("enter", [b"\n", b"\r\n", b"  \r\n", b"\xff\xfd\x03\r\n"])
async def test_enter_is_answered_at_once(serve: Serve, enter: bytes) -> None:
    house = await serve(greet_after=NEVER)
    await house.exchange(b"GET / HTTP/1.1\r\n\r\n")  # also where silence would not be
    reader, writer = await house.connect()
    await send(writer, enter)
    assert await reader.readexactly(len(GREETING)) == GREETING
    await send(writer, b"\r\n")  # a second Enter is an answer: the person's
    assert await reader.readexactly(7) == b"TEXT<\r\n"


async def test_what_follows_enter_in_one_read_is_the_answer(serve: Serve) -> None:
    house = await serve(greet_after=NEVER)
    assert await house.exchange(b"\nada\nhi\n") == GREETING + b"TEXT<ada\nhi\n>end"


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (b"NICK ada\r\n", Kind.IRC),
        (b'{"do":"hello"}\n', Kind.JSON),
        (b"USERNAME:bob", Kind.STUDENT),
        (b"ada\n", Kind.TEXT),
    ],
)
@pytest.mark.parametrize("bytewise", [False, True])
async def test_after_the_greeting_the_first_line_is_looked_at_once_more(
    serve: Serve, first: bytes, kind: Kind, bytewise: bool
) -> None:
    house = await serve(greet_after=NEVER)
    reader, writer = await house.connect()
    await house.end_patience()
    await reader.readexactly(len(GREETING))
    await send(writer, *([bytes([byte]) for byte in first] if bytewise else [first]))
    expected = kind.name.encode() + b"<" + first
    assert await reader.readexactly(len(expected)) == expected
    assert house.opened.peers[0].greeted


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"a\x00\n", b"x" * 9000])
async def test_a_greeted_connection_never_becomes_http_or_tls_or_binary(serve: Serve, first: bytes) -> None:
    house = await serve(tls=True, greet_after=NEVER)
    assert await house.exchange(b"\n", first) in (GREETING, b"")
    assert house.opened.kinds == []


async def test_a_greeted_persons_half_line_is_theirs_after_a_moment(serve: Serve) -> None:
    house = await serve(greet_after=0.01, answer_within=NEVER)
    reader, writer = await house.connect()
    await reader.readexactly(len(GREETING))
    await send(writer, b"ada")
    assert await reader.readexactly(8) == b"TEXT<ada"


@pytest.mark.parametrize("first", [b"\x00\n", b"ab\x00", b"\x05\x01\x00", b"\x16X", b"\x03\x00\x00\x13\x0e\xe0"])
async def test_a_first_line_that_is_binary_is_closed_without_a_word(serve: Serve, first: bytes) -> None:
    house = await serve(greet_after=NEVER)
    reader, writer = await house.connect()
    await send(writer, first)
    assert await until_closed(reader) == b""
    assert house.opened.kinds == []


async def test_a_first_line_over_the_limit_is_closed_without_a_word(serve: Serve) -> None:
    house = await serve(greet_after=NEVER, max_first_line=100)
    for first in (b"x" * 101, b"x" * 101 + b"\n", b"GET /" + b"x" * 100 + b" HTTP/1.1\r\n"):
        reader, writer = await house.connect()
        await send(writer, first)
        assert await until_closed(reader) == b""
    assert await house.exchange(b"x" * 100 + b"\n") == b"TEXT<" + b"x" * 100 + b"\n>end"


async def test_text_without_a_newline_is_a_persons_after_a_moment(serve: Serve) -> None:
    house = await serve(greet_after=NEVER)
    reader, writer = await house.connect()
    await send(writer, b"hello")
    await house.end_patience(lambda undecided: undecided._first == b"hello")
    assert await reader.readexactly(10) == b"TEXT<hello"
    assert (house.opened.peers[0].greeted, house.opened.peers[0].unended) == (False, True)


@pytest.mark.parametrize("first", [b"\r", b"  ", b"\xff\xfd\x03"])
async def test_blanks_without_a_newline_are_an_enter_after_a_moment(serve: Serve, first: bytes) -> None:
    house = await serve(greet_after=NEVER)
    reader, writer = await house.connect()
    await send(writer, first)
    await house.end_patience(lambda undecided: undecided._first == first)
    assert await reader.readexactly(len(GREETING)) == GREETING
    await send(writer, b"ada\n")
    assert await reader.readexactly(9) == b"TEXT<ada\n"
    assert (house.opened.peers[0].greeted, house.opened.peers[0].unended) == (True, False)


@pytest.mark.parametrize(
    "first", [b"GET /", b"GE", b"NICK ad", b"US", b"\x16", b"USERN", b"FROB /x HTT", b"cap l", b""]
)
async def test_half_a_programs_line_has_a_deadline(serve: Serve, first: bytes) -> None:
    house = await serve(greet_after=NEVER, decide_within=SOON, no_greet_memory=NEVER)
    await house.exchange(b"GET / HTTP/1.1\r\n\r\n")  # no greeting for the silent one either
    reader, writer = await house.connect()
    await send(writer, first)
    await house.end_patience(lambda undecided: undecided._first == first)
    assert await until_closed(reader) == b""
    assert house.opened.kinds == [Kind.WEB]
    assert house.listener.undecided == 0


async def test_half_a_programs_line_may_go_on_after_the_greeting_time(serve: Serve) -> None:
    house = await serve(greet_after=NEVER, decide_within=LATE)
    reader, writer = await house.connect()
    await send(writer, b"NICK")
    await house.end_patience(lambda undecided: undecided._first == b"NICK")
    await send(writer, b" ada\r\n")
    assert await reader.readexactly(14) == b"IRC<NICK ada\r\n"


async def test_a_greeted_silence_has_a_deadline(serve: Serve) -> None:
    house = await serve(greet_after=0.01, answer_within=0.03)
    reader, _ = await house.connect()
    assert await until_closed(reader) == GREETING


async def test_half_a_handshake_has_a_deadline(serve: Serve) -> None:
    house = await serve(tls=True, handshake_within=0.05, greet_after=NEVER)
    reader, writer = await house.connect()
    await send(writer, b"\x16\x03\x01\x02\x00\x01\x00")
    await until_closed(reader)
    await house.until_none_is_undecided()


async def test_half_a_proxy_header_has_a_deadline(serve: Serve) -> None:
    house = await serve(trusted_proxies=trusted, greet_after=NEVER, decide_within=SOON)
    for half in (b"", b"PROXY TCP4 192.0.2.7", b"\r\n\r\n\x00"):
        reader, writer = await house.connect()
        await send(writer, half)
        await house.end_patience(lambda undecided, half=half: undecided._first == half)  # type: ignore[misc]
        assert await until_closed(reader) == b""


async def test_undecided_connections_of_one_address_count_against_a_cap(serve: Serve) -> None:
    house = await serve(greet_after=NEVER, max_undecided_per_address=2)
    first, first_writer = await house.connect()
    await house.connect()
    with capture_logs() as logged:
        third, _ = await house.connect()
        assert await until_closed(third) == b""
    assert [(line["log_level"], line["address"]) for line in logged] == [("warning", "127.0.0.1")]
    await send(first_writer, b"NICK ada\r\n")  # decided: it makes room
    await first.readexactly(4)
    fourth, fourth_writer = await house.connect()
    await send(fourth_writer, b"hi\n")
    assert await fourth.readexactly(8) == b"TEXT<hi\n"


async def test_where_there_are_too_many_the_oldest_makes_room(serve: Serve) -> None:
    house = await serve(greet_after=NEVER, max_undecided=2)
    first, _ = await house.connect()
    second, second_writer = await house.connect()
    with capture_logs() as logged:
        third, third_writer = await house.connect()
        assert await until_closed(first) == b""
    assert [line["event"] for line in logged] == ["too many undecided connections; some are closed"]
    assert house.listener.undecided == 2
    for reader, writer in ((second, second_writer), (third, third_writer)):
        await send(writer, b"hi\n")
        assert await reader.readexactly(8) == b"TEXT<hi\n"
    assert house.listener.undecided == 0


async def test_a_handshake_makes_room_too(serve: Serve, client_tls: Callable[..., ssl.SSLContext]) -> None:
    house = await serve(tls=True, greet_after=NEVER, max_undecided=1)
    half, half_writer = await house.connect()
    await send(half_writer, b"\x16\x03\x01\x02\x00")
    reader, writer = await house.connect(client_tls())
    assert await until_closed(half) == b""
    await send(writer, b"hi\n")
    assert await reader.readexactly(8) == b"TEXT<hi\n"


async def test_where_too_many_shake_hands_the_oldest_makes_room(
    serve: Serve, client_tls: Callable[..., ssl.SSLContext]
) -> None:
    house = await serve(tls=True, greet_after=NEVER, max_handshakes=2)
    halves = [await house.connect() for _ in range(3)]
    for count, (_, writer) in enumerate(halves, 1):
        await send(writer, b"\x16\x03\x01\x02\x00")
        await until(lambda: len(house.shared.shaking) == min(count, 2))  # noqa: B023
    assert await until_closed(halves[0][0]) == b""
    assert house.listener.undecided == 2
    for _ in range(3):  # those that are done count no more
        reader, writer = await house.connect(client_tls())
        await send(writer, b"hi\n")
        assert await reader.readexactly(8) == b"TEXT<hi\n"
    assert len(house.shared.shaking) <= 1


async def test_a_handshake_counts_against_the_caps(serve: Serve) -> None:
    house = await serve(tls=True, greet_after=NEVER, max_undecided_per_address=1)
    _, writer = await house.connect()
    await send(writer, b"\x16\x03\x01\x02\x00")
    third, _ = await house.connect()
    assert await until_closed(third) == b""


async def test_behind_a_proxy_the_caps_count_the_real_address(serve: Serve) -> None:
    house = await serve(trusted_proxies=trusted, greet_after=NEVER, max_undecided_per_address=1)
    for address in (b"192.0.2.7", b"192.0.2.8"):
        _, writer = await house.connect()
        await send(writer, b"PROXY TCP4 " + address + b" 192.0.2.1 1234 80\r\n")
    await until(lambda: [undecided._proxied for undecided in house.shared.undecided] == [True, True])
    again, writer = await house.connect()
    await send(writer, b"PROXY TCP4 192.0.2.8 192.0.2.1 1234 80\r\n")
    assert await until_closed(again) == b""
    assert house.listener.undecided == 2


V2 = b"\r\n\r\n\x00\r\nQUIT\n"
V2_TCP4 = V2 + struct.pack("!BBH4s4sHH", 0x21, 0x11, 12, bytes([192, 0, 2, 7]), bytes([192, 0, 2, 1]), 4321, 80)


@pytest.mark.parametrize("header", [b"PROXY TCP4 192.0.2.7 192.0.2.1 4321 80\r\n", V2_TCP4])
@pytest.mark.parametrize("bytewise", [False, True])
async def test_a_trusted_proxy_names_the_real_address(serve: Serve, header: bytes, bytewise: bool) -> None:
    house = await serve(trusted_proxies=trusted, greet_after=NEVER)
    sent = header + b"NICK ada\r\n"
    pieces = [bytes([byte]) for byte in sent] if bytewise else [sent]
    assert await house.exchange(*pieces) == b"IRC<NICK ada\r\n>end"
    [peer] = house.opened.peers
    assert (peer.address, peer.port, peer.proxied, peer.loopback) == ("192.0.2.7", 4321, True, False)


async def test_who_came_by_a_proxy_leaves_the_caps(serve: Serve) -> None:
    house = await serve(trusted_proxies=trusted, greet_after=NEVER, max_undecided=1)
    for _ in range(3):
        assert await house.exchange(b"PROXY TCP4 192.0.2.7 192.0.2.1 4321 80\r\nhi\n") == b"TEXT<hi\n>end"


async def test_a_proxy_that_names_nobody_does_not_make_a_stranger_local(serve: Serve) -> None:
    house = await serve(trusted_proxies=trusted, greet_after=NEVER)
    await house.exchange(b"PROXY UNKNOWN\r\nhi\n")
    assert not house.opened.peers[0].loopback


@pytest.mark.parametrize("first", [b"hello\n", b"GET / HTTP/1.1\r\n\r\n", b"\n", b"PROXY TCP4 nonsense\r\n", b"{}\n"])
async def test_a_trusted_proxy_sends_a_header_always(serve: Serve, first: bytes) -> None:
    house = await serve(trusted_proxies=trusted, greet_after=NEVER)
    reader, writer = await house.connect()
    await send(writer, first)
    assert await until_closed(reader) == b""
    assert house.opened.kinds == []


async def test_a_strangers_proxy_header_is_not_read(serve: Serve) -> None:
    house = await serve(greet_after=NEVER)
    header = b"PROXY TCP4 192.0.2.7 192.0.2.1 4321 80\r\n"
    assert await house.exchange(header) == b"TEXT<" + header + b">end"
    assert house.opened.peers[0].address == "127.0.0.1"
    # Version 2 begins like a person who presses Enter twice.
    assert await house.exchange(V2_TCP4) == GREETING + b"TEXT<" + V2_TCP4.removeprefix(b"\r\n") + b">end"
    assert house.opened.peers[1].address == "127.0.0.1"


@pytest.mark.parametrize("text", [b"hi", b"US", b"\xff", b"cap l"])
async def test_at_the_end_of_input_a_kept_beginning_is_a_persons_text(serve: Serve, text: bytes) -> None:
    house = await serve(greet_after=NEVER)
    assert await house.exchange(text) == b"TEXT<" + text + b">end"


async def test_silence_and_the_end_of_input_is_nobody(serve: Serve) -> None:
    house = await serve(greet_after=NEVER)
    assert await house.exchange() == b""
    assert await house.exchange(b"\n") == GREETING
    assert house.opened.kinds == []
    assert house.listener.undecided == 0


async def test_the_new_protocol_says_whether_our_half_stays_open(serve: Serve) -> None:
    class Stays(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport: Any = transport

        def eof_received(self) -> bool:
            asyncio.get_running_loop().call_soon(self.transport.write, b"afterwards")
            asyncio.get_running_loop().call_soon(self.transport.close)
            return True

    house = await serve(greet_after=NEVER, gateways={Kind.TEXT: lambda peer: Stays()})
    assert await house.exchange(b"hi") == b"afterwards"


def disconnect_sentence(packet: bytes) -> str:
    size, padding, kind, reason, length = struct.unpack_from("!IBBII", packet)
    assert len(packet) == 4 + size
    assert len(packet) % 8 == 0
    assert padding >= 4
    assert (kind, reason) == (1, 11)
    end = 14 + length
    assert packet[end : end + 4] == bytes(4)  # no language tag
    assert end + 4 + padding == len(packet)
    return packet[14:end].decode()


async def test_ssh_is_told_what_to_use_instead(serve: Serve) -> None:
    house = await serve(greet_after=NEVER)
    reader, writer = await house.connect()
    await send(writer, b"SSH-2.0-OpenSSH_9.2\r\n", b"its key exchange")
    version, _, packet = (await until_closed(reader)).partition(b"\r\n")
    assert version == b"SSH-2.0-hobnob"
    assert "netcat" in disconnect_sentence(packet)
    assert house.opened.kinds == []


async def test_ssh_that_stays_has_a_deadline(serve: Serve) -> None:
    house = await serve(greet_after=NEVER, decide_within=0.02)
    reader, writer = await house.connect()
    await send(writer, b"SSH-2.0-x\r\n")
    await until_closed(reader)
    await house.until_none_is_undecided()


async def test_an_error_while_a_gateway_is_built_ends_the_connection(serve: Serve) -> None:
    def broken(peer: object) -> asyncio.Protocol:
        raise LookupError

    caught: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(context))
    house = await serve(greet_after=NEVER, gateways={Kind.TEXT: broken})
    assert await house.exchange(b"hi\n") == b""
    assert isinstance(caught[0]["exception"], LookupError)
