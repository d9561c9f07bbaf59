"""How events are said to IRC clients that negotiated the same: bytes shared by all of them.

Nothing here knows the reader, so a line may name only what the event, its room and who did it say. What there is no
capability or tag for is not said at all.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import ClassVar, Final
from weakref import WeakValueDictionary

import msgspec

from hobnob.gateways.gateway import House
from hobnob.gateways.irc import metadata
from hobnob.gateways.irc.message import Message, ctcp, encode
from hobnob.gateways.irc.modes import LETTERS, changes_of, written
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.said import address, corrected, said
from hobnob.protocol.events import (
    AccountRegistered,
    Announced,
    AsideSent,
    DetailChanged,
    Event,
    InvitedToRoom,
    MemberAttached,
    MemberDetached,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageSent,
    PersonInvited,
    PersonRenamed,
    PresenceChanged,
    ReactionAdded,
    ReactionRemoved,
    ReadMarked,
    RoomChanged,
    RoomDetailChanged,
    RoomEvent,
    SignalSent,
    TagsSent,
    TopicChanged,
    TypingChanged,
    WatchChanged,
)
from hobnob.protocol.masks import mask_of
from hobnob.protocol.records import Room, message_id

UNTOLD: Final = "-w"
"""Stands among the capabilities of a client that has unset user mode w."""
BOT: Final = "bot"
"""The detail that says that a person is a bot (user mode B)."""
REAL_NAME: Final = "realname"
"""The detail that is a person's real name."""


def subscribed(key: str) -> str:
    """What stands among the capabilities of a client that hears of a key of metadata."""
    return f"={key}"


NOTHING: Final[Mapping[str, str]] = {}


def as_lines(lines: bytes) -> bytes:
    """How lines go over TCP."""
    return lines


_WITH_TEXT = MessageSent | MessageEdited | AsideSent
_TO_ONE = WatchChanged | InvitedToRoom | SignalSent
"""Made once: every event is asked whether it is one."""

Pack = Callable[[bytes], bytes]
"""How lines, each with CR LF, go over a connection."""


