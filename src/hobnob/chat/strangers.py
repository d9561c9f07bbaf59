"""Who has a connection and does not say who they are has to go, however much they say instead."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hobnob.chat.conversation import Conversation

INTRODUCE_WITHIN = 120.0
"""Seconds in which a client must have said who it is."""
LOOK_EVERY = 10.0


async def dismiss_late(conversations: "Iterable[Conversation]") -> None:
    """One look at all clients, oldest first, instead of a timer for each; until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_EVERY)
        late = loop.time() - INTRODUCE_WITHIN
        for conversation in tuple(conversations):
            if conversation.began > late:
                break
            if not conversation.introduced:
                conversation.dismiss("You did not say who you are in time. Connect again when you like.", "no-hello")
