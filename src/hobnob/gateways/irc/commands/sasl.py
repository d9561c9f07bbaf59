"""AUTHENTICATE: logging in by SASL (IRCv3 sasl 3.2), at connecting or at any time later.

A payload comes as base64 in lines of at most 400 characters; a line of exactly 400 is followed by another. PLAIN (RFC
4616) takes a password or a device token, SCRAM-SHA-256 (RFC 7677) proves a device token; the core speaks the latter.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Final

from hobnob.gateways.irc.capabilities import may_carry_credentials
from hobnob.gateways.irc.client import Client, Exchange
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.login import become, log_in, log_in_proved, logged_in
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.account_commands import Prove
from hobnob.protocol.errors import HINTS, ChatError
from hobnob.protocol.names import same_name
from hobnob.protocol.replies import Proving

CHUNK: Final = 400
"""Characters of base64 in one line."""
MAX_PAYLOAD: Final = 8000
"""Characters of base64 in all; an account's name and the longest password fit."""


@handles("AUTHENTICATE", params=1, registered=False)
def authenticate(client: Client, message: Message) -> Steps:
    """Begin with a mechanism, go on with what it asks for, or give up with ``*``."""
    said, exchange = message.params[0], client.exchange
    if said == "*":
        client.exchange = None
        yield client.numeric(Numeric.ERR_SASLABORTED)
    elif exchange is None:
        yield from _begin(client, said)
    elif len(said) > CHUNK or len(exchange.payload) + len(said) > MAX_PAYLOAD:
        client.exchange = None
        yield client.numeric(Numeric.ERR_SASLTOOLONG)
    else:
        exchange.payload += "" if said == "+" else said
        if len(said) < CHUNK:
            yield from _go_on(client, exchange)


def _begin(client: Client, mechanism: str) -> Steps:
    name = mechanism.upper()
    if not may_carry_credentials(client):
        yield client.numeric(Numeric.ERR_SASLFAIL, text=HINTS["not-confidential"])
    elif name not in MECHANISMS:
        yield client.numeric(Numeric.RPL_SASLMECHS, ",".join(MECHANISMS))
        yield client.numeric(Numeric.ERR_SASLFAIL)
    else:
        client.exchange = Exchange(name)
        yield from _sent(client, "")


def _go_on(client: Client, exchange: Exchange) -> Steps:
    """What a mechanism makes of a whole payload. Any refusal ends the exchange, and so does its success."""
    payload, exchange.payload = exchange.payload, ""
    client.exchange = None
    try:
        yield from MECHANISMS[exchange.mechanism](client, exchange, _decoded(payload))
    except ChatError as error:
        numeric = Numeric.ERR_NICKLOCKED if error.code == "banned" else Numeric.ERR_SASLFAIL
        yield client.numeric(numeric, text=error.hint)


def _plain(client: Client, _: Exchange, payload: str) -> Steps:
    """``authorize NUL authenticate NUL password``: one can be nobody but who one authenticates as."""
    try:
        authorize, name, password = payload.split("\0")
    except ValueError:
        raise _unreadable() from None
    if authorize and not same_name(authorize, name):
        raise ChatError("wrong-password", "You can only be who you log in as.")
    yield from _welcome(client, log_in(client, name, password))


def _scram(client: Client, exchange: Exchange, payload: str) -> Steps:
    """Two messages each way; then the client, which has seen the server's proof too, is content with an empty one."""
    if exchange.answered < 2:
        proving = yield Prove(message=payload)
        assert isinstance(proving, Proving)
        exchange.answered += 1
        client.exchange = exchange
        yield from _sent(client, proving.message)
    elif payload:
        raise _unreadable()
    else:
        yield from _welcome(client, log_in_proved(client))


Mechanism = Callable[[Client, Exchange, str], Steps]
MECHANISMS: Final[dict[str, Mechanism]] = {"PLAIN": _plain, "SCRAM-SHA-256": _scram}
"""By name; each takes a whole payload and raises ChatError where that is the end."""


def _welcome(client: Client, logging_in: Steps) -> Steps:
    before = client.session.person
    yield from logging_in
    yield from logged_in(client, before)
    yield client.numeric(Numeric.RPL_SASLSUCCESS)
    if before is not None:
        yield from become(client, before)


def _sent(client: Client, payload: str) -> Iterator[bytes]:
    text = base64.b64encode(payload.encode()).decode("ascii")
    for start in range(0, len(text) + 1, CHUNK):
        yield client.line_from("", "AUTHENTICATE", text[start : start + CHUNK] or "+")


def _decoded(payload: str) -> str:
    try:
        return base64.b64decode(payload, validate=True).decode()
    except (binascii.Error, ValueError):
        raise _unreadable() from None


def _unreadable() -> ChatError:
    return ChatError("bad-command", Numeric.ERR_SASLFAIL.text)
