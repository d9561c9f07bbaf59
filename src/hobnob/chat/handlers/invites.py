"""Invites: making, listing and taking them back, and using one when one is in already."""

from typing import TYPE_CHECKING

from hobnob.chat.entrance import ticket_for
from hobnob.chat.handlers.directs import attached
from hobnob.chat.handlers.messages import done, number_of
from hobnob.chat.handlers.roles import SPEAKS_IN_A_ROOM
from hobnob.chat.handling import handles
from hobnob.chat.invites import make, may_invite, usable, use
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, me, room_of
from hobnob.chat.rights import STAFF
from hobnob.chat.states import fresh_state
from hobnob.protocol.account_commands import CreateInvite, ListInvites, RevokeInvite, UseInvite
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Moderated
from hobnob.protocol.ids import AUDIT
from hobnob.protocol.links import invite_links
from hobnob.protocol.records import Invite, Person, Role
from hobnob.protocol.replies import Done, InviteMade, Invites, Joined, Reply
from hobnob.stores.store import DropInvite, Item, RightsUnchanged

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_INVITES = 200
"""Of one person, that can still be used."""


@handles(CreateInvite, confidential=True, limit=Limit.CREATING)
async def create_invite(chat: "Chat", session: "Session", command: CreateInvite) -> InviteMade:
    """Make one, for the server or a room, with at most the role that one has oneself."""
    person = me(session).person
    if person.kind == "visitor" and not session.manner.operator:
        raise ChatError("not-kept")
    room, own = None, None
    requires = RightsUnchanged(AUDIT, chat.house_rights)
    if command.room is not None:
        room, member = await room_of(chat, session, command.room)
        requires, own = chat.unchanged(room), member.role
        if room.record.kind == "direct":
            raise ChatError("not-allowed", "A direct room is for its people alone. Make a private room instead.")
    elif command.role == "speaker":
        raise ChatError("bad-command", SPEAKS_IN_A_ROOM)
    if not may_invite(command.role, person.role, own):
        raise ChatError("not-allowed", "Only owners and moderators make invites, for no higher role than their own.")
    made = make(chat, person, room, command.role, command.uses, command.expires_in, requires)
    over = await _over(chat, person)
    await chat.tell(Item(made.item.events, made.item.requires, (*over, *made.item.writes), person.id), done)
    return InviteMade(made.invite, made.code, *invite_links(chat.reached_at(), made.code))


async def _over(chat: "Chat", person: Person) -> list[DropInvite]:
    """The invites that cannot be used any more. Raises ``too-many`` where too many of this person's can."""
    now = chat.clock()
    known = await chat.keeper.read(chat.store.invites, None)
    if sum(each.by == person.id and usable(each, now) for each in known) >= MOST_INVITES:
        raise ChatError("too-many", f"You have {MOST_INVITES} invites that can be used. Take some of them back first.")
    return [DropInvite(each.id) for each in known if not usable(each, now)]


@handles(ListInvites, confidential=True, limit=Limit.READING_HISTORY)
async def list_invites(chat: "Chat", session: "Session", command: ListInvites) -> Invites:
    """Those that can still be used and that one may take back."""
    room = None
    if command.room is not None:
        room, _ = await room_of(chat, session, command.room)
    found = await chat.keeper.read(chat.store.invites, None if room is None else room.id)
    roles = await _roles(chat, me(session).person)
    now = chat.clock()
    return Invites(tuple(each for each in found if usable(each, now) and _is_theirs(me(session).person, roles, each)))


@handles(RevokeInvite, confidential=True, limit=Limit.NOTING)
async def revoke_invite(chat: "Chat", session: "Session", command: RevokeInvite) -> Reply:
    """Take one back, one's own or one of a place where one is owner or moderator."""
    person = me(session).person
    found = await chat.keeper.read(chat.store.invites, None)
    invite = next((each for each in found if each.id == command.invite), None)
    if invite is None or not _is_theirs(person, await _roles(chat, person), invite):
        raise ChatError("no-such-invite")
    line = Moderated(
        **by(person), action="invite", person=invite.by, person_name=invite.by_name, role=invite.role,
        room=invite.room, room_name=invite.room_name, what="taken back",
    )  # fmt: skip
    return await chat.tell(Item((line,), (), (DropInvite(invite.id),), person.id), done)


async def _roles(chat: "Chat", person: Person) -> dict[str, Role]:
    """A person's roles in their rooms, by id."""
    if person.kind == "visitor":
        return {}
    return {state.id: state.role for state in await chat.keeper.read(chat.store.rooms_of, person.id)}


def _is_theirs(person: Person, roles: dict[str, Role], invite: Invite) -> bool:
    return person.role in STAFF or invite.by == person.id or roles.get(invite.room) in STAFF


@handles(UseInvite, confidential=True, limit=Limit.JOINING)
async def use_invite(chat: "Chat", session: "Session", command: UseInvite) -> Reply:
    """Take what an invite gives: a room, or a role."""
    person = me(session).person
    ticket = await ticket_for(chat, session, command.code, person)
    takes = use(person, ticket)
    if takes is None:
        return Done() if ticket.room is None else await attached(chat, session, ticket.room)
    item = Item(takes.events, takes.requires, takes.writes, person.id)
    if ticket.room is None:
        return await chat.tell(item, done, session)
    number = await chat.tell(item, number_of, session)
    live = await chat.rooms.open(ticket.room.id)
    if live is None:
        raise ChatError("no-such-room")
    if person.kind != "visitor":
        return await attached(chat, session, live, number)
    chat.attendance.visit(session, live, ticket.invite.role)
    return Joined(fresh_state(person, live))
