"""The two contracts of a gateway, and House, all that a gateway may know of the chat.

A *codec* (lines, IRC, JSON) turns bytes into commands and events into bytes; it has no socket, no clock and no
`await`. A *host* (web) lets a library own the connection; inside, each of its conversations is a codec's again.
No rule of the chat stands in a gateway.

What a client hears of its rooms is encoded once per `WireFormat` and shared; what is personal (replies, small talk)
goes through `Codec.answer` and `Codec.receive` to the one client, in one order with everything else.
"""

import enum
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from hobnob.protocol import links
from hobnob.protocol.commands import Command
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Event, MemberLeft, RoomChanged
from hobnob.protocol.records import Member, Person, PresenceState, Role, Room
from hobnob.protocol.replies import Reply


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a client comes from.

    `address` is IP text, or a word for what is no network. `confidential`: nobody on the way can read along, by TLS or
    because it is this machine. `loopback`: it is this machine, with nothing in between that would make strangers look
    local. `counted`: under what its doings count; those who come by a proxy on this machine are not this machine.
    """

    address: str
    confidential: bool = True
    loopback: bool = True
    counted: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        looks_local = self.address.startswith("127.") or self.address == "::1"
        counted = f"proxied {self.address}" if looks_local and not self.loopback else self.address
        object.__setattr__(self, "counted", counted)


class Attach(enum.Enum):
    """Which rooms a client hears once it has said hello."""

    NOTHING = "nothing"
    LOBBY = "lobby"
    ALL = "all"


class Manner(msgspec.Struct, frozen=True):
    """How the clients of a gateway take part.

    `keeps`: without a token they become guests (with a device token), not visitors. `attach`: what they hear from the
    start, direct rooms all the same. `unnamed`: what one is called who gives no name (``Client``, ``Client-2``, …),
    instead of a made-up guest name. `facts`: they follow the numbered logs, so they also get the facts of the house and
    of their own log. `own`: they hear of the facts of their own log alone. `operator`: only who runs the server comes
    this way, so they come in whatever the access is, as an owner. `backlog`: where it is not 0, every command that
    comes too fast is slowed, and not only messages; so many bytes may wait meanwhile, and who sends more has to go.
    """

    gateway: str
    keeps: bool
    attach: Attach
    facts: bool
    unnamed: str | None = None
    operator: bool = False
    own: bool = False
    backlog: int = 0


class WireFormat(Hashable, Protocol):
    """How events are said to all clients that speak alike. Equal formats give equal bytes, so it is hashable."""

    @property
    def echo(self) -> bool:
        """Whether a client hears what it did itself."""

    @property
    def crowds(self) -> bool:
        """Whether a client hears who comes to a crowded room and leaves it, too, as its protocol demands."""

    def encode(self, event: Event, room: Room | None) -> bytes:
        """The bytes of an event (of `room`, where it belongs to one); empty when these clients are not shown it."""

    def gap(self, room: Room | None, head: int) -> bytes | None:
        """Bytes that say that events of a room (None: of the house) were left out, up to number `head`.

        None: there are no words for it, so such a client has to go.
        """

    def farewell(self, reason: str, code: str) -> bytes:
        """The last word before the server ends the connection; `code` is one of `Goodbye`."""


class Close(msgspec.Struct, frozen=True):
    """Yielded by a codec: end the connection once everything before it is written.

    `reason` is heard by others and may be the client's own words; `cause` is ours, for the log.
    """

    reason: str = ""
    cause: str = "goodbye"


Said = Command | bytes | Close


class Here(Protocol):
    """Somebody who is here, as they are at this moment; `text` says more about the state."""

    @property
    def person(self) -> Person: ...

    @property
    def state(self) -> PresenceState: ...

    @property
    def text(self) -> str: ...

    @property
    def clients(self) -> int:
        """With how many clients they are here."""

    def told(self, key: str) -> str:
        """What they tell of themselves under a key, as far as it is known by now; empty without it."""


class Session(Protocol):
    """One connected client, as its codec sees it."""

    @property
    def person(self) -> Person | None:
        """Who it is, under their present name; None before hello."""

    @property
    def origin(self) -> Origin:
        """Where the client comes from."""

    wire: WireFormat
    """May be changed at any time; it counts from the next event on."""

    introducing: bool
    """Whether there is more to its coming in than hello; who never ends that is sent away like who says no hello."""

    renamed: "Callable[[RoomChanged, Room], bytes] | None"
    """Hears that a room has another name, and says what the client alone is told of it."""

    removed: "Callable[[MemberLeft, Room], bytes] | None"
    """Hears that its person was removed from a room that it heard, and says what the client alone is told of it."""

    reads: dict[str, int] | None
    """Where it is a dict, all that the client hears counts as read when it leaves: the heads of rooms by id, at coming.

    For protocols in which nobody says what they have read.
    """

    echo: "Callable[[Event, Room | None, bytes], bytes] | None"
    """What the client is told of what it did itself, in its place among what others do, where its wire has no echo.

    It is given the bytes that others of its wire are told; those very bytes back mean that it is told the same.
    """


class Codec(Protocol):
    """One connection's language: bytes in, commands out, replies in, bytes out."""

    manner: Manner
    wire: WireFormat
    """The format to begin with."""

    def begin(self, session: Session) -> Iterable[bytes]:
        """Once, at the start; bytes to send at once."""

    def receive(self, data: bytes) -> Iterable[Said]:
        """What the peer's bytes say, split as they may be: commands, small talk to send back, or the end."""

    def end(self) -> Iterable[Said]:
        """The peer will send no more: what the kept rest says, and what follows from the end."""

    def answer(self, command: Command, reply: Reply | ChatError) -> Iterable[Said]:
        """How the outcome of a command is said. Commands that it yields go before everything received later."""


