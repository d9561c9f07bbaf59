"""Who may write to whom directly: nobody to who ignores them, nor to who takes messages only from people they share a
room with and shares none. The lobby, where everybody is, is no such room.

The store looks, inside the transaction, so that whoever is refused learns no more than that.
"""

from typing import TYPE_CHECKING

from hobnob.protocol.records import Person
from hobnob.stores.store import Condition, Item, Reachable

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.room import Room


def reachable(chat: "Chat", asker: Person, other: Person, *, ignoring_alone: bool = False) -> Reachable:
    """The condition that somebody may write to another, or (`ignoring_alone`) is not ignored by them."""
    shared = ignoring_alone or _share_live_room(chat, asker, other)
    return Reachable(other.id, asker.id, chat.lobby.id, shared)


def _share_live_room(chat: "Chat", asker: Person, other: Person) -> bool:
    """Whether two people are in one room, as far as that is not kept: of visitors nothing is."""
    if "visitor" not in (asker.kind, other.kind):
        return False
    return any(
        asker.id in room.members and other.id in room.members
        for room in chat.rooms
        if room.record.kind != "direct" and room is not chat.lobby
    )


async def check_reachable(chat: "Chat", asker: Person, room: "Room") -> None:
    """Raise ``not-reachable`` where the other one of a direct room takes nothing; for what is told and not kept."""
    if requires := writing_to(chat, asker, room):
        await chat.tell(Item((), requires), lambda _: None)


def writing_to(chat: "Chat", asker: Person, room: "Room") -> tuple[Condition, ...]:
    """What has to hold for a message to go to a room: in a direct one of two, that the other takes it."""
    others = [person for person in room.record.people if person.id != asker.id]
    return (reachable(chat, asker, others[0]),) if room.record.kind == "direct" and len(others) == 1 else ()
