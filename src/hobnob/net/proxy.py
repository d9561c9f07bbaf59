"""PROXY headers, version 1 and 2, as HAProxy's proxy-protocol.txt has them; a parser without a socket.

Only for peers that the settings trust, and from those always: version 2 begins like a person who presses Enter, and a
stranger could claim any address. A header that names nobody (`UNKNOWN`, `LOCAL`) leaves the proxy's own address.
"""

import re
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec

_V1_BEGINNING = b"PROXY "
_V1_LONGEST = 107
_V1 = re.compile(rb"PROXY TCP([46]) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) (\d{1,5}) (\d{1,5})")
_V2_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_HEAD = struct.Struct("!12sBBH")
_V2_LONGEST = 4096
"""Bytes after the head; the addresses take 36, what proxies add (certificates' names) stays far below."""

_LOCAL, _PROXY = 0x20, 0x21
_TCP4, _TCP6 = 0x11, 0x21
_ADDRESSES = {_TCP4: struct.Struct("!4s4xH2x"), _TCP6: struct.Struct("!16s16xH2x")}
_TLV = struct.Struct("!BH")
_TLV_ALPN, _TLV_SSL = 0x01, 0x20
_CLIENT_SPOKE_TLS = 0x01


class ProxyRefused(ValueError):
    """What a trusted peer sent is no PROXY header."""


class ProxyHeader(msgspec.Struct, frozen=True):
    """What a proxy says of its client. `length` is in bytes; `address` is None where the header names nobody."""

    length: int
    address: str | None = None
    port: int = 0
    tls: bool = False
    alpn: str | None = None


def parse_header(first: bytes) -> ProxyHeader | None:
    """The header at the beginning of `first`; None while it is cut short. Raises ProxyRefused."""
    if _begins(first, _V1_BEGINNING):
        return _parse_v1(first)
    if _begins(first, _V2_SIGNATURE):
        return _parse_v2(first)
    raise ProxyRefused("neither version's beginning")


def _begins(first: bytes, beginning: bytes) -> bool:
    return first.startswith(beginning) or beginning.startswith(first)


def _parse_v1(first: bytes) -> ProxyHeader | None:
    end = first.find(b"\r\n", 0, _V1_LONGEST)
    if end < 0:
        if len(first) >= _V1_LONGEST:
            raise ProxyRefused("a version 1 header without an end")
        return None
    line, length = first[:end], end + 2
    if line.startswith(b"PROXY UNKNOWN"):
        return ProxyHeader(length)
    found = _V1.fullmatch(line)
    if found is None:
        raise ProxyRefused("a malformed version 1 header")
    version, source, _, port, _ = (part.decode("ascii") for part in found.groups())
    try:
        address = ip_address(source)
    except ValueError as malformed:
        raise ProxyRefused("a malformed address") from malformed
    if address.version != int(version) or int(port) > 0xFFFF:
        raise ProxyRefused("an address or port out of range")
    return ProxyHeader(length, _text(address), int(port))


def _parse_v2(first: bytes) -> ProxyHeader | None:
    if len(first) < _V2_HEAD.size:
        return None
    _, command, family, size = _V2_HEAD.unpack_from(first)
    if command not in (_LOCAL, _PROXY) or size > _V2_LONGEST:
        raise ProxyRefused("an unknown command or a header too long")
    length = _V2_HEAD.size + size
    if len(first) < length:
        return None
    addresses = _ADDRESSES.get(family)
    if command == _LOCAL or addresses is None:  # a proxy's own check, or a family that carries no IP address
        return ProxyHeader(length)
    body = first[_V2_HEAD.size : length]
    if size < addresses.size:
        raise ProxyRefused("a version 2 header without its addresses")
    packed, port = addresses.unpack_from(body)
    address = IPv4Address(packed) if family == _TCP4 else IPv6Address(packed)
    tls, alpn = _parse_extras(body[addresses.size :])
    return ProxyHeader(length, _text(address), port, tls, alpn)


def _text(address: IPv4Address | IPv6Address) -> str:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _parse_extras(extras: bytes) -> tuple[bool, str | None]:
    """Whether the proxy's client spoke TLS, and what ALPN chose."""
    tls, alpn, at = False, None, 0
    while at + _TLV.size <= len(extras):
        kind, size = _TLV.unpack_from(extras, at)
        value = extras[at + _TLV.size : at + _TLV.size + size]
        if len(value) < size:
            raise ProxyRefused("an extra cut short")
        if kind == _TLV_SSL and value:
            tls = bool(value[0] & _CLIENT_SPOKE_TLS)
        elif kind == _TLV_ALPN:
            alpn = value.decode("ascii", "replace")
        at += _TLV.size + size
    return tls, alpn
