"""Who asks through a web proxy: what `Forwarded` and `X-Forwarded-For` say, where the settings take a proxy's word.

Each proxy on the way adds an item at the right, and a client may send items of its own, so the rightmost address that
is none of our proxies' is the client. Such headers from anybody else are no news of where they are, but of this: there
is a proxy on this machine that nobody told us of, and whoever comes through it only looks local.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

import msgspec
from aiohttp import web
from multidict import CIMultiDictProxy

from hobnob.gateways.gateway import Origin
from hobnob.gateways.web.guard import Refused
from hobnob.gateways.web.settings import WebPeer

FORWARDED, FORWARDED_FOR, FORWARDED_PROTO = "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto"
_SIGNS = (FORWARDED, FORWARDED_FOR, FORWARDED_PROTO, "X-Forwarded-Host", "X-Real-IP", "Via")

_V4_OR_BRACKETS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?")
_PARAMETER = re.compile(r'\s*([A-Za-z]+)=(?:"([^"\\]*)"|([^\s;,"]*))\s*')

PEER = web.RequestKey("peer", WebPeer)
"""Who sent a request, once `real_peer` has found out."""

Networks = tuple[IPv4Network | IPv6Network, ...]


class ForwardedPeer(msgspec.Struct, frozen=True):
    """Somebody behind a web proxy, who is never on this machine. Implements `WebPeer`."""

    address: str
    tls: bool
    origin: Origin


class _Hop(msgspec.Struct, frozen=True):
    """What one proxy says of who asked it. `address` is None where it is not said, or not as an address."""

    address: str | None
    https: bool


def real_peer(peer: WebPeer, headers: CIMultiDictProxy[str], proxies: Networks) -> WebPeer:
    """Who asks, by the connection's `peer` and the headers of a request.

    Raises:
        Refused: two headers name different clients; one of them may be the client's own invention.
    """
    if not _within(peer.address, proxies):
        forwarded = peer.origin.loopback and any(name in headers for name in _SIGNS)
        return _from_afar(peer.address, peer.tls, confidential=False) if forwarded else peer
    standard = _client(_read_forwarded(headers.getall(FORWARDED, [])), proxies)
    usual = _client(_read_forwarded_for(headers), proxies)
    if standard and usual and standard.address != usual.address:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "The proxy in front passes on two headers that name different clients: it has to remove or set both.",
        )
    found = usual or standard
    https = found is not None and found.https
    return _from_afar((found and found.address) or peer.address, https, confidential=https)


def _from_afar(address: str, tls: bool, *, confidential: bool) -> ForwardedPeer:
    return ForwardedPeer(address, tls, Origin(address, confidential=confidential, loopback=False))


def _within(address: str, networks: Networks) -> bool:
    return bool(networks) and any(ip_address(address) in network for network in networks)


def _client(hops: Sequence[_Hop], proxies: Networks) -> _Hop | None:
    """The rightmost hop that is no proxy of ours; where a proxy names nobody, what came before it is not believed."""
    found: _Hop | None = None
    for hop in reversed(hops):
        if hop.address is None:
            return found or hop
        found = hop
        if not _within(hop.address, proxies):
            break
    return found


def _read_forwarded_for(headers: CIMultiDictProxy[str]) -> list[_Hop]:
    addresses = _items(headers.getall(FORWARDED_FOR, []))
    schemes = [item.lower() for item in _items(headers.getall(FORWARDED_PROTO, []))]
    if len(schemes) == 1:  # of the last proxy, which commonly puts it in place of what came
        schemes *= len(addresses)
    if len(schemes) != len(addresses):
        schemes = [""] * len(addresses)
    return [_Hop(_address(item), scheme == "https") for item, scheme in zip(addresses, schemes, strict=True)]


def _items(lines: Sequence[str]) -> list[str]:
    return [item.strip() for item in ",".join(lines).split(",")] if lines else []


def _read_forwarded(lines: Sequence[str]) -> list[_Hop]:
    """RFC 7239, 4. Neither addresses nor what else we read hold a comma or a semicolon, quoted or not."""
    hops = []
    for item in _items(lines):
        said: dict[str, str] = {}
        for part in item.split(";"):
            found = _PARAMETER.fullmatch(part)
            if found:
                said[found[1].lower()] = found[3] if found[2] is None else found[2]
        hops.append(_Hop(_address(said.get("for", "")), said.get("proto", "").lower() == "https"))
    return hops


def _address(text: str) -> str | None:
    """An address as proxies write it, with a port or without: `192.0.2.1:80`, `[2001:db8::1]:80`, `2001:db8::1`."""
    found = _V4_OR_BRACKETS.fullmatch(text)
    try:
        address = ip_address((found[1] or found[2]) if found else text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address).partition("%")[0]
