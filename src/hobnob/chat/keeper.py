"""Group commit: one thread writes, and each commit takes all that has gathered while the last one ran.

Items given in one turn of the loop go to the thread together; their outcomes come back together, in order.
Reads run in a few threads of their own.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import ParamSpec, TypeVar

import structlog

from hobnob.chat.kept_names import MOST, KeptNames
from hobnob.chat.name_check import NameCheck
from hobnob.chat.readers import Readers
from hobnob.stores.store import Item, Outcome, Refused, Store

P = ParamSpec("P")
R = TypeVar("R")
Done = Callable[[Outcome], None]

LARGEST_BATCH = 2000
"""Items in one transaction."""
GATHER = 0.004
"""Seconds that a batch gathers while commits follow each other; one client that waits for its answers never waits."""
BUSY = 0.010
"""Seconds after a commit in which the next batch follows it."""
MANY = 4
"""Items of a batch from which on gathering pays."""
READERS = 2

_log = structlog.get_logger()


def now_ms() -> int:
    """The wall clock in ms since 1970."""
    return time.time_ns() // 1_000_000


class Keeper:
    """The one way from the chat to its store."""

    def __init__(self, store: Store, clock: Callable[[], int] = now_ms) -> None:
        self._store = store
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self.kept = asyncio.Event()
        """Set after each commit; whoever waits for it clears it."""
        self._turn: list[tuple[Item, Done]] = []
        self._given = self._answered = 0
        """Items, since the start."""
        self._behind: deque[tuple[int, Callable[[], None]]] = deque()
        """What is called once so many items are answered, in order."""
        self._queue: SimpleQueue[list[tuple[Item, Done]] | None] = SimpleQueue()
        self._readers = Readers(READERS)
        self._names = KeptNames()
        self._check = NameCheck(self._names_taken)
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def keep(self, item: Item, done: Done) -> None:
        """Have an item kept; `done` is called on the loop with its outcome, in the order of the calls."""
        if not self._turn:
            self._loop.call_soon(self._hand_over)
        self._names.note(item)
        self._turn.append((item, done))
        self._given += 1

    def after_all(self, then: Callable[[], None]) -> bool:
        """Have `then` called once all items that were given until now are answered; False where they are already."""
        if self._answered == self._given:
            return False
        self._behind.append((self._given, then))
        return True

    async def read(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call one of the store's reading methods in a thread."""
        return await self._readers.read(lambda: function(*args, **kwargs))

    async def know_names(self) -> None:
        """From now on know who is kept by name, if they are few. Call it before anything is kept, and where nobody
        else writes to the store."""
        self._names.know(await self.read(self._store.name_keys, MOST + 1))

    def name_taken(self, name: str) -> asyncio.Future[str | None]:
        """``name-taken`` or ``name-lookalike`` when somebody kept has it, else None."""
        return self._check.ask(name)

    async def _names_taken(self, names: tuple[str, ...]) -> dict[str, str]:
        unsure = [name for name in names if not self._names.lack(name)]
        return await self.read(self._store.names_taken, unsure) if unsure else {}

    async def stop(self) -> None:
        """Keep what was given, answer it, then let the threads go."""
        self._hand_over()
        self._queue.put(None)
        await self._loop.run_in_executor(None, self._thread.join)
        await self._readers.stop()

    def _hand_over(self) -> None:
        if self._turn:
            self._queue.put(self._turn)
            self._turn = []

    def _run(self) -> None:
        stopping = False
        committed = 0.0
        size = 0
        while not stopping:
            batch = self._queue.get()
            if batch is None:
                return
            if MANY <= size < LARGEST_BATCH and time.monotonic() - committed < BUSY:
                time.sleep(GATHER)
            while len(batch) < LARGEST_BATCH and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    stopping = True
                    break
                batch += more
            outcomes = self._keep([item for item, _ in batch])
            committed = time.monotonic()
            size = len(batch)
            with suppress(RuntimeError):  # the loop has ended, and nobody waits for this; it is kept all the same
                self._loop.call_soon_threadsafe(self._answer, batch, outcomes)

    def _keep(self, items: list[Item]) -> list[Outcome]:
        try:
            return self._store.keep(items, self._clock())
        except Exception:  # noqa: BLE001  the writer must outlive whatever the store meets
            _log.exception("keeping failed", items=len(items))
            return [Refused("store-unavailable")] * len(items)

    def _answer(self, batch: list[tuple[Item, Done]], outcomes: list[Outcome]) -> None:
        for (_, done), outcome in zip(batch, outcomes, strict=True):
            try:
                done(outcome)
            except Exception:  # noqa: BLE001  nobody must wait for ever because telling another one's failed
                _log.exception("telling what was kept failed")
        self._answered += len(batch)
        while self._behind and self._behind[0][0] <= self._answered:
            self._behind.popleft()[1]()
        self.kept.set()