FLOOD = "Excess flood: you sent too much in a short time. Connect again and send it more slowly."
"""The last word to who sends on while more waits than may."""


class Link(Protocol):
    """The connection underneath a conversation."""

    def write(self, data: bytes) -> None:
        """Send; never waits."""

    def close(self) -> None:
        """Send what was written, then close."""

    def pause_reading(self, backlog: int = 0) -> None:
        """Pass on no more bytes for now; `backlog` of them may come and wait, and are too many for who sends more."""

    def resume_reading(self) -> None:
        """Take bytes again."""

    def held(self) -> int:
        """Bytes that were written and have not left yet, and bytes that came and wait."""


class Conversation(Protocol):
    """A codec at work on a link: one ordered queue of what was said and what is answered."""

    @property
    def introduced(self) -> bool:
        """Whether hello was answered with a welcome."""

    def receive(self, data: bytes) -> None:
        """Bytes came."""

    def end(self) -> None:
        """No more bytes will come; what was said is still done and answered, then the link is closed."""

    def pause(self) -> None:
        """The link's buffer is full: write nothing until `resume`."""

    def resume(self) -> None:
        """The link can take more."""

    def dismiss(self, reason: str, code: str) -> None:
        """Say the last word and close."""

    def lost(self, reason: str) -> None:
        """The link is gone."""


class House(Protocol):
    """All that a gateway may know of the chat."""

    name: str
    """What this server calls itself, without spaces."""

    version: str

    reached_at: "Callable[[], links.Link | None]"
    """Says how others reach the server, and by which key to know it (empty: it speaks no TLS); None: nobody knows."""

    def enter(self, codec: Codec, link: Link, origin: Origin) -> Conversation:
        """Let a client in."""

    def here(self, person: str) -> Here | None:
        """Somebody who is here, by id."""

    def named(self, name: str) -> Here | None:
        """Somebody who is here, by name, as names compare."""

    def live_room(self, room: str) -> Room | None:
        """A live room, by id. Only for what its members hear."""

    def role(self, room: str, person: str) -> Role | None:
        """What somebody may do in a room (by id) that they hear; None where they do not."""

    def attached(self, room: str) -> Sequence[Member]:
        """Who hears a room (by id) now, by name. Only for rooms that the asking session hears."""
