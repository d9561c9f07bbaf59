"""The server's doors, reports to the moderators, and the log of what moderators did."""

from typing import TYPE_CHECKING

from hobnob.chat.handlers.acting import act, actor_at, actor_in, until
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import clean_reason, me, message_of, room_of
from hobnob.chat.restrictions import LONGEST_CLOSED, as_told_to
from hobnob.chat.rights import STAFF, Right
from hobnob.protocol.errors import ChatError
from hobnob.protocol.moderation_commands import CloseDoors, ReadAudit, Report
from hobnob.protocol.records import Person
from hobnob.protocol.replies import Audit, Reply
from hobnob.stores.store import MessageStands

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_LINES = 200
"""In one page."""


@handles(Report, limit=Limit.REPORTING)
async def report(chat: "Chat", session: "Session", command: Report) -> Reply:
    """Tell the moderators about a message. Its text is not among what they are told: it may be deleted later."""
    room, member = await room_of(chat, session, command.room)
    message = await message_of(chat, room, member, command.of)
    author = Person(message.by, message.by_name)
    line = actor_at(chat, session, room, member).line(
        "report", author, of=command.of, reason=clean_reason(command.reason)
    )
    return await act(chat, session, command, (line,), (MessageStands(room.id, command.of),))


@handles(CloseDoors, limit=Limit.SENDING)
async def close_doors(chat: "Chat", session: "Session", command: CloseDoors) -> Reply:
    """Let nobody new in for a while, or again."""
    actor = await actor_in(chat, session, None, Right.CLOSE_DOORS)
    if command.seconds > LONGEST_CLOSED:
        days = LONGEST_CLOSED // (24 * 3600)
        raise ChatError("bad-command", f"The doors can be closed for {days} days at most. Close them again after that.")
    end = until(chat, command.seconds)
    line = actor.line("doors", until=end, what="closed" if end else "open")
    return await act(chat, session, command, (line,), (actor.unchanged,))


@handles(ReadAudit, confidential=True, limit=Limit.READING_HISTORY)
async def read_audit(chat: "Chat", session: "Session", command: ReadAudit) -> Audit:
    """A page of the audit log: for moderators of the server all of it, for those of a room what concerns the room."""
    room = None
    if command.room is not None and me(session).person.role in STAFF:
        found = await chat.rooms.open(command.room)
        if found is None:
            raise ChatError("no-such-room")
        room = found.id
    else:
        actor = await actor_in(chat, session, command.room, Right.READ_AUDIT)
        room = None if actor.room is None else actor.room.id
    limit = max(1, min(command.limit, MOST_LINES))
    entries, more = await chat.keeper.read(chat.store.audit, room=room, before=command.before, limit=limit)
    return Audit(tuple(as_told_to(me(session).person, entry) for entry in entries), more)
