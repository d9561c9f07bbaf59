"""What the web gateway may be told, and what it must be told of each connection."""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import Literal, Protocol

import msgspec

from hobnob.gateways.gateway import Origin
from hobnob.gateways.irc.settings import IrcSettings

TooOften = Callable[[str], bool]
"""Counts a request from an address (as `Origin.counted`), and says whether it was one too many."""


def never(address: str) -> bool:
    """Nobody asks too often."""
    return False


class WebPeer(Protocol):
    """Who is at the other end of a connection."""

    @property
    def address(self) -> str:
        """IP text, without a zone."""

    @property
    def tls(self) -> bool:
        """Whether the browser sees `https`."""

    @property
    def origin(self) -> Origin:
        """What the chat may know of it."""


class WebSettings(msgspec.Struct, frozen=True):
    """Times are in seconds, sizes in bytes.

    `hosts` are further names (lower case, no port) under which browsers may ask for this server; a name that is none
    of ours could be somebody's who points it at us, to read with a visitor's browser (DNS rebinding). `web_proxies` are
    believed when they say who asks through them. `access` is how the house is run: what a newcomer needs, which
    the page and the words for programs say. `irc`: of IRC over WebSocket.
    """

    hosts: frozenset[str] = frozenset()
    web_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    tls_required: bool = False
    irc: IrcSettings = msgspec.field(default_factory=IrcSettings)
    access: Literal["open", "invite", "accounts"] = "open"
    head_timeout: float = 10
    """From a request's first byte to the end of its headers."""
    idle_timeout: float = 75
    """Between two requests, and for a peer that takes none of what is sent."""
    close_timeout: float = 2
    """For the peer's part of a WebSocket's closing handshake, and for requests under way when the server stops."""
    heartbeat: float = 30
    """Between two pings on a quiet WebSocket; half of it is the time for the answer."""
    max_head: int = 32 * 1024
    max_body: int = 64 * 1024
