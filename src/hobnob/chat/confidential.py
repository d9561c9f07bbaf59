"""What may go over a connection on which others can read along: nothing of private rooms, not even that they are there.

To such a session they answer as rooms that do not exist, it hears none of them, and of its person's own log the facts
about them are left out, so its numbers have gaps there.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hobnob.chat.room import Room
from hobnob.protocol.events import Event, Fact
from hobnob.protocol.records import RoomState

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session


def may_hear(session: "Session", room: Room) -> bool:
    """Whether a room may go over a session's connection."""
    return session.origin.confidential or room.record.kind != "private"


def may_be_told(chat: "Chat", session: "Session", fact: Event) -> bool:
    """Whether a fact of a person's own log may go over a session's connection, as far as its room is live."""
    if session.origin.confidential:
        return True
    about = getattr(fact, "room", None)
    room = chat.rooms.get(about) if about else None
    return not about or (room is not None and may_hear(session, room))


async def tellable(chat: "Chat", session: "Session", facts: Sequence[Fact]) -> list[Fact]:
    """Those facts of a person's own log that may go over a session's connection."""
    if session.origin.confidential:
        return list(facts)
    for room in {room for fact in facts if (room := getattr(fact, "room", ""))}:
        await chat.rooms.open(room)
    return [fact for fact in facts if may_be_told(chat, session, fact)]


def shown(session: "Session", states: list[RoomState]) -> list[RoomState]:
    """Those of a person's rooms that may go over a session's connection."""
    return [state for state in states if session.origin.confidential or state.kind != "private"]
