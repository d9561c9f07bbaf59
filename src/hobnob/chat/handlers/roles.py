"""Roles, on the server and in a room. Somebody stays the owner."""

from typing import TYPE_CHECKING

from hobnob.chat.handlers.acting import Actor, act, actor_in, check_owner_stays, member_of
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, person_of
from hobnob.chat.rights import RANKS, STAFF, Right
from hobnob.chat.room import Room
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import RoleChanged, ServerRoleChanged
from hobnob.protocol.moderation_commands import SetRole
from hobnob.protocol.records import Person
from hobnob.protocol.replies import Done, Reply

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

SPEAKS_IN_A_ROOM = "A speaker is one in a room. Say in which."


@handles(SetRole, limit=Limit.SENDING)
async def set_role(chat: "Chat", session: "Session", command: SetRole) -> Reply:
    """Give somebody a role, at most one's own; oneself a lower one."""
    checked_ref(command.ref)
    actor = await actor_in(chat, session, command.room, Right.SET_ROLE)
    room = actor.room
    target = await (person_of(chat, command.person) if room is None else member_of(chat, room, command.person))
    if target.id != actor.person.id:
        actor.over(target)
    if RANKS[command.role] > RANKS[actor.standing.role]:
        raise ChatError("not-allowed", "You can give at most the role that you have yourself.")
    if room is None:
        return await _on_server(chat, session, command, actor, target)
    return await _in_room(chat, session, command, actor, room, target)


async def _on_server(chat: "Chat", session: "Session", command: SetRole, actor: Actor, target: Person) -> Reply:
    if target.kind == "visitor":
        raise ChatError("not-kept", "Nothing is kept of visitors. They have to be guests or have an account first.")
    if command.role == "speaker":
        raise ChatError("bad-command", SPEAKS_IN_A_ROOM)
    here = chat.people.get(target.id)
    before = target.role if here is None else here.lasting_role
    if before == command.role:
        return Done()
    if command.role in STAFF and target.kind != "account":  # others may have seen a guest's token go by
        raise ChatError("account-needed", "Who helps to run the server needs an account. Let them make one first.")
    if before == "owner":
        await check_owner_stays(chat, target)
    changed = ServerRoleChanged(**by(actor.person), person=target.id, person_name=target.name, role=command.role)
    line = actor.line("role", target, role=command.role)
    return await act(chat, session, command, (changed, line), (actor.unchanged,))


async def _in_room(
    chat: "Chat", session: "Session", command: SetRole, actor: Actor, room: Room, target: Person
) -> Reply:
    role = room.members[target.id].role
    if role == command.role:
        return Done()
    owners = sum(member.role == "owner" for member in room.members.values())
    if role == "owner" and owners == 1:
        raise ChatError("last-owner")
    changed = RoleChanged(
        room=room.id, **by(actor.person), person=target.id, person_name=target.name, role=command.role, before=role
    )
    line = actor.line("role", target, role=command.role)
    if target.kind == "visitor":
        return await act(chat, session, command, (line,), (actor.unchanged,), (changed,))
    return await act(chat, session, command, (changed, line), (actor.unchanged,))
