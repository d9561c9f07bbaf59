"""MARKREAD: up to when a channel or a conversation was read, one truth for all of a person's clients.

Follows IRCv3 draft/read-marker: a mark only goes forward. Of visitors nothing is kept, nor of who has no conversation
with somebody yet; their marks last as long as the connection.
"""

from collections.abc import Generator

from hobnob.gateways.irc.client import Client, is_channel, room_key
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.commands import Command, ListUnread, MarkRead
from hobnob.protocol.errors import ChatError
from hobnob.protocol.replies import Reply, UnreadRooms
from hobnob.protocol.times import milliseconds, rfc3339

_NOT_KEPT = frozenset({"name-invalid", "no-such-person", "no-such-room", "not-a-member", "not-kept"})
_MOST_MARKS = 1000


@handles("MARKREAD")
def markread(client: Client, message: Message) -> Steps:
    """Say up to when something was read, or that it has been now."""
    if "draft/read-marker" not in client.capabilities:
        yield client.numeric(Numeric.ERR_UNKNOWNCOMMAND, "MARKREAD")
        return
    if not message.params or not message.params[0]:
        yield client.line("FAIL", "MARKREAD", "NEED_MORE_PARAMS", "Name a channel or a nick.")
        return
    target = message.params[0]
    if len(message.params) == 1:
        yield from mark(client, target)
        return
    name, _, value = message.params[1].partition("=")
    try:
        at = milliseconds(value if name == "timestamp" else "")
    except ValueError:
        text = "Give a time such as timestamp=2026-11-22T23:00:00.000Z."
        yield client.line("FAIL", "MARKREAD", "INVALID_PARAMS", target, message.params[1], text)
        return
    known = yield from _known(client, target)
    if not known or milliseconds(known) < at:
        yield from _set(client, target, rfc3339(at))
    yield from mark(client, target)


def mark(client: Client, target: str) -> Steps:
    """The line that tells a mark."""
    known = yield from _known(client, target)
    yield client.line("MARKREAD", target, f"timestamp={known}" if known else "*")


def _known(client: Client, target: str) -> Generator[Command, Reply | None, str]:
    try:
        reply = yield ListUnread(room=_room(client, target))
    except ChatError as error:
        if error.code not in _NOT_KEPT:
            raise
        return client.marks.get(room_key(target), "") if client.marks else ""
    assert isinstance(reply, UnreadRooms)
    return reply.rooms[0].read_at if reply.rooms else ""


def _set(client: Client, target: str, at: str) -> Generator[Command, Reply | None, None]:
    try:
        yield MarkRead(room=_room(client, target), at=at)
    except ChatError as error:
        if error.code not in _NOT_KEPT:
            raise
        marks = client.marks = client.marks or {}
        if len(marks) < _MOST_MARKS:
            marks[room_key(target)] = at


def _room(client: Client, target: str) -> str:
    if not is_channel(target):
        return f"@{target}"
    room = client.joined(target)
    if room is None:
        raise ChatError("not-a-member")
    return room.id
