"""The live logs of this node, by id: what one of them lacks is read from the store.

Facts of other nodes come as hints that may be lost: a gap is read after a moment, and where there are other nodes the
heads of all live logs are looked at every few seconds, which finds a lost last one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog

from hobnob.chat.log import Log
from hobnob.protocol.events import Event

if TYPE_CHECKING:
    from hobnob.chat.keeper import Keeper
    from hobnob.chat.session import Session
    from hobnob.stores.store import Store

FILL_AFTER = 0.2
"""Seconds that a log waits for a missing fact before it is read from the store."""
LOOK_EVERY = 5.0
"""Seconds between two looks at the heads of all live logs, when there are other nodes."""

_log = structlog.get_logger()


class Logs:
    """See the head of this file. `start` runs work in the background; nothing is begun any more once it is stopped."""

    def __init__(self, store: "Store", keeper: "Keeper", start: Callable[[Awaitable[None]], None]) -> None:
        self.live: dict[str, Log] = {}
        self._store = store
        self._keeper = keeper
        self._start = start
        self._loop = asyncio.get_running_loop()
        self._looking: asyncio.Task[None] | None = None
        self._stopped = False
        self._late = self.fill_soon  # bound once for all, as every log keeps it

    def begin(self, id: str, head: int, apply: "Callable[[Event, Session | None], None]") -> Log:
        """Begin to follow a log after fact `head`."""
        log = self.live[id] = Log(id, head, apply, self._late)
        return log

    def end(self, id: str) -> None:
        """Follow a log no more."""
        if (log := self.live.pop(id, None)) is not None:
            log.end()

    def fill_soon(self, log: Log) -> None:
        """Read what a log lacks from the store, if it does not come by itself."""
        self._loop.call_later(FILL_AFTER, lambda: self._start(self._fill(log)) if not self._stopped else None)

    async def reach(self, heads: dict[str, int]) -> None:
        """Wait until live logs have let through what their store already has, as long as they are followed."""
        for name, head in heads.items():
            log = self.live.get(name)
            if log is not None and log.head < head:
                reached = self._loop.create_future()
                log.when(head, partial(_settle, reached))
                self.fill_soon(log)
                await reached

    def look(self) -> None:
        """From now on look at the heads of all, for there are other nodes."""
        self._looking = self._loop.create_task(self._look_at_heads())

    async def stop(self) -> None:
        """Read nothing any more."""
        self._stopped = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _fill(self, log: Log) -> None:
        """Read from the store what a live log lacks; later, if the store cannot be read now."""
        more = True
        while more and self.live.get(log.id) is log:
            try:
                facts, more = await self._keeper.read(self._store.events_since, log.id, log.head, 1000)
            except Exception as error:  # noqa: BLE001  whatever the store meets, it may be well again soon
                _log.warning("a log could not be read; it is tried again", log=log.id, error=repr(error))
                return self.fill_soon(log)
            for fact in facts:
                log.take(fact)
        return None

    async def _look_at_heads(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            logs = tuple(self.live)
            for start in range(0, len(logs), 500):
                await self._fill_behind(logs[start : start + 500])

    async def _fill_behind(self, logs: tuple[str, ...]) -> None:
        try:
            heads = await self._keeper.read(self._store.heads, logs)
        except Exception as error:  # noqa: BLE001  the next look may succeed
            _log.warning("the heads of logs could not be read; it is tried again", error=repr(error))
            return
        for name, head in heads.items():
            log = self.live.get(name)
            if log is not None and log.head < head:
                await self._fill(log)


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():  # whoever waited may have gone
        future.set_result(None)
