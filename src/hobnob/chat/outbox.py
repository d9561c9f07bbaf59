"""What waits to be written to one client, in order. Telling never waits: `put` is a plain function with a cap.

In one turn of the loop a client's own bytes and what its rooms brought gather in `_turn`; once per turn
`Pace` flushes it in one write. While the link is paused, or the client's live stream is held back, pieces
wait in order. Past the cap the client loses what its rooms brought (and is told of the gap, if its protocol has
words for that) or is cut.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hobnob.chat.tick import Tick

if TYPE_CHECKING:
    from hobnob.chat.pace import Pace

ONE_WRITE = 64 * 1024
"""Bytes: a reader who is catching up is not given more in one write."""


class Part(NamedTuple):
    """A run of chunks of a tick, and its size in bytes when it was put."""

    tick: Tick
    start: int
    stop: int
    size: int


Piece = bytes | Part


class Owner(Protocol):
    """Whose outbox it is."""

    def overflowed(self) -> None:
        """Too much waits: leave out what rooms and the house brought, or give up."""


_NO_GAPS: Final[Mapping[str, None]] = MappingProxyType({})


class Outbox:
    """See the head of this file.

    `write` sends bytes and never waits. The owner's `overflowed` is called once the pieces that wait exceed `cap`
    bytes and decides (`drop_rooms`, or ending the connection).
    """

    __slots__ = ("_cap", "_held", "_later", "_owner", "_pace", "_paused", "_turn", "_waiting", "_write", "direct",
                 "gaps", "size")  # fmt: skip

    def __init__(self, pace: "Pace", write: Callable[[bytes], None], owner: Owner, cap: int) -> None:
        self._pace = pace
        self._write = write
        self._owner = owner
        self._cap = cap
        # Made when there is something in them: an empty deque would be the largest part of an idle client.
        self._turn: list[Piece] | None = None
        self._waiting: deque[Piece] | None = None
        self._later: deque[Piece] | None = None
        self._paused = False
        self._held = False
        self.size = 0
        self.gaps: Mapping[str, None] = _NO_GAPS
        """The logs of which something was left out; replaced, never changed."""
        self.direct: Callable[[bytes], None] | None = write
        """Where `Pace` may write a shared tick at once: there is nothing else to keep in order with it."""

    def put(self, data: bytes) -> None:
        """Queue bytes for this client alone, after all that its rooms have brought so far."""
        self._pace.settle(self)
        self._turn = self._turn or []
        self._turn.append(data)
        self.direct = None
        self._pace.touch(self)

    def answer(self, data: bytes) -> None:
        """As `put`, but ahead of what is held back."""
        if self._held:
            self._waiting = self._waiting or deque()
            self._waiting.append(data)
            self.size += len(data)
            self._pace.touch(self)
        else:
            self.put(data)

    def collect(self, tick: Tick) -> None:
        """Take over what of a tick is this client's and was not taken yet."""
        start = tick.starts.get(self, 0)
        stop = len(tick.chunks)
        if start < stop and tick.room not in self.gaps:
            size = sum(map(len, tick.chunks[start:stop]))
            self._turn = self._turn or []
            self._turn.append(Part(tick, start, stop, size))
            self.direct = None
        tick.starts[self] = stop

    def flush(self) -> None:
        """The turn is over: write, or let it wait."""
        if not (self._paused or self._held or self._waiting):
            turn, self._turn = self._turn, None
            self.direct = self._write
            if turn and (data := self._bytes(turn)):
                self._write(data)
            return
        self._set_aside()
        if not self._paused:
            self._drain()
        if self.size > self._cap:
            self._owner.overflowed()

    def hold(self) -> None:
        """Keep back all that comes from now on, but for answers, until `release`."""
        if not self._held:
            self._pace.settle(self)
            self._set_aside()  # and not written now: it leaves with the answers that follow
            self._held = True
            self.direct = None

    def release(self) -> None:
        """Let what was held back follow."""
        if self._held:
            self._held = False
            if self._later:
                self._waiting = self._waiting or deque()
                self._waiting.extend(self._later)
                self._later = None
            if self._waiting:
                self._pace.touch(self)
            elif not (self._paused or self._turn):
                self.direct = self._write

    def pause(self) -> None:
        """The link is full."""
        self._paused = True
        self.direct = None

    def resume(self) -> None:
        """The link can take more."""
        self._paused = False
        self._drain()

    @property
    def paused(self) -> bool:
        """Whether the link is full."""
        return self._paused

    def drop_rooms(self, room: str | None = None) -> set[str]:
        """Forget what waits of a room, or of all; the rooms that lost something."""
        lost: set[str] = set()

        def stays(piece: Piece) -> bool:
            if isinstance(piece, Part) and (room is None or piece.tick.room == room):
                lost.add(piece.tick.room)
                return False
            return True

        self._turn = [piece for piece in self._turn or () if stays(piece)]
        self._waiting = deque(piece for piece in self._waiting or () if stays(piece))
        self._later = deque(piece for piece in self._later or () if stays(piece))
        self.size = sum(p.size if isinstance(p, Part) else len(p) for q in (self._waiting, self._later) for p in q)
        return lost

    def own_bytes(self) -> int:
        """Of what waits, the bytes that nobody else waits for."""
        return sum(len(piece) for piece in self._pieces() if not isinstance(piece, Part))

    def ticks(self) -> set[Tick]:
        """Of what waits, what others may wait for too."""
        return {piece.tick for piece in self._pieces() if isinstance(piece, Part)}

    def _pieces(self) -> Iterable[Piece]:
        return chain(self._turn or (), self._waiting or (), self._later or ())

    def _set_aside(self) -> None:
        """What this turn brought waits for its own turn."""
        turn = self._turn
        if not turn:
            return
        if self._held:
            queue = self._later = self._later or deque()
        else:
            queue = self._waiting = self._waiting or deque()
        for piece in turn:
            self.size += piece.size if isinstance(piece, Part) else len(piece)
        queue.extend(turn)
        self._turn = None

    def _drain(self) -> None:
        while (waiting := self._waiting) and not self._paused:
            pieces: list[Piece] = []
            size = 0
            while waiting and size < ONE_WRITE:
                piece = waiting.popleft()
                size += piece.size if isinstance(piece, Part) else len(piece)
                pieces.append(piece)
            self.size -= size
            if data := self._bytes(pieces):
                self._write(data)
        if not self._waiting:
            self._waiting = None
            if not (self._held or self._paused or self._turn):
                self.direct = self._write

    def _bytes(self, pieces: list[Piece]) -> bytes:
        if len(pieces) == 1:
            return self._one(pieces[0])
        return b"".join(map(self._one, pieces))

    def _one(self, piece: Piece) -> bytes:
        return piece.tick.part(piece.start, piece.stop, self) if isinstance(piece, Part) else piece
