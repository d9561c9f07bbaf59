"""What was said before, as lines: messages as they are now, or with all else that happened (IRCv3 event-playback)."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.lines import batch
from hobnob.gateways.irc.wire import IrcWire
from hobnob.protocol.events import (
    Event,
    MemberAttached,
    MemberJoined,
    MemberLeft,
    MessageSent,
    ReactionAdded,
    ReactionRemoved,
    TagsSent,
    TopicChanged,
)
from hobnob.protocol.records import Message, Person, Room

PLAYED = MessageSent | MemberJoined | MemberLeft | TopicChanged | TagsSent | ReactionAdded | ReactionRemoved
"""What of a room's log is played back to clients with event-playback; texts are the present ones, so no edits."""


def as_event(message: Message) -> MessageSent:
    """A message as it is said."""
    return MessageSent(
        room=message.room, number=message.number, at=message.at, by=message.by, by_name=message.by_name,
        text=message.text, kind=message.kind, reply_to=message.reply_to, thread=message.thread, tags=message.tags,
    )  # fmt: skip


def direct_room(client: Client, id: str, name: str, events: Iterable[Event]) -> Room:
    """The direct room with somebody, of whom the events tell more than their name."""
    me = client.person
    other = next((Person(event.by, event.by_name) for event in events if event.by not in ("", me.id)), None)
    here = client.house.named(name)
    if here is not None:
        other = here.person
    return Room(id, "", "direct", people=(me, other or Person("", name)))


def play(client: Client, kind: str, target: str, room: Room, events: Sequence[Event]) -> bytes:
    """Events as a batch of this kind; as lines alone for clients that take no batches."""
    wire = client.session.wire
    assert isinstance(wire, IrcWire)
    if "batch" not in client.capabilities:
        return b"".join(wire.lines(_as_heard(event), room) for event in events)
    name = "h" + client.next_batch()
    inside = {"batch": name}
    lines = b"".join(wire.lines(_as_heard(event), room, inside) for event in events)
    return batch(client.house.name, name, kind, lines.splitlines(keepends=True), target)


def _as_heard(event: Event) -> Event:
    """Who joined was heard to come."""
    if isinstance(event, MemberJoined):
        return MemberAttached(
            room=event.room, number=event.number, at=event.at, by=event.person, by_name=event.person_name
        )
    return replace(event, reply_to=None) if isinstance(event, MessageSent) and not event.text else event
