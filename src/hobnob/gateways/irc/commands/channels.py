"""Channels: JOIN, PART, TOPIC, NAMES. A channel is a room; joining attaches this client to it, parting leaves it."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from hobnob.gateways.irc.client import Client, is_channel
from hobnob.gateways.irc.commands.command import Steps, guarded, handles
from hobnob.gateways.irc.commands.markread import mark
from hobnob.gateways.irc.commands.metadata import tell_of_channel
from hobnob.gateways.irc.commands.missed import missed
from hobnob.gateways.irc.isupport import MAX_CHANNELS, MAX_REASON
from hobnob.gateways.irc.message import MAX_BODY, Message, packed
from hobnob.gateways.irc.modes import PREFIXES
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.commands import JoinRoom, LeaveRoom, ReadRoom, SetTopic
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import RoomChanged
from hobnob.protocol.masks import mask_of
from hobnob.protocol.names import same_name
from hobnob.protocol.people_commands import ListPeople
from hobnob.protocol.records import Member, Room, RoomListing, RoomState
from hobnob.protocol.replies import Joined, People, Rooms, RoomTerms
from hobnob.protocol.text import clean_line
from hobnob.protocol.times import milliseconds


@handles("JOIN", params=1)
def join(client: Client, message: Message) -> Steps:
    """``JOIN #room[,#room] [key[,key]]``: join channels, made if need be; ``JOIN 0`` parts from all."""
    if message.params[0] == "0":
        for room in client.all_joined():
            yield from guarded(client, "PART", f"#{room.name}", _part(client, f"#{room.name}", ""))
        return
    keys = message.params[1].split(",") if len(message.params) > 1 else []
    channels = message.params[0].split(",")
    wanted: dict[str, str] = {}
    for channel, key in zip_longest(channels, keys[: len(channels)], fillvalue=""):
        wanted.setdefault(channel, key)
    wanted.pop("", None)
    for channel, key in wanted.items():
        yield from guarded(client, "JOIN", channel, _join(client, channel, key))


def _join(client: Client, channel: str, key: str) -> Steps:
    if not is_channel(channel):
        yield client.numeric(Numeric.ERR_NOSUCHCHANNEL, channel)
        return
    if client.joined(channel) is not None:
        return
    if client.channels >= MAX_CHANNELS:
        yield client.numeric(Numeric.ERR_TOOMANYCHANNELS, channel)
        return
    joined = yield JoinRoom(room=channel, create=True, key=key)
    assert isinstance(joined, Joined)
    client.enter(joined.room)
    yield b"".join(_arrived(client, joined.room))
    if "draft/read-marker" in client.capabilities:
        yield from mark(client, f"#{joined.room.name}")
    yield _implicit_names(client, joined.room)
    yield from tell_of_channel(client, f"#{joined.room.name}")
    yield from missed(client, joined.room, f"#{joined.room.name}")


def _arrived(client: Client, room: Room | RoomState) -> Iterator[bytes]:
    yield client.own_join(f"#{room.name}")
    if room.topic:
        yield from _said_topic(client, room)


def _implicit_names(client: Client, room: Room | RoomState) -> bytes:
    if not client.capabilities.isdisjoint(("no-implicit-names", "draft/no-implicit-names")):
        return b""
    return _names(client, f"#{room.name}", room.kind == "private", client.attached(room))


def renamed(client: Client, event: RoomChanged, room: Room) -> bytes:
    """What a client is told of a new name that does not know RENAME: it leaves the one channel and joins the other.

    Of capitals and small letters it is told nothing (IRCv3 draft/channel-rename, "Fallback").
    """
    here = client.rename(event.name_before, room)
    if not here or "draft/channel-rename" in client.capabilities or same_name(event.name_before, room.name):
        return b""
    left = client.own_line("PART", f"#{event.name_before}", event.reason or f"Called #{room.name} from now on")
    return b"".join([left, *_arrived(client, room), _implicit_names(client, room)])


@handles("PART", params=1)
def part(client: Client, message: Message) -> Steps:
    """Leave channels for good; to come back is to join again."""
    reason = message.params[1] if len(message.params) > 1 else ""
    for channel in targets(message.params[0]):
        yield from guarded(client, "PART", channel, _part(client, channel, reason))


