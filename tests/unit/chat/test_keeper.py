"""The thread that writes, when its loop ends before it does."""

import asyncio
import threading
from collections.abc import Sequence

from tests.unit.chat.conftest import DEADLINE

from hobnob.chat.keeper import Keeper
from hobnob.protocol.events import MessageSent
from hobnob.stores.memory import MemoryStore
from hobnob.stores.store import Item, Outcome


class SlowStore(MemoryStore):
    """Begins to keep, and goes on when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.gate = threading.Event(), threading.Event()
        self.kept = 0

    def keep(self, items: Sequence[Item], at: int) -> list[Outcome]:
        self.begun.set()
        self.gate.wait(DEADLINE)
        self.kept += len(items)
        return super().keep(items, at)


def test_a_loop_that_has_ended_is_told_nothing() -> None:
    """What it had given is kept, and the thread says nothing on stderr."""
    store = SlowStore()

    async def give_and_leave() -> Keeper:
        keeper = Keeper(store)
        keeper.keep(Item((MessageSent(room="r_tea", text="hi", by="p_ada", by_name="ada"),)), lambda _: None)
        await asyncio.to_thread(store.begun.wait, DEADLINE)
        return keeper

    keeper = asyncio.run(give_and_leave())
    store.gate.set()
    keeper._queue.put(None)
    keeper._thread.join(DEADLINE)
    assert not keeper._thread.is_alive()
    assert store.kept == 1
    for _ in keeper._readers._threads:
        keeper._readers._queue.put(None)
