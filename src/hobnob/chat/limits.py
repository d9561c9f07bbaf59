"""How much is too much: token buckets for each address, site, person and room.

A class of 200 behind one address must never meet a limit, and one program must not be able to take what all need. No
clock, no task, no lock: who asks brings the time, in seconds of any clock that does not go back.
docs/decisions/0010-limits-that-a-class-does-not-meet.md gives the reason for each number.
"""

from collections.abc import Mapping
from enum import IntEnum
from math import ceil
from types import MappingProxyType
from typing import NamedTuple

from hobnob.chat.origins import Key, Origins
from hobnob.protocol.errors import ChatError

SITE = 4
"""How many times the budget of one address an IPv6 /48 has, which may hold 65,536 of them."""
CAPACITY = 4096
"""How many buckets of one kind are remembered, at about 150 bytes each."""
_SLACK = 1e-6  # seconds; more than rounding can make of a bucket that is just not empty


class Limit(IntEnum):
    """What is limited."""

    CONNECTING = 0
    NAMING = 1
    """Saying hello, and taking another name."""
    LOGGING_IN = 2
    """Passwords tried, right or wrong; `FailedLogins` is stricter with the wrong ones."""
    REGISTERING = 3
    JOINING = 4
    SENDING = 5
    """Whatever is kept and told: messages, edits, reactions."""
    READING_HISTORY = 6
    SEARCHING = 7
    REPORTING = 8
    CREATING = 9
    """Rooms, which stay."""
    NOTING = 10
    """What is kept for oneself (read marks, drafts, settings), and typing."""
    TALKING = 11
    """Lines of every kind, and what a gateway answers by itself: 1 KiB of that counts as a line."""
    ASKING = 12
    """HTTP requests, whatever for."""


class Rate(NamedTuple):
    """So many at once, and then so many a second."""

    burst: int
    per_second: float


class Rates(NamedTuple):
    """The rates of one limit, for each of what it counts by. None: it does not count by this."""

    address: Rate | None = None
    person: Rate | None = None
    room: Rate | None = None


RATES: Mapping[Limit, Rates] = MappingProxyType(
    {
        Limit.CONNECTING: Rates(address=Rate(1500, 25)),
        Limit.NAMING: Rates(address=Rate(500, 10), person=Rate(20, 0.2)),
        Limit.LOGGING_IN: Rates(address=Rate(300, 5)),
        Limit.REGISTERING: Rates(address=Rate(250, 0.1), person=Rate(10, 0.02)),
        Limit.JOINING: Rates(address=Rate(2000, 100), person=Rate(100, 5), room=Rate(2000, 100)),
        Limit.SENDING: Rates(address=Rate(1000, 200), person=Rate(100, 10), room=Rate(500, 100)),
        Limit.READING_HISTORY: Rates(address=Rate(2000, 100), person=Rate(100, 10)),
        Limit.SEARCHING: Rates(address=Rate(400, 20), person=Rate(20, 1)),
        Limit.REPORTING: Rates(address=Rate(50, 0.1), person=Rate(5, 0.02)),
        Limit.CREATING: Rates(address=Rate(500, 1), person=Rate(100, 0.2)),
        Limit.ASKING: Rates(address=Rate(5000, 200)),
        Limit.TALKING: Rates(address=Rate(20_000, 2000), person=Rate(500, 100)),
        Limit.NOTING: Rates(address=Rate(5000, 1000), person=Rate(1000, 100)),
    }
)


