"""What a person at a terminal reads in answer to their commands: lists of lines, without their ends.

Times are UTC, and a line that names the day stands before the first message of each. Numbers are what /edit, /react and
the others take.
"""

from collections.abc import Iterator, Sequence

from hobnob.gateways.lines.wire import LinesWire, shown, spoken
from hobnob.protocol.excerpts import excerpt
from hobnob.protocol.records import Member, Message, RoomListing, RoomState
from hobnob.protocol.replies import Found

_NAMES_SHOWN = 100
_ROOMS_SHOWN = 100
_EXCERPT = 200


def place(room: RoomState) -> str:
    """Where one is."""
    topic = f" Topic: {shown(room.topic)}" if room.topic else ""
    return f"You are in #{shown(room.name)}.{topic}"


def present(wire: LinesWire, members: Sequence[Member], me: str) -> str:
    """Who is in the room besides oneself."""
    others = [member for member in members if member.id != me]
    if not others:
        return "Nobody else is here right now."
    names = [
        wire.name(member.id, member.name) + (" (away)" if member.state == "away" else "")
        for member in others[:_NAMES_SHOWN]
    ]
    more = f" and {len(others) - len(names)} more" if len(others) > len(names) else ""
    return f"Here {'is' if len(others) == 1 else 'are'}: {', '.join(names)}{more}"


def history(wire: LinesWire, messages: Sequence[Message]) -> list[str]:
    """Messages with their numbers, the day before the first of each day."""
    lines = []
    day = ""
    for message in messages:
        if message.at[:10] != day:
            day = message.at[:10]
            lines.append(f"-- {day}, times in UTC --")
        lines.append(f"#{message.number} [{message.at[11:16]}] {_said(wire, message)}")
    return lines


def _said(wire: LinesWire, message: Message) -> str:
    by = wire.name(message.by, message.by_name)
    if message.deleted:
        return f"{by}: (deleted)"
    edited = " (edited)" if message.edited_at else ""
    reactions = "".join(f" [{shown(emoji)} {len(people)}]" for emoji, people in message.reactions.items())
    return spoken(by, message.kind, message.text) + edited + reactions


def found(wire: LinesWire, found: Found) -> Iterator[str]:
    """The hits of a search, the newest first, each in one line."""
    for hit in found.hits:
        room = f"#{shown(hit.room_name)}" if hit.room_name else " + ".join(map(shown, hit.people))
        text = "".join(wire.mark(shown(piece)) if marked else shown(piece) for piece, marked in excerpt(hit, _EXCERPT))
        by = wire.name(hit.by, hit.by_name)
        yield f"{room} #{hit.number} [{hit.at[:10]} {hit.at[11:16]}] {by}: {text}"
    if found.more:
        yield "There are older ones: narrow the search with in:, from: or before:2026-11-01"
    elif found.partial:
        yield "The index is still being built; search again in a while for the rest."
    elif not found.hits:
        yield "Nothing was found."
    else:
        yield "/history #number shows what was said around one, in the room where you are."


def rooms(listings: Sequence[RoomListing], here: str) -> Iterator[str]:
    """The directory, the liveliest first."""
    named = sorted((room for room in listings if room.kind != "direct"), key=lambda room: (-room.attached, room.name))
    for room in named[:_ROOMS_SHOWN]:
        mark = "*" if room.id == here else " "
        topic = f"  {shown(room.topic)}" if room.topic else ""
        yield f"{mark} #{shown(room.name)}  {room.attached} here{topic}"
    if len(named) > _ROOMS_SHOWN:
        yield f"and {len(named) - _ROOMS_SHOWN} more"
