"""How far each log was heard: what a hello names, and what tells a repeated fact from a new one.

A log's key is its id: a room's, one's own (``p_…``) or the house's. Without sockets, without time.
"""

from collections.abc import Iterator

from hobnob.protocol.events import AnyEvent, Event, Gap, Goodbye, RoomLost
from hobnob.protocol.ids import HOUSE
from hobnob.protocol.records import RoomState
from hobnob.protocol.replies import Welcome

MOST_NAMED = 1000
"""Rooms in one hello, which has to fit into a frame; what was missed in others is read by page."""


class Positions:
    """The last number of each log, and up to where it is playback."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.me = ""
        self.last: dict[str, int] = {}
        self._playback: dict[str, int] = {}

    def rooms(self) -> dict[str, int]:
        """The rooms' last numbers, as a hello names them."""
        rooms = [(log, number) for log, number in self.last.items() if log not in (HOUSE, self.me)]
        return dict(rooms[:MOST_NAMED])

    def welcome(self, welcome: Welcome) -> list[Gap]:
        """Go on from a welcome. What was missed follows as events, but for the gaps that this returns."""
        heads = {state.id: state.head for state in welcome.rooms}
        heads |= {HOUSE: welcome.house, welcome.you.id: welcome.me}
        named = {HOUSE, self.me, *self.rooms()}
        known = self.last if welcome.epoch == self.epoch else {}
        self.epoch, self.me = welcome.epoch, welcome.you.id
        self.last = {log: min(known.get(log, head), head) for log, head in heads.items()}
        self._playback = heads
        return [Gap(head, room=log) for log, head in heads.items() if log not in named and self.last[log] < head]

    def joined(self, state: RoomState) -> None:
        """Hear a room after its head; one that is heard already goes on as it does."""
        self.last.setdefault(state.id, state.head)

    def take(self, event: AnyEvent) -> bool:
        """Whether an event is news; if so, the log has come as far as that."""
        if isinstance(event, Goodbye):
            return True
        log = self.log_of(event)
        number = event.head if isinstance(event, Gap) else event.number
        if isinstance(event, Gap):
            self._playback[log] = max(number, self._playback.get(log, 0))
        elif number == 0:
            return True
        if number <= self.last.get(log, 0):
            return False
        self.last[log] = number
        if isinstance(event, RoomLost):
            self.last.pop(event.room, None)
        return True

    def is_playback(self, event: Event) -> bool:
        """Whether a fact was there before this connection was."""
        return 0 < event.number <= self._playback.get(event.log, 0)

    def log_of(self, event: Event | Gap) -> str:
        """The key of an event's log."""
        if isinstance(event, Gap):
            return event.room or (self.me if event.log == "me" else HOUSE)
        return event.log

    def name_of(self, log: str) -> str:
        """A log as ``events_since`` takes it."""
        return "me" if log == self.me else log

    def __iter__(self) -> Iterator[str]:
        return iter(self.last)
