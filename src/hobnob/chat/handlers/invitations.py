"""Asking somebody into a room: a private one is open to them from then on."""

from typing import TYPE_CHECKING

from hobnob.chat.handlers.acting import act, actor_at
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, me, person_of, room_of
from hobnob.chat.reaching import reachable
from hobnob.chat.rights import Right, demand_in
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Fact, InvitedToRoom, PersonInvited
from hobnob.protocol.moderation_commands import InvitePerson, ListInvitations
from hobnob.protocol.records import Room, RoomListing
from hobnob.protocol.replies import Done, Reply, Rooms
from hobnob.stores.store import NotMember

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session


@handles(ListInvitations, limit=Limit.READING_HISTORY)
async def list_invitations(chat: "Chat", session: "Session", command: ListInvitations) -> Rooms:
    """Into which rooms one was asked."""
    person = me(session).person
    found = [_listing(room.record) for room in chat.rooms if person.id in room.invited]
    if person.kind != "visitor":
        found += await chat.keeper.read(chat.store.invitations, person.id)
    may_be_shown = session.origin.confidential
    return Rooms(tuple(listing for listing in found if may_be_shown or listing.kind != "private"))


def _listing(room: Room) -> RoomListing:
    return RoomListing(room.id, room.name, room.kind, room.topic)


@handles(InvitePerson, limit=Limit.JOINING)
async def invite_person(chat: "Chat", session: "Session", command: InvitePerson) -> Reply:
    """Ask somebody into a room; where they are in it, nothing is to be done."""
    checked_ref(command.ref)
    room, member = await room_of(chat, session, command.room)
    if room.record.kind == "direct":
        raise ChatError("not-allowed", "A direct room takes nobody in. Open another one with all of you.")
    person = me(session).person
    demand_in(chat, person, room, member, Right.INVITE)
    actor = actor_at(chat, session, room, member)
    target = await person_of(chat, command.person)
    if target.id in room.members:
        return Done()
    if chat.restrictions.banned(target.id, room=room.id):
        raise ChatError("banned", "They are banned from this room. End the ban first.")
    record = room.record
    asked = PersonInvited(room=room.id, **by(person), person=target.id, person_name=target.name)
    theirs = InvitedToRoom(
        **by(target), room=room.id, name=record.name, kind=record.kind, inviter=person.id, inviter_name=person.name
    )
    taken = reachable(chat, person, target, ignoring_alone=True)
    lines: tuple[Fact, ...] = (actor.line("invite", target),) if record.kind == "private" else ()
    if target.kind != "visitor":
        requires = (actor.unchanged, NotMember(room.id, target.id), taken)
        return await act(chat, session, command, (asked, theirs, *lines), requires)
    reply = await act(chat, session, command, lines, (actor.unchanged,), (asked,))
    if (here := chat.people.get(target.id)) is not None:
        chat.attendance.tell_person(here, theirs, session)
    return reply
