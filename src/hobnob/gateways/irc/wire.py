"""How events are said to IRC clients that negotiated the same: bytes shared by all of them.

Nothing here knows the reader, so a line may name only what the event and its room say. Texts of others come in lines of
at most 512 bytes, never more than `MAX_LINES` of them; a correction is one line; reactions, pins, typing and deletions
are not said at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from hobnob.gateways.irc.message import MAX_BODY, Message, cut, encode, encode_tags, pieces
from hobnob.protocol.events import (
    Event,
    MemberAttached,
    MemberDetached,
    MemberLeft,
    MessageEdited,
    MessageSent,
    PersonRenamed,
    PresenceChanged,
    TopicChanged,
)
from hobnob.protocol.records import Room, message_id

MAX_LINES = 50
"""Lines that one message may fill: 16 KiB of prose fit, a flood of line feeds does not."""

MAX_LABEL = 64
"""Bytes of the label of a group."""

_UNSAID = {0: None, 1: None, 13: "\n"}


def mask(person: str, name: str) -> str:
    """``nick!user@host`` of a person by id and name. The host is made of the id, so it says nothing of an address."""
    return f"{name}!~u@{host(person)}"


def host(person: str) -> str:
    """The host that is shown for a person, the same under every name; 50 of the id's random bits."""
    return f"{person[2:12]}.hobnob"


@dataclass(frozen=True, slots=True)
class IrcWire:
    """The wire format: the server's name and the `HEARD` capabilities. Equal values give equal bytes.

    Nobody hears what they did themselves by it: that is an answer, which may have a label.
    """

    server: str
    capabilities: frozenset[str] = frozenset()
    echo: ClassVar[bool] = False

    def encode(self, event: Event, room: Room | None) -> bytes:
        """The lines of an event, each with CR LF; empty when IRC clients are not shown it."""
        if isinstance(event, MessageSent | MessageEdited):
            return self._said(event, room) if room and event.text else b""  # empty: it has been deleted
        return b"".join(map(encode, self._lines(event, room)))

    def gap(self, room: Room | None, head: int) -> None:
        """IRC cannot say that something is missing, so a client that lags too far has to go."""

    def farewell(self, reason: str) -> bytes:
        """The ERROR that ends a connection."""
        return encode(Message("ERROR", (reason,)))

    def _lines(self, event: Event, room: Room | None) -> Iterator[Message]:
        match event:
            case PersonRenamed():
                yield self._line(event, "NICK", event.name)
            case PresenceChanged(state="offline"):
                yield self._line(event, "QUIT", event.text)
            case _ if room and room.kind != "direct":
                yield from self._in_channel(event, f"#{room.name}")

    def _in_channel(self, event: Event, channel: str) -> Iterator[Message]:
        match event:
            case MemberAttached():
                yield self._line(event, "JOIN", channel)
            case MemberDetached(reason=reason):
                yield self._line(event, "PART", channel, *([reason] if reason else []))
            case MemberLeft(reason=reason) if event.by == event.person:
                yield self._line(event, "PART", channel, *([reason] if reason else []))
            case MemberLeft(reason=reason):
                yield self._line(event, "KICK", channel, event.person_name, reason or event.by_name)
            case TopicChanged(topic=topic):
                yield self._line(event, "TOPIC", channel, topic)

    def _said(self, event: MessageSent | MessageEdited, room: Room) -> bytes:
        """What was said. Nothing is said oftener, so its lines are made of bytes that are prepared once."""
        target, label = _target(event, room)
        kind = event.kind if isinstance(event, MessageSent) else "text"
        command = "NOTICE" if kind == "notice" else "PRIVMSG"
        before, end = ("\x01ACTION ", b"\x01\r\n") if kind == "action" else ("", b"\r\n")
        head = f":{self._source(event)} {command} {target} :{before}{label}".encode()
        size = MAX_BODY + 2 - len(head) - len(end)
        tags = self._time(event)
        if isinstance(event, MessageEdited):
            return encode_tags(tags) + head + _correction(event.text, size).encode("utf-8", "replace") + end
        lines = [head + text.encode("utf-8", "replace") + end for text in _texts(event.text, size)]
        if not tags and "message-tags" not in self.capabilities:
            return b"".join(lines)
        # A part is no message of its own: only the first line carries the id.
        first = {**tags, "msgid": message_id(room.id, event.number)} if "message-tags" in self.capabilities else tags
        if len(lines) > 1:
            lines = [encode_tags(tags).join(lines)]
        return encode_tags(first) + lines[0] if lines else b""

    def _line(self, event: Event, command: str, *params: str) -> Message:
        return Message(command, params, self._source(event), self._time(event))

    def _source(self, event: Event) -> str:
        return mask(event.by, event.by_name) if event.by else self.server

    def _time(self, event: Event) -> dict[str, str]:
        return {"time": event.at} if "server-time" in self.capabilities and event.at else {}


@cache
def wire_for(server: str, capabilities: frozenset[str]) -> IrcWire:
    """The one wire format of these capabilities, so that a thousand clients share it."""
    return IrcWire(server, capabilities)


def _target(event: MessageSent | MessageEdited, room: Room) -> tuple[str, str]:
    """To whom something is said, and what stands before the text.

    A direct room of several is shown as a private message that begins with the names of all: IRC has no such room.
    """
    if room.kind != "direct":
        return f"#{room.name}", ""
    others = [person.name for person in room.people if person.id != event.by]
    if len(others) < 2:
        return others[0] if others else event.by_name, ""
    label = "+".join(sorted(person.name for person in room.people))
    if len(label.encode()) > MAX_LABEL:
        label = cut(label.encode(), MAX_LABEL).decode().rpartition("+")[0] + "+…"
    return label, f"[{label}] "


def _texts(text: str, size: int) -> list[str]:
    """The lines of a text, of at most `size` bytes each; blank ones are left out."""
    if text and text.isprintable():
        return [text] if len(text) * 4 <= size else _limited(list(pieces(text, size)))
    lines = text.translate(_UNSAID).split("\n")
    return _limited([piece for line in lines if line.strip() for piece in pieces(line, size)])


def _limited(texts: list[str]) -> list[str]:
    if len(texts) <= MAX_LINES:
        return texts
    kept = texts[: MAX_LINES - 1]
    return [*kept, f"… ({len(texts) - len(kept)} more lines)"]


def _correction(text: str, size: int) -> str:
    """One line that tells what a message says now, as much of it as fits."""
    line = "* edited: " + " ".join(text.translate(_UNSAID).split())
    return line if len(line.encode()) <= size else cut(line.encode(), size - len("…".encode())).decode() + "…"
