"""The contract of a bus: how nodes tell each other what happened.

The store is the truth. Messages on a bus are hints: they may vanish, come twice or overtake each other, and the
numbers in them tell. A node never hears its own messages.
"""

from collections.abc import Callable
from typing import Protocol

from hobnob.protocol.events import Event


class Bus(Protocol):
    """See the head of this file."""

    alone: bool
    """Whether there is no other node at all, so that nothing can have been missed."""

    async def start(self, hear: Callable[[Event], None]) -> None:
        """Call `hear`, on this event loop, with every event that other nodes publish."""

    def publish(self, event: Event) -> None:
        """Tell the other nodes. Never waits and never fails."""

    async def stop(self) -> None:
        """Hear and tell no more."""
