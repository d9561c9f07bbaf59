"""What all slow clients together make the server keep is bounded, as it is for each of them.

A client is slow while it takes nothing of what is written to it, or is read no further. Now and then all that is kept
for those is weighed, what they share once; when it is too much, the heaviest have to go.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import structlog

from hobnob.chat.tick import Tick

if TYPE_CHECKING:
    from hobnob.chat.conversation import Conversation

WEIGH_EVERY = 1.0
"""Seconds. It takes many clients, and us much work, to bring about more than the bound in this time."""

_log = structlog.get_logger()


async def watch(slow: "dict[Conversation, None]", most: int) -> None:
    """Weigh them now and then, until cancelled."""
    while True:
        await asyncio.sleep(WEIGH_EVERY)
        relieve(slow, most)


def relieve(slow: "dict[Conversation, None]", most: int) -> None:
    """Send away the heaviest of the slow clients until at most `most` bytes are kept; forget who is slow no more."""
    for conversation in [each for each in slow if not each.slow]:
        del slow[conversation]
    at_most = sum(conversation.own_bytes() + conversation.session.outbox.size for conversation in slow)
    if at_most <= most:
        return
    gone = list(too_heavy(slow, most))
    for conversation in gone:
        conversation.dismiss(
            "The server is short of memory, and you take what it says too slowly. Connect again later.",
            "short-of-memory",
        )
    if gone:
        _log.warning("too much was kept for slow clients; the heaviest were sent away", clients=len(gone))


def too_heavy(slow: "Iterable[Conversation]", most: int) -> "Iterator[Conversation]":
    """The heaviest, as many as it takes to keep no more than `most` bytes for the others."""
    weights = {conversation: conversation.own_bytes() for conversation in slow}
    ticks = {conversation: conversation.session.outbox.ticks() for conversation in weights}
    readers = Counter(tick for those in ticks.values() for tick in those)
    kept = sum(weights.values()) + sum(map(_size, readers))
    for conversation in sorted(weights, key=lambda each: weights[each] + each.session.outbox.size, reverse=True):
        if kept <= most:
            return
        yield conversation
        kept -= weights[conversation]
        readers.subtract(ticks[conversation])
        kept -= sum(_size(tick) for tick in ticks[conversation] if not readers[tick])


def _size(tick: Tick) -> int:
    return sum(map(len, tick.chunks))
