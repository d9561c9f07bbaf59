"""Asides: a word for those alone who look after a room, or speak in it. They are told at once and kept nowhere."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hobnob.chat.handlers.messages import checked_tags, checked_text
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, me, room_of
from hobnob.chat.rights import RANKS, Right, demand_in, in_room
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import AsideSent
from hobnob.protocol.ids import new_ref
from hobnob.protocol.moderation_commands import SendAside
from hobnob.protocol.records import Role
from hobnob.protocol.replies import Done, Reply

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.room import Room
    from hobnob.chat.session import Session


@handles(SendAside, limit=Limit.SENDING)
async def send_aside(chat: "Chat", session: "Session", command: SendAside) -> Reply:
    """Tell those who have a role and are there; the sender's own clients too."""
    ref = checked_ref(command.ref) or new_ref()
    tags = checked_tags(command.tags)
    text = checked_text(command.text) if command.text or not tags else ""
    room, member = await room_of(chat, session, command.room)
    if room.record.kind == "direct":
        raise ChatError("not-allowed", "In a direct room all are equals. Say it to all of them.")
    here = me(session)
    demand_in(chat, here.person, room, member, Right.ASIDE)
    if chat.bus.alone and not any(person != here.person.id for person in _meant(chat, room, command.to)):
        raise ChatError("nobody-there")
    here.spoke_at = chat.clock()
    event = AsideSent(
        room=room.id, **by(here.person), to=command.to, text=text, kind=command.kind, tags=tags, ref=ref
    )  # fmt: skip
    tell(chat, event, session)
    chat.bus.publish(event)
    return Done()


def tell(chat: "Chat", event: AsideSent, origin: "Session | None" = None) -> None:
    """Let those hear an aside who are meant, and who said it."""
    room = chat.rooms.get(event.room)
    if room is None:
        return
    for person in {event.by, *_meant(chat, room, event.to)}:
        for session in tuple(room.sessions.get(person, ())):
            data = session.wire.encode(event, room.record)
            if session is origin and not session.wire.echo:
                data = session.echo(event, room.record, data) if session.echo is not None else b""
            if data:
                session.outbox.put(data)


def _meant(chat: "Chat", room: "Room", to: Role) -> Iterator[str]:
    """The ids of those who hear a room and have at least this role."""
    for person in room.sessions:
        here = chat.people.get(person)
        if here is not None and RANKS[in_room(room, here.person, room.members.get(person)).role] >= RANKS[to]:
            yield person
