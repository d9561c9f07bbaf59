"""How many connections there may be at once: for one address, for its networks, and for the process.

An undecided connection costs a socket and a timer before anybody is known, so these caps alone stand between a flood
and the file descriptors; those that are decided have caps of their own (door.py). IPv6 counts by /64 (what one host is
given) and by /48 (what one site is given).
"""

from socket import AF_INET6, inet_pton

import structlog

from hobnob.net.peer import plain_address

TELL_EVERY = 60.0
"""Seconds between two lines in the log about refused connections: a flood must not fill the disk."""

_log = structlog.get_logger()


class ConnectionCaps:
    """Counts of connections; each `admit` that said yes wants one `leave` with the same address."""

    __slots__ = ("_counts", "_per_address", "_per_process", "_per_site", "_total")

    def __init__(self, *, per_process: int, per_address: int, per_site: int) -> None:
        self._per_process = per_process
        self._per_address = per_address
        self._per_site = per_site
        self._total = 0
        self._counts: dict[str | bytes, int] = {}

    def __len__(self) -> int:
        return self._total

    @property
    def full(self) -> bool:
        """Whether the process has as many as it may."""
        return self._total >= self._per_process

    def admit(self, address: str | None) -> bool:
        """Count one more from `address`, unless a cap is reached. None: only the process counts it."""
        counts, networks = self._counts, _networks(address)
        if self.full:
            return False
        for network, cap in zip(networks, (self._per_address, self._per_site), strict=False):
            if counts.get(network, 0) >= cap:
                return False
        self._total += 1
        for network in networks:
            counts[network] = counts.get(network, 0) + 1
        return True

    def leave(self, address: str | None) -> None:
        """One from `address` counts no more."""
        self._total -= 1
        for network in _networks(address):
            left = self._counts[network] - 1
            if left:
                self._counts[network] = left
            else:
                del self._counts[network]


class Refusals:
    """Tells the log that a cap refuses connections: the first at once, then now and then how many there were."""

    __slots__ = ("_quiet_until", "_says", "_untold")

    def __init__(self, says: str = "too many undecided connections; some are closed") -> None:
        self._says = says
        self._quiet_until = float("-inf")
        self._untold = 0

    def note(self, address: str, now: float) -> None:
        """One from `address` was refused, at `now` in seconds of a clock that does not go back."""
        self._untold += 1
        if now >= self._quiet_until:
            _log.warning(self._says, address=address, refused=self._untold)
            self._untold = 0
            self._quiet_until = now + TELL_EVERY


class SpokeWeb:
    """The addresses that spoke HTTP or TLS of late: a browser's, whose silent spare connections are not to be greeted.

    Bounded: where more than `capacity` are remembered the oldest are forgotten. IPv6 is remembered by /64. Times are
    seconds of any clock that does not go back.
    """

    __slots__ = ("_capacity", "_memory", "_until")

    def __init__(self, *, memory: float, capacity: int = 10_000) -> None:
        self._memory = memory
        self._capacity = capacity
        self._until: dict[str | bytes, float] = {}  # oldest first

    def __len__(self) -> int:
        return len(self._until)

    def note(self, address: str, now: float) -> None:
        """Remember that `address` spoke HTTP or TLS at `now`."""
        network = _networks(address)[0]
        self._until.pop(network, None)
        self._until[network] = now + self._memory
        if len(self._until) > self._capacity:
            del self._until[next(iter(self._until))]

    def remembers(self, address: str, now: float) -> bool:
        """Whether `address` spoke HTTP or TLS within the memory's length before `now`."""
        return self._until.get(_networks(address)[0], now) > now


def _networks(address: str | None) -> tuple[str | bytes, ...]:
    """What an address is counted under, narrowest first: an IPv4 address, or an IPv6 /64 and /48."""
    if address is None:
        return ()
    address = plain_address(address)
    if ":" not in address:
        return (address,)
    packed = inet_pton(AF_INET6, address)
    return packed[:8], packed[:6]
