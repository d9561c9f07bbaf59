"""Searches, in threads of their own: one at a time for each person, a few at once for all.

Here also runs what lets the index follow the store: after a commit, soon but never in its way.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from hobnob.protocol.errors import ChatError
from hobnob.stores.search.search import Index, IndexUnavailable, NoSuchMessage, Page, Question, SearchTooSlow

if TYPE_CHECKING:
    from hobnob.chat.keeper import Keeper

FOLLOW_EVERY = 0.2
"""Seconds between two looks for what was kept, while something is."""
REST = 3
"""How many times as long as a batch took the index rests before the next: who talks comes first."""
TRY_AGAIN_AFTER = 30.0
"""Seconds after which an index that failed is tried again."""
AT_ONCE = 2
MOST_WAITING = 20
"""Searches that are under way or wait for their turn; what comes then is refused."""

_log = structlog.get_logger()


class Searching:
    """See the head of this file. `start` begins to follow, `stop` ends all."""

    def __init__(self, index: Index, keeper: "Keeper") -> None:
        self._index = index
        self._keeper = keeper
        self._threads = ThreadPoolExecutor(AT_ONCE + 1, "search")
        self._loop = asyncio.get_running_loop()
        self._asking: dict[str, set[tuple[str, int]]] = {}
        """Who is searching, and what was deleted meanwhile."""
        self._following: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Let the index follow, beginning with what was kept before."""
        self._keeper.kept.set()
        self._following = self._loop.create_task(self._follow())

    async def stop(self) -> None:
        """End what is under way."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        await self._loop.run_in_executor(None, self._threads.shutdown)

    async def search(self, question: Question) -> Page:
        """What somebody searches for, without what was deleted meanwhile.

        Raises:
            ChatError: ``search-busy``, ``search-too-slow``, ``search-unavailable``, ``bad-number``.
        """
        if question.asker in self._asking:
            raise ChatError("search-busy")
        if len(self._asking) >= MOST_WAITING:
            raise ChatError("search-busy", "Too many people are searching right now. Try again in a moment.")
        deleted = self._asking[question.asker] = set()
        try:
            page = await self._loop.run_in_executor(self._threads, self._look, question)
            return replace(page, hits=tuple(hit for hit in page.hits if (hit.room, hit.number) not in deleted))
        except SearchTooSlow:
            raise ChatError("search-too-slow") from None
        except NoSuchMessage:
            raise ChatError("bad-number") from None
        except IndexUnavailable as error:
            _log.warning("a search failed", reason=str(error))
            raise ChatError("search-unavailable") from error
        finally:
            self._asking.pop(question.asker)

    def deleted(self, room: str, number: int) -> None:
        """A message is no more: searches that are under way must not tell it."""
        for meanwhile in self._asking.values():
            meanwhile.add((room, number))

    def _look(self, question: Question) -> Page:
        self._index.index_more()  # so that one finds what was said a moment ago
        return self._index.search(question)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_EVERY)
            await self._keeper.kept.wait()
            self._keeper.kept.clear()
            try:
                await self._catch_up()
            except IndexUnavailable as error:
                _log.warning("the index cannot follow; it is tried again", reason=str(error))
                self._keeper.kept.set()
                await asyncio.sleep(TRY_AGAIN_AFTER)

    async def _catch_up(self) -> None:
        more = True
        while more:
            begun = time.monotonic()
            more = await self._loop.run_in_executor(self._threads, self._index.index_more)
            if more:  # a whole store is indexed anew in a quarter of a thread's time
                await asyncio.sleep(REST * (time.monotonic() - begun))
