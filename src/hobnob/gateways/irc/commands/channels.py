"""Channels: JOIN, PART, TOPIC, NAMES. A channel is a room; joining attaches this client to it, parting leaves it."""

from collections.abc import Iterable

from hobnob.gateways.irc.client import PREFIXES, Client, is_channel, room_key
from hobnob.gateways.irc.commands.command import Steps, guarded, handles
from hobnob.gateways.irc.commands.markread import mark
from hobnob.gateways.irc.message import MAX_BODY, Message, packed
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.commands import JoinRoom, LeaveRoom, ListMembers, ListRooms, SetTopic
from hobnob.protocol.errors import ChatError
from hobnob.protocol.masks import mask_of
from hobnob.protocol.records import Member, RoomListing
from hobnob.protocol.replies import Joined, Members, Rooms
from hobnob.protocol.text import clean_line


@handles("JOIN", params=1)
def join(client: Client, message: Message) -> Steps:
    """Join channels, made if need be; ``JOIN 0`` parts from all. Keys are ignored: no room has one."""
    if message.params[0] == "0":
        for room in client.all_joined():
            yield from guarded(client, "PART", f"#{room.name}", _part(client, f"#{room.name}", ""))
        return
    for channel in targets(message.params[0]):
        yield from guarded(client, "JOIN", channel, _join(client, channel))


def _join(client: Client, channel: str) -> Steps:
    if not is_channel(channel):
        yield client.numeric(Numeric.ERR_NOSUCHCHANNEL, channel)
        return
    if client.joined(channel) is not None:
        return
    joined = yield JoinRoom(room=channel, create=True)
    assert isinstance(joined, Joined)
    room = joined.room
    client.enter(room)
    name = f"#{room.name}"
    yield client.own_line("JOIN", name)
    if room.topic:
        yield client.numeric(Numeric.RPL_TOPIC, name, text=room.topic)
    if "draft/read-marker" in client.capabilities:
        yield from mark(client, name)
    if client.capabilities.isdisjoint(("no-implicit-names", "draft/no-implicit-names")):
        yield _names(client, name, room.kind == "private", client.attached(room))


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
    yield client.own_line("PART", f"#{room.name}", *([clean_line(reason)] if reason else []))


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
        listing = yield ListRooms()
        assert isinstance(listing, Rooms)
        found = next((room for room in channels_of(listing) if room_key(room.name) == room_key(channel)), None)
        if found is None:
            raise ChatError("no-such-room")
        if found.topic:
            yield client.numeric(Numeric.RPL_TOPIC, f"#{found.name}", text=found.topic)
        else:
            yield client.numeric(Numeric.RPL_NOTOPIC, f"#{found.name}")


@handles("NAMES")
def names(client: Client, message: Message) -> Steps:
    """Who is in channels. One that is not there or may not be seen has an end of list only."""
    for channel in targets(message.params[0]) if message.params else ["*"]:
        room = client.joined(channel)
        if room is not None:
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
            page = yield ListMembers(room=channel, after=after)
        except ChatError:
            break
        assert isinstance(page, Members)
        present += [member for member in page.members if member.attached]
        more = page.more and bool(page.members)
        after = page.members[-1].id if page.members else None
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
