"""Who is at the other end of a connection, as far as its sockets can tell.

The address is the real one: where a trusted proxy named it, the proxy's own does not appear. A proxied peer is never
taken for somebody on this machine, whatever its address.
"""

from functools import lru_cache
from ipaddress import ip_address

import msgspec

from hobnob.gateways.gateway import Origin


class Peer(msgspec.Struct, frozen=True):
    """One remote end.

    `address` is IP text without a zone, IPv4 also where IPv6 carried it. `alpn` is what TLS agreed on. `proxied`: a
    PROXY header came first. `greeted`: the person saw the greeting before their first line. `unended`: the
    peer wrote text and then waited without ever ending a line, as a program may. `hasty`: its address connects
    too often.
    """

    address: str
    port: int
    tls: bool = False
    alpn: str | None = None
    proxied: bool = False
    greeted: bool = False
    unended: bool = False
    hasty: bool = False

    @property
    def loopback(self) -> bool:
        """Whether the peer is on this machine, with no proxy in between that would make strangers look local."""
        return not self.proxied and _is_loopback(self.address)

    @property
    def confidential(self) -> bool:
        """Whether nobody on the way can listen in: what is secret may be said."""
        return self.tls or self.loopback

    @property
    def origin(self) -> Origin:
        """What the chat knows of it; alike for all who come from the same place in the same way."""
        return _origin(self.address, self.tls or self.loopback, self.loopback)


@lru_cache(1024)
def _is_loopback(address: str) -> bool:
    return ip_address(address).is_loopback


@lru_cache(1024)
def _origin(address: str, confidential: bool, loopback: bool) -> Origin:
    return Origin(address, confidential, loopback)


def plain_address(address: str) -> str:
    """`address` as limits and logs compare it: without an IPv6 zone, and IPv4 where IPv6 merely carries it."""
    if ":" not in address:
        return address
    address = address.partition("%")[0]
    lowered = address.lower()
    return lowered.removeprefix("::ffff:") if lowered.startswith("::ffff:") and "." in lowered else address
