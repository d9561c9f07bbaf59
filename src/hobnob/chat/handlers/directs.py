"""Direct rooms: found by the set of their people, made where there is none yet."""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from hobnob.chat.handling import TRIES, Stale, handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, digest, me, person_of, room_of
from hobnob.chat.reaching import reachable
from hobnob.chat.room import Room
from hobnob.chat.states import state_at
from hobnob.protocol.commands import OpenDirect
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Fact, MemberJoined, RoomCreated, RoomGained
from hobnob.protocol.ids import new_room_id
from hobnob.protocol.records import Person
from hobnob.protocol.replies import Joined
from hobnob.stores.store import AddDirectPeople, Condition, DirectFree, Item

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session
    from hobnob.protocol.replies import Reply
    from hobnob.stores.store import Duplicate

MOST_PEOPLE = 20
"""In one direct room."""


async def open_again(chat: "Chat", session: "Session", duplicate: "Duplicate") -> "Reply":
    """The answer to a repeated opening or joining: the room of the first one, if one still belongs to it."""
    room, _ = await room_of(chat, session, duplicate.log)
    return await attached(chat, session, room, duplicate.number)


async def attached(chat: "Chat", session: "Session", room: Room, number: int = 0) -> Joined:
    """The answer to who comes to a room of theirs: they hear what follows the head that it names."""
    session.outbox.hold()
    chat.attendance.attach(session, room)
    return Joined(await state_at(chat, me(session).person, room, room.log.head, room.count), number)


@handles(OpenDirect, repeat=open_again, limit=Limit.JOINING)
async def open_direct(chat: "Chat", session: "Session", command: OpenDirect) -> Joined:
    """The direct room of exactly oneself and some others."""
    if len(command.people) > MOST_PEOPLE:
        raise ChatError("too-many", f"A direct room holds at most {MOST_PEOPLE} people besides oneself.")
    if not command.people:
        raise ChatError("no-such-person", "Name somebody to talk to.")
    others = [await person_of(chat, ref) for ref in command.people]
    room = await direct_with(chat, session, others, checked_ref(command.ref), digest(command))
    return await attached(chat, session, room)


async def direct_with(
    chat: "Chat", session: "Session", others: Iterable[Person], ref: str | None = None, content: bytes = b""
) -> Room:
    """The live direct room of the asker and `others`, all of whose clients hear it; one's own place without others."""
    asker = me(session).person
    people = {person.id: person for person in (asker, *others)}
    room = await _found_or_made(chat, session, people, ref, content)
    for person in people.values():
        here = chat.people.get(person.id)
        if here is None:
            continue
        if person.id not in room.members:
            chat.tell_now(MemberJoined(room=room.id, **by(person), person=person.id,
                                       person_name=person.name))  # fmt: skip
        for each in here.sessions:
            chat.attendance.attach(each, room)
    return room


async def _found_or_made(
    chat: "Chat", session: "Session", people: dict[str, Person], ref: str | None, content: bytes
) -> Room:
    for _ in range(TRIES):
        if (room := await chat.rooms.open_direct(frozenset(people))) is not None:
            return room
        with suppress(Stale):  # another one made it at the same moment
            await _make(chat, session, tuple(people.values()), ref, content)
    raise ChatError("try-again")


async def _make(chat: "Chat", session: "Session", people: tuple[Person, ...], ref: str | None, content: bytes) -> None:
    chat.count(session, Limit.CREATING)
    asker = me(session).person
    room = new_room_id()
    events: list[Fact] = [RoomCreated(room=room, name="", kind="direct", ref=ref, **by(asker))]
    for person in people:
        if person.kind != "visitor":
            events.append(MemberJoined(room=room, person=person.id, person_name=person.name, **by(asker)))
            events.append(RoomGained(**by(person), room=room, name="", kind="direct"))
    ids = tuple(sorted(person.id for person in people))
    requires: tuple[Condition, ...] = (
        DirectFree(ids),
        *(reachable(chat, asker, person) for person in people if person.id != asker.id),
    )
    item = Item(tuple(events), requires, (AddDirectPeople(room, people),), asker.id, ref, content)
    await chat.tell(item, lambda _: None, session)
