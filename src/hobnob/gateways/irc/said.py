"""What somebody said, as lines: the one thing that is said by the thousand, so its bytes are put together here by hand.

Lines have at most 512 bytes without their tags, and one message never more than `MAX_LINES` of them. Clients with
draft/multiline get a message of several lines as one batch, which keeps blank lines and the places where its author
had cut it. A correction is one line, which names what it corrects for those who read tags.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from hobnob.gateways.irc.formatting import to_irc
from hobnob.gateways.irc.message import MAX_BODY, cut, encode_tags, pieces
from hobnob.gateways.irc.modes import PREFIXES
from hobnob.protocol.events import AsideSent, Event, MessageEdited, MessageSent
from hobnob.protocol.records import Room, message_id

if TYPE_CHECKING:
    from hobnob.gateways.irc.wire import IrcWire

MAX_LINES = 50
"""Lines that one message may fill: 16 KiB of prose fit, a flood of line feeds does not."""

MAX_LABEL = 64
"""Bytes of the label of a group."""

PARTS: Final = "hobnob/parts"
"""A tag of ours: where in its text a message had been cut by its author, in characters, separated by commas."""

_UNSAID = {0: None, 1: None, 13: "\n"}


class _Part(NamedTuple):
    """A line, and whether it goes on with the one before."""

    text: str
    goes_on: bool = False


def said(wire: "IrcWire", event: MessageSent | AsideSent, room: Room, inside: Mapping[str, str]) -> bytes:
    """The lines of a message; `inside` are further tags of what is in a batch."""
    target, label = address(event, room)
    command = "NOTICE" if event.kind == "notice" else "PRIVMSG"
    before, end = ("\x01ACTION ", b"\x01\r\n") if event.kind == "action" else ("", b"\r\n")
    head = f":{wire.source(event)} {command} {target} :{before}{label}".encode()
    size = MAX_BODY + 2 - len(head) - len(end)
    first = encode_tags({**inside, **wire.tags(event, room)})
    text = event.text
    if text.isprintable() and len(text) * 4 <= size and PARTS not in event.tags:
        return first + head + to_irc(text).encode("utf-8", "replace") + end
    parts = list(_parts(event, size))
    if len(parts) > 1 and "draft/multiline" in wire.capabilities and "batch" in wire.capabilities and not before:
        return _batch(f"{first.decode()}:{wire.source(event)} BATCH", event, target, head, parts)
    # A part is no message of its own: only the first line carries the id.
    rest = encode_tags({**inside, **wire.tags(event, room, first=False)})
    lines = _limited([part.text for part in parts if part.text.strip()])
    encoded = [head + line.encode("utf-8", "replace") + end for line in lines]
    return first + rest.join(encoded) if encoded else b""


def corrected(wire: "IrcWire", event: MessageEdited, room: Room) -> bytes:
    """The one line of a correction."""
    target, label = address(event, room)
    head = f":{wire.source(event)} PRIVMSG {target} :{label}".encode()
    tags = wire.tags(event, room, first=False)
    if "message-tags" in wire.capabilities:
        tags["+draft/reply"] = message_id(room.id, event.of)
    line = _correction(event.text, MAX_BODY - len(head))
    return encode_tags(tags) + head + line.encode("utf-8", "replace") + b"\r\n"


def address(event: Event, room: Room) -> tuple[str, str]:
    """To whom something is said, and what stands before the text.

    A direct room of several is shown as a private message that begins with the names of all: IRC has no such room.
    """
    if isinstance(event, AsideSent):
        return f"{PREFIXES[event.to]}#{room.name}", ""
    return (f"#{room.name}", "") if room.kind != "direct" else conversation(room, event.by, event.by_name)


def conversation(room: Room, by: str, by_name: str) -> tuple[str, str]:
    """What a direct room is called for one of its people, and what stands before what they say there."""
    others = [person.name for person in room.people if person.id != by]
    if len(others) < 2:
        return others[0] if others else by_name, ""
    label = "+".join(sorted(person.name for person in room.people))
    if len(label.encode()) > MAX_LABEL:
        label = cut(label.encode(), MAX_LABEL).decode().rpartition("+")[0] + "+…"
    return label, f"[{label}] "


def _batch(begin: str, event: MessageSent | AsideSent, target: str, head: bytes, parts: list[_Part]) -> bytes:
    """A message as a batch; its name is free, as no other batch begins before this one ends."""
    name = f"m{event.number}"
    plain = f"@batch={name} ".encode()
    going_on = f"@batch={name};draft/multiline-concat ".encode()
    kept = parts if len(parts) <= MAX_LINES else [*parts[: MAX_LINES - 1], _Part(_rest(len(parts)))]
    lines = [
        (going_on if part.goes_on else plain) + head + part.text.encode("utf-8", "replace") + b"\r\n" for part in kept
    ]
    server = begin.rpartition(":")[2]
    return b"".join(
        [f"{begin} +{name} draft/multiline {target}\r\n".encode(), *lines, f":{server} -{name}\r\n".encode()]
    )


def _parts(event: MessageSent | AsideSent, size: int) -> Iterator[_Part]:
    """The lines of a text, cut where its author had cut it and where they are longer than `size` bytes."""
    goes_on = False
    for piece, whole in _cut_by_author(event):
        for line in to_irc(piece.translate(_UNSAID)).split("\n"):
            for text in pieces(line, size) if line else [""]:
                yield _Part(text, goes_on)
                goes_on = True
            goes_on = False
        goes_on = not whole


def _cut_by_author(event: MessageSent | AsideSent) -> Iterator[tuple[str, bool]]:
    """The pieces of a text, and whether a line ends with each."""
    places = [int(place) for place in event.tags.get(PARTS, "").split(",") if place.isascii() and place.isdigit()]
    start = 0
    for place in places[:MAX_LINES]:
        if start < place < len(event.text):
            yield event.text[start:place], False
            start = place
    yield event.text[start:], True


def _limited(texts: list[str]) -> list[str]:
    return texts if len(texts) <= MAX_LINES else [*texts[: MAX_LINES - 1], _rest(len(texts))]


def _rest(lines: int) -> str:
    return f"… ({lines - MAX_LINES + 1} more lines)"


def _correction(text: str, size: int) -> str:
    """One line that tells what a message says now, as much of it as fits."""
    line = "* edited: " + to_irc(" ".join(text.translate(_UNSAID).split()))
    return line if len(line.encode()) <= size else cut(line.encode(), size - len("…".encode())).decode() + "…"
