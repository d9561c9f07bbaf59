"""Saying, editing and deleting."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from hobnob.chat.handlers.directs import direct_with
from hobnob.chat.handling import TRIES, handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import (
    by,
    check_still_member,
    checked_ref,
    clean_reason,
    digest,
    first_visible,
    live_room,
    me,
    message_of,
    person_of,
    room_of,
)
from hobnob.chat.reaching import check_reachable, writing_to
from hobnob.chat.rights import STAFF, Right, demand_in, stands_outside
from hobnob.chat.room import Room, RoomMember
from hobnob.chat.turns import TooSoon
from hobnob.protocol.commands import DeleteMessage, EditMessage, SendMessage, SendTags
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import MessageDeleted, MessageEdited, MessageSent, Moderated, TagsSent
from hobnob.protocol.ids import new_ref
from hobnob.protocol.names import NameRefused, fold, mentioned
from hobnob.protocol.records import Message, parse_message_id
from hobnob.protocol.replies import Done, Reply
from hobnob.protocol.text import MAX_TEXT, clean, clean_line
from hobnob.stores.store import Duplicate, Item, Kept, MessageExists, MessageStands, RightsUnchanged

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session


MAX_TAGS = 4094
"""Bytes of the names and values of tags, and two for each."""
_TAG = re.compile("[A-Za-z0-9./-]{1,128}")


@handles(SendMessage)
def send_message(chat: "Chat", session: "Session", command: SendMessage) -> Awaitable[Reply]:
    """The hot path: in a room that is live, nothing is awaited and no task is made."""
    room = live_room(chat, session, command.room)
    chat.count(session, Limit.SENDING, None if room is None else room.id)
    if room is None:
        return send_elsewhere(chat, session, command)
    try:
        return say(chat, session, room, command)
    except TooSoon as refused:
        return _unless_repeated(chat, session, room, command, refused)


async def _unless_repeated(
    chat: "Chat", session: "Session", room: Room, command: SendMessage, refused: TooSoon
) -> Reply:
    """The answer to what was said before its turn: it may be the repetition of what was kept in time."""
    if command.ref is None:
        raise refused
    found = await chat.keeper.read(chat.store.kept_ref, me(session).person.id, command.ref)
    if found is None:
        raise refused
    duplicate, content = found
    if content != _content(room, command):
        raise ChatError("ref-reused")
    return done(duplicate)


@handles(SendTags, limit=Limit.SENDING)
async def send_tags(chat: "Chat", session: "Session", command: SendTags) -> Reply:
    """Pass tags on to who hears the room now, and to who reads its log later, if so wished."""
    ref = checked_ref(command.ref) or new_ref()
    tags = checked_tags(command.tags)
    if command.room.startswith("@"):
        room = await direct_with(chat, session, (await person_of(chat, command.room),))
    else:
        room, _ = await room_of(chat, session, command.room)
    person = me(session).person
    if (member := room.members.get(person.id) or stands_outside(session, room)) is None:
        raise ChatError("not-a-member")
    demand_in(chat, person, room, member, Right.SPEAK)
    event = TagsSent(room=room.id, **by(person), tags=tags, ref=ref)
    if not command.keep:
        await check_reachable(chat, person, room)
        chat.tell_now(event, session)
        return Done()
    requires = (chat.unchanged(room), *writing_to(chat, person, room))
    return await chat.tell(Item((event,), requires, (), person.id, ref, digest(command)), done, session)


async def send_elsewhere(chat: "Chat", session: "Session", command: SendMessage, tries: int = TRIES) -> Reply:
    """Say something in a room that is not live, or in a direct room that may not be there yet."""
    if session.closed:  # sent away meanwhile, and that may be why this is tried again
        raise ChatError("stopping")
    if command.room.startswith("@"):
        room = await direct_with(chat, session, (await person_of(chat, command.room),))
    else:
        room, _ = await room_of(chat, session, command.room)
    try:
        return await say(chat, session, room, command, tries)
    except TooSoon as refused:
        return await _unless_repeated(chat, session, room, command, refused)


def say(
    chat: "Chat", session: "Session", room: Room, command: SendMessage, tries: int = TRIES
) -> "asyncio.Future[Reply]":
    """Check, keep, tell a message; once more from the start when rights in the room changed meanwhile."""
    here = me(session)
    person = here.person
    member = room.members.get(person.id) or stands_outside(session, room)
    if member is None:
        raise ChatError("not-a-member")
    standing = None  # as long as everybody in the room may speak
    if room.guarded or chat.restrictions.mutes:
        standing = demand_in(chat, person, room, member, Right.SPEAK)
    text = checked_text(command.text)
    here.spoke_at = chat.clock()
    ref = checked_ref(command.ref)
    answered = [check_visible(room, member, message) for message in (command.reply_to, command.thread) if message]
    event = MessageSent(
        room=room.id, by=person.id, by_name=person.name, text=text, kind=command.kind, reply_to=command.reply_to,
        thread=command.thread, mentions=mentions(room, text), ref=ref,
        tags=checked_tags(command.tags) if command.tags else command.tags,
    )  # fmt: skip
    # Without `person`, all that is under way would be checked anew whenever anybody leaves, and lose its order.
    # Of visitors nothing is kept, so no transaction can know more of them than the live room.
    lasting = person.kind != "visitor"
    rights = (RightsUnchanged(room.id, room.rights, person.id, chat.house_rights),) if lasting else ()
    requires = (*rights, *(MessageExists(room.id, number) for number in answered)) if answered else rights
    item = Item((event,), requires, (), person.id, ref, b"" if ref is None else _content(room, command))
    again = (lambda: send_elsewhere(chat, session, command, tries - 1)) if tries else None
    if standing is None:
        return chat.tell(item, done, session, again)
    item = replace(item, requires=(*item.requires, *writing_to(chat, person, room)))
    if room.record.slow and standing.role not in STAFF:
        return _in_turn(chat, session, room, item, again)
    return chat.tell(item, done, session, again)


def _in_turn(
    chat: "Chat", session: "Session", room: Room, item: Item, again: Callable[[], Awaitable[Reply]] | None
) -> "asyncio.Future[Reply]":
    """Tell a message in a slow room. Raises TooSoon."""
    room.turns.take(item.by, chat.clock(), room.record.slow)

    def once_more() -> Awaitable[Reply]:
        room.turns.give_back(item.by)
        assert again is not None
        return again()

    def settled(future: "asyncio.Future[Reply]") -> None:
        if not future.cancelled() and future.exception() is not None:
            room.turns.give_back(item.by)

    future = chat.tell(item, done, session, once_more if again else None)
    future.add_done_callback(settled)
    return future


def number_of(outcome: Kept | Duplicate) -> int:
    """The number of the first fact that a command made."""
    return outcome.number if isinstance(outcome, Duplicate) else outcome.events[0].number


def _content(room: Room, command: SendMessage) -> bytes:
    """As `digest`, for the one command that comes by the thousand."""
    rest = f"{room.id} {command.kind} {command.reply_to} {command.thread} {command.text}"
    if command.tags:
        rest += f" {sorted(command.tags.items())}"
    return blake2b(rest.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def done(outcome: Kept | Duplicate) -> Reply:
    """The reply to a command that makes facts: number and time of the first one."""
    if isinstance(outcome, Duplicate):
        return Done(outcome.number, outcome.at, repeated=True)
    if not outcome.events:
        return Done()
    return Done(outcome.events[0].number, outcome.events[0].at)


def checked_text(text: str) -> str:
    """A message's text as it is kept. Raises ``text-empty`` or ``text-too-long``."""
    if len(text) > MAX_TEXT:
        raise ChatError("text-too-long")
    text = clean(text)
    if len(text) * 4 > MAX_TEXT and len(text.encode()) > MAX_TEXT:
        raise ChatError("text-too-long")
    if not text.strip():
        raise ChatError("text-empty")
    return text


