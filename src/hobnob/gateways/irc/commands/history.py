"""CHATHISTORY: what was said before (IRCv3 draft/chathistory and draft/event-playback).

A moment is a message id or a time. It stands for a place between two numbers of the room's log: messages after it, and
those before it.
"""

from collections.abc import Generator
from typing import Final, NoReturn

import msgspec

from hobnob.gateways.irc.client import Client, is_channel
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.isupport import MAX_HISTORY, MSGREFTYPES
from hobnob.gateways.irc.lines import batch
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.playback import PLAYED, as_event, direct_room, play
from hobnob.protocol.commands import Command, EventsSince, FindNumber, ListRecent, ReadHistory
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Event
from hobnob.protocol.records import RoomState, parse_message_id
from hobnob.protocol.replies import Done, Events, History, RecentRooms, Reply
from hobnob.protocol.times import milliseconds, rfc3339

_LONGEST_LOOK: Final = 5
"""Pages that are read for one answer, where most of what happened is nothing that IRC says."""

_MOMENTS: Final = {"LATEST": 1, "BEFORE": 1, "AFTER": 1, "AROUND": 1, "BETWEEN": 2}


Reading = Generator[Command, Reply | None, tuple[str, list[Event]]]
"""Steps that end with the id of the room and what is wanted of it."""


class _Refused(Exception):
    """The code of a FAIL, what stands after it, and a sentence."""

    def __init__(self, code: str, *context: str, text: str) -> None:
        super().__init__(code)
        self.code, self.context, self.text = code, context, text


class _Place(msgspec.Struct, frozen=True):
    """A place in a log: what is earlier has at most the number `before`, what is later at least `after`."""

    before: int
    after: int


_NO_END: Final = 2**62


@handles("CHATHISTORY", params=1)
def chathistory(client: Client, message: Message) -> Steps:
    """Bring what was said, as one batch."""
    if "draft/chathistory" not in client.capabilities:
        yield client.numeric(Numeric.ERR_UNKNOWNCOMMAND, "CHATHISTORY")
        return
    try:
        yield from _answer(client, message.params[0].upper(), message.params)
    except _Refused as refused:
        yield client.line("FAIL", "CHATHISTORY", refused.code, *refused.context, refused.text)


def _answer(client: Client, subcommand: str, params: tuple[str, ...]) -> Steps:
    if subcommand == "TARGETS":
        _need(subcommand, params, 4)
        yield from _targets(client, params[1], params[2], params[3])
        return
    moments = _MOMENTS.get(subcommand)
    if moments is None:
        raise _Refused("INVALID_PARAMS", params[0], text="Ask for LATEST, BEFORE, AFTER, AROUND, BETWEEN or TARGETS.")
    _need(subcommand, params, 3 + moments)
    target = params[1]
    limit = _limit(subcommand, params[2 + moments])
    ref = _room(client, subcommand, target)
    try:
        first = yield from _place(subcommand, target, ref, params[2])
        last = (yield from _place(subcommand, target, ref, params[3])) if moments == 2 else first
        room_id, happened = yield from _read(client, subcommand, ref, (first, last), limit)
    except ChatError as error:
        if error.code in ("no-such-room", "not-a-member", "no-such-person", "name-invalid"):
            _invalid_target(subcommand, target, error.hint)
        raise
    joined = client.joined(target) if is_channel(target) else None
    room = joined if joined is not None else direct_room(client, room_id, target, happened)
    yield play(client, "chathistory", target, room, happened)


def _need(subcommand: str, params: tuple[str, ...], count: int) -> None:
    if len(params) < count:
        raise _Refused("INVALID_PARAMS", subcommand, text="Something is missing: target, moments or a limit.")


def _limit(subcommand: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:9]) == 0:
        raise _Refused("INVALID_PARAMS", subcommand, text, text="The limit is a number of messages, at least 1.")
    return min(int(text[:9]), MAX_HISTORY)


def _room(client: Client, subcommand: str, target: str) -> str:
    """How the chat calls it. Of channels only those can be read that one is in."""
    if not is_channel(target):
        return f"@{target}"
    room = client.joined(target)
    if room is None:
        _invalid_target(subcommand, target, "Join this channel first.")
    return room.id


def _invalid_target(subcommand: str, target: str, text: str) -> NoReturn:
    raise _Refused("INVALID_TARGET", subcommand, target, text=text)


def _place(subcommand: str, target: str, ref: str, text: str) -> Generator[Command, Reply | None, _Place]:
    """A moment as a place in the log."""
    if text == "*" and subcommand == "LATEST":
        return _Place(0, 0)
    name, named, value = text.partition("=")
    if name == "msgid" and (found := parse_message_id(value)) is not None:
        return _Place(found[1] - 1, found[1] + 1)
    if name == "timestamp":
        try:
            at = milliseconds(value)
        except ValueError:
            pass
        else:
            upto = yield FindNumber(ref, rfc3339(at))
            earlier = yield FindNumber(ref, rfc3339(at - 1))
            assert isinstance(upto, Done)
            assert isinstance(earlier, Done)
            return _Place(earlier.number, upto.number + 1)
    unknown = named and name not in MSGREFTYPES
    code, context = ("INVALID_MSGREFTYPE", target) if unknown else ("INVALID_PARAMS", text)
    raise _Refused(code, subcommand, context, text="A moment is msgid=… or timestamp=2026-11-22T23:00:00.000Z.")


