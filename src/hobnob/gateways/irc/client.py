"""One IRC client as its commands see it: what it negotiated, who it is, which channels it has joined.

The client is spoken to by `line` and `numeric`; what it hears of others comes from its wire format instead.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from hobnob.gateways.gateway import Here, House, Session
from hobnob.gateways.irc.capabilities import HEARD
from hobnob.gateways.irc.message import Message, encode
from hobnob.gateways.irc.metadata import knows
from hobnob.gateways.irc.numerics import ERRORS, ERRORS_OF_COMMAND, LATER, Numeric
from hobnob.gateways.irc.said import conversation
from hobnob.gateways.irc.settings import IrcSettings
from hobnob.gateways.irc.wire import REAL_NAME, UNTOLD, Pack, as_lines, shared, subscribed, wire_of
from hobnob.protocol.errors import ChatError
from hobnob.protocol.masks import mask_of
from hobnob.protocol.names import NameRefused, fold
from hobnob.protocol.records import Member, Person, Room, RoomState

_NO_ROOMS: Final[Mapping[str, str]] = MappingProxyType({})


class Introduction:
    """What is known of a client before it is registered. `wanted` is the nick that was asked for."""

    __slots__ = ("away", "has_user", "metadata", "negotiating", "password", "real_name", "wanted")

    def __init__(self) -> None:
        self.negotiating = False
        self.wanted: str | None = None
        self.has_user = False
        self.password = ""
        self.away = ""
        self.real_name = ""
        self.metadata: dict[str, str] | None = None


class Multiline(msgspec.Struct):
    """A message of several lines (IRCv3 draft/multiline), as far as it has come; `spoilt` once it cannot be sent.

    `places` are those at which the author cut a line. `notice`: it consists of NOTICEs.
    """

    name: str
    target: str
    tags: Mapping[str, str]
    label: str = ""
    text: str = ""
    lines: int = 0
    places: list[int] = msgspec.field(default_factory=list)
    notice: bool = False
    spoilt: bool = False


class Exchange(msgspec.Struct):
    """A login by SASL: its mechanism, what has come of a payload so far, and how many were answered before."""

    mechanism: str
    payload: str = ""
    answered: int = 0


class Client:
    """See the head of this file. `introduction` is None once the client is registered."""

    __slots__ = (
        "_batches", "_rooms", "capabilities", "exchange", "house", "introduction", "marks", "monitored", "multiline",
        "pack", "session", "settings", "silenced", "subscriptions", "version",
    )  # fmt: skip

    def __init__(self, house: House, session: Session, settings: IrcSettings, pack: Pack = as_lines) -> None:
        self.house = house
        self.pack = pack
        self.session = session
        self.settings = settings
        self.capabilities: frozenset[str] = frozenset()
        self.version = 301
        """Of capability negotiation; 302 once the client has said so."""
        self.introduction: Introduction | None = Introduction()
        self.monitored: dict[str, str] | None = None
        """Whose coming and going it hears of: nicks as it wrote them, by their fold."""
        session.introducing = True
        self.exchange: Exchange | None = None
        """The login by SASL that is under way."""
        self.marks: dict[str, str] | None = None
        """Up to when it has read what nothing is kept of, by `room_key`."""
        self.subscriptions: frozenset[str] | None = None
        """The keys of metadata that it hears of."""
        self.silenced = False
        """Whether it has unset user mode w."""
        self._rooms: Mapping[str, str] = _NO_ROOMS
        """The ids of the rooms that it is in, by their folded names; replaced, never changed."""
        self._batches = 0
        self.multiline: Multiline | None = None
        """The message of several lines that the client has begun to send."""

    @property
    def registered(self) -> bool:
        """Whether NICK, USER and the rest are done."""
        return self.introduction is None

    @property
    def network(self) -> str:
        """What the client calls all of this."""
        return self.settings.network or self.house.name

    @property
    def person(self) -> Person:
        """Who the client is, under the present name; only once it is registered."""
        person = self.session.person
        assert person is not None
        return person

    @property
    def nick(self) -> str:
        """How numerics address the client."""
        person = None if self.introduction is not None else self.session.person
        return "*" if person is None else person.name

    def negotiate(self, capabilities: frozenset[str]) -> None:
        """Speak to the client by these capabilities from the next line on."""
        self.capabilities = shared(capabilities)
        if self.registered:
            if "draft/read-marker" in capabilities:
                self.session.reads = None
            elif self.session.reads is None:
                self.session.reads = {}
            heard = capabilities & HEARD
            if self.silenced:
                heard |= {UNTOLD}
            if not knows(capabilities):
                self.subscriptions = None
            elif self.subscriptions:
                heard |= {subscribed(key) for key in self.subscriptions}
            self.session.wire = wire_of(self.house, heard, self.pack)

    def subscribe(self, keys: frozenset[str]) -> None:
        """Hear when people tell something else of themselves under these keys."""
        self.subscriptions = keys or None
        self.negotiate(self.capabilities)

    def silence(self, *, on: bool) -> None:
        """Hear announcements no more, or again."""
        self.silenced = on
        self.negotiate(self.capabilities)

    def welcomed(self) -> None:
        """The client is registered: from now on it hears what happens."""
        self.introduction, self.session.introducing = None, False
        self.negotiate(self.capabilities)

    def next_batch(self) -> str:
        """A name for a batch that no other has which is open."""
        self._batches += 1
        return str(self._batches)

    def line_from(self, source: str, command: str, *params: str) -> bytes:
        """A line from somebody; from nobody where `source` is empty."""
        return encode(Message(command, params, source))

    def line(self, command: str, *params: str) -> bytes:
        """A line from the server."""
        return encode(Message(command, params, self.house.name))

    def own_line(self, command: str, *params: str, name: str | None = None) -> bytes:
        """A line about what the client itself did; `name` where it had another one then."""
        return encode(Message(command, params, mask_of(self.person.id, name or self.person.name)))

    def own_join(self, channel: str) -> bytes:
        """The JOIN by which the client hears that it is in a channel."""
        if "extended-join" not in self.capabilities:
            return self.own_line("JOIN", channel)
        account = self.person.name if self.person.kind == "account" else "*"
        here = self.house.here(self.person.id)
        return self.own_line("JOIN", channel, account, (here and here.told(REAL_NAME)) or self.person.name)

    def numeric(self, numeric: Numeric, *params: str, text: str | None = None) -> bytes:
        """A numeric with its usual text, or another one."""
        last = text if text is not None else numeric.text or None
        return self.line(numeric.number, self.nick, *params, *([] if last is None else [last]))

    def refusal(self, error: ChatError, command: str, target: str) -> bytes:
        """What a refused command is answered."""
        code, hint = error.code, error.hint
        known = ERRORS_OF_COMMAND.get((command, code)) or ERRORS.get(code)
        if known is not None:
            numeric, about = known
            params = {"target": [target], "command": [command], "nothing": []}[about]
            return self.numeric(numeric, *params, text=hint)
        if "standard-replies" in self.capabilities:
            return self.line("FAIL", command, code.upper().replace("-", "_"), hint)
        numeric = Numeric.RPL_TRYAGAIN if code in LATER else Numeric.ERR_UNKNOWNERROR
        return self.numeric(numeric, command, text=hint)

    @property
    def channels(self) -> int:
        """How many channels it is in, at most."""
        return len(self._rooms)

    def enter(self, room: RoomState) -> None:
        """The client has joined this room."""
        self._rooms = {**self._rooms, fold(room.name): room.id}

    def leave(self, room: Room) -> None:
        """The client has left it."""
        self._forget(fold(room.name))

    def _forget(self, key: str) -> None:
        self._rooms = {name: room for name, room in self._rooms.items() if name != key} or _NO_ROOMS

    def forget_rooms(self) -> list[Room]:
        """The rooms the client was in as somebody else; it is in none from now on."""
        rooms = [room for entered in self._rooms.values() if (room := self.house.live_room(entered)) is not None]
        self._rooms = _NO_ROOMS
        return rooms

    def rename(self, before: str, room: Room) -> bool:
        """A room has another name; whether the client is in it."""
        if fold(before) not in self._rooms:
            return False
        self._forget(fold(before))
        self._rooms = {**self._rooms, fold(room.name): room.id}
        return True

    def joined(self, channel: str) -> Room | None:
        """A room by its channel's name as it is now, if the client is in it.

        Being removed, or leaving from elsewhere, is told as an event that only the wire format sees, so it is found
        here by asking whether the person hears the room.
        """
        key = room_key(channel)
        entered = self._rooms.get(key)
        if entered is None:
            return None
        room = self.house.live_room(entered)
        if room is None or self.house.role(entered, self.person.id) is None:
            self._forget(key)
            return None
        return room

    def means(self, target: str, room: str) -> bool:
        """Whether a target is a room (by id): a channel that the client is in, or one of its private conversations."""
        if is_channel(target):
            joined = self.joined(target)
            return joined is not None and joined.id == room
        live = self.house.live_room(room)
        if live is None or live.kind != "direct":
            return False
        return room_key(conversation(live, self.person.id, self.person.name)[0]) == room_key(target)

    def all_joined(self) -> list[Room]:
        """The rooms the client is in."""
        return [room for name in tuple(self._rooms) if (room := self.joined(f"#{name}")) is not None]

    def attached(self, room: Room | RoomState) -> Sequence[Member]:
        """Who hears a room now, the client among them."""
        return self.house.attached(room.id)


def away(house: House, nick: str) -> Here | None:
    """Who has a nick, if they are here and away."""
    here = None if is_channel(nick) else house.named(nick)
    return here if here is not None and here.state == "away" else None


def is_channel(target: str) -> bool:
    """Whether this names a channel rather than a nick."""
    return target.startswith("#")


def room_key(channel: str) -> str:
    """Under which two names of channels are one; the name itself where it cannot be one."""
    name = channel.removeprefix("#")
    try:
        return fold(name)
    except NameRefused:
        return name
