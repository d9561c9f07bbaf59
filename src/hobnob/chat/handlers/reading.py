"""Reading back: history, facts, earlier texts; and the sign of life."""

from typing import TYPE_CHECKING

from hobnob.chat.confidential import shown, tellable
from hobnob.chat.handling import Stale, handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import check_still_member, checked_time, first_visible, lasting_me, me, message_of, room_of
from hobnob.chat.room import Room, RoomMember
from hobnob.chat.states import fresh_state
from hobnob.protocol.codec import encode
from hobnob.protocol.commands import EventsSince, FindNumber, ListRecent, Ping, ReadHistory, ReadVersions
from hobnob.protocol.errors import ChatError
from hobnob.protocol.ids import HOUSE
from hobnob.protocol.records import Message, Recent
from hobnob.protocol.replies import Done, Events, History, Pong, RecentRooms, Versions
from hobnob.protocol.times import rfc3339

if TYPE_CHECKING:
    import asyncio

    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_MESSAGES = 200
MOST_EVENTS = 1000
MOST_RECENT = 200
MOST_BYTES = 256 * 1024
"""Of the messages or facts of one page."""


@handles(ReadHistory, limit=Limit.READING_HISTORY)
async def read_history(chat: "Chat", session: "Session", command: ReadHistory) -> History:
    """A page of messages in their present state."""
    if sum(edge is not None for edge in (command.before, command.after, command.around)) > 1:
        raise ChatError("bad-command", "read_history takes one of before, after and around.")
    room, member = await room_of(chat, session, command.room)
    limit = max(1, min(command.limit, MOST_MESSAGES))
    deletions = room.deletions
    messages, more = await chat.keeper.read(
        chat.store.history, room.id, before=_sane(command.before), after=_sane(command.after),
        around=_sane(command.around), limit=limit, since=first_visible(room, member),
    )  # fmt: skip
    _check_still_so(room, member, deletions)
    fitting = _fitting(messages, command)
    return History(room.id, fitting, more or len(fitting) < len(messages))


def _check_still_so(room: Room, member: RoomMember, deletions: int) -> None:
    """Raise Stale where a text just read may be deleted meanwhile, or the reader removed: that is told already."""
    check_still_member(room, member)
    if room.deletions != deletions:
        raise Stale


def _sane(number: int | None) -> int | None:
    return None if number is None else max(0, min(number, 2**62))


def _fitting(messages: list[Message], command: ReadHistory) -> tuple[Message, ...]:
    """As many as fit into a page, the nearest to what was asked for first; at least one."""
    if not messages:
        return ()
    if command.around is not None:
        later = (index for index, message in enumerate(messages) if message.number >= command.around)
        first = next(later, len(messages) - 1)
    else:
        first = len(messages) - 1 if command.after is None else 0
    sizes = [len(encode(message)) for message in messages]
    stop, size, grew = first + 1, sizes[first], True
    while grew:
        grew = False
        if first > 0 and size + sizes[first - 1] <= MOST_BYTES:
            first, size, grew = first - 1, size + sizes[first - 1], True
        if stop < len(messages) and size + sizes[stop] <= MOST_BYTES:
            stop, size, grew = stop + 1, size + sizes[stop], True
    return tuple(messages[first:stop])


@handles(EventsSince, limit=Limit.READING_HISTORY)
async def events_since(chat: "Chat", session: "Session", command: EventsSince) -> Events:
    """The facts of a log after a number."""
    number = max(0, min(command.number, 2**62))
    if command.log == HOUSE:
        return await _facts(chat, HOUSE, number, command.limit)
    if command.log == "me":
        page = await _facts(chat, lasting_me(session).id, number, command.limit)
        return Events(tuple(await tellable(chat, session, page.events)), page.head, page.more)
    room, member = await room_of(chat, session, command.log)
    deletions = room.deletions
    page = await _facts(chat, room.id, max(number, first_visible(room, member) - 1), command.limit)
    _check_still_so(room, member, deletions)
    return page


async def _facts(chat: "Chat", log: str, number: int, limit: int) -> Events:
    """As many facts after a number as fit into a page; at least one."""
    facts, more = await chat.keeper.read(chat.store.events_since, log, number, max(1, min(limit, MOST_EVENTS)))
    size = 0
    for index, fact in enumerate(facts):
        size += len(encode(fact))
        if index and size > MOST_BYTES:
            facts, more = facts[:index], True
            break
    heads = await chat.keeper.read(chat.store.heads, (log,))
    return Events(tuple(facts), heads.get(log, 0), more)


@handles(FindNumber, limit=Limit.READING_HISTORY)
async def find_number(chat: "Chat", session: "Session", command: FindNumber) -> Done:
    """What a time is as a number. What one may not read counts as nothing."""
    at = checked_time(command.at)
    room, member = await room_of(chat, session, command.room)
    number = await chat.keeper.read(chat.store.number_at, room.id, at)
    return Done(number if number >= first_visible(room, member) else 0)


@handles(ListRecent, limit=Limit.READING_HISTORY)
async def list_recent(chat: "Chat", session: "Session", command: ListRecent) -> RecentRooms:
    """One's rooms by when something was last said."""
    here = me(session)
    if here.person.kind == "visitor":
        states = [fresh_state(here.person, room) for room in here.rooms.values()]
    else:
        states = shown(session, await chat.keeper.read(chat.store.rooms_of, here.person.id))
    recent: list[Recent] = []
    for state in states:
        room = await chat.rooms.open(state.id)
        member = room.members.get(here.person.id) if room is not None else None
        if room is not None and member is not None:
            last, _ = await chat.keeper.read(
                chat.store.history, room.id, before=None, after=None, around=None, limit=1,
                since=first_visible(room, member),
            )  # fmt: skip
            recent += [Recent(state, message.at) for message in last]
    recent.sort(key=lambda found: found.at, reverse=True)
    return RecentRooms(tuple(recent[: max(1, min(command.limit, MOST_RECENT))]))


@handles(ReadVersions, limit=Limit.READING_HISTORY)
async def read_versions(chat: "Chat", session: "Session", command: ReadVersions) -> Versions:
    """The texts that a message had before."""
    room, member = await room_of(chat, session, command.room)
    await message_of(chat, room, member, command.of)
    deletions = room.deletions
    versions = await chat.keeper.read(chat.store.versions, room.id, command.of)
    _check_still_so(room, member, deletions)
    return Versions(tuple(versions))


@handles(Ping, before_hello=True)
def ping(chat: "Chat", session: "Session", command: Ping) -> "Pong | asyncio.Future[Pong]":
    """A sign of life."""
    if command.settled:
        future: asyncio.Future[Pong] = chat.loop.create_future()
        if chat.keeper.after_all(lambda: _answer(future, chat)):
            return future
    return Pong(rfc3339(chat.clock()))


def _answer(future: "asyncio.Future[Pong]", chat: "Chat") -> None:
    if not future.cancelled():
        future.set_result(Pong(rfc3339(chat.clock())))