class Buckets:
    """Token buckets of one rate by key, each of them one number: the time at which it will be full again.

    A full one is the same as none. Where more than `capacity` are not full, the fullest are forgotten: to have an empty
    one forgotten takes three quarters of `capacity` other keys that are emptier still.
    """

    __slots__ = ("_capacity", "_full_at", "_spare", "_token")

    def __init__(self, rate: Rate, capacity: int = CAPACITY) -> None:
        self._token = 1 / rate.per_second  # seconds in which one comes
        self._spare = (rate.burst - 1) * self._token
        self._capacity = capacity
        self._full_at: dict[Key, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, key: Key, now: float) -> float:
        """Seconds until a token may be taken; 0.0 when there is one."""
        full_at = self._full_at.get(key)
        if full_at is None:
            return 0.0
        wait = full_at - now - self._spare
        return wait if wait > _SLACK else 0.0

    def take(self, key: Key, now: float) -> None:
        """Take a token, after `wait` has found that there is one."""
        full_at = self._full_at.get(key, now)
        self._full_at[key] = (full_at if full_at > now else now) + self._token
        if len(self._full_at) > self._capacity:
            self._forget(now)

    def spend(self, key: Key, tokens: float, now: float) -> float:
        """Take tokens whether they are there or not; the seconds until none is owed."""
        full_at = max(self._full_at.get(key, now), now) + tokens * self._token
        self._full_at[key] = full_at
        if len(self._full_at) > self._capacity:
            self._forget(now)
        return max(0.0, full_at - now - self._spare - self._token)

    def give_back(self, key: Key) -> None:
        """Put back the token that was taken last."""
        full_at = self._full_at.get(key)
        if full_at is not None:
            self._full_at[key] = full_at - self._token

    def _forget(self, now: float) -> None:
        # All in one go, so that it costs each new key little: one sorting for a quarter of the capacity.
        left = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        keep = self._capacity * 3 // 4
        if len(left) > keep:
            left = dict(sorted(left.items(), key=lambda item: item[1])[-keep:])
        self._full_at = left


_Row = tuple[Buckets | None, Buckets | None, Buckets | None, Buckets | None]
"""By address, by site, by person, by room."""


class Limits:
    """All buckets of a node. What is asked of several is granted by all of them, or takes a token from none."""

    __slots__ = ("_buckets", "_on", "_origins")

    def __init__(self, origins: Origins, *, on: bool = True, rates: Mapping[Limit, Rates] = RATES) -> None:
        self._origins = origins
        self._on = on
        self._buckets = [_made(rates.get(limit, Rates())) for limit in Limit]

    def __len__(self) -> int:
        """How many buckets are remembered."""
        return sum(len(buckets) for row in self._buckets for buckets in row if buckets is not None)

    def take(self, limit: Limit, address: str | None, person: str | None, room: str | None, now: float) -> float:
        """0.0 when it may be done, and counts it; else the seconds until it may be tried again, and counts nothing.

        None: unknown, or of no account here. An exempt address counts nowhere, the person and the room all the same;
        where it is free, nothing counts.
        """
        if not self._on:
            return 0.0
        _, network, site, free = self._origins.of(address)
        if free:
            return 0.0
        rows = self._buckets[limit]
        keys = (network, site, person, room)
        wait = 0.0
        for buckets, key in zip(rows, keys):  # noqa: B905 - every message comes through here, and `strict` costs
            if buckets is not None and key is not None and (needs := buckets.wait(key, now)) > wait:
                wait = needs
        if wait:
            return wait
        for buckets, key in zip(rows, keys):  # noqa: B905
            if buckets is not None and key is not None:
                buckets.take(key, now)
        return 0.0

    def spend(self, limit: Limit, address: str | None, person: str | None, amount: float, now: float) -> float:
        """Count what is done already; the seconds until no more than what is allowed has been. As `take` otherwise."""
        if not self._on:
            return 0.0
        _, network, site, free = self._origins.of(address)
        if free:
            return 0.0
        keys = (network, site, person)
        pairs = zip(self._buckets[limit], keys)  # noqa: B905
        return max((b.spend(key, amount, now) for b, key in pairs if b is not None and key is not None), default=0.0)


class TooFast(ChatError):
    """What was asked may be asked again in `wait` seconds."""

    def __init__(self, wait: float) -> None:
        self.wait = wait
        amount, unit = (ceil(wait / 60), "minute") if wait > 90 else (max(1, ceil(wait)), "second")
        again = f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"
        super().__init__("too-fast", f"That was too much in a short time. Try again in {again}.")


def _made(rates: Rates) -> _Row:
    site = rates.address and Rate(SITE * rates.address.burst, SITE * rates.address.per_second)
    address, by_site, person, room = (
        rate and Buckets(rate) for rate in (rates.address, site, rates.person, rates.room)
    )
    return address, by_site, person, room
