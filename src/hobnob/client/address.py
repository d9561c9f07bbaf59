"""Where a server is: ``host``, ``host:port``, ``[v6]:port`` or a bare IPv6 address; or a link, which says more."""

import re
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv6Address, ip_address

from hobnob.client.errors import CannotConnect
from hobnob.protocol.links import Link, parse_link

DEFAULT_PORT = 8080
_BRACKETED = re.compile(r"\[(?P<host>[^\]]*)\](?::(?P<port>.*))?", re.DOTALL)
_HOST = re.compile(r"[^\s/@\[\]:\x00-\x20\x7f]{1,253}")


@dataclass(frozen=True, slots=True)
class Address:
    """A host, without brackets, and a port of 1 to 65535."""

    host: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def of(cls, link: Link) -> "Address":
        """Where a link leads."""
        return cls(link.host, link.port)

    @property
    def is_here(self) -> bool:
        """Whether it says that it is this machine. That another name leads here may be somebody's doing."""
        return self.host == "localhost" or self.host.endswith(".localhost") or is_loopback(self.host)


def parse_server(text: str) -> Link:
    """The server in what a person typed, an address or a link.

    Raises:
        CannotConnect: ``bad-address``. What is secret in a link is not repeated.
    """
    if "://" not in text:
        address = parse_address(text)
        return Link(address.host, address.port)
    if (link := parse_link(text)) is None:
        where = text.strip().partition("#")[0]
        raise CannotConnect(
            "bad-address", f"The link to {_shown(where)} cannot be used. Copy all of it, within quotes."
        )
    address = parse_address(f"[{link.host}]" if ":" in link.host else link.host)
    return replace(link, host=address.host)


def has_port(text: str) -> bool:
    """Whether an address that can be read says its port."""
    return "]:" in text or text.count(":") == 1


def parse_address(text: str) -> Address:
    """The address in what a person typed.

    Raises:
        CannotConnect: ``bad-address``.
    """
    text = text.strip()
    if found := _BRACKETED.fullmatch(text):
        return Address(_ipv6(found["host"], text), _port(found["port"], text))
    if text.count(":") > 1:
        return Address(_ipv6(text, text))
    host, colon, port = text.partition(":")
    if not _HOST.fullmatch(host):
        raise _bad(text)
    return Address(host.lower(), _port(port if colon else None, text))


def is_loopback(host: str) -> bool:
    """Whether a numeric address never leaves this machine."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _ipv6(host: str, text: str) -> str:
    try:
        return str(IPv6Address(host.lower()))  # one spelling, as it is known by what is kept of it
    except AddressValueError:
        raise _bad(text) from None


def _port(text: str | None, whole: str) -> int:
    if text is None:
        return DEFAULT_PORT
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65535):
        raise CannotConnect("bad-address", f"{_shown(whole)} has no port of 1 to 65535 after its colon.")
    return int(text)


def _bad(text: str) -> CannotConnect:
    return CannotConnect(
        "bad-address", f"{_shown(text)} is no address. Write host, host:port or [IPv6]:port, such as localhost:8080."
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")
