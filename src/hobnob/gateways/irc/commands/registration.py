"""Coming and going: PASS, NICK, USER, PING, PONG, QUIT.

A client is registered when it has sent NICK and USER and no negotiation of capabilities is open (IRCv3 capability
negotiation, version 302). Until then it is sent nothing but answers.
"""

import hmac
from contextlib import suppress
from typing import Final

from hobnob.gateways.gateway import Close
from hobnob.gateways.irc.capabilities import may_carry_credentials
from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.commands.metadata import introduce
from hobnob.gateways.irc.commands.missed import missed_directs
from hobnob.gateways.irc.commands.presence import be_away
from hobnob.gateways.irc.commands.server import count_users
from hobnob.gateways.irc.isupport import MAX_REAL_NAME
from hobnob.gateways.irc.message import Message, cut
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.welcome import motd, welcome
from hobnob.gateways.irc.wire import REAL_NAME
from hobnob.gateways.irc.wire import error as error_line
from hobnob.protocol.commands import Hello, SetName
from hobnob.protocol.errors import ChatError
from hobnob.protocol.names import NameRefused, person_name
from hobnob.protocol.people_commands import SetDetail
from hobnob.protocol.text import clean_line

_LOCKED_OUT: Final = {
    "account-needed": Numeric.ERR_PASSWDMISMATCH,
    "banned": Numeric.ERR_YOUREBANNEDCREEP,
    "doors-closed": Numeric.ERR_YOUREBANNEDCREEP,
    "invite-needed": Numeric.ERR_PASSWDMISMATCH,
    "invite-unknown": Numeric.ERR_PASSWDMISMATCH,
    "not-confidential": Numeric.ERR_PASSWDMISMATCH,
    "wrong-password": Numeric.ERR_PASSWDMISMATCH,
}
"""How strangers are told that they are not let in, by the code of the error; the connection ends then."""
NOT_LET_IN: Final = "This server asks for a password. Send the right one by PASS."
_NAME_ERRORS: Final = frozenset({"name-invalid", "name-lookalike", "name-reserved", "name-taken"})


@handles("PASS", params=1, registered=False)
def pass_(client: Client, message: Message) -> Steps:
    """Keep a password until the client says who it is."""
    if client.introduction is None:
        yield client.numeric(Numeric.ERR_ALREADYREGISTERED)
    else:
        client.introduction.password = message.params[0]


@handles("USER", params=4, registered=False)
def user(client: Client, message: Message) -> Steps:
    """The real name is shown to who asks; the user name is nobody's business."""
    if client.introduction is None:
        yield client.numeric(Numeric.ERR_ALREADYREGISTERED)
        return
    if not message.params[3]:
        yield client.numeric(Numeric.ERR_NEEDMOREPARAMS, "USER")
        return
    client.introduction.has_user = True
    client.introduction.real_name = clean_line(message.params[3])
    yield from register(client)


@handles("NICK", registered=False)
def nick(client: Client, message: Message) -> Steps:
    """Choose a name, or another one."""
    wanted = message.params[0] if message.params else ""
    if not wanted:
        yield client.numeric(Numeric.ERR_NONICKNAMEGIVEN)
        return
    try:
        name = person_name(wanted)
    except NameRefused as refusal:
        raise ChatError(refusal.code, refusal.hint) from None
    if client.introduction is not None:
        client.introduction.wanted = name
        yield from register(client)
        return
    before = client.person.name
    if name != before:
        yield SetName(name=name)
        yield client.own_line("NICK", name, name=before)


def knows_password(client: Client, password: str) -> bool:
    """Whether this is the server's password, where it has one."""
    required = client.settings.password or ""
    return not required or hmac.compare_digest(required.encode(), password.encode("utf-8", "replace"))


def register(client: Client) -> Steps:
    """Let the client in, once all that it takes is there."""
    introduction = client.introduction
    if introduction is None or introduction.negotiating or not introduction.has_user or introduction.wanted is None:
        return
    wanted, introduction.wanted = introduction.wanted, None
    if client.exchange is not None:
        client.exchange = None
        yield client.numeric(Numeric.ERR_SASLABORTED)
    known = client.session.person is not None
    details = _details(introduction.real_name, wanted)
    try:
        if not known:
            yield from _say_hello(client, wanted, introduction.password, details)
    except ChatError as error:
        if error.code in _LOCKED_OUT:
            yield client.numeric(_LOCKED_OUT[error.code], text=error.hint)
        else:
            yield client.refusal(error, "NICK", wanted)
        if error.code not in _NAME_ERRORS:
            yield error_line(error.hint)
            yield Close(error.hint, error.code)
        return
    client.welcomed()
    if known:
        for key, value in details.items():
            yield SetDetail(key=key, value=value, keep=False)
    yield welcome(client)
    with suppress(ChatError):  # one may ask too much in a short time; nobody needs these counts
        yield from count_users(client)
    yield from introduce(client, introduction.metadata or {})
    yield motd(client)
    yield from missed_directs(client)
    if introduction.away:
        yield from be_away(client, introduction.away)


def _details(real_name: str, nick: str) -> dict[str, str]:
    return {} if real_name in ("", nick) else {REAL_NAME: cut(real_name.encode(), MAX_REAL_NAME).decode()}


def _say_hello(client: Client, name: str, password: str, details: dict[str, str]) -> Steps:
    """Come in: as who one is by PASS, or with it, or without it where it is needed for nothing.

    PASS is the server's password where it has one, else ``account:password``, or the code of an invite.
    """
    if client.settings.password:
        if not may_carry_credentials(client):
            raise ChatError("not-confidential")
        if not knows_password(client, password):
            raise ChatError("wrong-password", NOT_LET_IN)
        yield Hello(name=name, client="irc", details=details)
        return
    account, colon, secret = password.partition(":")
    if colon and account:
        yield Hello(name=account, password=secret, client="irc", details=details)
        return
    try:
        yield Hello(name=name, client="irc", details=details)
    except ChatError as error:
        if error.code not in ("invite-needed", "account-needed") or not password:
            raise
        yield Hello(name=name, invite=password, client="irc", details=details)


@handles("PING", params=1, registered=False, settled=False)
def ping(client: Client, message: Message) -> Steps:
    """The answer leaves after the effects of all that was sent before: the codec sees to it, as for every line."""
    if message.params[0]:
        yield client.line("PONG", client.house.name, message.params[0])
    else:
        yield client.numeric(Numeric.ERR_NOORIGIN)


@handles("PONG", registered=False, settled=False, quiet=True)
def pong(client: Client, message: Message) -> Steps:
    """A sign of life that needs no answer."""
    yield from ()


@handles("QUIT", registered=False, settled=False)
def quit_(client: Client, message: Message) -> Steps:
    """Go, with a reason for the others."""
    reason = message.params[0] if message.params else ""
    yield error_line(f"Bye: {reason}" if reason else "Bye")
    yield Close(reason)
