"""Who may stay, of those whose protocol is known: how many there are already, and whether they came encrypted.

Whoever may not is told so in the words of their own protocol.
"""

import asyncio
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import cast

import msgspec

from hobnob.net.limits import ConnectionCaps, Refusals
from hobnob.net.peer import Peer

TLS_ONLY = (
    "This server takes encrypted connections only: turn TLS on in your program, and connect to this same port again."
)
FULL = "The server is full: try again in a few minutes."
TOO_OFTEN = "There were too many new connections from your address: wait a minute, then connect again."
TOO_MANY = "There are too many connections from your address: close one of them and try again."

CODES = {TLS_ONLY: "tls-required"}
"""What a reason is to programs, where trying again later does not help; every other one is ``full``."""

LINGER = 2.0
"""Seconds for the last words to be read before the connection is cut."""
MAX_LINGERING = 500
"""Connections that are told why they may not stay; in a flood, those beyond are cut without a word."""

Network = IPv4Network | IPv6Network


class DoorSettings(msgspec.Struct, frozen=True):
    """How many connections may stay.

    `exempt` are networks whose addresses are counted for the process alone, as this machine's own are where they are
    `loopback_exempt`.
    """

    max_connections: int = 20_000
    """For the process."""
    max_connections_per_address: int = 1000
    """For an IPv4 address or an IPv6 /64: a big school's whole network may stand behind one."""
    max_connections_per_site: int = 4000
    """For an IPv6 /48."""
    exempt: tuple[Network, ...] = ()
    loopback_exempt: bool = True
    tls_required: bool = False


class Door:
    """Counts those who stay; each `enter` that gave no reason wants one `leave` with the same peer."""

    def __init__(self, settings: DoorSettings) -> None:
        self._settings = settings
        self._caps = ConnectionCaps(
            per_process=settings.max_connections,
            per_address=settings.max_connections_per_address,
            per_site=settings.max_connections_per_site,
        )
        self._refusals = Refusals("too many connections; new ones are turned away")
        self._lingering = 0

    def __len__(self) -> int:
        return len(self._caps)

    def enter(self, peer: Peer, *, answers_plain: bool = False) -> str:
        """Why `peer` may not stay, as a sentence for a person; empty, and counted, if it may.

        `answers_plain`: the gateway itself has words for those who are not encrypted, and better ones.
        """
        if self._settings.tls_required and not peer.tls and not answers_plain:
            return TLS_ONLY
        if peer.hasty:
            self._note(peer)
            return TOO_OFTEN
        if self._caps.admit(self._counted(peer)):
            return ""
        self._note(peer)
        return FULL if self._caps.full else TOO_MANY

    def leave(self, peer: Peer) -> None:
        """The connection of `peer`, which was let in, is gone."""
        self._caps.leave(self._counted(peer))

    def turn_away(self, words: bytes) -> asyncio.Protocol:
        """What takes the transport of somebody who may not stay."""
        if self._lingering >= MAX_LINGERING:
            return _LastWords(self, b"")
        return _LastWords(self, words)

    def lingers(self, change: int) -> None:
        """One more, or one less, is reading its last words."""
        self._lingering += change

    def _note(self, peer: Peer) -> None:
        self._refusals.note(peer.address, asyncio.get_running_loop().time())

    def _counted(self, peer: Peer) -> str | None:
        if peer.loopback and self._settings.loopback_exempt:
            return None
        exempt = self._settings.exempt
        if exempt and any(ip_address(peer.address) in network for network in exempt):
            return None
        return peer.address


class _LastWords(asyncio.Protocol):
    """Writes, lets the peer read, and drops what it still sends: closing over unread input would lose the words."""

    def __init__(self, door: Door, words: bytes) -> None:
        self._door = door
        self._words = words

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        own = cast(asyncio.Transport, transport)
        self._door.lingers(1)
        self._cut = asyncio.get_running_loop().call_later(LINGER, own.abort)
        if not self._words:
            own.abort()
            return
        own.write(self._words)
        if own.can_write_eof():
            own.write_eof()
        else:
            own.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._cut.cancel()
        self._door.lingers(-1)
