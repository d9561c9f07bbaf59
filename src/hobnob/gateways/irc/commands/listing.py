"""LIST, with the conditions of ELIST: M masks, N masks that must not fit, U people, C age, T age of the topic."""

from collections.abc import Callable, Iterator

from hobnob.gateways.irc.client import Client, is_channel, room_key
from hobnob.gateways.irc.commands.channels import channels_of, targets
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.commands import ListRooms, Ping
from hobnob.protocol.masks import is_mask, matches
from hobnob.protocol.records import RoomListing
from hobnob.protocol.replies import Pong, Rooms
from hobnob.protocol.times import milliseconds

Condition = Callable[[RoomListing], bool]


@handles("LIST")
def list_(client: Client, message: Message) -> Steps:
    """The channels one may see, or those of them that are named or fit, with how many are there now."""
    listing = yield ListRooms()
    now = yield Ping()
    assert isinstance(listing, Rooms)
    assert isinstance(now, Pong)
    names, conditions = _asked(message.params[0] if message.params else "", milliseconds(now.at))
    yield client.numeric(Numeric.RPL_LISTSTART, "Channel")
    lines = [
        client.numeric(Numeric.RPL_LIST, f"#{room.name}", str(room.attached), text=room.topic)
        for room in channels_of(listing)
        if _is_used(room)
        and (not names or any(named(room) for named in names))
        and all(holds(room) for holds in conditions)
    ]
    yield b"".join([*lines, client.numeric(Numeric.RPL_LISTEND)])


def _is_used(room: RoomListing) -> bool:
    """Whether anybody ever came: a room whose people are all away is still theirs, an untouched lobby nobody's yet."""
    return room.attached > 0 or room.members > 0 or room.count > 0


def _asked(text: str, now: int) -> tuple[list[Condition], list[Condition]]:
    """The names and masks, one of which has to fit, and the conditions, all of which have to hold."""
    names: list[Condition] = []
    conditions: list[Condition] = []
    for word in targets(text):
        if (condition := next(_condition(word, now), None)) is not None:
            conditions.append(condition)
        elif is_channel(word) or is_mask(word):
            names.append(_named(word))
    return names, conditions


def _condition(word: str, now: int) -> Iterator[Condition]:
    if word.startswith("!"):
        unwanted = _named(word[1:])
        yield lambda room: not unwanted(room)
        return
    kind = word[:1].upper() if word[:1].upper() in ("C", "T") else ""
    sign, number = word[len(kind) : len(kind) + 1], word[len(kind) + 1 :]
    if sign not in ("<", ">") or not (number.isascii() and number.isdigit() and len(number) < 10):
        return
    limit = int(number)
    if not kind:
        yield (lambda room: room.attached < limit) if sign == "<" else (lambda room: room.attached > limit)
        return
    moment = now - 60_000 * limit
    # Fewer minutes ago than so many is later than the moment.
    yield (lambda room: _time(room, kind) > moment) if sign == "<" else (lambda room: 0 < _time(room, kind) < moment)


def _time(room: RoomListing, kind: str) -> int:
    at = room.created_at if kind == "C" else room.topic_at
    return milliseconds(at) if at else 0


def _named(word: str) -> Condition:
    if not is_mask(word):
        key = room_key(word)
        return lambda room: room_key(room.name) == key
    return lambda room: matches(word, f"#{room.name}")
