"""A room as one of its members finds it."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.room import Room
from hobnob.protocol.records import Message, Person, RoomState

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


async def state_at(chat: "Chat", person: Person, room: Room, head: int, count: int) -> RoomState:
    """The state for a member who hears what follows `head`: what was said meanwhile is told, and would count twice."""
    state = await state_of(chat, person, room)
    new: list[Message] = []
    if state.head > head:
        said, _ = await chat.keeper.read(
            chat.store.history, room.id, before=None, after=head, around=None, limit=state.head - head, since=0
        )
        new = [one for one in said if state.read < one.number <= state.head and one.by != person.id and not one.deleted]
    mentions = sum(person.id in message.mentions for message in new)
    return replace(
        state,
        head=head,
        count=count,
        unread=max(0, state.unread - len(new)),
        mentions=max(0, state.mentions - mentions),
    )
