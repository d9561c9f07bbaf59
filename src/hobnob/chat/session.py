"""One connected client: who it is, how it is spoken to, which rooms it hears."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hobnob.chat.audience import Audience
from hobnob.chat.outbox import Outbox
from hobnob.gateways.gateway import Manner, Origin, WireFormat
from hobnob.protocol.events import Event, MemberLeft, RoomChanged
from hobnob.protocol.records import Person
from hobnob.protocol.records import Room as RoomRecord

if TYPE_CHECKING:
    from hobnob.chat.pace import Pace
    from hobnob.chat.people import Here
    from hobnob.chat.proofs import Proved
    from hobnob.chat.room import Room
    from hobnob.chat.scram import Challenge

OUTBOX_CAP = 1024 * 1024
"""Bytes that may wait for one client."""


class Session:
    """See the head of this file. `here` is the person it belongs to, once hello was said; `device` its token's id."""

    __slots__ = (
        "_wire",
        "audiences",
        "closed",
        "cut",
        "device",
        "echo",
        "here",
        "introducing",
        "last_word",
        "looked_at",
        "manner",
        "number",
        "origin",
        "outbox",
        "proving",
        "reads",
        "removed",
        "renamed",
        "rooms",
        "watched",
    )

    def __init__(
        self, pace: "Pace", manner: Manner, wire: WireFormat, origin: Origin, write: Callable[[bytes], None],
        cut: Callable[[str, str], None], number: int = 0,
    ) -> None:  # fmt: skip
        self.manner = manner
        self.origin = origin
        self.device = ""
        self.proving: Challenge | Proved | None = None
        """What it was asked to prove, or has proved; until it has answered, or says hello."""
        self.last_word: tuple[str, str] | None = None
        """The words and the code with which the session ends once the command that is under way is answered."""
        self.number = number
        self.cut = cut
        self.closed = False
        self.reads: dict[str, int] | None = None
        """Where what it hears counts as read when it leaves: the head of each room when it came there."""
        self.introducing = False
        """Its codec has not done all yet that belongs to coming in."""
        self.echo: Callable[[Event, RoomRecord | None, bytes], bytes] | None = None
        """What the client is told of its own doings, where its wire format has no echo."""
        self.looked_at = 0
        """The chat's count of removals when the last command that waited for something was done."""
        self.here: Here | None = None
        self.rooms: dict[str, Room] = {}
        self.watched: set[str] | None = None
        """The folded names that it watches."""
        self.audiences: tuple[Audience, ...] = ()
        self.outbox = Outbox(pace, write, self, OUTBOX_CAP)
        self.renamed: Callable[[RoomChanged, RoomRecord], bytes] | None = None
        """Hears that a room has another name, and says what the client alone is told of it."""
        self.removed: Callable[[MemberLeft, RoomRecord], bytes] | None = None
        """Hears that its person was removed from a room that it heard, and says what the client alone is told of it."""
        self._wire = wire

    @property
    def person(self) -> Person | None:
        """Who it is, under their present name; None before hello."""
        return self.here.person if self.here is not None else None

    @property
    def wire(self) -> WireFormat:
        """How it is spoken to; may be changed at any time."""
        return self._wire

    @wire.setter
    def wire(self, wire: WireFormat) -> None:
        if wire == self._wire:
            return
        for audience in self.audiences:
            audience.remove(self)
        self._wire = wire
        for audience in self.audiences:
            audience.add(self)

    def hear(self, audience: Audience) -> None:
        """Hear an audience's log from now on."""
        self.audiences += (audience,)
        audience.add(self)

    def unhear(self, audience: Audience) -> None:
        """Hear it no more."""
        if audience in self.audiences:
            self.audiences = tuple(other for other in self.audiences if other is not audience)
            audience.remove(self)

    def resume(self) -> None:
        """The link can take more: write what waited, and name the gaps where something was left out."""
        self.outbox.resume()
        if self.outbox.gaps:
            self._name_gaps()

    def release(self) -> None:
        """What was held back may follow; the same."""
        self.outbox.release()
        if self.outbox.gaps:
            self._name_gaps()

    def _name_gaps(self) -> None:
        outbox = self.outbox
        while outbox.gaps and not outbox.paused:
            log, *others = outbox.gaps
            outbox.gaps = dict.fromkeys(others)
            for audience in self.audiences:
                if audience.log.id == log:
                    audience.skip(self)
                    room = self.rooms.get(log)
                    record = None if room is None else room.record
                    outbox.put(self._wire.gap(record, audience.log.head) or b"")

    def overflowed(self) -> None:
        """Too much waits: leave out what rooms and the house brought, or give up."""
        outbox = self.outbox
        outbox.gaps = {**outbox.gaps, **dict.fromkeys(outbox.drop_rooms())}
        if outbox.size > OUTBOX_CAP or (outbox.gaps and self._wire.gap(None, 0) is None):
            self.cut("You were too slow to read what was said. Connect again to go on.", "too-slow")
