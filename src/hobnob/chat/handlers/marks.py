"""Read marks and what is unread: one truth, on the server, for all of a person's clients."""

from typing import TYPE_CHECKING

from hobnob.chat.confidential import shown
from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, digest, first_visible, lasting_me, room_of
from hobnob.protocol.commands import ListUnread, MarkRead, MarkUnread
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import ReadMarked
from hobnob.protocol.replies import Reply, Unread, UnreadRooms
from hobnob.stores.store import IsMember, Item

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session


@handles(MarkRead, limit=Limit.NOTING)
async def mark_read(chat: "Chat", session: "Session", command: MarkRead) -> Reply:
    """Have read up to a number."""
    return await _mark(chat, session, command, command.number)


@handles(MarkUnread, limit=Limit.NOTING)
async def mark_unread(chat: "Chat", session: "Session", command: MarkUnread) -> Reply:
    """Count a message and all after it as unread again."""
    return await _mark(chat, session, command, command.number - 1)


async def _mark(chat: "Chat", session: "Session", command: MarkRead | MarkUnread, upto: int | None) -> Reply:
    person = lasting_me(session)
    ref = checked_ref(command.ref)
    room, member = await room_of(chat, session, command.room)
    upto = room.log.head if upto is None else upto
    if not first_visible(room, member) - 1 <= upto <= room.log.head:
        raise ChatError("bad-number")
    event = ReadMarked(**by(person), room=room.id, upto=upto, ref=ref)
    requires = (IsMember(room.id, person.id),)
    return await chat.tell(Item((event,), requires, (), person.id, ref, digest(command)), done, session)


@handles(ListUnread, limit=Limit.READING_HISTORY)
async def list_unread(chat: "Chat", session: "Session", command: ListUnread) -> UnreadRooms:
    """Unread messages and mentions by room."""
    person = lasting_me(session)
    if command.room is not None:
        room, _ = await room_of(chat, session, command.room)
        one = await chat.keeper.read(chat.store.unread, person.id, room.id)
        return UnreadRooms(() if one is None else (one,))
    states = shown(session, await chat.keeper.read(chat.store.rooms_of, person.id))
    return UnreadRooms(tuple(Unread(state.id, state.read, state.unread, state.mentions) for state in states))
