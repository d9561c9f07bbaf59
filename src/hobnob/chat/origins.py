"""Under what an address counts: itself, its IPv6 networks, or nothing where it is trusted.

A host is given a /64 and may change its address in it at will; a site is given a /48, and so 65,536 of those.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

Key = str | bytes
"""An IPv4 address or an id as text, the first bytes of an IPv6 address as bytes."""

_REMEMBERED = 4096


class Origin(NamedTuple):
    """`home`: which host it is, trusted or not. `network`, `site`: what its doings count under; None for nothing.

    `free`: nor do the people there count.
    """

    home: Key
    network: Key | None
    site: Key | None
    free: bool = False


NOWHERE = Origin("", None, None)
"""Of who has no address, such as the server's own console."""


class Origins:
    """Looks addresses up. Exempt are the trusted networks, and loopback unless strangers come in by it.

    Loopback is free: its programs send what they have to say, such as a log, as quickly as it comes.
    """

    __slots__ = ("_known", "_loopback", "_trusted")

    def __init__(self, trusted: Iterable[IPv4Network | IPv6Network] = (), *, loopback_exempt: bool = True) -> None:
        self._trusted = tuple(trusted)
        self._loopback = loopback_exempt
        self._known: dict[str | None, Origin] = {None: NOWHERE}

    def of(self, address: str | None) -> Origin:
        """The origin of an address as text, with an IPv6 zone or without.

        Any other text counts for itself and is never exempt: so a peer can be kept apart whose address says too much.
        """
        return self._known.get(address) or self._learn(address)

    def _learn(self, address: str | None) -> Origin:
        if address is None:
            return NOWHERE
        if len(self._known) >= _REMEMBERED:
            self._known.clear()  # only what can be worked out again
        origin = self._known[address] = self._worked_out(address)
        return origin

    def _worked_out(self, address: str) -> Origin:
        try:
            ip = ip_address(address)
        except ValueError:
            return Origin(address, address, None)
        if isinstance(ip, IPv6Address):
            ip = ip.ipv4_mapped or ip
        home: Key = ip.packed[:8] if isinstance(ip, IPv6Address) else str(ip)
        if self._loopback and ip.is_loopback:
            return Origin(home, None, None, free=True)
        if any(ip in network for network in self._trusted):
            return Origin(home, None, None)
        return Origin(home, home, ip.packed[:6] if isinstance(ip, IPv6Address) else None)
