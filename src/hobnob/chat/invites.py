"""Invites: how one is made, and what using one changes.

The code is a secret that is kept as its hash and shown once. An invite takes a use in the very transaction that gives
what it is good for, and it is worth what its maker may give when it is used: with their rights end their invites.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

from hobnob.chat.lookup import by
from hobnob.chat.rights import RANKS, STAFF
from hobnob.chat.room import Room
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Fact, MemberJoined, Moderated, RoleChanged, RoomGained, ServerRoleChanged
from hobnob.protocol.ids import AUDIT, new_invite_code, new_invite_id, token_hash
from hobnob.protocol.records import Invite, Person, Role
from hobnob.protocol.times import milliseconds, rfc3339
from hobnob.stores.store import (
    AddInvite,
    Condition,
    DropInvite,
    InviteUsable,
    Item,
    NotMember,
    RightsUnchanged,
    UseInviteOnce,
    Write,
)

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat

OWNER_INVITE: Final = "i_owner"
"""The id of the one that makes an owner of the server. Each new one has it too, so there is never more than one."""
OWNER_SECONDS: Final = 3600
LONGEST: Final = 100 * 365 * 24 * 3600
"""Seconds from which on an invite has no end."""


class Ticket(NamedTuple):
    """An invite that can be used, and the room that it is for. `unchanged`: nobody lost a right since it was checked,
    who made it least of all."""

    invite: Invite
    room: Room | None
    unchanged: RightsUnchanged

    @property
    def needs_account(self) -> bool:
        """Whether it makes somebody one of those who run the server: a guest's token may have been seen by others."""
        return self.room is None and self.invite.role in STAFF


class Use(NamedTuple):
    """What the using of an invite keeps."""

    requires: tuple[Condition, ...] = ()
    events: tuple[Fact, ...] = ()
    writes: tuple[Write, ...] = ()


async def ticket_of(chat: "Chat", code: str) -> Ticket:
    """What a code stands for. Raises ChatError: ``invite-unknown``."""
    invite = await chat.keeper.read(chat.store.invite, code_hash(code))
    if invite is None or not usable(invite, chat.clock()):
        raise ChatError("invite-unknown")
    room = await chat.rooms.open(invite.room) if invite.room else None
    unchanged = RightsUnchanged(AUDIT, chat.house_rights) if room is None else chat.unchanged(room)
    if (invite.room and room is None) or not await _maker_may(chat, invite, room):
        raise ChatError("invite-unknown")
    return Ticket(invite, room, unchanged)


def code_hash(code: str) -> bytes:
    """Under which a code is kept; people type it with spaces around it, in large letters too."""
    return token_hash(code.strip().lower())


def usable(invite: Invite, now: int) -> bool:
    """Whether an invite has uses left and time."""
    return invite.uses_left != 0 and (invite.expires_at is None or now < milliseconds(invite.expires_at))


async def _maker_may(chat: "Chat", invite: Invite, room: Room | None) -> bool:
    here = chat.people.get(invite.by)  # who is an operator, which is kept nowhere
    maker = await chat.keeper.read(chat.store.person, invite.by) if here is None else here.person
    if maker is None:  # who runs the server, and is kept nowhere
        return True
    if chat.restrictions.banned(maker.id):
        return False
    member = None if room is None else room.members.get(maker.id)
    return may_invite(invite.role, maker.role, None if member is None else member.role)


def may_invite(gives: Role, server: Role, room: Role | None = None) -> bool:
    """Whether who has these roles may ask others in with the role `gives`."""
    return any(role in STAFF and RANKS[role] >= RANKS[gives] for role in (server, room) if role is not None)


# Using


def use(person: Person, ticket: Ticket, *, new: bool = False) -> Use | None:
    """What it takes for a person to use an invite; None where it gives nothing that they do not have.

    Somebody `new` is let in by it, and begins with the role on the server. A visitor's membership is not kept.
    """
    invite, room, unchanged = ticket
    kept = person.kind != "visitor"
    requires: list[Condition] = [InviteUsable(invite.id), unchanged]
    events: list[Fact] = []
    if room is None and kept and RANKS[invite.role] > RANKS[person.role]:
        events += _raised(person, invite.role)
    elif room is not None and kept:
        member = room.members.get(person.id)
        if member is None:
            requires.append(NotMember(room.id, person.id))
            events += joined(person, room, invite.role)
        elif RANKS[invite.role] > RANKS[member.role]:
            events.append(
                RoleChanged(room=room.id, **by(person), person=person.id, person_name=person.name, role=invite.role)
            )
    comes_in = room is not None and person.id not in room.members
    if not (new or events or comes_in):
        return None
    return Use(tuple(requires), (*events, _line(person, ticket)), (UseInviteOnce(invite.id),))


def _raised(person: Person, role: Role) -> tuple[Fact, ...]:
    name = person.name
    return (
        ServerRoleChanged(**by(person), person=person.id, person_name=name, role=role),
        Moderated(**by(person), action="role", person=person.id, person_name=name, role=role, what="by an invite"),
    )


def joined(person: Person, room: Room, role: Role) -> tuple[Fact, ...]:
    """The facts of somebody's becoming a member."""
    record = room.record
    return (
        MemberJoined(room=room.id, **by(person), person=person.id, person_name=person.name, role=role),
        RoomGained(**by(person), room=room.id, name=record.name, kind=record.kind),
    )


def _line(person: Person, ticket: Ticket) -> Moderated:
    """Who used whose invite, for the audit log."""
    invite = ticket.invite
    return Moderated(
        **by(person), action="invite", person=invite.by, person_name=invite.by_name, role=invite.role,
        room=invite.room, room_name=invite.room_name, what="used",
    )  # fmt: skip


# Making


class Made(NamedTuple):
    """A new invite with its code, and what keeps it."""

    invite: Invite
    code: str
    item: Item


def make(
    chat: "Chat", maker: Person, room: Room | None, role: Role, uses: int, seconds: int, *requires: Condition
) -> Made:  # fmt: skip
    """An invite that is about to be kept. One that makes an owner of the server is short-lived, and the only one."""
    code, now = new_invite_code(), chat.clock()
    owner = room is None and role == "owner"
    if owner:
        uses, seconds = 1, min(seconds or OWNER_SECONDS, OWNER_SECONDS)
    invite = Invite(
        id=OWNER_INVITE if owner else new_invite_id(),
        role=role,
        **by(maker),
        created_at=rfc3339(now),
        room="" if room is None else room.id,
        room_name="" if room is None else room.record.name,
        uses_left=uses or None,
        expires_at=rfc3339(now + 1000 * seconds) if 0 < seconds < LONGEST else None,
    )
    line = Moderated(
        **by(maker), action="invite", role=role, room=invite.room, room_name=invite.room_name, until=invite.expires_at,
        what="made",
    )  # fmt: skip
    before: tuple[Write, ...] = (DropInvite(OWNER_INVITE),) if owner else ()
    return Made(invite, code, Item((line,), requires, (*before, AddInvite(code_hash(code), invite)), maker.id))


async def owner_code(chat: "Chat") -> str:
    """A new code that makes its user an owner of the server, once, within an hour. Any older one is void."""
    made = make(chat, Person("", chat.name), None, "owner", 1, OWNER_SECONDS)
    await chat.tell(made.item, lambda _: None)
    return made.code
