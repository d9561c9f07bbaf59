"""Who is at the other end of a connection, as far as its sockets can tell.

The address is the real one: where a trusted proxy named it, the proxy's own does not appear. A proxied peer is never
taken for somebody on this machine, whatever its address.
"""

from dataclasses import dataclass
from ipaddress import ip_address


@dataclass(frozen=True, slots=True)
class Peer:
    """One remote end.

    `address` is IP text without a zone, IPv4 also where IPv6 carried it. `alpn` is what TLS agreed on. `proxied`: a
    PROXY header came first. `greeted`: the person saw the greeting before their first line. `unended`: the
    peer wrote text and then waited without ever ending a line, as a program may.
    """

    address: str
    port: int
    tls: bool = False
    alpn: str | None = None
    proxied: bool = False
    greeted: bool = False
    unended: bool = False

    @property
    def loopback(self) -> bool:
        """Whether the peer is on this machine, with no proxy in between that would make strangers look local."""
        return not self.proxied and ip_address(self.address).is_loopback


def plain_address(address: str) -> str:
    """`address` as limits and logs compare it: without an IPv6 zone, and IPv4 where IPv6 merely carries it."""
    if ":" not in address:
        return address
    address = address.partition("%")[0]
    lowered = address.lower()
    return lowered.removeprefix("::ffff:") if lowered.startswith("::ffff:") and "." in lowered else address
