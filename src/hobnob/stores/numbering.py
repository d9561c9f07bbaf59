"""How a log counts: numbers without gaps, times that never go back, and the messages of a room.

Every store numbers with this one class, so that they cannot differ.
"""

from msgspec.structs import replace

from hobnob.protocol.consequences import loses_rights
from hobnob.protocol.events import Fact, MessageSent, RoomEvent
from hobnob.protocol.times import rfc3339


class LogState:
    """Where a log stands: its last number and time (ms), its messages, and how often somebody lost a right."""

    __slots__ = ("at", "count", "head", "id", "rights")

    def __init__(self, id: str, head: int = 0, count: int = 0, at: int = 0, rights: int = 0) -> None:
        self.id = id
        self.head = head
        self.count = count
        self.at = at
        self.rights = rights

    def number(self, event: Fact, now: int) -> Fact:
        """The event as the next fact of this log, at `now` or, should the clock have gone back, at the last time."""
        self.head += 1
        self.at = max(self.at, now)
        if type(event) is MessageSent:
            self.count += 1
        elif loses_rights(event):
            self.rights += 1
        if isinstance(event, RoomEvent):
            return replace(event, number=self.head, at=rfc3339(self.at), count=self.count)
        return replace(event, number=self.head, at=rfc3339(self.at))
