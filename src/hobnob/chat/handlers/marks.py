"""Read marks and what is unread: one truth, on the server, for all of a person's clients."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.confidential import shown
from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, checked_time, digest, first_visible, lasting_me, me, room_of
from hobnob.chat.room import Room, RoomMember
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
    return await _mark(chat, session, command, command.number, command.at)


@handles(MarkUnread, limit=Limit.NOTING)
async def mark_unread(chat: "Chat", session: "Session", command: MarkUnread) -> Reply:
    """Count a message and all after it as unread again."""
    return await _mark(chat, session, command, command.number - 1)


async def _mark(
    chat: "Chat", session: "Session", command: MarkRead | MarkUnread, upto: int | None, at: str | None = None
) -> Reply:
    person = lasting_me(session)
    ref = checked_ref(command.ref)
    room, member = await room_of(chat, session, command.room)
    first = first_visible(room, member) - 1
    if at is not None:
        upto = max(first, await chat.keeper.read(chat.store.number_at, room.id, checked_time(at)))
    upto = room.log.head if upto is None else upto
    if not first <= upto <= room.log.head:
        raise ChatError("bad-number")
    moments = me(session).moments = me(session).moments or {}
    moments.pop(room.id, None)
    if at is not None:
        moments[room.id] = at
    event = ReadMarked(**by(person), room=room.id, upto=upto, moment=at or "", ref=ref)
    requires = (IsMember(room.id, person.id),)
    return await chat.tell(Item((event,), requires, (), person.id, ref, digest(command)), done, session)


async def _read_at(chat: "Chat", session: "Session", room: Room, member: RoomMember, number: int) -> str:
    """Up to when a room was read: what was named, or the time of the last message that was."""
    moments = me(session).moments
    if moments and room.id in moments:
        return moments[room.id]
    last, _ = await chat.keeper.read(
        chat.store.history, room.id, before=number + 1, after=None, around=None, limit=1,
        since=first_visible(room, member),
    )  # fmt: skip
    return last[0].at if last else ""


@handles(ListUnread, limit=Limit.READING_HISTORY)
async def list_unread(chat: "Chat", session: "Session", command: ListUnread) -> UnreadRooms:
    """Unread messages and mentions by room."""
    person = lasting_me(session)
    if command.room is not None:
        room, member = await room_of(chat, session, command.room)
        one = await chat.keeper.read(chat.store.unread, person.id, room.id)
        if one is None:
            return UnreadRooms()
        return UnreadRooms((replace(one, read_at=await _read_at(chat, session, room, member, one.read)),))
    states = shown(session, await chat.keeper.read(chat.store.rooms_of, person.id))
    return UnreadRooms(tuple(Unread(state.id, state.read, state.unread, state.mentions) for state in states))
