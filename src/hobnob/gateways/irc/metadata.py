"""What is told of people and channels by key, as lines: IRCv3 metadata as draft/metadata-2 and as draft/metadata-3.

The newer one tells changes by the numerics that answer questions too, and calls what goes wrong by other names. A
client that has negotiated both is spoken to by the newer.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from hobnob.gateways.irc.numerics import Numeric

if TYPE_CHECKING:
    from hobnob.gateways.irc.client import Client

OLDER: Final = "draft/metadata-2"
NEWER: Final = "draft/metadata-3"
EVERYBODY: Final = "*"
"""To whom a key is visible."""
FOR_PEOPLE: Final = ("display-name", "pronouns", "status", "homepage", "url")
"""What people read of each other in WHOIS; the rest is for programs, and answered to METADATA."""

_FAILURES: Final[Mapping[str, tuple[str, str]]] = {
    "key": ("KEY_INVALID", "INVALID_KEY"),
    "value": ("VALUE_INVALID", "INVALID_VALUE"),
    "subcommand": ("SUBCOMMAND_INVALID", "INVALID_PARAMS"),
    "subscriptions": ("TOO_MANY_SUBS", "LIMIT_REACHED"),
}
"""What is called one way in the older version and another way in the newer."""


def knows(capabilities: Collection[str]) -> bool:
    """Whether a client takes metadata at all."""
    return OLDER in capabilities or NEWER in capabilities


def change(capabilities: Collection[str], target: str, key: str, value: str | None) -> tuple[str, ...]:
    """The words by which those who hear of a key are told that it has another value, or none."""
    if NEWER not in capabilities:
        return ("METADATA", target, key, EVERYBODY, *([] if value is None else [value]))
    if value is None:
        return Numeric.RPL_KEYNOTSET.number, "*", target, key, Numeric.RPL_KEYNOTSET.text
    return Numeric.RPL_KEYVALUE.number, "*", target, key, EVERYBODY, value


def value_of(client: "Client", target: str, key: str, value: str | None) -> bytes:
    """What is set under a key, to who has asked."""
    if value is None:
        return client.numeric(Numeric.RPL_KEYNOTSET, target, key)
    return client.numeric(Numeric.RPL_KEYVALUE, target, key, EVERYBODY, text=value)


def told(client: "Client", target: str, details: Mapping[str, str], keys: Collection[str]) -> Iterator[bytes]:
    """What is set under the keys that a client hears of, unasked."""
    for key in sorted(details.keys() & keys):
        if NEWER in client.capabilities:
            yield value_of(client, target, key, details[key])
        else:
            yield client.line("METADATA", target, key, EVERYBODY, details[key])


def in_whois(client: "Client", nick: str, details: Mapping[str, str]) -> Iterator[bytes]:
    """What somebody tells of themselves, to who asks who they are and takes metadata."""
    if knows(client.capabilities):
        for key in FOR_PEOPLE:
            if key in details:
                yield client.numeric(Numeric.RPL_WHOISKEYVALUE, nick, key, EVERYBODY, text=details[key])


def failure(client: "Client", what: str, *context: str, text: str, kind: str = "FAIL") -> bytes:
    """A FAIL or, in the newer version alone, another standard reply."""
    newer = NEWER in client.capabilities
    names = _FAILURES.get(what)
    return client.line(kind if newer else "FAIL", "METADATA", names[newer] if names else what, *context, text)
