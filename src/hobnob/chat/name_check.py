"""Whether somebody who is kept has a name: what is asked in one turn, or while others are looked up, is asked together.

Hundreds may come at the same moment. Most of what it costs to ask for one name is to have a thread do it, which then
contends with the loop for the interpreter. So names gather while look-ups follow each other.
"""

import asyncio
from collections.abc import Awaitable, Callable

GATHER = 0.002
"""Seconds for which names gather then; who comes alone never waits."""
BUSY = 0.010
"""Seconds after a look-up in which the next one follows it."""

Look = Callable[[tuple[str, ...]], Awaitable[dict[str, str]]]


class NameCheck:
    """See the head of this file. `look` asks the store why those of some names are not free that are not."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._loop = asyncio.get_running_loop()
        self._asked: list[tuple[str, asyncio.Future[str | None]]] = []
        self._looking: asyncio.Task[None] | None = None
        self._looked = float("-inf")
        """When the last look-up ended, by the loop's clock."""

    def ask(self, name: str) -> "asyncio.Future[str | None]":
        """Why a name is not free; None when it is. Fails as the store does."""
        answer: asyncio.Future[str | None] = self._loop.create_future()
        self._asked.append((name, answer))
        if self._looking is None:
            self._looking = self._loop.create_task(self._look_up())
        return answer

    async def _look_up(self) -> None:
        while self._asked:
            if self._loop.time() - self._looked < BUSY:
                await asyncio.sleep(GATHER)
            asked, self._asked = self._asked, []
            try:
                taken = await self._look(tuple(dict.fromkeys(name for name, _ in asked)))
            except Exception as error:  # noqa: BLE001  whoever asked gets it
                for _, answer in asked:
                    if not answer.done():  # who asked may have gone
                        answer.set_exception(error)
            else:
                for name, answer in asked:
                    if not answer.done():
                        answer.set_result(taken.get(name))
            self._looked = self._loop.time()
        self._looking = None
