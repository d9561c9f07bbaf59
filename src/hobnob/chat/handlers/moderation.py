"""What moderators do about people and messages in their rooms."""

from typing import TYPE_CHECKING

from hobnob.chat.handlers.acting import act, actor_in, member_of
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, clean_reason
from hobnob.chat.rights import Right
from hobnob.protocol.events import MemberLeft, RoomLost
from hobnob.protocol.moderation_commands import Kick
from hobnob.protocol.replies import Reply

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session


@handles(Kick, limit=Limit.SENDING)
async def kick(chat: "Chat", session: "Session", command: Kick) -> Reply:
    """Take somebody out of a room."""
    checked_ref(command.ref)
    actor = await actor_in(chat, session, command.room, Right.KICK)
    room = actor.room
    assert room is not None
    target = await member_of(chat, room, command.person)
    actor.over(target)
    reason = clean_reason(command.reason)
    left = MemberLeft(room=room.id, **by(actor.person), person=target.id, person_name=target.name, reason=reason)
    line = actor.line("kick", target, reason=reason)
    requires = (actor.unchanged,)
    if target.kind == "visitor":
        return await act(chat, session, command, (line,), requires, (left,))
    return await act(chat, session, command, (left, RoomLost(room=room.id, **by(target)), line), requires)
