"""Questions: LIST, MODE. Clients ask them by themselves, at connecting and after each JOIN."""

from hobnob.gateways.irc.client import Client, is_channel, room_key
from hobnob.gateways.irc.commands.channels import channels_of, targets
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.isupport import CHANNEL_MODES, USER_MODES
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.commands import ListRooms
from hobnob.protocol.errors import ChatError
from hobnob.protocol.replies import Rooms


@handles("LIST")
def list_(client: Client, message: Message) -> Steps:
    """The channels one may see, or those of them that are named, with how many are there now."""
    listing = yield ListRooms()
    assert isinstance(listing, Rooms)
    wanted = {room_key(channel) for channel in targets(message.params[0])} if message.params else None
    yield client.numeric(Numeric.RPL_LISTSTART, "Channel")
    for room in channels_of(listing):
        if wanted is None or room_key(room.name) in wanted:
            yield client.numeric(Numeric.RPL_LIST, f"#{room.name}", str(room.attached), text=room.topic)
    yield client.numeric(Numeric.RPL_LISTEND)


@handles("MODE", params=1)
def mode(client: Client, message: Message) -> Steps:
    """Say which modes are set. They follow from what a room or a person is; none can be changed here."""
    if is_channel(message.params[0]):
        yield from _channel_mode(client, message)
    else:
        yield from _user_mode(client, message)


def _channel_mode(client: Client, message: Message) -> Steps:
    room = client.joined(message.params[0])
    changes = message.params[1] if len(message.params) > 1 else ""
    if room is None:
        yield client.numeric(Numeric.ERR_NOTONCHANNEL, message.params[0])
        return
    name = f"#{room.name}"
    unknown = [letter for letter in changes if letter not in f"+-{CHANNEL_MODES}"]
    if not changes:
        yield client.numeric(Numeric.RPL_CHANNELMODEIS, name, "+ns" if room.kind == "private" else "+n")
    elif changes.strip("+") == "b" and len(message.params) == 2:
        yield client.numeric(Numeric.RPL_ENDOFBANLIST, name)
    elif unknown:
        yield client.numeric(Numeric.ERR_UNKNOWNMODE, unknown[0])
    else:
        raise ChatError("not-allowed", "The modes of a channel cannot be changed here.")


def _user_mode(client: Client, message: Message) -> Steps:
    """Everyone has +i: people are seen only by those who share a room with them."""
    changes = message.params[1] if len(message.params) > 1 else ""
    if room_key(message.params[0]) != room_key(client.nick):
        yield client.numeric(Numeric.ERR_USERSDONTMATCH)
    elif not changes:
        yield client.numeric(Numeric.RPL_UMODEIS, f"+{USER_MODES}")
    elif set(changes) - set(f"+-{USER_MODES}"):
        yield client.numeric(Numeric.ERR_UMODEUNKNOWNFLAG)
