"""PROXY headers, both versions, however they are cut."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.net.proxy import ProxyHeader, ProxyRefused, parse_header

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def version_2(command: int, family: int, body: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


def addresses(source: str, port: int) -> bytes:
    packed = ip_address(source).packed
    return packed + bytes(len(packed)) + struct.pack("!HH", port, 80)


def extra(kind: int, value: bytes) -> bytes:
    return struct.pack("!BH", kind, len(value)) + value


WHOLE = {
    b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n": ("192.0.2.7", 56324, False, None),
    b"PROXY TCP6 2001:db8::7 2001:db8::1 1 443\r\n": ("2001:db8::7", 1, False, None),
    b"PROXY TCP6 ::ffff:192.0.2.7 ::1 1 443\r\n": ("192.0.2.7", 1, False, None),
    b"PROXY UNKNOWN\r\n": (None, 0, False, None),
    b"PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n": (None, 0, False, None),
    version_2(0x21, 0x11, addresses("192.0.2.7", 5)): ("192.0.2.7", 5, False, None),
    version_2(0x21, 0x21, addresses("2001:db8::7", 5)): ("2001:db8::7", 5, False, None),
    version_2(0x21, 0x21, addresses("::ffff:192.0.2.7", 5)): ("192.0.2.7", 5, False, None),
    version_2(0x20, 0x00, b""): (None, 0, False, None),
    version_2(0x20, 0x11, addresses("192.0.2.7", 5)): (None, 0, False, None),
    version_2(0x21, 0x31, bytes(216)): (None, 0, False, None),
    version_2(0x21, 0x11, addresses("192.0.2.7", 5) + extra(0x04, b"") + extra(0x20, b"\x01\x00\x00\x00\x00")): (
        "192.0.2.7",
        5,
        True,
        None,
    ),
    version_2(0x21, 0x11, addresses("192.0.2.7", 5) + extra(0x01, b"http/1.1")): ("192.0.2.7", 5, False, "http/1.1"),
}
REFUSED = [
    b"GET / HTTP/1.1\r\n",
    b"\n",
    b"\r\nhello",
    b"PROXY TCP4 192.0.2.7 192.0.2.1 1\r\n",
    b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
    b"PROXY TCP4 999.0.2.7 192.0.2.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.7 192.0.2.1 65536 2\r\n",
    b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n" + b"x" * 100,
    b"PROXY " + b"x" * 101,
    version_2(0x22, 0x11, addresses("192.0.2.7", 5)),
    version_2(0x11, 0x11, addresses("192.0.2.7", 5)),
    version_2(0x21, 0x11, b"short"),
    version_2(0x21, 0x11, addresses("192.0.2.7", 5) + b"\x01\x00\x09h"),
    SIGNATURE + struct.pack("!BBH", 0x21, 0x11, 4097),
]


@pytest.mark.parametrize(("header", "said"), WHOLE.items())
def test_a_header_is_read_and_what_follows_is_not(
    header: bytes, said: tuple[str | None, int, bool, str | None]
) -> None:
    assert parse_header(header + b"\x00more") == ProxyHeader(len(header), *said)


@pytest.mark.parametrize("header", WHOLE)
def test_a_header_cut_short_is_waited_for(header: bytes) -> None:
    assert {parse_header(header[:end]) for end in range(len(header))} == {None}


@pytest.mark.parametrize("header", REFUSED)
def test_anything_else_is_refused(header: bytes) -> None:
    with pytest.raises(ProxyRefused):
        parse_header(header)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"PROXY ", b"PROXY TCP6 ", SIGNATURE + b"\x21\x11", SIGNATURE + b"\x21\x21\x00"]),
)
def test_no_bytes_raise_anything_but_refusal(data: bytes, beginning: bytes) -> None:
    try:
        header = parse_header(beginning + data)
    except ProxyRefused:
        return
    if header is None:
        return
    assert header.length <= len(beginning + data)
    if header.address is not None:
        ip_address(header.address)
