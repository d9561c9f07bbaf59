"""The threads that read the store, for whom a loop must not wait.

Half of what a short reading costs is to have another thread do it. So this is a queue and as many threads as are
needed, without the locks and work items of an executor, which take three times as long.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

R = TypeVar("R")


class Readers:
    """See the head of this file. Used on one loop."""

    def __init__(self, threads: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [Thread(target=self._run, name=f"reader-{n}", daemon=True) for n in range(threads)]
        self._stopped = False
        for thread in self._threads:
            thread.start()

    def read(self, function: Callable[[], R]) -> "asyncio.Future[R]":
        """Call a function in a thread. RuntimeError once they have gone."""
        if self._stopped:
            raise RuntimeError("The readers have gone.")
        done: asyncio.Future[R] = self._loop.create_future()
        self._queue.put(partial(self._do, function, done))
        return done

    async def stop(self) -> None:
        """Read what was asked for, then let the threads go."""
        self._stopped = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            await self._loop.run_in_executor(None, thread.join)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            work()

    def _do(self, function: Callable[[], R], done: "asyncio.Future[R]") -> None:
        try:
            found = function()
        except Exception as error:  # noqa: BLE001  whoever asked gets it
            answer = partial(_fail, done, error)
        else:
            answer = partial(_succeed, done, found)
        with suppress(RuntimeError):  # the loop has ended, and nobody waits for this
            self._loop.call_soon_threadsafe(answer)


def _succeed(done: "asyncio.Future[R]", found: R) -> None:
    if not done.done():  # whoever asked may have gone
        done.set_result(found)


def _fail(done: "asyncio.Future[R]", error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
