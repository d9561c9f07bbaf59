"""Who guesses passwords has to wait: longer after each wrong one, and nobody else for them.

Three things are counted, and each stops another guesser:
- one host at one name: a few tries are free, then the wait doubles up to a minute;
- one address, and one IPv6 site, at any names: a class may mistype, a list of names may not be worked through;
- one name from anywhere: many hosts together get 100 tries and then 100 an hour. From hosts where this name has logged
  in before it is not counted, so that nobody can lock an owner out of where they usually are. From a host that is new,
  an owner may have to wait while such an attack goes on. Who is logged in by a token never comes here.

A try counts as failed until it has succeeded, so tries at the same time gain nothing. All of it is in memory: a restart
forgives. A name that nobody has is counted like any other, or the wait would tell which exist.
"""

from typing import NamedTuple

from hobnob.chat.limits import CAPACITY, SITE, Buckets, Rate
from hobnob.chat.origins import Key, Origins

FREE_TRIES = 5
LONGEST_WAIT = 60.0
"""Seconds. Not longer, as neighbours behind one address share it; 1,440 guesses a day find no good password."""
FORGOTTEN_AFTER = 3600.0
"""Seconds without a try."""
PER_ADDRESS = Rate(300, 0.2)
PER_NAME = Rate(100, 100 / 3600)
HOSTS_REMEMBERED = 4
"""For each name, those of the last successes."""


class _Tries(NamedTuple):
    failed: int
    not_before: float
    last: float


class FailedLogins:
    """Says whether a password may be tried; `name` is always a folded one.

    For each try: `attempt`, and when that says 0.0 the check itself, and then `succeeded` if it was right, nothing if
    it was wrong or the asker left, `undo` if it could not be made.
    """

    __slots__ = ("_capacity", "_home", "_hosts", "_names", "_networks", "_origins", "_sites", "_tries")

    def __init__(self, origins: Origins, capacity: int = CAPACITY) -> None:
        self._origins = origins
        self._capacity = capacity
        self._networks = Buckets(PER_ADDRESS, capacity)
        self._sites = Buckets(Rate(SITE * PER_ADDRESS.burst, SITE * PER_ADDRESS.per_second), capacity)
        self._names = Buckets(PER_NAME, capacity)
        self._tries: dict[tuple[str, Key], _Tries] = {}
        self._hosts: dict[str, tuple[Key, ...]] = {}  # of the last successes; the name that waited longest first

    def __len__(self) -> int:
        """How much is remembered."""
        buckets = len(self._networks) + len(self._sites) + len(self._names)
        return buckets + len(self._tries) + len(self._hosts)

    def attempt(self, name: str, address: str | None, now: float) -> float:
        """0.0 when the password may be checked, and counts the try as failed; else the seconds to wait."""
        home = self._origins.of(address).home
        tries = self._tries.get((name, home))
        if tries is not None and now - tries.last >= FORGOTTEN_AFTER:
            tries = None
        counted = self._counted(name, address)
        wait = max((buckets.wait(key, now) for buckets, key in counted), default=0.0)
        if tries is not None:
            wait = max(wait, tries.not_before - now)
        if wait > 0:
            return wait
        for buckets, key in counted:
            buckets.take(key, now)
        failed = tries.failed + 1 if tries else 1
        self._tries[name, home] = _Tries(failed, now + _wait_after(failed), now)
        if len(self._tries) > self._capacity:
            self._forget(now)
        return 0.0

    def succeeded(self, name: str, address: str | None) -> None:
        """The try was right: this host begins anew at this name, and is one of the name's own from now on.

        What was counted for the address stays but for this try, or one right password of one's own would pay for any
        number of wrong ones at others' names.
        """
        self._give_back(name, address)
        home = self._origins.of(address).home
        self._tries.pop((name, home), None)
        others = [host for host in self._hosts.pop(name, ()) if host != home]
        self._hosts[name] = (*others, home)[-HOSTS_REMEMBERED:]
        if len(self._hosts) > self._capacity:
            del self._hosts[next(iter(self._hosts))]

    def undo(self, name: str, address: str | None) -> None:
        """The try was not made after all, because the server was busy. Not for who left before the answer."""
        self._give_back(name, address)
        key = name, self._origins.of(address).home
        tries = self._tries.get(key)
        if tries is not None:
            self._tries[key] = _Tries(tries.failed - 1, tries.last, tries.last)

    def _give_back(self, name: str, address: str | None) -> None:
        for buckets, key in self._counted(name, address):
            buckets.give_back(key)

    def _counted(self, name: str, address: str | None) -> list[tuple[Buckets, Key]]:
        home, network, site, _ = self._origins.of(address)
        counted: list[tuple[Buckets, Key]] = []
        if network is not None:
            counted.append((self._networks, network))
        if site is not None:
            counted.append((self._sites, site))
        if home not in self._hosts.get(name, ()):
            counted.append((self._names, name))
        return counted

    def _forget(self, now: float) -> None:
        # The fewest failures first: to have many forgotten takes as many at three quarters of all other pairs.
        left = {pair: tries for pair, tries in self._tries.items() if now - tries.last < FORGOTTEN_AFTER}
        keep = self._capacity * 3 // 4
        if len(left) > keep:
            left = dict(sorted(left.items(), key=lambda item: (item[1].failed, item[1].last))[-keep:])
        self._tries = left


def _wait_after(failed: int) -> float:
    return 0.0 if failed < FREE_TRIES else min(2.0 ** min(failed - FREE_TRIES, 10), LONGEST_WAIT)
