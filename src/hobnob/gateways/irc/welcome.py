"""The first lines to a client that is registered now, and those of them that it may ask for again.

Everybody who comes is told the same but for the nick, so the lines are made once and the nick is put into them.
"""

from functools import lru_cache
from typing import Final

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.isupport import CHANNEL_MODES, USER_MODES, isupport
from hobnob.gateways.irc.message import Message, encode
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.names import MAX_BYTES

_NICK: Final = "\ue000" * (MAX_BYTES // 3 + 1)
"""Stands for the nick; no name can have this character. As long as the longest one, so that no line gets too long."""

Line = tuple[Numeric, tuple[str, ...]]


def welcome(client: Client) -> bytes:
    """001 to 005."""
    lines = _standing(client.house.name, _about(client.house.name, client.house.version, client.network))
    return b"".join([_with_nick(client, lines), *isupport(client)])


def motd(client: Client) -> bytes:
    """The message of the day, or that there is none."""
    return _with_nick(client, _standing(client.house.name, _of_the_day(client.house.name, client.settings.motd.lines)))


def _with_nick(client: Client, standing: tuple[bytes, ...]) -> bytes:
    return client.nick.encode().join(standing)


@lru_cache(8)
def _about(house: str, version: str, network: str) -> tuple[Line, ...]:
    return (
        (Numeric.RPL_WELCOME, (f"Welcome to {network}, {_NICK}",)),
        (Numeric.RPL_YOURHOST, (f"Your host is {house}, running hobnob {version}",)),
        (Numeric.RPL_CREATED, ("The same rooms are here for IRC, browsers, terminals and scripts",)),
        (Numeric.RPL_MYINFO, (house, f"hobnob-{version}", USER_MODES, CHANNEL_MODES)),
    )


@lru_cache(8)
def _of_the_day(house: str, lines: tuple[str, ...]) -> tuple[Line, ...]:
    if not lines:
        return ((Numeric.ERR_NOMOTD, (Numeric.ERR_NOMOTD.text,)),)
    return (
        (Numeric.RPL_MOTDSTART, (f"- {house} message of the day -",)),
        *((Numeric.RPL_MOTD, (f"- {line}",)) for line in lines),
        (Numeric.RPL_ENDOFMOTD, (Numeric.RPL_ENDOFMOTD.text,)),
    )


@lru_cache(16)
def _standing(server: str, lines: tuple[Line, ...]) -> tuple[bytes, ...]:
    """What stands before, between and after the nicks of these numerics."""
    encoded = (encode(Message(numeric.number, (_NICK, *params), server)) for numeric, params in lines)
    return tuple(b"".join(encoded).split(_NICK.encode()))
