"""What a room is: its name, who may see it, read it and write in it."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.handlers.acting import act, actor_in
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, clean_reason
from hobnob.chat.rights import Right
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import RoomChanged
from hobnob.protocol.moderation_commands import ChangeRoom
from hobnob.protocol.names import room_name
from hobnob.protocol.records import Room
from hobnob.protocol.replies import Done, Reply
from hobnob.stores.store import Condition, RoomNameFree

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

SLOWEST = 6 * 3600
"""Seconds between two messages of one member, at most."""
MAX_KEY = 32
"""Characters of a room's key."""
LARGEST = 2**31 - 1
FIELDS = ("name", "kind", "history", "posting", "slow", "topics", "key", "limit")


@handles(ChangeRoom, limit=Limit.SENDING)
async def change_room(chat: "Chat", session: "Session", command: ChangeRoom) -> Reply:
    """Change what a room is; what is left out stays."""
    checked_ref(command.ref)
    of_owners = any(field is not None for field in (command.name, command.private, command.history))
    actor = await actor_in(chat, session, command.room, Right.CHANGE_ROOM if of_owners else Right.PACE)
    room = actor.room
    assert room is not None
    old, new = room.record, _changed(room.record, command)
    if room is chat.lobby and (new.name, new.kind) != (old.name, old.kind):
        raise ChatError("not-allowed", "The lobby is where everybody begins: it keeps its name and stays public.")
    if new == old:
        return Done()
    reason = clean_reason(command.reason)
    changed = RoomChanged(
        room=room.id, **by(actor.person), name=new.name, kind=new.kind, history=new.history, posting=new.posting,
        slow=new.slow, topics=new.topics, key=new.key, limit=new.limit, changed=tuple(_differing(old, new)),
        name_before=old.name if new.name != old.name else "", reason=reason,
    )  # fmt: skip
    requires: list[Condition] = [actor.unchanged]
    if new.name != old.name:
        requires.append(RoomNameFree(new.name, room.id))
    return await act(
        chat, session, command, (changed, actor.line("room", what=_differences(old, new), reason=reason)), requires
    )


def _changed(record: Room, command: ChangeRoom) -> Room:
    if command.slow is not None and command.slow > SLOWEST:
        raise ChatError("bad-command", f"At most {SLOWEST} seconds can be asked for between two messages.")
    kind = record.kind if command.private is None else "private" if command.private else "public"
    history = command.history or record.history
    if kind == "public" and history != "all":
        if command.history is None:
            raise ChatError(
                "bad-command", "Everyone will read what was said here so far. If that may be, give history all as well."
            )
        raise ChatError("bad-command", "Everyone sees the history of a public room; only a private one may hide it.")
    return replace(
        record,
        name=record.name if command.name is None else room_name(command.name),
        kind=kind,
        history=history,
        posting=command.posting or record.posting,
        slow=record.slow if command.slow is None else command.slow,
        topics=command.topics or record.topics,
        key=record.key if command.key is None else _checked_key(command.key),
        limit=record.limit if command.limit is None else min(command.limit, LARGEST),
    )


def _checked_key(key: str) -> str:
    """A key as a word that may stand in a list with commas, as IRC has it."""
    if len(key) > MAX_KEY or not key.isprintable() or any(char in key for char in " ,:"):
        raise ChatError("bad-command", f"A key is one word of at most {MAX_KEY} characters, without commas and colons.")
    return key


def _differing(old: Room, new: Room) -> list[str]:
    """The names of the fields that are other than they were."""
    return [name for name in FIELDS if getattr(new, name) != getattr(old, name)]


def _differences(old: Room, new: Room) -> str:
    """What is other than it was, for the audit log; the key itself is not written there."""
    return ", ".join(
        f"key {'set' if new.key else 'removed'}" if name == "key" else f"{name} {getattr(new, name)}"
        for name in _differing(old, new)
    )
