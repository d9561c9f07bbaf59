"""Reactions to messages, and pins."""

import unicodedata
from typing import TYPE_CHECKING

from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import By, by, checked_ref, digest, me, message_of, room_of
from hobnob.chat.reaching import writing_to
from hobnob.chat.rights import Right, demand_in
from hobnob.chat.room import Room
from hobnob.protocol.commands import Pin, React, Unpin, Unreact
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Fact, MessagePinned, MessageUnpinned, ReactionAdded, ReactionRemoved
from hobnob.protocol.records import Message
from hobnob.protocol.replies import Done, Reply
from hobnob.protocol.text import clean_line
from hobnob.stores.store import Item, MessageStands

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MAX_EMOJI = 32
"""Bytes of a reaction."""
MOST_REACTIONS = 50
"""Different ones on one message."""


def checked_emoji(text: str) -> str:
    """A reaction as it is kept. Raises ``emoji-invalid``."""
    emoji = clean_line(unicodedata.normalize("NFC", text[: MAX_EMOJI + 1])).strip()
    if not emoji or len(emoji.encode()) > MAX_EMOJI or any(map(str.isspace, emoji)) or emoji != text.strip():
        raise ChatError("emoji-invalid")
    return emoji


async def _keep(
    chat: "Chat", session: "Session", room: Room, event: Fact, of: int, command: React | Unreact | Pin | Unpin
) -> Reply:
    requires = (chat.unchanged(room), MessageStands(room.id, of), *writing_to(chat, me(session).person, room))
    return await chat.tell(Item((event,), requires, (), event.by, command.ref, digest(command)), done, session)


async def _found(
    chat: "Chat", session: "Session", command: React | Unreact | Pin | Unpin, right: Right
) -> tuple[Room, Message, By]:
    checked_ref(command.ref)
    room, member = await room_of(chat, session, command.room)
    demand_in(chat, me(session).person, room, member, right)
    message = await message_of(chat, room, member, command.of)
    return room, message, by(member)


@handles(React, limit=Limit.SENDING)
async def react(chat: "Chat", session: "Session", command: React) -> Reply:
    """Add one's reaction; a second time it changes nothing."""
    emoji = checked_emoji(command.emoji)
    room, message, who = await _found(chat, session, command, Right.REACT)
    if who["by"] in message.reactions.get(emoji, ()):
        return Done()
    if emoji not in message.reactions and len(message.reactions) >= MOST_REACTIONS:
        raise ChatError("too-many", f"A message takes at most {MOST_REACTIONS} different reactions.")
    event = ReactionAdded(room=room.id, of=command.of, emoji=emoji, ref=command.ref, **who)
    return await _keep(chat, session, room, event, command.of, command)


@handles(Unreact, limit=Limit.SENDING)
async def unreact(chat: "Chat", session: "Session", command: Unreact) -> Reply:
    """Take one's reaction back, if it is there."""
    emoji = checked_emoji(command.emoji)
    room, message, who = await _found(chat, session, command, Right.REACT)
    if who["by"] not in message.reactions.get(emoji, ()):
        return Done()
    event = ReactionRemoved(room=room.id, of=command.of, emoji=emoji, ref=command.ref, **who)
    return await _keep(chat, session, room, event, command.of, command)


@handles(Pin, limit=Limit.SENDING)
async def pin(chat: "Chat", session: "Session", command: Pin) -> Reply:
    """Pin a message to its room."""
    room, message, who = await _found(chat, session, command, Right.PIN)
    if message.pinned:
        return Done()
    event = MessagePinned(room=room.id, of=command.of, ref=command.ref, **who)
    return await _keep(chat, session, room, event, command.of, command)


@handles(Unpin, limit=Limit.SENDING)
async def unpin(chat: "Chat", session: "Session", command: Unpin) -> Reply:
    """Unpin a message."""
    room, message, who = await _found(chat, session, command, Right.PIN)
    if not message.pinned:
        return Done()
    event = MessageUnpinned(room=room.id, of=command.of, ref=command.ref, **who)
    return await _keep(chat, session, room, event, command.of, command)
