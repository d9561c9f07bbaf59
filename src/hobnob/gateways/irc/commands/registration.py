"""Coming and going: CAP, PASS, NICK, USER, PING, PONG, QUIT, and the welcome.

A client is registered when it has sent NICK and USER and no negotiation of capabilities is open (IRCv3 capability
negotiation, version 302). Until then it is sent nothing but answers.
"""

from typing import Final

from hobnob.gateways.gateway import Close
from hobnob.gateways.irc.client import CAPABILITIES, Client
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.commands import Hello, SetName
from hobnob.protocol.errors import ChatError
from hobnob.protocol.names import MAX_CHARACTERS, NameRefused, person_name
from hobnob.protocol.replies import Welcome

MAX_TOPIC = 390
"""Bytes of a topic that fit beside names of usual length; a longer one, set elsewhere, is shown cut."""

MAX_TARGETS = 4
"""To how many one PRIVMSG or NOTICE may go."""

USER_MODES: Final = "i"
CHANNEL_MODES: Final = "bns"

_NAME_ERRORS = frozenset({"name-invalid", "name-lookalike", "name-reserved", "name-taken"})


def isupport(network: str) -> tuple[str, ...]:
    """What a client may rely on, as the tokens of RPL_ISUPPORT.

    Names compare by PRECIS, which is ``ascii`` to ASCII and has no token that clients know.
    """
    return (
        f"NETWORK={network}", "CASEMAPPING=ascii", "CHANTYPES=#", f"NICKLEN={MAX_CHARACTERS}",
        f"CHANNELLEN={MAX_CHARACTERS + 1}", f"TOPICLEN={MAX_TOPIC}", "PREFIX=(qo)~@", "CHANMODES=b,,,ns",
        f"TARGMAX=JOIN:,NAMES:,PART:,PRIVMSG:{MAX_TARGETS},NOTICE:{MAX_TARGETS}", "CLIENTTAGDENY=*", "UTF8ONLY",
    )  # fmt: skip


@handles("CAP", params=1, registered=False)
def cap(client: Client, message: Message) -> Steps:
    """Negotiate capabilities. A client that does so before it is registered says CAP END when it is done."""
    subcommand = message.params[0].upper()
    if subcommand in ("LS", "REQ") and not client.registered:
        client.negotiating = True
    match subcommand:
        case "LS":
            yield client.line("CAP", client.nick, "LS", " ".join(CAPABILITIES))
        case "LIST":
            yield client.line("CAP", client.nick, "LIST", " ".join(sorted(client.capabilities)))
        case "REQ":
            yield _request(client, message.params[1] if len(message.params) > 1 else "")
        case "END":
            client.negotiating = False
            yield from _register(client)
        case _:
            yield client.numeric(Numeric.ERR_INVALIDCAPCMD, message.params[0])


def _request(client: Client, text: str) -> bytes:
    """All of the request or nothing of it."""
    wanted = text.split()
    if not all(name.removeprefix("-") in CAPABILITIES for name in wanted):
        return client.line("CAP", client.nick, "NAK", text)
    capabilities = set(client.capabilities)
    for name in wanted:
        if name.startswith("-"):
            capabilities.discard(name[1:])
        else:
            capabilities.add(name)
    client.negotiate(frozenset(capabilities))
    return client.line("CAP", client.nick, "ACK", text)


@handles("PASS", params=1, registered=False)
def pass_(client: Client, message: Message) -> Steps:
    """There is no connection password: whatever a client has configured is taken and forgotten."""
    if client.registered:
        yield client.numeric(Numeric.ERR_ALREADYREGISTERED)


@handles("USER", params=4, registered=False)
def user(client: Client, message: Message) -> Steps:
    """User and real name are not shown to anybody, so they are not kept."""
    if client.registered:
        yield client.numeric(Numeric.ERR_ALREADYREGISTERED)
        return
    client.has_user = True
    yield from _register(client)


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
    if not client.registered:
        client.wanted = name
        yield from _register(client)
        return
    before = client.person.name
    if name != before:
        yield SetName(name=name)
        yield client.own_line("NICK", name, name=before)


def _register(client: Client) -> Steps:
    if client.registered or client.negotiating or not client.has_user or client.wanted is None:
        return
    wanted, client.wanted = client.wanted, None
    try:
        welcome = yield Hello(name=wanted, client="irc")
    except ChatError as error:
        yield client.refusal(error, "NICK", wanted)
        if error.code not in _NAME_ERRORS:
            yield client.session.wire.farewell(error.hint)
            yield Close(error.hint, error.code)
        return
    assert isinstance(welcome, Welcome)
    client.registered = True
    yield _welcome(client, welcome)


def _welcome(client: Client, welcome: Welcome) -> bytes:
    house = client.house
    tokens = isupport(house.name)
    return b"".join(
        [
            client.numeric(Numeric.RPL_WELCOME, text=f"Welcome to {house.name}, {welcome.you.name}"),
            client.numeric(Numeric.RPL_YOURHOST, text=f"Your host is {house.name}, running hobnob {house.version}"),
            client.numeric(
                Numeric.RPL_CREATED, text="The same rooms are here for IRC, browsers, terminals and scripts"
            ),
            client.numeric(Numeric.RPL_MYINFO, house.name, f"hobnob-{house.version}", USER_MODES, CHANNEL_MODES),
            client.numeric(Numeric.RPL_ISUPPORT, *tokens),
            client.numeric(Numeric.ERR_NOMOTD),
        ]
    )


@handles("PING", params=1, registered=False, settled=False)
def ping(client: Client, message: Message) -> Steps:
    """The answer keeps its place: it leaves after the effects of all that was sent before."""
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
    yield client.session.wire.farewell(f"Bye: {reason}" if reason else "Bye")
    yield Close(reason)
