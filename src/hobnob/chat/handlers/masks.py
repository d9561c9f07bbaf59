"""Masks of rooms: patterns of people who are kept out, may not write, or come in all the same."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.handlers.acting import act, actor_in
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, me, visible_room
from hobnob.chat.rights import Right
from hobnob.protocol.commands import ReadRoom
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import MaskChanged
from hobnob.protocol.masks import checked_mask
from hobnob.protocol.moderation_commands import SetMask
from hobnob.protocol.replies import Done, Reply, RoomTerms

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_MASKS = 100
"""Of one room, of all kinds together."""


@handles(SetMask, limit=Limit.SENDING)
async def set_mask(chat: "Chat", session: "Session", command: SetMask) -> Reply:
    """Let a mask begin or end. Nobody is taken out by it: it counts for who wants to come in, or to write."""
    checked_ref(command.ref)
    actor = await actor_in(chat, session, command.room, Right.BAN)
    room = actor.room
    assert room is not None
    mask = checked_mask(command.mask)
    if room.record.kind == "direct":
        raise ChatError("not-allowed")
    held = room.mask_as_set(command.kind, mask)
    if (held is not None) == command.on:
        return Done()
    mask = held or mask
    if command.on and len(room.masks) >= MOST_MASKS:
        raise ChatError("too-many", f"A room has at most {MOST_MASKS} masks. Remove one first.")
    changed = MaskChanged(room=room.id, **by(actor.person), kind=command.kind, mask=mask, on=command.on)
    what = f"{command.kind} mask {mask}{'' if command.on else ' ended'}"
    return await act(chat, session, command, (changed, actor.line("room", what=what)), (actor.unchanged,))


@handles(ReadRoom, limit=Limit.READING_HISTORY)
async def read_room(chat: "Chat", session: "Session", command: ReadRoom) -> RoomTerms:
    """What a room is; outsiders are not told its key, and whom it keeps out."""
    room = await visible_room(chat, session, command.room)
    if me(session).person.id in room.members:
        return RoomTerms(room.record, tuple(room.masks.values()), len(room.sessions))
    return RoomTerms(replace(room.record, key=""), (), len(room.sessions))