def checked_tags(tags: dict[str, str]) -> dict[str, str]:
    """Tags as they are passed on, their values clean lines. Raises ``bad-tags``."""
    cleaned = {name: clean_line(value[:MAX_TAGS]) for name, value in tags.items()}
    size = sum(len(name) + len(value.encode()) + 2 for name, value in cleaned.items())
    if size > MAX_TAGS or not all(map(_TAG.fullmatch, cleaned)):
        raise ChatError("bad-tags")
    return cleaned


def mentions(room: Room, text: str) -> tuple[str, ...]:
    """The ids of the members that a text mentions, each once, in order."""
    found: dict[str, None] = {}
    for name in mentioned(text):
        try:
            person = room.named(fold(name))
        except NameRefused:
            continue
        if person is not None:
            found[person] = None
    return tuple(found)


def check_visible(room: Room, member: RoomMember, message: str) -> int:
    """The number in a message id. Raises ``bad-number`` where that is none of this room's log that the member may see.

    Whether it is a message, and not another fact, only the store knows.
    """
    parsed = parse_message_id(message)
    if parsed is None or parsed[0] != room.id or not first_visible(room, member) <= parsed[1] <= room.log.head:
        raise ChatError("bad-number", "One can only answer a message of the same room.")
    return parsed[1]


