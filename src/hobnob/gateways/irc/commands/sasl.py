"""AUTHENTICATE: logging in with SASL PLAIN (IRCv3 sasl 3.2, RFC 4616), at connecting or at any time later.

The payload comes as base64 in lines of at most 400 characters; a line of exactly 400 is followed by another.
"""

import base64
import binascii
from typing import Final

from hobnob.gateways.irc.capabilities import may_carry_credentials
from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.login import become, log_in, logged_in
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.errors import HINTS, ChatError
from hobnob.protocol.names import NameRefused, fold

MECHANISMS: Final = ("PLAIN",)
CHUNK: Final = 400
"""Characters of base64 in one line."""
MAX_PAYLOAD: Final = 8000
"""Characters of base64 in all; an account's name and the longest password fit."""


@handles("AUTHENTICATE", params=1, registered=False)
def authenticate(client: Client, message: Message) -> Steps:
    """Begin with a mechanism, go on with what it asks for, or give up with ``*``."""
    said = message.params[0]
    if said == "*":
        yield client.numeric(Numeric.ERR_SASLABORTED)
        client.exchange = None
    elif client.exchange is None:
        yield from _begin(client, said)
    elif len(said) > CHUNK or len(client.exchange) + len(said) > MAX_PAYLOAD:
        client.exchange = None
        yield client.numeric(Numeric.ERR_SASLTOOLONG)
    else:
        client.exchange += "" if said == "+" else said
        if len(said) < CHUNK:
            payload, client.exchange = client.exchange, None
            yield from _plain(client, payload)


def _begin(client: Client, mechanism: str) -> Steps:
    if not may_carry_credentials(client):
        yield client.numeric(Numeric.ERR_SASLFAIL, text=HINTS["not-confidential"])
    elif mechanism.upper() not in MECHANISMS:
        yield client.numeric(Numeric.RPL_SASLMECHS, ",".join(MECHANISMS))
        yield client.numeric(Numeric.ERR_SASLFAIL)
    else:
        client.exchange = ""
        yield client.line_from("", "AUTHENTICATE", "+")


def _plain(client: Client, payload: str) -> Steps:
    """``authorize NUL authenticate NUL password``: one can be nobody but who one authenticates as."""
    try:
        authorize, name, password = base64.b64decode(payload, validate=True).decode().split("\0")
    except (binascii.Error, ValueError):
        yield client.numeric(Numeric.ERR_SASLFAIL)
        return
    if authorize and not _same(authorize, name):
        yield client.numeric(Numeric.ERR_SASLFAIL, text="You can only be who you log in as.")
        return
    person = client.session.person
    try:
        yield from log_in(client, name, password)
    except ChatError as error:
        yield client.numeric(Numeric.ERR_SASLFAIL, text=error.hint)
        return
    yield logged_in(client)
    yield client.numeric(Numeric.RPL_SASLSUCCESS)
    if person is not None:
        yield from become(client, (person.id, person.name))


def _same(one: str, other: str) -> bool:
    try:
        return fold(one) == fold(other)
    except NameRefused:
        return False
