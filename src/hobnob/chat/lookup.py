"""Finding what a command names: rooms, people, messages; and what a `ref` stands for.

Rooms that one may not see and rooms that do not exist answer alike.
"""

import hashlib
import re
from typing import TYPE_CHECKING, TypedDict

import msgspec

from hobnob.chat.confidential import may_hear
from hobnob.chat.handling import Stale
from hobnob.chat.rights import stands_outside
from hobnob.chat.room import Room, RoomMember
from hobnob.protocol.codec import encode
from hobnob.protocol.commands import Command
from hobnob.protocol.errors import ChatError
from hobnob.protocol.ids import is_person_id
from hobnob.protocol.records import Message, Person
from hobnob.protocol.text import clean_line
from hobnob.protocol.times import milliseconds
from hobnob.stores.store import Duplicate

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.people import Here
    from hobnob.chat.session import Session

MAX_REASON = 300
_REF = re.compile(r"[A-Za-z0-9_-]{20,64}\Z")


class By(TypedDict):
    """The fields of an event that say who did it."""

    by: str
    by_name: str


def by(who: Person | RoomMember) -> By:
    """The fields of an event that say that `who` did it."""
    return {"by": who.id, "by_name": who.name}


def me(session: "Session") -> "Here":
    """The person of a session that has said hello."""
    if session.here is None:
        raise ChatError("hello-first")
    return session.here


def lasting_me(session: "Session") -> Person:
    """The same, but only guests and accounts."""
    person = me(session).person
    if person.kind == "visitor":
        raise ChatError("not-kept")
    return person


def live_room(chat: "Chat", session: "Session", ref: str) -> Room | None:
    """The room of a command, if it is live and the asker belongs to it; never waits."""
    room = _found(chat, session, ref)
    return room if room is not None and _belongs(session, room) else None


def _found(chat: "Chat", session: "Session", ref: str) -> Room | None:
    """A live room, whoever may see it."""
    if not ref.startswith("@"):
        return chat.rooms.find(ref)
    other = chat.people.get(ref[1:]) or chat.people.named(ref[1:])
    return None if other is None else chat.rooms.direct(frozenset((me(session).person.id, other.person.id)))


def _belongs(session: "Session", room: Room) -> bool:
    return me(session).person.id in room.members and may_hear(session, room)


def counted_room(chat: "Chat", session: "Session", command: Command) -> str | None:
    """The id of the live room whose limits a command counts for: one that the asker belongs to, or a public one.

    Nobody can use up what is allowed in a room that they may not see.
    """
    ref = getattr(command, "room", None)
    if not isinstance(ref, str) or session.here is None:
        return None
    room = _found(chat, session, ref)
    if room is None or not (room.record.kind == "public" or _belongs(session, room)):
        return None
    return room.id


async def room_of(chat: "Chat", session: "Session", ref: str) -> tuple[Room, RoomMember]:
    """The room of a command, and the asker's membership.

    Raises:
        ChatError: ``no-such-room``, ``not-a-member`` (public rooms only), ``no-such-person``.
    """
    asker = me(session).person.id
    if ref.startswith("@"):
        other = await person_of(chat, ref)
        room = await chat.rooms.open_direct(frozenset((asker, other.id)))
    else:
        room = await chat.rooms.open(ref)
    if room is None or not may_hear(session, room):
        raise ChatError("no-such-room")
    if (member := room.members.get(asker) or stands_outside(session, room)) is not None:
        return room, member
    if room.record.kind == "public":
        raise ChatError("not-a-member")
    raise ChatError("no-such-room")


async def visible_room(chat: "Chat", session: "Session", ref: str) -> Room:
    """The room of a question that members may ask, and in public rooms everybody.

    Raises:
        ChatError: ``no-such-room``, ``no-such-person``.
    """
    try:
        return (await room_of(chat, session, ref))[0]
    except ChatError as error:
        room = chat.rooms.find(ref)
        if error.code != "not-a-member" or room is None:
            raise
        return room


async def person_of(chat: "Chat", ref: str) -> Person:
    """The person that a command names, by id or name (with or without ``@``).

    Raises:
        ChatError: ``no-such-person``.
    """
    bare = ref.removeprefix("@")
    here = chat.people.get(bare) or chat.people.named(bare)
    if here is not None:
        return here.person
    if is_person_id(bare):
        found = await chat.keeper.read(chat.store.person, bare)
    else:
        found = await chat.keeper.read(chat.store.person_by_name, bare)
    if found is None or found.kind == "deleted":
        raise ChatError("no-such-person")
    return found


async def message_of(chat: "Chat", room: Room, member: RoomMember, number: int) -> Message:
    """A message that stands and that the member may see.

    Raises:
        ChatError: ``bad-number``, ``deleted``.
    """
    if number < first_visible(room, member):
        raise ChatError("bad-number")
    message = await chat.keeper.read(chat.store.message, room.id, number)
    if message is None:
        raise ChatError("bad-number")
    if message.deleted:
        raise ChatError("deleted")
    return message


def check_still_member(room: Room, member: RoomMember) -> None:
    """Raise Stale where somebody was removed, or came anew, since their membership was looked up."""
    if member.since and room.members.get(member.id) is not member:  # who stands outside has joined nothing
        raise Stale


def first_visible(room: Room, member: RoomMember) -> int:
    """The number from which on a member may read a room's log."""
    return member.since if room.record.history == "joined" else 1


def clean_reason(text: str) -> str:
    """Why somebody does something, as it is told: one line of at most `MAX_REASON` characters."""
    return clean_line(text[: 2 * MAX_REASON])[:MAX_REASON]


def checked_ref(ref: str | None) -> str | None:
    """The ref, if it is one. Raises ``bad-ref``."""
    if ref is not None and _REF.match(ref) is None:
        raise ChatError("bad-ref")
    return ref


def checked_time(text: str) -> int:
    """A time in ms since 1970. Raises ``bad-time``."""
    try:
        return milliseconds(text)
    except ValueError:
        raise ChatError("bad-time") from None


def digest(command: Command) -> bytes:
    """16 bytes over the content of a command, that tell a repetition from another use of its ref."""
    content = msgspec.structs.replace(command, id=None, ref=None)
    return hashlib.blake2b(encode(content), digest_size=16).digest()


async def earlier(chat: "Chat", session: "Session", command: Command, ref: str) -> Duplicate | None:
    """What an earlier command with this ref did, if there was one.

    Raises:
        ChatError: ``ref-reused``, it had other content.
    """
    found = await chat.keeper.read(chat.store.kept_ref, me(session).person.id, ref)
    if found is None:
        return None
    duplicate, content = found
    if content != digest(command):
        raise ChatError("ref-reused")
    return duplicate