class AboutMessage(NamedTuple):
    """Somebody who is about to do something with a message.

    `unchanged`: nobody lost a right since theirs was looked at, which is before the message was looked up.
    """

    room: Room
    member: RoomMember
    message: Message
    unchanged: RightsUnchanged


async def about_message(
    chat: "Chat", session: "Session", ref: str, number: int, right: Right | None = None
) -> AboutMessage:
    """Look up a message for somebody who has a right in its room.

    Raises:
        ChatError: as `room_of`, `demand_in` and `message_of`.
    """
    room, member = await room_of(chat, session, ref)
    if right is not None:
        demand_in(chat, me(session).person, room, member, right)
    unchanged = chat.unchanged(room)
    message = await message_of(chat, room, member, number)
    check_still_member(room, member)  # what is kept of visitors is not enough for the condition
    return AboutMessage(room, member, message, unchanged)


@handles(EditMessage, limit=Limit.SENDING)
async def edit_message(chat: "Chat", session: "Session", command: EditMessage) -> Reply:
    """Put another text in the place of one's own message."""
    text = checked_text(command.text)
    ref = checked_ref(command.ref)
    room, member, message, unchanged = await about_message(chat, session, command.room, command.of, Right.SPEAK)
    if message.by != member.id:
        raise ChatError("not-yours")
    event = MessageEdited(
        room=room.id, **by(member), of=command.of, text=text, mentions=mentions(room, text),
        ref=ref,
    )  # fmt: skip
    requires = (unchanged, MessageStands(room.id, command.of), *writing_to(chat, me(session).person, room))
    return await chat.tell(Item((event,), requires, (), member.id, ref, digest(command)), done, session)


@handles(DeleteMessage, limit=Limit.SENDING)
async def delete_message(chat: "Chat", session: "Session", command: DeleteMessage) -> Reply:
    """Take a message back: one's own, or another's with the right to."""
    ref = checked_ref(command.ref)
    room, member, message, unchanged = await about_message(chat, session, command.room, command.of)
    if message.by != member.id:
        demand_in(chat, me(session).person, room, member, Right.DELETE_OTHERS)
    event = MessageDeleted(
        room=room.id, **by(member), of=command.of, author=message.by, reason=clean_reason(command.reason), ref=ref
    )
    requires = (unchanged, MessageStands(room.id, command.of))
    lines = () if message.by == member.id else (_line(room, event, message.by_name),)
    return await chat.tell(Item((event, *lines), requires, (), member.id, ref, digest(command)), done, session)


def _line(room: Room, event: MessageDeleted, author_name: str) -> Moderated:
    """What a moderator deleted, in the audit log."""
    return Moderated(
        action="delete", by=event.by, by_name=event.by_name, room=room.id, room_name=room.record.name,
        person=event.author, person_name=author_name, of=event.of, reason=event.reason,
    )  # fmt: skip
