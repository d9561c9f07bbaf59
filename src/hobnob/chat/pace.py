"""When bytes leave: once per turn of the loop each client gets one write of all that the turn brought it.

At rest a turn is flushed at once. Under load the next flush waits as long as the last one took, several times
over, at most `LONGEST_WAIT`: fewer and larger writes, so that telling a thousand never starves the rest.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from hobnob.chat.tick import Tick

if TYPE_CHECKING:
    from hobnob.chat.audience import Group
    from hobnob.chat.outbox import Outbox

LONGEST_WAIT = 0.020
"""Seconds between two flushes under load, at the most."""
REST = 4
"""How many times as long as the last flush took the next one waits."""
NO_WAIT_BELOW = 0.0005
"""Seconds: a flush that took less is followed by the next one at once."""


class Pace:
    """Collects who has something to write, and flushes it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float] = time.perf_counter) -> None:
        self._loop = loop
        self._clock = clock
        self._groups: list[Group] = []
        self._outboxes: dict[Outbox, None] = {}
        self._not_before = 0.0
        self._scheduled = False

    def touch(self, outbox: "Outbox") -> None:
        """This client has bytes of its own."""
        self._outboxes[outbox] = None
        if not self._scheduled:
            self._schedule()

    def touch_group(self, group: "Group") -> None:
        """These clients have a tick; called with the tick's first chunk."""
        self._groups.append(group)
        if not self._scheduled:
            self._schedule()

    def settle(self, outbox: "Outbox") -> None:
        """Let a client collect what its rooms have brought so far in this turn."""
        for group in self._groups:
            if outbox in group.outboxes and group.tick is not None:
                outbox.collect(group.tick)

    def _schedule(self) -> None:
        self._scheduled = True
        wait = self._not_before - self._clock()
        if wait > 0:
            self._loop.call_later(wait, self.flush)
        else:
            # One turn later: what is answered in this turn then leaves in the same write.
            self._loop.call_soon(self._loop.call_soon, self.flush)

    def flush(self) -> None:
        """Write what the turn brought: one write for each client."""
        began = self._clock()
        self._scheduled = False
        groups, self._groups = self._groups, []
        outboxes, self._outboxes = self._outboxes, {}
        if len(groups) == 1:
            if (tick := groups[0].take()) is not None:
                self._share(groups[0], tick, outboxes)
        else:
            for group in groups:
                if (tick := group.take()) is not None:
                    for outbox in group.outboxes:
                        outbox.collect(tick)
                        outboxes[outbox] = None
        for outbox in outboxes:
            outbox.flush()
        took = self._clock() - began
        self._not_before = 0.0 if took < NO_WAIT_BELOW else began + took + min(took * REST, LONGEST_WAIT)

    def _share(self, group: "Group", tick: Tick, outboxes: "dict[Outbox, None]") -> None:
        data = tick.joined()
        special = tick.starts or tick.skips
        for outbox in tuple(group.outboxes):
            direct = outbox.direct
            if direct is not None and not (special and (outbox in tick.starts or outbox in tick.skips)):
                direct(data)
            else:
                outbox.collect(tick)
                outboxes[outbox] = None
