"""Deleting all that a deleted account said, and its names: in the background, batch by batch, on after a restart."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import MessageDeleted
from hobnob.stores.store import Blanked, ForgetNames, Item, MessageStands

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat

BATCH = 100
"""Messages that are deleted at once."""
REST = 0.02
"""Seconds between two batches: whoever talks comes first."""
TRY_AGAIN_AFTER = 30.0
"""Seconds after which it goes on where the store could not be read or written."""

_log = structlog.get_logger()


async def blank(chat: "Chat", person: str) -> None:
    """Delete the messages of a deleted account, until there are none."""
    while not chat.stopping:
        try:
            said = await chat.keeper.read(chat.store.messages_by, person, BATCH)
            if not said:
                await _forget_names(chat, person)
                await chat.tell(Item((), writes=(Blanked(person),)), lambda _: None)
                return
            await asyncio.gather(*(_delete(chat, person, room, number) for room, number in said))
            await asyncio.sleep(REST)
        except Exception as error:  # noqa: BLE001  whatever the store meets, it may be well again soon
            _log.warning("not all that a deleted account said is deleted; it is tried again", error=repr(error))
            await asyncio.sleep(TRY_AGAIN_AFTER)


async def _forget_names(chat: "Chat", person: str) -> None:
    """Let what they did beside stay, under nobody's name."""
    after: int | None = 0
    while after is not None:
        found, after = await chat.keeper.read(chat.store.naming, person, after, BATCH)
        if found:
            await chat.tell(Item((), writes=(ForgetNames(person, tuple(found)),)), lambda _: None)
            await asyncio.sleep(REST)


async def _delete(chat: "Chat", person: str, room: str, number: int) -> None:
    gone = MessageDeleted(room=room, of=number, author=person)
    try:
        await chat.tell(Item((gone,), (MessageStands(room, number),)), lambda _: None)
    except ChatError as error:
        if error.code != "deleted":  # by a moderator, just now
            raise