class IrcWire(msgspec.Struct, frozen=True, weakref=True):
    """The wire format: the house and the `HEARD` capabilities of its readers. Equal values give equal bytes.

    Nobody hears what they did themselves by it: that is an answer, which may have a label.
    """

    house: House
    capabilities: frozenset[str] = frozenset()
    pack: Pack = as_lines
    echo: ClassVar[bool] = False
    crowds: ClassVar[bool] = True

    def encode(self, event: Event, room: Room | None) -> bytes:
        """An event as it goes over the connection; empty when IRC clients are not shown it."""
        return self.pack(self.lines(event, room))

    def lines(self, event: Event, room: Room | None, inside: Mapping[str, str] = NOTHING) -> bytes:
        """The lines of an event, each with CR LF; `inside` are further tags of the batch that it stands in."""
        if isinstance(event, _WITH_TEXT) and event.text:
            if room is None:
                return b""
            if isinstance(event, MessageEdited):
                return corrected(self, event, room)
            return said(self, event, room, inside)
        if isinstance(event, _TO_ONE):
            return b"".join(map(encode, self._to_one(event)))
        if isinstance(event, ReadMarked):
            return b"".join(map(encode, self._read(event)))
        lines = self._lines(event, room)
        return b"".join(encode(self._line(event, room, inside, *line)) for line in lines)

    def gap(self, room: Room | None, head: int) -> None:
        """IRC cannot say that something is missing, so a client that lags too far has to go."""

    def farewell(self, reason: str, code: str) -> bytes:
        """The ERROR that ends a connection."""
        return self.pack(error(reason))

    def source(self, event: Event) -> str:
        """Who did it, as a line begins."""
        return mask_of(event.by, event.by_name) if event.by else self.house.name

    def tags(self, event: Event, room: Room | None, *, first: bool = True) -> dict[str, str]:
        """What the readers are told beside the line; all but the `first` line of an event go without its id."""
        tags = self._tags_of(event.by, event.at)
        if room is not None and isinstance(event, RoomEvent) and "message-tags" in self.capabilities:
            if first and event.number:
                tags["msgid"] = message_id(room.id, event.number)
            tags |= client_tags(event, first)
        return tags

    def _tags_of(self, person: str, at: str) -> dict[str, str]:
        """When it was, the account of who did it, and that it is a bot."""
        tags: dict[str, str] = {}
        if at and "server-time" in self.capabilities:
            tags["time"] = at
        if person and "account-tag" in self.capabilities and (account := self.account(person)):
            tags["account"] = account
        if person and "message-tags" in self.capabilities:
            here = self.house.here(person)
            if here is not None and here.told(BOT):
                tags["bot"] = ""
        return tags

    def account(self, person: str) -> str:
        """The name of the account that somebody who is here has; empty without one."""
        here = self.house.here(person)
        return here.person.name if here is not None and here.person.kind == "account" else ""

    def _line(self, event: Event, room: Room | None, inside: Mapping[str, str], command: str, *params: str) -> Message:
        source = self.house.name if command.isdigit() else self.source(event)
        return Message(command, params, source, {**inside, **self.tags(event, room)})

    def _lines(self, event: Event, room: Room | None) -> Iterator[tuple[str, ...]]:
        if not isinstance(event, RoomEvent):
            yield from self._of_people(event)
        elif room is not None:
            if room.kind != "direct":
                yield from self._in_channel(event, f"#{room.name}")
            yield from self._marked(event, room)

    def _of_people(self, event: Event) -> Iterator[tuple[str, ...]]:
        """What is told once, however many channels one shares."""
        capabilities = self.capabilities
        match event:
            case PersonRenamed():
                yield "NICK", event.name
            case PresenceChanged(state="offline"):
                yield "QUIT", *_given(event.text)
            case PresenceChanged() if "away-notify" in capabilities:
                yield _away(event.text if event.state == "away" else None)
            case Announced() if UNTOLD not in capabilities:
                yield "WALLOPS", event.text
            case DetailChanged(key=key):
                if key == REAL_NAME and "setname" in capabilities:
                    yield "SETNAME", event.value or event.by_name
                if subscribed(key) in capabilities:
                    yield metadata.change(capabilities, event.by_name, key, event.value)
            case AccountRegistered() if "account-notify" in capabilities:
                yield "ACCOUNT", event.by_name

    def _read(self, event: ReadMarked) -> Iterator[Message]:
        """Another client of the reader's has read a room up to a time."""
        room = self.house.live_room(event.room)
        if room is not None and event.moment and "draft/read-marker" in self.capabilities:
            yield Message("MARKREAD", (address(event, room)[0], f"timestamp={event.moment}"), self.house.name)

    def _to_one(self, event: WatchChanged | InvitedToRoom | SignalSent) -> Iterator[Message]:
        """The reader (`by`) was invited, or somebody whose name they monitor came, went, or is away or back.

        Or a program asks theirs something (CTCP), or answers.
        """
        if isinstance(event, SignalSent):
            command = "NOTICE" if event.answer else "PRIVMSG"
            yield Message(command, (event.person_name, ctcp(event.what, event.text)), mask_of(event.by, event.by_name))
            return
        if isinstance(event, InvitedToRoom):
            params, source = (event.by_name, f"#{event.name}"), mask_of(event.inviter, event.inviter_name)
            yield Message("INVITE", params, source, self._tags_of(event.inviter, event.at))
            return
        whom = mask_of(event.person, event.person_name)
        if event.registered:
            if {"account-notify", "extended-monitor"} <= self.capabilities:
                yield Message("ACCOUNT", (event.person_name,), whom, self._tags_of(event.person, event.at))
        elif event.state == "offline":
            yield Message("731", (event.by_name, event.person_name), self.house.name)
        elif event.before == "offline":
            yield Message("730", (event.by_name, whom), self.house.name)
            yield from self._told(event)
        elif {"away-notify", "extended-monitor"} <= self.capabilities:
            command, *text = _away(event.text if event.state == "away" else None)
            yield Message(command, tuple(text), whom, self._tags_of(event.person, event.at))

    def _told(self, event: WatchChanged) -> Iterator[Message]:
        """What somebody tells of themselves who has come, under the keys that the reader hears of.

        It may not be read yet for who was known before. The newer version of metadata has a word for that: later.
        """
        if {"batch", metadata.NEWER} <= self.capabilities:
            params = (event.by_name, event.person_name, "0", Numeric.RPL_METADATASYNCLATER.text)
            yield Message(Numeric.RPL_METADATASYNCLATER.number, params, self.house.name)
            return
        here = self.house.here(event.person)
        for key in sorted(name[1:] for name in self.capabilities if name.startswith("=")):
            if here is not None and (value := here.told(key)):
                command, *told = metadata.change(self.capabilities, event.person_name, key, value)
                yield Message(command, tuple(told), self.house.name)

    def _in_channel(self, event: RoomEvent, channel: str) -> Iterator[tuple[str, ...]]:
        match event:
            case MemberAttached():
                yield from self._joined(event, channel)
            case MemberDetached(reason=reason):
                yield "PART", channel, *_given(reason)
            case MemberLeft(reason=reason) if event.by == event.person:
                yield "PART", channel, *_given(reason)
            case MemberLeft(reason=reason):
                yield "KICK", channel, event.person_name, reason or event.by_name
            case TopicChanged(topic=topic):
                yield "TOPIC", channel, topic
            case RoomChanged(changed=changed) if "name" in changed and "draft/channel-rename" in self.capabilities:
                yield "RENAME", f"#{event.name_before}", channel, event.reason
                yield from self._modes(event, channel)
            case RoomDetailChanged(key=key):
                if subscribed(key) in self.capabilities:
                    yield metadata.change(self.capabilities, channel, key, event.value)
            case PersonInvited():
                if "invite-notify" in self.capabilities:
                    yield "INVITE", event.person_name, channel
            case _:
                yield from self._modes(event, channel)

    def _modes(self, event: RoomEvent, channel: str) -> Iterator[tuple[str, ...]]:
        if changes := changes_of(event):
            yield "MODE", channel, *written(changes)

    def _joined(self, event: MemberAttached, channel: str) -> Iterator[tuple[str, ...]]:
        if "extended-join" in self.capabilities:
            here = self.house.here(event.by)
            real_name = here.told(REAL_NAME) if here is not None else ""
            yield "JOIN", channel, self.account(event.by) or "*", real_name or event.by_name
        else:
            yield "JOIN", channel
        if event.number:  # long ago
            return
        if letter := LETTERS[self.house.role(event.room, event.by) or "member"]:
            yield "MODE", channel, f"+{letter}", event.by_name
        here = self.house.here(event.by)
        if here is not None and here.state == "away" and "away-notify" in self.capabilities:
            yield _away(here.text)

    def _marked(self, event: RoomEvent, room: Room) -> Iterator[tuple[str, ...]]:
        """What is said by tags alone, and deletions."""
        match event:
            case TypingChanged() | TagsSent() | AsideSent() | ReactionAdded() | ReactionRemoved():
                if "message-tags" in self.capabilities:
                    yield "TAGMSG", address(event, room)[0]
            case MessageDeleted() if event.by:  # else of a deleted account: all that it ever said, one after the other
                if "draft/message-redaction" in self.capabilities:
                    yield "REDACT", address(event, room)[0], message_id(room.id, event.of), *_given(event.reason)


