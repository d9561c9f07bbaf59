"""The server itself: VERSION, TIME, INFO, ADMIN, LUSERS, STATS, LINKS, MOTD; and USERS and SUMMON, which nobody has."""

from hobnob.gateways.irc import welcome
from hobnob.gateways.irc.client import Client, room_key
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.isupport import isupport
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.commands import Ping
from hobnob.protocol.masks import matches
from hobnob.protocol.people_commands import ReadServer
from hobnob.protocol.replies import Pong, Server
from hobnob.protocol.times import milliseconds

ABOUT = (
    "hobnob: chat for your own machine, one command, one port, any client.",
    "The same rooms are here for IRC, browsers, terminals and scripts.",
)


def is_this_server(client: Client, target: str) -> bool:
    """Whether a target of a question is this server, by name, mask, or the nick of who asks."""
    return matches(target, client.house.name) or room_key(target) == room_key(client.nick)


def _elsewhere(client: Client, message: Message, index: int = 0) -> bool:
    """Whether a question is about another server: there is none."""
    target = message.params[index] if len(message.params) > index else ""
    return bool(target) and not is_this_server(client, target)


@handles("ISUPPORT", registered=False)
def isupport_(client: Client, message: Message) -> Steps:
    """What a client may rely on, once more, or early (IRCv3 draft/extended-isupport)."""
    if client.registered or "draft/extended-isupport" in client.capabilities:
        yield from isupport(client)
    else:
        yield client.numeric(Numeric.ERR_NOTREGISTERED)


@handles("MOTD")
def motd(client: Client, message: Message) -> Steps:
    """The message of the day once more."""
    if _elsewhere(client, message):
        yield client.numeric(Numeric.ERR_NOSUCHSERVER, message.params[0])
    else:
        yield welcome.motd(client)


@handles("VERSION")
def version(client: Client, message: Message) -> Steps:
    """Which program this is, and what it supports."""
    if _elsewhere(client, message):
        yield client.numeric(Numeric.ERR_NOSUCHSERVER, message.params[0])
        return
    house = client.house
    yield client.numeric(Numeric.RPL_VERSION, f"hobnob-{house.version}", house.name, text="hobnob")
    yield from isupport(client)


@handles("TIME")
def time(client: Client, message: Message) -> Steps:
    """The server's clock, in UTC."""
    if _elsewhere(client, message):
        yield client.numeric(Numeric.ERR_NOSUCHSERVER, message.params[0])
        return
    pong = yield Ping()
    assert isinstance(pong, Pong)
    seconds = str(milliseconds(pong.at) // 1000)
    text = f"{pong.at[:10]} {pong.at[11:19]} UTC"
    yield client.numeric(Numeric.RPL_TIME, client.house.name, seconds, "0", text=text)


@handles("INFO")
def info(client: Client, message: Message) -> Steps:
    """What this is."""
    if _elsewhere(client, message):
        yield client.numeric(Numeric.ERR_NOSUCHSERVER, message.params[0])
        return
    server = yield ReadServer()
    assert isinstance(server, Server)
    started = f"Running since {server.started_at[:10]} {server.started_at[11:19]} UTC."
    for line in (*ABOUT, f"Version {server.version}", started):
        yield client.numeric(Numeric.RPL_INFO, text=line)
    yield client.numeric(Numeric.RPL_ENDOFINFO)


@handles("ADMIN")
def admin(client: Client, message: Message) -> Steps:
    """What the operator of the server says of itself in the settings."""
    lines = client.settings.admin
    if _elsewhere(client, message):
        yield client.numeric(Numeric.ERR_NOSUCHSERVER, message.params[0])
    elif not lines:
        yield client.numeric(Numeric.ERR_NOADMININFO, client.house.name)
    else:
        yield client.numeric(Numeric.RPL_ADMINME, client.house.name, text="Administrative info")
        kinds = (Numeric.RPL_ADMINLOC1, Numeric.RPL_ADMINLOC2, Numeric.RPL_ADMINEMAIL)
        for numeric, line in zip(kinds, lines, strict=False):
            yield client.numeric(numeric, text=line)


@handles("LUSERS")
def lusers(client: Client, message: Message) -> Steps:
    """How many are here; only who is registered counts as a user."""
    if _elsewhere(client, message, 1):
        yield client.numeric(Numeric.ERR_NOSUCHSERVER, message.params[1])
        return
    yield from count_users(client)


def count_users(client: Client) -> Steps:
    """The numerics of LUSERS, put together by hand: everybody who comes is told them."""
    server = yield ReadServer()
    assert isinstance(server, Server)
    head, nick, people, most = f":{client.house.name} ", client.nick, server.people, server.most
    lines = (
        ("251", f":There are 0 users and {people} invisible on 1 servers"),
        ("252", f"{server.moderators} :{Numeric.RPL_LUSEROP.text}"),
        ("253", f"{server.strangers} :{Numeric.RPL_LUSERUNKNOWN.text}"),
        ("254", f"{server.rooms} :{Numeric.RPL_LUSERCHANNELS.text}"),
        ("255", f":I have {people} clients and 0 servers"),
        ("265", f"{people} {most} :Current local users {people}, max {most}"),
        ("266", f"{people} {most} :Current global users {people}, max {most}"),
    )
    yield "".join([f"{head}{number} {nick} {rest}\r\n" for number, rest in lines]).encode()


@handles("STATS")
def stats(client: Client, message: Message) -> Steps:
    """``STATS u`` says since when the server runs; there is nothing else that is told."""
    if _elsewhere(client, message, 1):
        yield client.numeric(Numeric.ERR_NOSUCHSERVER, message.params[1])
        return
    letter = message.params[0][:1] if message.params else ""
    if not letter:
        yield client.numeric(Numeric.ERR_NEEDMOREPARAMS, "STATS")
        return
    if letter == "u":
        server = yield ReadServer()
        pong = yield Ping()
        assert isinstance(server, Server)
        assert isinstance(pong, Pong)
        seconds = max(0, milliseconds(pong.at) - milliseconds(server.started_at)) // 1000
        days, rest = divmod(seconds, 86400)
        text = f"Server Up {days} days {rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"
        yield client.numeric(Numeric.RPL_STATSUPTIME, text=text)
    yield client.numeric(Numeric.RPL_ENDOFSTATS, letter)


@handles("LINKS")
def links(client: Client, message: Message) -> Steps:
    """This server is all there is."""
    mask = message.params[-1] if message.params else "*"
    name = client.house.name
    if matches(mask, name):
        yield client.numeric(Numeric.RPL_LINKS, name, name, text=f"0 {client.network}")
    yield client.numeric(Numeric.RPL_ENDOFLINKS, mask)


@handles("USERS")
def users(client: Client, message: Message) -> Steps:
    """Nobody logs in to the machine by this (RFC 2812 section 4.6)."""
    yield client.numeric(Numeric.ERR_USERSDISABLED)


@handles("SUMMON")
def summon(client: Client, message: Message) -> Steps:
    """Nor is anybody called from there (RFC 2812 section 4.5)."""
    yield client.numeric(Numeric.ERR_SUMMONDISABLED)
