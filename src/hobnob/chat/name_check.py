"""Whether somebody who is kept has a name: what is asked in one turn, or while the store is asked, is asked together.

Hundreds may come at the same moment. Most of what it costs to ask for one name is to have a thread do it, which then
contends with the loop for the interpreter.
"""

import asyncio
from collections.abc import Awaitable, Callable

Look = Callable[[tuple[str, ...]], Awaitable[dict[str, str]]]


class NameCheck:
    """See the head of this file. `look` asks the store why those of some names are not free that are not."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._loop = asyncio.get_running_loop()
        self._asked: list[tuple[str, asyncio.Future[str | None]]] = []
        self._looking: asyncio.Task[None] | None = None

    def ask(self, name: str) -> "asyncio.Future[str | None]":
        """Why a name is not free; None when it is. Fails as the store does."""
        answer: asyncio.Future[str | None] = self._loop.create_future()
        self._asked.append((name, answer))
        if self._looking is None:
            self._looking = self._loop.create_task(self._look_up())
        return answer

    async def _look_up(self) -> None:
        while self._asked:
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
        self._looking = None
