"""The first lines to a client that is registered now, and those of them that it may ask for again."""

from collections.abc import Iterator

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.isupport import CHANNEL_MODES, USER_MODES, isupport
from hobnob.gateways.irc.numerics import Numeric


def welcome(client: Client) -> Iterator[bytes]:
    """001 to 005 and the message of the day."""
    house = client.house
    yield client.numeric(Numeric.RPL_WELCOME, text=f"Welcome to {client.network}, {client.nick}")
    yield client.numeric(Numeric.RPL_YOURHOST, text=f"Your host is {house.name}, running hobnob {house.version}")
    yield client.numeric(Numeric.RPL_CREATED, text="The same rooms are here for IRC, browsers, terminals and scripts")
    yield client.numeric(Numeric.RPL_MYINFO, house.name, f"hobnob-{house.version}", USER_MODES, CHANNEL_MODES)
    yield from isupport(client)
    yield from motd(client)


def motd(client: Client) -> Iterator[bytes]:
    """The message of the day, or that there is none."""
    lines = client.settings.motd
    if not lines:
        yield client.numeric(Numeric.ERR_NOMOTD)
        return
    yield client.numeric(Numeric.RPL_MOTDSTART, text=f"- {client.house.name} message of the day -")
    for line in lines:
        yield client.numeric(Numeric.RPL_MOTD, text=f"- {line}")
    yield client.numeric(Numeric.RPL_ENDOFMOTD)
