"""A room as one of its members finds it."""

from typing import TYPE_CHECKING

from hobnob.chat.room import Room
from hobnob.protocol.records import Person, RoomState

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat


def fresh_state(person: Person, room: Room) -> RoomState:
    """The state for somebody who has just come: nothing is unread."""
    record = room.record
    member = room.members.get(person.id)
    return RoomState(
        record.id, record.name, record.kind, record.topic, record.history, record.people,
        member.role if member else "member", room.log.head, room.count, room.log.head, posting=record.posting,
        slow=record.slow, topic_by=record.topic_by, topic_at=record.topic_at,
    )  # fmt: skip


async def state_of(chat: "Chat", person: Person, room: Room) -> RoomState:
    """The state for a member, with what is unread; visitors have read all there is."""
    if person.kind != "visitor":
        for state in await chat.keeper.read(chat.store.rooms_of, person.id):
            if state.id == room.id:
                return state
    return fresh_state(person, room)
