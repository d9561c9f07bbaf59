"""KICK, INVITE, RENAME: who is in a channel, and what it is called. What one may do is decided by the chat."""

from hobnob.gateways.irc.client import Client, is_channel
from hobnob.gateways.irc.commands.channels import channels_of
from hobnob.gateways.irc.commands.command import Steps, guarded, handles
from hobnob.gateways.irc.isupport import MAX_TARGETS
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.errors import ChatError
from hobnob.protocol.moderation_commands import ChangeRoom, InvitePerson, Kick, ListInvitations
from hobnob.protocol.names import NameRefused, fold
from hobnob.protocol.people_commands import ReadPeople
from hobnob.protocol.records import Member, Room
from hobnob.protocol.replies import People, Rooms


def member_named(client: Client, room: Room, nick: str) -> Member | None:
    """Who of a channel has a nick."""
    try:
        key = fold(nick)
    except NameRefused:
        return None
    return next((member for member in client.attached(room) if fold(member.name) == key), None)


def absent(client: Client, channel: str, nick: str) -> Steps:
    """Say that somebody is not in a channel, or not there at all."""
    found = yield ReadPeople(people=(f"@{nick}",))
    assert isinstance(found, People)
    if found.people and found.people[0].state != "offline":
        yield client.numeric(Numeric.ERR_USERNOTINCHANNEL, nick, channel)
    else:
        yield client.numeric(Numeric.ERR_NOSUCHNICK, nick)


@handles("KICK", params=2)
def kick(client: Client, message: Message) -> Steps:
    """``KICK #room nick[,nick] [reason]``, or as many channels as nicks."""
    channels, nicks = message.params[0].split(","), [nick for nick in message.params[1].split(",") if nick]
    reason = message.params[2] if len(message.params) > 2 else ""
    if len(channels) == 1:
        channels *= len(nicks)
    if not nicks or len(channels) != len(nicks):
        yield client.numeric(Numeric.ERR_NEEDMOREPARAMS, "KICK")
        return
    for index, (channel, nick) in enumerate(dict.fromkeys(zip(channels, nicks, strict=True))):
        if index == MAX_TARGETS:
            yield client.numeric(Numeric.ERR_TOOMANYTARGETS, nick)
            return
        yield from guarded(client, "KICK", channel, _kick(client, channel, nick, reason))


def _kick(client: Client, channel: str, nick: str, reason: str) -> Steps:
    room = client.joined(channel) if is_channel(channel) else None
    member = member_named(client, room, nick) if room is not None else None
    if room is not None and member is None:
        yield from absent(client, channel, nick)
        return
    yield Kick(room=channel, person=f"@{nick}" if member is None else member.id, reason=reason)


@handles("INVITE")
def invite(client: Client, message: Message) -> Steps:
    """``INVITE nick #room``; without parameters, into which channels one was invited."""
    if not message.params:
        yield from _invitations(client)
    elif len(message.params) < 2:
        yield client.numeric(Numeric.ERR_NEEDMOREPARAMS, "INVITE")
    else:
        yield from guarded(client, "INVITE", message.params[1], _invite(client, *message.params[:2]))


def _invite(client: Client, nick: str, channel: str) -> Steps:
    if not is_channel(channel):
        yield client.numeric(Numeric.ERR_NOSUCHCHANNEL, channel)
        return
    room = client.joined(channel)
    if room is not None and member_named(client, room, nick) is not None:
        yield client.numeric(Numeric.ERR_USERONCHANNEL, nick, channel)
        return
    try:
        yield InvitePerson(room=channel, person=f"@{nick}")
    except ChatError as error:
        if error.code not in ("no-such-person", "name-invalid"):
            raise
        yield client.numeric(Numeric.ERR_NOSUCHNICK, nick)
        return
    yield client.numeric(Numeric.RPL_INVITING, nick, channel)
    found = yield ReadPeople(people=(f"@{nick}",))
    assert isinstance(found, People)
    if found.people and found.people[0].state == "away":
        yield client.numeric(Numeric.RPL_AWAY, found.people[0].person.name, text=found.people[0].text or "away")


def _invitations(client: Client) -> Steps:
    listing = yield ListInvitations()
    assert isinstance(listing, Rooms)
    for room in channels_of(listing):
        yield client.numeric(Numeric.RPL_INVITELISTENTRY, f"#{room.name}")
    yield client.numeric(Numeric.RPL_ENDOFINVITELISTENTRY)


_RENAME_FAILURES = {
    "room-taken": "CHANNEL_NAME_IN_USE",
    "name-invalid": "CANNOT_RENAME",
    "name-lookalike": "CANNOT_RENAME",
    "name-reserved": "CANNOT_RENAME",
}


@handles("RENAME", params=2)
def rename(client: Client, message: Message) -> Steps:
    """``RENAME #old #new [reason]`` (IRCv3 draft/channel-rename)."""
    before, after = message.params[0], message.params[1]
    if not is_channel(before) or not is_channel(after):
        yield client.numeric(Numeric.ERR_NOSUCHCHANNEL, before if not is_channel(before) else after)
        return
    try:
        yield ChangeRoom(room=before, name=after, reason="".join(message.params[2:3]))
    except ChatError as error:
        failure = _RENAME_FAILURES.get(error.code)
        if failure is None:
            raise
        yield client.line("FAIL", "RENAME", failure, before, after, error.hint)
