"""One reader of events: a bounded queue that its owner empties at leisure, log by log in order, nothing twice.

Who falls behind loses nothing that is kept: at the bound, or after a gap, a log is read on by page from the last
number that was queued, as playback. What is merely told (typing, presence) is left out then. A reader of live events
alone does not read on: it misses what did not fit.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from hobnob.client.errors import ClientError, Refused
from hobnob.client.positions import Positions
from hobnob.protocol.commands import EventsSince
from hobnob.protocol.events import (
    Announced,
    AsideSent,
    DetailChanged,
    Fact,
    Gap,
    Goodbye,
    MemberAttached,
    MemberDetached,
    PresenceChanged,
    RoomLost,
    SignalSent,
    TypingChanged,
    WatchChanged,
)
from hobnob.protocol.replies import Events

MOST_QUEUED = 5000
"""Events that wait for one reader."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection broke; `hint` says why in a sentence. It is being restored.

    `code` is that of the server's last word (`Goodbye`), if it said one.
    """

    hint: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The connection is back. `new_epoch`: the server was set back or replaced, so what was known counts no more."""

    new_epoch: bool = False


Told = (
    Fact
    | MemberAttached
    | MemberDetached
    | TypingChanged
    | PresenceChanged
    | DetailChanged
    | WatchChanged
    | Announced
    | AsideSent
    | SignalSent
)
Happening = Told | Gap | Goodbye | Disconnected | Reconnected


class Heard(NamedTuple):
    """An event, and whether it is playback: something of the past that is told again, no news."""

    event: Happening
    playback: bool = False


Fetch = Callable[[EventsSince], Awaitable[Events]]


class Subscription(AsyncIterator[Heard]):
    """See the head of this file. For one task at a time; cancelling its waiting loses nothing."""

    def __init__(
        self, positions: Positions, fetch: Fetch, *, live_only: bool = False, since: dict[str, int] | None = None,
        most: int = MOST_QUEUED,
    ) -> None:  # fmt: skip
        self._positions = positions
        self._fetch = fetch
        self._live_only = live_only
        self._most = most
        self._queue: deque[Heard] = deque()
        self._queued = dict(positions.last) | (since or {})
        self._behind = dict.fromkeys(since or ())
        self._ready = asyncio.Event()
        self._error: ClientError | None = None
        if self._behind:
            self._ready.set()

    def offer(self, event: Happening) -> None:
        """Queue an event, if it fits; else remember that its log has to be read on."""
        match event:
            case Reconnected():
                if event.new_epoch:
                    self._queued, self._behind = dict(self._positions.last), {}
                self._put(Heard(event), always=True)
            case Gap():
                self._skip(self._positions.log_of(event), event)
            case Disconnected():
                self._put(Heard(event), always=True)
            case Goodbye():
                self._put(Heard(event))
            case _ if event.number:
                self._offer_fact(event)
            case _:
                self._put(Heard(event))

    def end(self, error: ClientError) -> None:
        """Nothing will come after what is queued."""
        self._error = error
        self._ready.set()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Heard:
        while not self._queue:
            if self._behind and self._error is None:
                await self._read_on(next(iter(self._behind)))
                continue
            if self._error is not None:
                if self._error.code == "closed":
                    raise StopAsyncIteration
                raise self._error
            self._ready.clear()
            await self._ready.wait()
        return self._queue.popleft()

    def _offer_fact(self, event: Told) -> None:
        log, playback = event.log, self._positions.is_playback(event)
        last = self._queued.get(log, event.number - 1)
        if event.number <= last:
            return
        if self._live_only:
            self._queued[log] = event.number
            if not playback:
                self._put(Heard(event))
        elif log in self._behind or event.number > last + 1 or len(self._queue) >= self._most:
            self._queued[log] = last
            self._behind[log] = None
            self._ready.set()
        else:
            self._queued[log] = event.number
            self._put(Heard(event, playback))
        if isinstance(event, RoomLost):
            self._queued.pop(event.room, None)
            self._behind.pop(event.room, None)

    def _skip(self, log: str, gap: Gap) -> None:
        if self._live_only:
            self._queued[log] = max(gap.head, self._queued.get(log, 0))
        elif self._queued.setdefault(log, gap.head) < gap.head:
            self._behind[log] = None
            self._ready.set()

    def _put(self, heard: Heard, *, always: bool = False) -> None:
        if always or len(self._queue) < self._most:
            self._queue.append(heard)
            self._ready.set()

    async def _read_on(self, log: str) -> None:
        """Queue the next page of a log that is behind."""
        number = self._queued[log]
        heard = self._positions.last.get(log, 0)  # kept before it was told, so a page read from here on has it
        try:
            page = await self._fetch(EventsSince(log=self._positions.name_of(log), number=number))
        except Refused:  # it may not be read any more
            page = Events()
        if self._queued.get(log) != number or log not in self._behind:
            return  # another epoch, or another room, began meanwhile
        for fact in page.events:
            if fact.number > self._queued[log]:
                self._queued[log] = fact.number
                self._queue.append(Heard(fact, playback=True))
        if not page.more:
            self._queued[log] = max(self._queued[log], heard)
            if self._queued[log] >= self._positions.last.get(log, 0):
                self._behind.pop(log, None)
