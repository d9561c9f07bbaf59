"""WHO and WHOX: who is in a channel, who somebody is, and who of those that one sees fits a mask.

``WHO target [o][%fields[,token]]``. Everybody is invisible (user mode i): a mask finds only who is in a channel with
one; a nick finds its owner. Fields and their order are those of IRCv3 WHOX.
"""

from collections.abc import Generator, Iterator

from hobnob.gateways.gateway import Said
from hobnob.gateways.irc.client import Client, is_channel
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.shown import account, flags, hidden_host, is_here, is_operator, real_name
from hobnob.protocol.errors import ChatError
from hobnob.protocol.masks import USER, is_mask, matches
from hobnob.protocol.people_commands import ListPeople, ReadPeople
from hobnob.protocol.records import Profile, Seat
from hobnob.protocol.replies import People, Reply

FIELDS = "tcuihsnfdlaor"
"""The letters of WHOX, in the order of the answer."""

HIDDEN_ADDRESS = "255.255.255.255"
MAX_TOKEN = 3
"""Digits of a token (IRCv3 WHOX)."""

Finding = Generator[Said, Reply | None, list[Profile]]


@handles("WHO")
def who(client: Client, message: Message) -> Steps:
    """See the head of this file."""
    target = message.params[0] if message.params and message.params[0] else "*"
    options, fields, token = _options(message.params[1] if len(message.params) > 1 else "")
    found = yield from _find(client, target)
    lines = [
        _line(client, profile, _seat(profile), fields, token)
        for profile in found
        if "o" not in options or is_operator(profile)
    ]
    yield b"".join([*lines, client.numeric(Numeric.RPL_ENDOFWHO, target)])


def _options(text: str) -> tuple[str, str, str]:
    """The letters before the ``%``, the fields (empty for a plain WHO) and the token."""
    options, percent, rest = text.partition("%")
    letters, _, token = rest.partition(",")
    fields = "".join(letter for letter in FIELDS if letter in letters)
    token = token if token.isascii() and token.isdigit() and len(token) <= MAX_TOKEN else "0"
    return options, fields if percent else "", token


def _find(client: Client, target: str) -> Finding:
    if is_channel(target):
        return (yield from _listed(target))
    if not is_mask(target) and target != "0":
        found = yield ReadPeople(people=(f"@{target}",))
        assert isinstance(found, People)
        if here := list(filter(is_here, found.people)):
            return here
    wanted = "*" if target == "0" else target
    return [profile for profile in (yield from _listed(None)) if _fits(client, profile, wanted)]


def _listed(room: str | None) -> Finding:
    found: list[Profile] = []
    after: str | None = None
    while True:
        try:
            page = yield ListPeople(room=room, after=after)
        except ChatError:
            return found
        assert isinstance(page, People)
        found += page.people
        if not page.more or not page.people:
            return sorted(found, key=lambda profile: profile.person.name.casefold())
        after = page.people[-1].person.id


def _fits(client: Client, profile: Profile, wanted: str) -> bool:
    texts = (profile.person.name, USER, hidden_host(profile), client.house.name, real_name(profile), account(profile))
    return any(matches(wanted, text) for text in texts)


def _seat(profile: Profile) -> Seat | None:
    """The channel in which somebody is shown: the one that was asked about, else any that both are in."""
    return next((seat for seat in profile.rooms if seat.kind != "direct"), None)


def _line(client: Client, profile: Profile, seat: Seat | None, fields: str, token: str) -> bytes:
    nick, server = profile.person.name, client.house.name
    channel = f"#{seat.name}" if seat else "*"
    shown = flags(profile, seat.role if seat else None)
    if not fields:
        about = (channel, USER, hidden_host(profile), server, nick, shown)
        return client.numeric(Numeric.RPL_WHOREPLY, *about, text=f"0 {real_name(profile)}")
    values = dict(_values(client, profile, channel, shown, token))
    text = values["r"] if "r" in fields else None
    return client.numeric(Numeric.RPL_WHOSPCRPL, *(values[field] for field in fields if field != "r"), text=text)


def _values(client: Client, profile: Profile, channel: str, shown: str, token: str) -> Iterator[tuple[str, str]]:
    yield "t", token
    yield "c", channel
    yield "u", USER
    yield "i", profile.addresses[0] if profile.addresses else HIDDEN_ADDRESS
    yield "h", hidden_host(profile)
    yield "s", client.house.name
    yield "n", profile.person.name
    yield "f", shown
    yield "d", "0"
    yield "l", str(profile.idle)
    yield "a", account(profile) or "0"
    yield "o", "n/a"
    yield "r", real_name(profile)
