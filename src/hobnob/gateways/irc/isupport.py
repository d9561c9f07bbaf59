"""What a client may rely on: the tokens of RPL_ISUPPORT, and the numbers behind them.

Names compare by PRECIS, which is ``ascii`` to ASCII and has no token that clients know.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.lines import batch
from hobnob.gateways.irc.modes import CHANMODES, MOST_CHANGES, ROLES
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.names import MAX_CHARACTERS

MAX_TOPIC: Final = 390
"""Bytes of a topic that fit beside names of usual length; a longer one, set elsewhere, is shown cut."""

MAX_TARGETS: Final = 4
"""To how many one PRIVMSG or NOTICE may go."""

MAX_MONITORED: Final = 100
"""Nicks that one client may monitor."""

MAX_REAL_NAME: Final = 150
"""Bytes of a real name."""

MAX_AWAY: Final = 300
"""Characters of a word about being away; the chat keeps no more."""

MAX_HISTORY: Final = 100
"""Messages or events that one CHATHISTORY brings."""

MAX_METADATA: Final = 20
"""Keys of metadata that one person or channel may have set; the chat takes no more."""

MSGREFTYPES: Final = ("msgid", "timestamp")
"""By what a message can be named to CHATHISTORY."""

MAX_VALUE: Final = 400
"""Bytes of a value of metadata; the chat takes no more."""

MAX_SUBSCRIPTIONS: Final = 50
"""Keys of metadata that one client may hear of."""

MAX_NICKS: Final = 10
"""Nicks that one WHOIS may name."""

MAX_HOSTS: Final = 5
"""Nicks of one USERHOST (RFC 2812 section 4.8)."""

MAX_CHANNELS: Final = 500
"""Channels that one client may be in."""

MAX_REASON: Final = 300
"""Characters of why somebody is kicked; the chat keeps no more."""

MAX_KEY: Final = 32
"""Characters of a channel's key."""

MOST_MASKS: Final = 100
"""Masks that a channel may have, of all kinds together."""

USER_MODES: Final = "Biow"
CHANNEL_MODES: Final = "".join(sorted(f"{''.join(ROLES)}{CHANMODES.replace(',', '')}"))

ELIST: Final = "CMNTU"
"""What LIST can be asked for (``commands/listing.py``)."""

TOKENS_OF_A_LINE: Final = 13
"""So many tokens may stand in one RPL_ISUPPORT: a line has 15 parameters at most."""

ISUPPORT: Final[dict[str, str | Callable[[Client], str]]] = {
    "ACCOUNTEXTBAN": "a",
    "AWAYLEN": str(MAX_AWAY),
    "BOT": "B",
    "CASEMAPPING": "ascii",
    "CHANLIMIT": f"#:{MAX_CHANNELS}",
    "CHANMODES": CHANMODES,
    "CHANNELLEN": str(MAX_CHARACTERS + 1),
    "CHANTYPES": "#",
    "CHATHISTORY": str(MAX_HISTORY),
    "ELIST": ELIST,
    "EXCEPTS": "e",
    "EXTBAN": "~,am",
    "INVEX": "I",
    "KEYLEN": str(MAX_KEY),
    "KICKLEN": str(MAX_REASON),
    "MAXLIST": f"beI:{MOST_MASKS}",
    "MODES": str(MOST_CHANGES),
    "MONITOR": str(MAX_MONITORED),
    "MSGREFTYPES": ",".join(MSGREFTYPES),
    "NAMELEN": str(MAX_REAL_NAME),
    "NETWORK": lambda client: client.network,
    "NICKLEN": str(MAX_CHARACTERS),
    "PREFIX": "(qov)~@+",
    "SAFELIST": "",
    "STATUSMSG": "~@+",
    "TARGMAX": (
        f"JOIN:,KICK:{MAX_TARGETS},LIST:,MONITOR:,NAMES:,NOTICE:{MAX_TARGETS},PART:,PRIVMSG:{MAX_TARGETS},"
        f"USERHOST:{MAX_HOSTS},WHOIS:{MAX_NICKS}"
    ),
    "TOPICLEN": str(MAX_TOPIC),
    "UTF8ONLY": "",
    "WHOX": "",
}
"""By name, in the order in which they are told; the value, or how it is found."""


_ASKED: Final = tuple(value for value in ISUPPORT.values() if not isinstance(value, str))
"""How those values are found that depend on the client, or on the settings."""


def tokens(client: Client) -> tuple[str, ...]:
    """The tokens as this client is told them."""
    return _tokens(tuple([find(client) for find in _ASKED]))


@lru_cache(8)
def _tokens(found: tuple[str, ...]) -> tuple[str, ...]:
    """Alike for nearly all clients, so they are put together for the first of them."""
    values = iter(found)
    told = ((name, value if isinstance(value, str) else next(values)) for name, value in ISUPPORT.items())
    return tuple(f"{name}={value}" if value else name for name, value in told)


def isupport(client: Client) -> list[bytes]:
    """The lines of RPL_ISUPPORT; a batch for clients with draft/extended-isupport."""
    head = f":{client.house.name} {Numeric.RPL_ISUPPORT.number} {client.nick} ".encode()
    lines = [head + rest for rest in _rests(tokens(client))]
    if {"batch", "draft/extended-isupport"} <= client.capabilities:
        return [batch(client.house.name, "i" + client.next_batch(), "draft/isupport", lines)]
    return lines


@lru_cache(8)
def _rests(told: tuple[str, ...]) -> list[bytes]:
    """The lines after the nick: alike for all clients, and everybody who connects is told them."""
    starts = range(0, len(told), TOKENS_OF_A_LINE)
    lines = (" ".join(told[start : start + TOKENS_OF_A_LINE]) for start in starts)
    return [f"{line} :{Numeric.RPL_ISUPPORT.text}\r\n".encode() for line in lines]
