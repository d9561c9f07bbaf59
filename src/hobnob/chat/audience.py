"""Who hears a room, grouped by wire format: an event is encoded once for each format, however many listen.

`Audience.send` only appends to the tick of each group; `Pace` writes the ticks when the turn is over.
"""

import weakref
from typing import TYPE_CHECKING

from hobnob.chat.log import Log
from hobnob.chat.tick import Tick
from hobnob.gateways.gateway import WireFormat
from hobnob.protocol.events import Event
from hobnob.protocol.records import Room

if TYPE_CHECKING:
    from hobnob.chat.outbox import Outbox
    from hobnob.chat.pace import Pace
    from hobnob.chat.session import Session


class Group:
    """The clients of one audience that speak alike, and the tick that is being filled for them."""

    __slots__ = ("_audience", "outboxes", "tick", "wire")

    def __init__(self, wire: WireFormat, audience: "Audience") -> None:
        self.wire = wire
        self.outboxes: dict[Outbox, None] = {}
        self.tick: Tick | None = None
        self._audience = audience

    def take(self) -> Tick | None:
        """The filled tick, now past; the next event begins another."""
        tick, self.tick = self.tick, None
        if tick is not None:
            self._audience.remember(tick)
        return tick


class Audience:
    """The sessions that hear one log."""

    __slots__ = ("_groups", "_pace", "_past", "log")

    def __init__(self, pace: "Pace", log: Log) -> None:
        self._pace = pace
        self.log = log
        self._groups: dict[WireFormat, Group] = {}
        self._past: weakref.WeakSet[Tick] | None = None
        """All ticks that somebody may still have to read, also those of groups that nobody is in any more."""

    def add(self, session: "Session") -> None:
        """From now on this session hears what happens."""
        group = self._groups.get(session.wire)
        if group is None:
            group = self._groups[session.wire] = Group(session.wire, self)
        group.outboxes[session.outbox] = None
        if group.tick is not None:
            group.tick.starts[session.outbox] = len(group.tick.chunks)

    def remove(self, session: "Session") -> None:
        """From now on it does not; what it has heard so far is its own."""
        group = self._groups.get(session.wire)
        if group is None or session.outbox not in group.outboxes:
            return
        if group.tick is not None:
            session.outbox.collect(group.tick)
            self.remember(group.tick)
            self._pace.touch(session.outbox)
        del group.outboxes[session.outbox]
        if not group.outboxes:
            del self._groups[session.wire]

    def send(self, event: Event, room: Room | None, origin: "Session | None" = None, *, of_crowd: bool = False) -> None:
        """Let everyone hear an event; `origin`, who did it, only if its wire format has an echo.

        `of_crowd`: only those hear it whose wire format wants to hear of crowds.
        """
        for wire, group in self._groups.items():
            if of_crowd and not wire.crowds:
                continue
            data = wire.encode(event, room)
            if not data:
                continue
            doer = None if origin is None or wire.echo or origin.outbox not in group.outboxes else origin
            own = data if doer is None else b"" if doer.echo is None else doer.echo(event, room, data)
            if doer is None or own is data:
                self._tick(group).add(data, event)
                continue
            if len(group.outboxes) > 1:  # else there is nobody to share a tick
                tick = self._tick(group)
                tick.skips.setdefault(doer.outbox, []).append(tick.add(data, event))
            if own:
                doer.outbox.put(own)

    def _tick(self, group: Group) -> Tick:
        """The tick that is being filled for a group."""
        if group.tick is None:
            group.tick = Tick(self.log.id, group.wire)
            self._pace.touch_group(group)
        return group.tick

    def skip(self, session: "Session") -> None:
        """What this turn has brought so far is not for this session."""
        group = self._groups.get(session.wire)
        if group is not None and group.tick is not None:
            group.tick.starts[session.outbox] = len(group.tick.chunks)

    def remember(self, tick: Tick) -> None:
        """Know a tick as long as somebody has still to read it."""
        if self._past is None:
            self._past = weakref.WeakSet()
        self._past.add(tick)

    def erase(self, number: int, room: Room) -> None:
        """Forget the texts of message `number` wherever they wait for a slow reader; the facts stay, without them."""
        for tick in (*(self._past or ()), *(group.tick for group in self._groups.values() if group.tick is not None)):
            tick.erase(number, room)

    def __len__(self) -> int:
        return sum(len(group.outboxes) for group in self._groups.values())
