"""What somebody does with their rights over others, in a room or on the server: who acts, where, on whom.

Every act is kept together with its line in the audit log. Visitors are in no log: what happens to one is told once the
line is kept.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from hobnob.chat.handlers.messages import done
from hobnob.chat.lookup import by, digest, me, person_of, room_of
from hobnob.chat.rights import Right, Standing, demand, demand_above, in_room, on_server
from hobnob.chat.room import Room, RoomMember
from hobnob.protocol.command import Command
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Action, Fact, Moderated, RoomEvent
from hobnob.protocol.ids import AUDIT
from hobnob.protocol.records import Person, Role
from hobnob.protocol.replies import Done, Reply
from hobnob.protocol.times import rfc3339
from hobnob.stores.store import Condition, Item, RightsUnchanged

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

LONGEST = 100 * 365 * 24 * 3600
"""Seconds from which on something holds for ever."""


class Actor(NamedTuple):
    """Who acts, in `room` or (None) on the server, with what counts for them there.

    `unchanged`: nobody has lost a right since, neither the actor nor who is acted on.
    """

    person: Person
    room: Room | None
    standing: Standing
    unchanged: RightsUnchanged

    def over(self, target: Person) -> None:
        """Raise ``not-allowed`` where the target is not theirs to act on."""
        if target.id == self.person.id:
            raise ChatError("not-allowed", "You cannot do this to yourself.")
        demand_above(self.standing, self.standing_of(target))

    def standing_of(self, target: Person) -> Standing:
        """What counts for another at the same place."""
        if self.room is None:
            return on_server(target)
        return in_room(self.room, target, self.room.members.get(target.id))

    def line(
        self, action: Action, target: Person | None = None, *, of: int = 0, role: Role | None = None,
        network: str = "", restriction: str = "", until: str | None = None, reason: str = "", what: str = "",
    ) -> Moderated:  # fmt: skip
        """The act as a line of the audit log."""
        room, name = ("", "") if self.room is None else (self.room.id, self.room.record.name)
        person, person_name = ("", "") if target is None else (target.id, target.name)
        return Moderated(
            **by(self.person), action=action, room=room, room_name=name, person=person, person_name=person_name, of=of,
            role=role, network=network, restriction=restriction, until=until, reason=reason, what=what,
        )  # fmt: skip


async def actor_in(chat: "Chat", session: "Session", ref: str | None, right: Right) -> Actor:
    """Who asks, and the room (None: the server) in which they have a right.

    Raises:
        ChatError: as `room_of`, and ``not-allowed``.
    """
    person = me(session).person
    if ref is None:
        actor = Actor(person, None, on_server(person), RightsUnchanged(AUDIT, chat.house_rights))
    else:
        actor = actor_at(chat, session, *await room_of(chat, session, ref))
    demand(actor.standing, right)
    return actor


async def member_of(chat: "Chat", room: Room, ref: str) -> Person:
    """The member of a room that a command names.

    Raises:
        ChatError: ``no-such-person``, ``not-a-member``.
    """
    person = await person_of(chat, ref)
    if person.id not in room.members:
        raise ChatError("not-a-member", "They are not in this room.")
    return person


def actor_at(chat: "Chat", session: "Session", room: Room, member: RoomMember) -> Actor:
    """Who asks, in a room."""
    person = me(session).person
    return Actor(person, room, in_room(room, person, member), chat.unchanged(room))


async def check_owner_stays(chat: "Chat", person: Person) -> None:
    """Raise ``last-owner`` where the server would be left without one by this person's being none any more."""
    owners = [each.id for each in await chat.keeper.read(chat.store.staff) if each.role == "owner"]
    if owners == [person.id]:
        raise ChatError("last-owner")


async def act(
    chat: "Chat", session: "Session", command: Command, events: Sequence[Fact], requires: Sequence[Condition],
    told: Sequence[RoomEvent] = (),
) -> Reply:  # fmt: skip
    """Keep an act, then tell what concerns visitors."""
    ref = getattr(command, "ref", None) if events else None
    facts = (replace(events[0], ref=ref), *events[1:]) if ref else tuple(events)
    reply: Reply = Done()
    if facts:
        content = digest(command) if ref else b""
        item = Item(facts, tuple(requires), (), me(session).person.id, ref, content)
        reply = await chat.tell(item, done, session)
    for event in told:
        chat.tell_now(event, session)
    return reply


def until(chat: "Chat", seconds: int) -> str | None:
    """The end of what holds for so many seconds; None when that is for ever."""
    return None if not 0 < seconds < LONGEST else rfc3339(chat.clock() + 1000 * seconds)
