"""The bans and mutes that hold, and whether the doors are closed: loaded at the start, then kept by the audit log.

Each node follows that log, so all know the same. What is over is forgotten when it is looked at; `clock` says what time
it is, in ms since 1970. A ban by address holds for everybody who comes from there, but for the server's own moderators;
a mute by address for everybody who has no account, but for moderators of the room or the server.
"""

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv6Address, ip_address, ip_network
from math import inf
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from msgspec.structs import replace

from hobnob.protocol.consequences import restriction_of
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Moderated
from hobnob.protocol.records import Person, Restriction, RestrictionKind
from hobnob.protocol.times import milliseconds

if TYPE_CHECKING:
    from hobnob.stores.store import Store


L = TypeVar("L", Moderated, Restriction)

LONGEST_CLOSED = 7 * 24 * 3600
"""Seconds that the doors can be closed."""


class Held(NamedTuple):
    """A restriction, and the time from which on it holds no more."""

    restriction: Restriction
    until: float


class _Place(NamedTuple):
    """Of what kind and where networks are restricted whose prefixes are alike but for their bits."""

    kind: RestrictionKind
    room: str
    version: int
    length: int


class Restrictions:
    """See the head of this file. `mutes` by room (empty: everywhere) and person; while it is empty, nobody is muted."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._all: dict[str, Held] = {}
        self._bans: dict[tuple[str, str], Held] = {}
        self._networks: dict[_Place, dict[int, Held]] = {}
        self.mutes: dict[tuple[str, str], Held] = {}
        self._doors_open_at = 0

    def load(self, store: "Store") -> None:
        """Begin with what the store has. Blocks."""
        for restriction in store.restrictions():
            self._add(restriction)
        before, more = None, True
        long_ago = self._clock() - 1000 * LONGEST_CLOSED
        while more:
            lines, more = store.audit(room=None, before=before, limit=200)
            for line in lines:
                if line.action == "doors":
                    return self.apply(line)
                more = more and milliseconds(line.at) > long_ago
                before = line.number
        return None

    def apply(self, fact: Moderated) -> None:
        """What a line of the audit log changes."""
        match fact.action:
            case "ban" | "mute":
                self._add(restriction_of(fact))
            case "unban" | "unmute":
                self._forget(fact.restriction)
            case "doors":
                self._doors_open_at = 0 if fact.until is None else milliseconds(fact.until)

    def banned(self, person: str, address: str | None = None, room: str = "") -> Restriction | None:
        """The ban that keeps a person, or who comes from an address, off the server or out of a room."""
        held = self._bans.get((room, person))
        if held is not None and self._holds(held):
            return held.restriction
        return None if address is None or not self._networks else self._about_address("ban", room, address)

    def kept_away(self, person: Person | None, address: str) -> Restriction | None:
        """The ban that keeps a person, or (None) a stranger, who comes from an address off the server."""
        if person is None:
            return self.banned("", address)
        return self.banned(person.id, None if person.role in ("owner", "moderator") else address)

    def admit(self, person: Person | None, address: str) -> None:
        """Raise ``banned`` where a person, or (None) a stranger, may not come in from an address."""
        if ban := self.kept_away(person, address):
            raise ChatError("banned", in_words(ban))

    def doors_closed(self) -> bool:
        """Whether nobody new is let in."""
        return self._clock() < self._doors_open_at

    def muted(self, person: str, room: str, addresses: Iterable[str] = ()) -> Restriction | None:
        """The mute that keeps a person, or who comes from one of these addresses, from writing in a room."""
        if not self.mutes:
            return None
        for where in (room, ""):
            held = self.mutes.get((where, person))
            if held is not None and self._holds(held):
                return held.restriction
            for address in addresses if self._networks else ():
                if (found := self._about_address("mute", where, address)) is not None:
                    return found
        return None

    def of(self, room: str) -> list[Restriction]:
        """What holds in a room, or (empty) on the server, the newest first."""
        standing = [held.restriction for held in self._standing() if held.restriction.room == room]
        return standing[::-1]

    def about(self, kind: RestrictionKind, room: str, person: str, network: str) -> list[Restriction]:
        """What holds of one kind in one place about a person (by id) or a network."""
        return [
            each for each in self.of(room)
            if each.kind == kind and ((person and each.person == person) or (network and each.network == network))
        ]  # fmt: skip

    def _standing(self) -> Iterator[Held]:
        return (held for held in tuple(self._all.values()) if self._holds(held))

    def _holds(self, held: Held) -> bool:
        if self._clock() < held.until:
            return True
        self._forget(held.restriction.id)
        return False

    def _add(self, restriction: Restriction) -> None:
        until = inf if restriction.until is None else milliseconds(restriction.until)
        held = self._all[restriction.id] = Held(restriction, until)
        if restriction.person:
            self._people(restriction.kind)[restriction.room, restriction.person] = held
        if restriction.network:
            key, prefix = _place(restriction)
            self._networks.setdefault(key, {})[prefix] = held

    def _forget(self, id: str) -> None:
        held = self._all.pop(id, None)
        if held is None:
            return
        ended = held.restriction
        table = self._people(ended.kind)
        if table.get((ended.room, ended.person)) is held:
            del table[ended.room, ended.person]
        if ended.network:
            key, prefix = _place(ended)
            networks = self._networks[key]
            if networks.get(prefix) is held:
                del networks[prefix]
            if not networks:
                del self._networks[key]

    def _people(self, kind: RestrictionKind) -> dict[tuple[str, str], Held]:
        """By room and person."""
        return self.mutes if kind == "mute" else self._bans

    def _about_address(self, kind: RestrictionKind, room: str, address: str) -> Restriction | None:
        try:
            ip = ip_address(address)
        except ValueError:
            return None
        if isinstance(ip, IPv6Address):
            ip = ip.ipv4_mapped or ip
        for place, networks in tuple(self._networks.items()):
            if (place.kind, place.room, place.version) == (kind, room, ip.version):
                held = networks.get(int(ip) >> (ip.max_prefixlen - place.length))
                if held is not None and self._holds(held):
                    return held.restriction
        return None


def as_told_to(person: Person, line: L) -> L:
    """A line of the audit log, or a restriction, as somebody may know it.

    From where a visitor comes is for moderators of the server, not for those of the room that bans or mutes them.
    """
    return line if person.role in ("owner", "moderator") or not line.network else replace(line, network="")


def _place(restriction: Restriction) -> tuple[_Place, int]:
    """Where a network stands in the tables, and its prefix there."""
    network = ip_network(restriction.network)
    prefix = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
    return _Place(restriction.kind, restriction.room, network.version, network.prefixlen), prefix


def in_words(restriction: Restriction, room_name: str = "") -> str:
    """What is said of a ban or mute to whom it keeps off. `room_name` where it is one of a room."""
    if restriction.kind == "mute":
        said = f"You may read but not write {f'in #{room_name}' if restriction.room else 'on this server'}"
    else:
        said = f"You are banned from {f'#{room_name}' if restriction.room else 'this server'}"
    if restriction.until is not None:
        said += f" until {restriction.until[:16].replace('T', ' ')} UTC"
    reason = restriction.reason
    if not reason:
        return f"{said}."
    return f"{said}. Reason: {reason}" + ("" if reason.endswith((".", "!", "?")) else ".")
