"""What one wire format hears of one room in one turn of the loop, encoded once and shared by all its readers.

A reader who falls behind keeps references to ticks, never copies, so a thousand laggards cost the bytes of one;
a deleted message is erased from every tick that is still waiting for somebody.
"""

from msgspec.structs import replace

from hobnob.gateways.gateway import WireFormat
from hobnob.protocol.events import Event, MessageEdited, MessageSent
from hobnob.protocol.records import Room


class Tick:
    """The chunks of one turn, in order, and the events that they tell of."""

    __slots__ = ("__weakref__", "_joined", "_wire", "chunks", "events", "room", "skips", "starts")

    def __init__(self, room: str, wire: WireFormat) -> None:
        self.room = room
        self._wire = wire
        self.chunks: list[bytes] = []
        self.events: list[Event] = []
        self.starts: dict[object, int] = {}
        """By outbox: the chunks before this index are not its own to write (it came later, or has them already)."""
        self.skips: dict[object, list[int]] = {}
        """By outbox: the indexes of what its client did itself and does not want to hear."""
        self._joined: bytes | None = None

    def add(self, chunk: bytes, event: Event) -> int:
        """Append a chunk; its index."""
        self.chunks.append(chunk)
        self.events.append(event)
        self._joined = None
        return len(self.chunks) - 1

    def joined(self) -> bytes:
        """All chunks as one piece, joined once for all readers."""
        if self._joined is None:
            self._joined = self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)
        return self._joined

    def part(self, start: int, stop: int, outbox: object) -> bytes:
        """The chunks from `start` to before `stop`, less what `outbox` does not want to hear."""
        skips = self.skips.get(outbox)
        if not skips:
            if start == 0 and stop == len(self.chunks):
                return self.joined()
            return b"".join(self.chunks[start:stop])
        return b"".join(self.chunks[index] for index in range(start, stop) if index not in skips)

    def erase(self, number: int, room: Room) -> None:
        """Forget the texts of message `number`; its facts are told without them, so that no reader misses a number."""
        for index, event in enumerate(self.events):
            bare: Event
            if isinstance(event, MessageSent) and event.number == number:
                bare = replace(event, text="", mentions=(), tags={}, edited=False, deleted=True)
            elif isinstance(event, MessageEdited) and event.of == number:
                bare = replace(event, text="", mentions=())
            else:
                continue
            self.events[index] = bare
            self.chunks[index] = self._wire.encode(bare, room)
            self._joined = None