def _read(client: Client, subcommand: str, ref: str, places: tuple[_Place, _Place], limit: int) -> Reading:
    """The id of the room, and what is wanted of it."""
    first, last = places
    match subcommand:
        case "BEFORE":
            return (yield from _back(client, ref, 0, first.before + 1, limit))
        case "AFTER":
            return (yield from _on(client, ref, first.after - 1, _NO_END, limit))
        case "LATEST":
            return (yield from _back(client, ref, first.after - 1, _NO_END, limit))
        case "AROUND":
            _, earlier = yield from _back(client, ref, 0, first.before + 1, limit // 2)
            room, later = yield from _on(client, ref, first.before, _NO_END, limit - len(earlier))
            return room, earlier + later
    if first.before <= last.before:
        return (yield from _on(client, ref, first.after - 1, last.before, limit))
    return (yield from _back(client, ref, last.after - 1, first.before + 1, limit))


def _back(client: Client, ref: str, floor: int, end: int, limit: int) -> Reading:
    """Up to `limit` events before number `end`, as near to it as there are, above `floor`."""
    found: list[Event] = []
    if "draft/event-playback" not in client.capabilities:
        page = yield ReadHistory(room=ref, before=end, limit=max(1, limit))
        assert isinstance(page, History)
        found += [as_event(message) for message in page.messages if message.number > floor and not message.deleted]
        return page.room, found[max(0, len(found) - limit) :]
    room, head = yield from _head(ref)
    end = min(end, head + 1)
    for _ in range(_LONGEST_LOOK):
        start = max(floor, end - 1 - 2 * MAX_HISTORY)
        if start >= end - 1 or len(found) >= limit:
            break
        found = (yield from _facts(room, start, end - 1)) + found
        end = start + 1
    return room, found[max(0, len(found) - limit) :]


def _on(client: Client, ref: str, number: int, upto: int, limit: int) -> Reading:
    """Up to `limit` events after a number, as near to it as there are, none later than `upto`."""
    found: list[Event] = []
    if "draft/event-playback" not in client.capabilities:
        page = yield ReadHistory(room=ref, after=number, limit=max(1, limit))
        assert isinstance(page, History)
        found += [as_event(message) for message in page.messages if message.number <= upto and not message.deleted]
        return page.room, found[:limit]
    room, head = yield from _head(ref)
    upto = min(upto, head)
    for _ in range(_LONGEST_LOOK):
        if number >= upto or len(found) >= limit:
            break
        found += yield from _facts(room, number, min(upto, number + 2 * MAX_HISTORY))
        number += 2 * MAX_HISTORY
    return room, found[:limit]


def _facts(room: str, number: int, upto: int) -> Generator[Command, Reply | None, list[Event]]:
    """What is played back of the facts after a number, up to another one."""
    found: list[Event] = []
    while number < upto:
        page = yield EventsSince(log=room, number=number, limit=upto - number)
        assert isinstance(page, Events)
        if not page.events:
            break
        found += [fact for fact in page.events if isinstance(fact, PLAYED) and fact.number <= upto]
        number = page.events[-1].number
    return found


def _head(ref: str) -> "Generator[Command, Reply | None, tuple[str, int]]":
    """Id and last number of a room."""
    page = yield ReadHistory(room=ref, limit=1)
    assert isinstance(page, History)
    facts = yield EventsSince(log=page.room, number=2**62, limit=1)
    assert isinstance(facts, Events)
    return page.room, facts.head


def _targets(client: Client, one: str, other: str, limit: str) -> Steps:
    """Channels and people with whom something was said between two times, by when it last was.

    The limit counts from the first time that is named, as it does for BETWEEN.
    """
    most = _limit("TARGETS", limit)
    times: list[int] = []
    for text in (one, other):
        name, _, value = text.partition("=")
        try:
            times.append(milliseconds(value if name == "timestamp" else ""))
        except ValueError:
            raise _Refused("INVALID_PARAMS", "TARGETS", text, text="Give two times, timestamp=…") from None
    recent = yield ListRecent(limit=200)
    assert isinstance(recent, RecentRooms)
    heard = {room.id for room in client.all_joined()}
    lines = [
        client.line("CHATHISTORY", "TARGETS", _name(client, found.room), found.at)
        for found in reversed(recent.rooms)
        if min(times) < milliseconds(found.at) < max(times)
        and (found.room.id in heard or (found.room.kind == "direct" and len(found.room.people) <= 2))
    ]
    lines = lines[:most] if times[0] <= times[1] else lines[-most:]
    name = "h" + client.next_batch()
    if "batch" in client.capabilities:
        yield batch(client.house.name, name, "draft/chathistory-targets", lines)
    else:
        yield from lines


def _name(client: Client, room: RoomState) -> str:
    if room.kind != "direct":
        return f"#{room.name}"
    return next((person.name for person in room.people if person.id != client.person.id), client.nick)
