"""What a person at a terminal reads in answer to their commands: lists of lines, without their ends.

Times are as the reader's wire has them, and a line that names the day stands before the first message of each. Numbers
are what /edit, /react and the others take.
"""

from collections.abc import Iterator, Sequence

from hobnob.gateways.lines.wire import LinesWire, because, minute, room_is, shortened, shown, spoken, until
from hobnob.protocol.events import Moderated
from hobnob.protocol.excerpts import excerpt
from hobnob.protocol.records import Invite, Member, Message, Restriction, RoomListing, RoomState
from hobnob.protocol.replies import Found, InviteMade

_NAMES_SHOWN = 100
_ROOMS_SHOWN = 100
_EXCERPT = 200
_ID_SHOWN = 8


def place(room: RoomState) -> str:
    """Where one is."""
    topic = f" Topic: {shown(room.topic)}" if room.topic else ""
    return f"You are in #{shown(room.name)}.{topic}"


def elsewhere(rooms: Sequence[RoomState], here: str) -> list[str]:
    """The other rooms that one belongs to, with how much is new there; nothing where there are none."""
    named = sorted((room for room in rooms if room.id != here and room.kind != "direct"), key=lambda room: room.name)
    if not named:
        return []
    new = [f"#{shown(room.name)}" + (f" ({room.unread} new)" if room.unread else "") for room in named[:_ROOMS_SHOWN]]
    more = f" and {len(named) - len(new)} more" if len(named) > len(new) else ""
    return [f"Your other rooms: {', '.join(new)}{more}. /join {shown(named[0].name)} goes there."]


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
        if message.by in wire.ignored:
            continue
        before, (day, time) = day, wire.moment(message.at).split()
        if day != before:
            lines.append(f"-- {day}{wire.clock} --")
        lines.append(f"#{message.number} [{time}] {_said(wire, message)}")
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
        if hit.by in wire.ignored:
            continue
        room = f"#{shown(hit.room_name)}" if hit.room_name else " + ".join(map(shown, hit.people))
        text = "".join(wire.mark(shown(piece)) if marked else shown(piece) for piece, marked in excerpt(hit, _EXCERPT))
        by = wire.name(hit.by, hit.by_name)
        yield f"{room} #{hit.number} [{wire.moment(hit.at)}] {by}: {text}"
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


def settings(room: RoomState) -> str:
    """What a room is."""
    return f"#{shortened(room.name)}: {room_is(room.kind, room.history, room.posting, room.slow)}."


def restriction(one: Restriction) -> str:
    """A ban or mute of the room or server that was asked about."""
    who = shortened(" ".join(filter(None, (one.person_name or one.person, one.network))))
    return f"{one.kind:4} {who}, {until(one.until)}, by {shortened(one.by_name)}{because(one.reason)}"


def invite(one: Invite, *, whole: bool = False) -> str:
    """An invite without its code; its id first, as much of it as people type, or the whole of it."""
    return f"  {one.id if whole else short_id(one.id)}  {_invite_is(one)}, by {shortened(one.by_name)}"


def invite_made(made: InviteMade) -> Iterator[str]:
    """A new invite, which is shown this once."""
    yield f"This lets people in: {_invite_is(made.invite)}"
    if made.web:
        yield f"  in a browser      {shortened(made.web)}"
    if made.link:
        yield f"  with hobnob join  '{shortened(made.link)}'"
    yield f"  anywhere          {shortened(made.code)}"


def _invite_is(one: Invite) -> str:
    where = f"#{shortened(one.room_name)}" if one.room else "the server"
    people = "any number of" if one.uses_left is None else str(one.uses_left)
    return f"{where}, as {one.role}, {people} {'person' if one.uses_left == 1 else 'people'}, {until(one.expires_at)}"


def audit(one: Moderated) -> str:
    """A line of the audit log."""
    parts = [f"[{minute(one.at)}] {shortened(one.by_name) or 'Server'}: {one.action}"]
    parts += [shortened(text) for text in (one.person_name, one.network) if text]
    if one.role:
        parts.append(f"to {one.role}")
    if one.room:
        parts.append(f"in #{shortened(one.room_name)}" if one.room_name else f"in {one.room}")
    if one.of:
        parts.append(f"message #{one.of}")
    if one.until:
        parts.append(until(one.until))
    return " ".join(parts) + because("; ".join(filter(None, (one.what, one.reason))))


def short_id(id: str) -> str:
    """As much of an id as people type."""
    return id[2 : 2 + _ID_SHOWN]
