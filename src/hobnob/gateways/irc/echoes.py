"""What a client hears of its own doings, in their place among those of others.

An event has the ref of the command that made it, by which its echo finds its label. What is answered to one label for
several targets is kept back until all of it is there. Sends are under way side by side, so what could have a ref and
has none was said without a label, whatever command is under way under one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.lines import under_label
from hobnob.gateways.irc.wire import IrcWire
from hobnob.protocol.events import (
    AsideSent,
    Event,
    MaskChanged,
    MemberBanned,
    MemberLeft,
    MemberMuted,
    MemberUnbanned,
    MemberUnmuted,
    MessageDeleted,
    MessageSent,
    ReactionAdded,
    ReactionRemoved,
    RoleChanged,
    RoomChanged,
    RoomEvent,
    TagsSent,
    TopicChanged,
    TypingChanged,
)
from hobnob.protocol.records import Room

SAID = MessageSent | AsideSent | TagsSent | ReactionAdded | ReactionRemoved | TypingChanged | MessageDeleted

CHANGED = (
    TopicChanged | RoomChanged | RoleChanged | MaskChanged | MemberBanned | MemberUnbanned | MemberMuted
    | MemberUnmuted | MemberLeft
)  # fmt: skip
"""What a client hears of its own doings whatever it has negotiated; its own PART it is told another way."""

REFERRED = MessageSent | AsideSent | TagsSent | ReactionAdded | ReactionRemoved | MessageDeleted | TopicChanged
"""What is made by commands that have a ref wherever they have a label."""


class Label:
    """A label whose command is under way. `kept`: where echoes wait for others; `answered`: one has gone out."""

    __slots__ = ("answered", "kept", "text")

    def __init__(self, text: str, kept: list[bytes] | None) -> None:
        self.text = text
        self.kept = kept
        self.answered = False


class Echoes:
    """See the head of this file."""

    __slots__ = ("_labels", "client")

    def __init__(self, client: Client) -> None:
        self.client = client
        self._labels: dict[str | None, Label] | None = None

    @contextmanager
    def expected(self, ref: str | None, label: Label) -> Iterator[None]:
        """While this command is under way its echo has the label; without a ref it is the only one."""
        labels = self._labels = {} if self._labels is None else self._labels
        labels[ref] = label
        try:
            yield
        finally:
            labels.pop(ref, None)
            self._labels = labels or None

    def echo(self, event: Event, room: Room | None, told: bytes) -> bytes:
        """What the client is told of an event that it made itself; mostly the same as all others are `told`."""
        label = self._label_of(event)
        if label is None and room is not None and room.kind != "direct":
            return told if self._hears(event) else b""
        alone = room is not None and room.kind == "direct" and all(person.id == event.by for person in room.people)
        delivered = self._lines(event, room) if alone and isinstance(event, SAID) else b""
        own = self._labelled(event, room) if isinstance(event, RoomEvent) and self._hears(event) else b""
        return self.client.pack(delivered + own)

    def _label_of(self, event: Event) -> Label | None:
        if not self._labels or not isinstance(event, RoomEvent) or (event.ref is None and isinstance(event, REFERRED)):
            return None
        return self._labels.get(event.ref)

    def _hears(self, event: Event) -> bool:
        """Whether what the client did is told to it as to others; its own leaving is an answer."""
        if isinstance(event, CHANGED):
            return not (isinstance(event, MemberLeft) and event.person == event.by)
        return isinstance(event, SAID) and "echo-message" in self.client.capabilities

    def _labelled(self, event: RoomEvent, room: Room | None) -> bytes:
        data = self._lines(event, room)
        label = self._label_of(event)
        if label is None or not data:
            return data
        label.answered = True
        if label.kept is not None:
            label.kept.append(data)
            return b""
        return under_label(self.client, label.text, [data])

    def _lines(self, event: Event, room: Room | None) -> bytes:
        wire = self.client.session.wire
        return wire.lines(event, room) if isinstance(wire, IrcWire) else b""