def _part(client: Client, channel: str, reason: str) -> Steps:
    room = client.joined(channel) if is_channel(channel) else None
    if room is None:
        # Being a member without hearing the room is nothing that IRC knows.
        yield client.numeric(Numeric.ERR_NOTONCHANNEL, channel)
        return
    yield LeaveRoom(room=room.id, reason=reason)
    client.leave(room)
    told = clean_line(reason)[:MAX_REASON]
    yield client.own_line("PART", f"#{room.name}", *([told] if told else []))


@handles("TOPIC", params=1)
def topic(client: Client, message: Message) -> Steps:
    """Say or set what a channel is about."""
    channel = message.params[0]
    if not is_channel(channel):
        yield client.numeric(Numeric.ERR_NOSUCHCHANNEL, channel)
    elif len(message.params) > 1:
        yield SetTopic(room=channel, topic=message.params[1])
        if client.joined(channel) is None:  # else it is heard in its place, with the time
            yield client.own_line("TOPIC", channel, clean_line(message.params[1]))
    else:
        terms = yield ReadRoom(room=channel)
        assert isinstance(terms, RoomTerms)
        if terms.room.topic:
            yield from _said_topic(client, terms.room)
        else:
            yield client.numeric(Numeric.RPL_NOTOPIC, f"#{terms.room.name}")


def _said_topic(client: Client, room: Room | RoomState) -> Iterator[bytes]:
    name = f"#{room.name}"
    yield client.numeric(Numeric.RPL_TOPIC, name, text=room.topic)
    if room.topic_at:
        seconds = str(milliseconds(room.topic_at) // 1000)
        yield client.numeric(Numeric.RPL_TOPICWHOTIME, name, room.topic_by or client.house.name, seconds)


@handles("NAMES")
def names(client: Client, message: Message) -> Steps:
    """Who is in channels. One that is not there or may not be seen has an end of list only."""
    for channel in targets(message.params[0]) if message.params else ["*"]:
        room = client.joined(channel)
        if room is not None:
            yield ReadRoom(room=room.id)  # it counts then, as such a list is long
            yield _names(client, f"#{room.name}", room.kind == "private", client.attached(room))
        elif is_channel(channel):
            yield from _names_from_outside(client, channel)
        else:
            yield client.numeric(Numeric.RPL_ENDOFNAMES, channel)


def _names_from_outside(client: Client, channel: str) -> Steps:
    present: list[Member] = []
    after: str | None = None
    more = True
    while more:
        try:
            page = yield ListPeople(room=channel, after=after)
        except ChatError:
            break
        assert isinstance(page, People)
        for profile in page.people:
            role = profile.rooms[0].role if profile.rooms else "member"
            present.append(Member(profile.person.id, profile.person.name, role))
        more = page.more and bool(page.people)
        after = page.people[-1].person.id if page.people else None
    present.sort(key=lambda member: member.name.casefold())
    yield _names(client, channel, False, present)


def _names(client: Client, channel: str, private: bool, members: Iterable[Member]) -> bytes:
    with_hosts = "userhost-in-names" in client.capabilities
    words = [
        PREFIXES[member.role] + (mask_of(member.id, member.name) if with_hosts else member.name) for member in members
    ]
    symbol = "@" if private else "="
    head = len(client.numeric(Numeric.RPL_NAMREPLY, symbol, channel, text=""))
    lines = [
        client.numeric(Numeric.RPL_NAMREPLY, symbol, channel, text=text) for text in packed(words, MAX_BODY + 2 - head)
    ]
    return b"".join([*lines, client.numeric(Numeric.RPL_ENDOFNAMES, channel)])


def targets(text: str) -> list[str]:
    """The parts of a list with commas, each once."""
    return list(dict.fromkeys(part for part in text.split(",") if part))


def channels_of(listing: Rooms) -> list[RoomListing]:
    """The rooms of a directory that are channels."""
    return [room for room in listing.rooms if room.kind != "direct"]
