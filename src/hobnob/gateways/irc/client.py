"""One IRC client as its commands see it: what it negotiated, who it is, which channels it has joined.

The client is spoken to by `line` and `numeric`; what it hears of others comes from its wire format instead.
"""

from collections.abc import Sequence
from typing import Final

from hobnob.gateways.gateway import House, Session
from hobnob.gateways.irc.message import Message, encode
from hobnob.gateways.irc.numerics import ERRORS, ERRORS_OF_COMMAND, Numeric
from hobnob.gateways.irc.wire import IrcWire, mask
from hobnob.protocol.errors import ChatError
from hobnob.protocol.names import NameRefused, fold
from hobnob.protocol.records import Member, Person, Role, RoomState

CAPABILITIES: Final = ("message-tags", "multi-prefix", "server-time", "standard-replies", "userhost-in-names")
"""What can be negotiated (ircv3.net). A person has one role in a room, so multi-prefix is kept by itself."""

PREFIXES: Final[dict[Role, str]] = {"owner": "~", "moderator": "@", "member": "", "guest": ""}


class Client:
    """See the head of this file. `wanted` is the nick that was asked for, until hello is answered."""

    __slots__ = ("_rooms", "capabilities", "has_user", "house", "negotiating", "registered", "session", "wanted")

    def __init__(self, house: House, session: Session) -> None:
        self.house = house
        self.session = session
        self.capabilities: frozenset[str] = frozenset()
        self.negotiating = False
        self.wanted: str | None = None
        self.has_user = False
        self.registered = False
        self._rooms: dict[str, RoomState] = {}

    @property
    def person(self) -> Person:
        """Who the client is, under the present name; only once it is registered."""
        person = self.session.person
        assert person is not None
        return person

    @property
    def nick(self) -> str:
        """How numerics address the client."""
        return self.person.name if self.registered else "*"

    def negotiate(self, capabilities: frozenset[str]) -> None:
        """Speak to the client by these capabilities from the next line on."""
        self.capabilities = capabilities
        self.session.wire = IrcWire(self.house.name, "server-time" in capabilities, "message-tags" in capabilities)

    def line(self, command: str, *params: str) -> bytes:
        """A line from the server."""
        return encode(Message(command, params, self.house.name))

    def own_line(self, command: str, *params: str, name: str | None = None) -> bytes:
        """A line about what the client itself did; `name` where it had another one then."""
        return encode(Message(command, params, mask(self.person.id, name or self.person.name)))

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
        return self.numeric(Numeric.ERR_UNKNOWNERROR, command, text=hint)

    def enter(self, room: RoomState) -> None:
        """The client has joined this room."""
        self._rooms[fold(room.name)] = room

    def leave(self, room: RoomState) -> None:
        """The client has left it."""
        self._rooms.pop(fold(room.name), None)

    def joined(self, channel: str) -> RoomState | None:
        """A room by its channel's name, if the client is in it.

        Being removed, or leaving from elsewhere, is told as an event that only the wire format sees, so it is found
        here by looking who hears the room.
        """
        room = self._rooms.get(room_key(channel))
        if room is not None and all(member.id != self.person.id for member in self.attached(room)):
            self.leave(room)
            return None
        return room

    def all_joined(self) -> list[RoomState]:
        """The rooms the client is in."""
        return [room for name in tuple(self._rooms) if (room := self.joined(f"#{name}")) is not None]

    def attached(self, room: RoomState) -> Sequence[Member]:
        """Who hears a room now, the client among them."""
        return self.house.attached(room.id)


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
