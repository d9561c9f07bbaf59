"""Reactions to messages, and pins."""

import unicodedata
from typing import TYPE_CHECKING

from hobnob.chat.handlers.messages import AboutMessage, about_message, done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, digest, me
from hobnob.chat.reaching import writing_to
from hobnob.chat.rights import Right
from hobnob.protocol.commands import Pin, React, Unpin, Unreact
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Fact, MessagePinned, MessageUnpinned, ReactionAdded, ReactionRemoved
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

Asked = React | Unreact | Pin | Unpin


def checked_emoji(text: str) -> str:
    """A reaction as it is kept. Raises ``emoji-invalid``."""
    emoji = clean_line(unicodedata.normalize("NFC", text[: MAX_EMOJI + 1])).strip()
    if not emoji or len(emoji.encode()) > MAX_EMOJI or any(map(str.isspace, emoji)) or emoji != text.strip():
        raise ChatError("emoji-invalid")
    return emoji


async def _keep(chat: "Chat", session: "Session", about: AboutMessage, event: Fact, command: Asked) -> Reply:
    room = about.room
    requires = (about.unchanged, MessageStands(room.id, command.of), *writing_to(chat, me(session).person, room))
    return await chat.tell(Item((event,), requires, (), event.by, command.ref, digest(command)), done, session)


async def _about(chat: "Chat", session: "Session", command: Asked, right: Right) -> AboutMessage:
    checked_ref(command.ref)
    return await about_message(chat, session, command.room, command.of, right)


@handles(React, limit=Limit.SENDING)
async def react(chat: "Chat", session: "Session", command: React) -> Reply:
    """Add one's reaction; a second time it changes nothing."""
    emoji = checked_emoji(command.emoji)
    about = await _about(chat, session, command, Right.REACT)
    if about.member.id in about.message.reactions.get(emoji, ()):
        return Done()
    if emoji not in about.message.reactions and len(about.message.reactions) >= MOST_REACTIONS:
        raise ChatError("too-many", f"A message takes at most {MOST_REACTIONS} different reactions.")
    event = ReactionAdded(room=about.room.id, of=command.of, emoji=emoji, ref=command.ref, **by(about.member))
    return await _keep(chat, session, about, event, command)


@handles(Unreact, limit=Limit.SENDING)
async def unreact(chat: "Chat", session: "Session", command: Unreact) -> Reply:
    """Take one's reaction back, if it is there."""
    emoji = checked_emoji(command.emoji)
    about = await _about(chat, session, command, Right.REACT)
    if about.member.id not in about.message.reactions.get(emoji, ()):
        return Done()
    event = ReactionRemoved(room=about.room.id, of=command.of, emoji=emoji, ref=command.ref, **by(about.member))
    return await _keep(chat, session, about, event, command)


@handles(Pin, limit=Limit.SENDING)
async def pin(chat: "Chat", session: "Session", command: Pin) -> Reply:
    """Pin a message to its room."""
    about = await _about(chat, session, command, Right.PIN)
    if about.message.pinned:
        return Done()
    event = MessagePinned(room=about.room.id, of=command.of, ref=command.ref, **by(about.member))
    return await _keep(chat, session, about, event, command)


@handles(Unpin, limit=Limit.SENDING)
async def unpin(chat: "Chat", session: "Session", command: Unpin) -> Reply:
    """Unpin a message."""
    about = await _about(chat, session, command, Right.PIN)
    if not about.message.pinned:
        return Done()
    event = MessageUnpinned(room=about.room.id, of=command.of, ref=command.ref, **by(about.member))
    return await _keep(chat, session, about, event, command)