class SilentWire(msgspec.Struct, frozen=True, weakref=True):
    """Of a client that is not registered yet: it hears nothing of what happens."""

    house: House
    pack: Pack = as_lines
    echo: ClassVar[bool] = False
    crowds: ClassVar[bool] = True

    def encode(self, event: Event, room: Room | None) -> bytes:
        """Nothing."""
        return b""

    def gap(self, room: Room | None, head: int) -> None:
        """There is nothing that could be missing."""

    def farewell(self, reason: str, code: str) -> bytes:
        """The ERROR that ends a connection."""
        return self.pack(error(reason))


_SILENCES: Final[WeakValueDictionary[tuple[House, Pack], SilentWire]] = WeakValueDictionary()


def silence(house: House, pack: Pack) -> SilentWire:
    """The one of all clients that are not registered; their codecs keep it."""
    wire = _SILENCES.get((house, pack))
    if wire is None:
        wire = _SILENCES[house, pack] = SilentWire(house, pack)
    return wire


def error(reason: str) -> bytes:
    """The last line of a connection."""
    return encode(Message("ERROR", (reason,)))


def client_tags(event: RoomEvent, first: bool) -> dict[str, str]:
    """The tags that one client sends to others, and those of the same form that hobnob has words of its own for."""
    match event:
        case MessageSent():
            answered = event.reply_to or event.thread
            tags = {f"+{name}": value for name, value in event.tags.items() if not name.startswith("hobnob/")}
            return {**tags, "+draft/reply": answered} if answered and first else tags
        case AsideSent():
            named = {"msgid": event.ref or ""} if first else {}
            return named | {f"+{name}": value for name, value in event.tags.items()}
        case TagsSent():
            named = {} if event.number else {"msgid": event.ref or ""}
            return named | {f"+{name}": value for name, value in event.tags.items()}
        case ReactionAdded():
            return {"+draft/react": event.emoji, "+draft/reply": message_id(event.room, event.of)}
        case ReactionRemoved():
            return {"+draft/unreact": event.emoji, "+draft/reply": message_id(event.room, event.of)}
        case TypingChanged():
            return {"+typing": "active" if event.on else "done"}
    return {}


_WIRES: Final[WeakValueDictionary[tuple[House, frozenset[str], Pack], IrcWire]] = WeakValueDictionary()


def wire_of(house: House, heard: frozenset[str], pack: Pack) -> IrcWire:
    """The one wire format of all clients that hear by these capabilities: they keep it, and it is compared, once."""
    key = (house, heard, pack)
    wire = _WIRES.get(key)
    if wire is None:
        wire = _WIRES[key] = IrcWire(house, shared(heard), pack)
    return wire


@lru_cache(4096)
def shared(capabilities: frozenset[str]) -> frozenset[str]:
    """The one set of these capabilities, so that a thousand clients keep it once."""
    return capabilities


def _given(reason: str) -> tuple[str, ...]:
    return (reason,) if reason else ()


def _away(text: str | None) -> tuple[str, ...]:
    """Away without a text is away all the same, so something has to be said."""
    return ("AWAY",) if text is None else ("AWAY", text or "away")
