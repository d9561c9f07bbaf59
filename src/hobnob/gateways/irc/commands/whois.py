"""WHOIS, WHOWAS, USERHOST, ISON: questions about people by their nicks. What may be told is decided by the chat."""

from collections.abc import Iterator

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.channels import targets
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.commands.server import is_this_server
from hobnob.gateways.irc.isupport import MAX_HOSTS, MAX_NICKS
from hobnob.gateways.irc.message import MAX_BODY, Message, packed
from hobnob.gateways.irc.metadata import in_whois
from hobnob.gateways.irc.modes import PREFIXES
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.services import service_named
from hobnob.gateways.irc.services.service import Service
from hobnob.gateways.irc.shown import account, hidden_host, is_bot, is_here, is_operator, real_name
from hobnob.protocol.masks import USER
from hobnob.protocol.people_commands import ListGone, ReadPeople
from hobnob.protocol.records import Profile, Seat
from hobnob.protocol.replies import People
from hobnob.protocol.times import milliseconds


@handles("WHOIS")
def whois(client: Client, message: Message) -> Steps:
    """``WHOIS [server] nick[,nick]``."""
    if not message.params or not message.params[-1]:
        yield client.numeric(Numeric.ERR_NONICKNAMEGIVEN)
        return
    server, asked = (message.params[0], message.params[1]) if len(message.params) > 1 else ("", message.params[0])
    if server and server.lower() != asked.lower() and not is_this_server(client, server):
        yield client.numeric(Numeric.ERR_NOSUCHSERVER, server)
        return
    for nick in targets(asked)[:MAX_NICKS]:
        if (service := service_named(nick)) is not None:
            yield b"".join(_whois_service(client, service))
            yield client.numeric(Numeric.RPL_ENDOFWHOIS, nick)
            continue
        found = yield ReadPeople(people=(f"@{nick}",))
        assert isinstance(found, People)
        profile = next(filter(is_here, found.people), None)
        if profile is None:
            yield client.numeric(Numeric.ERR_NOSUCHNICK, nick)
        else:
            yield b"".join(_whois(client, profile))
        yield client.numeric(Numeric.RPL_ENDOFWHOIS, nick)


def _whois(client: Client, profile: Profile) -> Iterator[bytes]:
    nick, house = profile.person.name, client.house
    yield client.numeric(Numeric.RPL_WHOISUSER, nick, USER, hidden_host(profile), "*", text=real_name(profile))
    head = len(client.numeric(Numeric.RPL_WHOISCHANNELS, nick, text=""))
    for text in packed(map(_seat, filter(_is_channel, profile.rooms)), MAX_BODY + 2 - head):
        yield client.numeric(Numeric.RPL_WHOISCHANNELS, nick, text=text)
    yield client.numeric(Numeric.RPL_WHOISSERVER, nick, house.name, text=client.network)
    if profile.state == "away":
        yield client.numeric(Numeric.RPL_AWAY, nick, text=profile.text or "away")
    if is_operator(profile):
        yield client.numeric(Numeric.RPL_WHOISOPERATOR, nick)
    if is_bot(profile):
        yield client.numeric(Numeric.RPL_WHOISBOT, nick)
    if account(profile):
        yield client.numeric(Numeric.RPL_WHOISACCOUNT, nick, account(profile))
    yield from in_whois(client, nick, profile.details)
    if profile.confidential:
        yield client.numeric(Numeric.RPL_WHOISSECURE, nick)
    for address in profile.addresses:
        yield client.numeric(Numeric.RPL_WHOISHOST, nick, text=f"is connecting from *@{address} {address}")
    signon = str(milliseconds(profile.since) // 1000)
    yield client.numeric(Numeric.RPL_WHOISIDLE, nick, str(profile.idle), signon)


def _whois_service(client: Client, service: Service) -> Iterator[bytes]:
    name, house = service.name, client.house
    yield client.numeric(Numeric.RPL_WHOISUSER, name, name, house.name, "*", text=service.about)
    yield client.numeric(Numeric.RPL_WHOISSERVER, name, house.name, text=client.network)
    yield client.numeric(Numeric.RPL_WHOISOPERATOR, name, text="is a service of this server")


def _is_channel(seat: Seat) -> bool:
    return seat.kind != "direct"


def _seat(seat: Seat) -> str:
    return f"{PREFIXES[seat.role]}#{seat.name}"


@handles("WHOWAS")
def whowas(client: Client, message: Message) -> Steps:
    """``WHOWAS nick [count]``: who had a nick a while ago, the last one first."""
    if not message.params or not message.params[0]:
        yield client.numeric(Numeric.ERR_NONICKNAMEGIVEN)
        return
    count = message.params[1] if len(message.params) > 1 else ""
    limit = int(count) if count.isascii() and count.isdigit() and len(count) < 6 else 0
    nick = message.params[0]
    found = yield ListGone(name=nick, limit=limit or 100)
    assert isinstance(found, People)
    if not found.people:
        yield client.numeric(Numeric.ERR_WASNOSUCHNICK, nick)
    for profile in found.people:
        name = profile.person.name
        yield client.numeric(Numeric.RPL_WHOWASUSER, name, USER, hidden_host(profile), "*", text=real_name(profile))
        yield client.numeric(Numeric.RPL_WHOISSERVER, name, client.house.name, text=profile.since)
    yield client.numeric(Numeric.RPL_ENDOFWHOWAS, nick)


@handles("USERHOST", params=1)
def userhost(client: Client, message: Message) -> Steps:
    """``USERHOST nick [nick …]``: host, operator or not, away or not."""
    found = yield ReadPeople(people=tuple(f"@{nick}" for nick in message.params[:MAX_HOSTS]))
    assert isinstance(found, People)
    words = [
        f"{service.name}*=+{service.name}@{client.house.name}"
        for nick in message.params[:MAX_HOSTS]
        if (service := service_named(nick)) is not None
    ]
    words += [
        f"{profile.person.name}{'*' if is_operator(profile) else ''}="
        f"{'-' if profile.state == 'away' else '+'}{USER}@{hidden_host(profile)}"
        for profile in filter(is_here, found.people)
    ]
    yield client.numeric(Numeric.RPL_USERHOST, text=" ".join(words))


@handles("ISON", params=1)
def ison(client: Client, message: Message) -> Steps:
    """``ISON nick [nick …]``: which of them are here."""
    nicks = dict.fromkeys(nick for param in message.params for nick in param.split())
    found = yield ReadPeople(people=tuple(f"@{nick}" for nick in nicks))
    assert isinstance(found, People)
    here = [profile.person.name for profile in found.people if is_here(profile)]
    services = [service.name for nick in nicks if (service := service_named(nick)) is not None]
    yield client.numeric(Numeric.RPL_ISON, text=" ".join([*here, *services]))
