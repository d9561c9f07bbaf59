"""AWAY, SETNAME and MONITOR: what one says of oneself, and whose coming and going one hears of."""

from collections.abc import Iterable

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.channels import targets
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.commands.metadata import told_of
from hobnob.gateways.irc.isupport import MAX_MONITORED, MAX_REAL_NAME
from hobnob.gateways.irc.message import MAX_BODY, Message, packed
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.shown import is_here, masked
from hobnob.gateways.irc.wire import REAL_NAME
from hobnob.protocol.commands import SetPresence
from hobnob.protocol.names import NameRefused, fold
from hobnob.protocol.people_commands import ReadPeople, SetDetail, Unwatch, Watch
from hobnob.protocol.replies import People
from hobnob.protocol.text import clean_line


@handles("AWAY", registered=False)
def away(client: Client, message: Message) -> Steps:
    """``AWAY [text]``: be away, or back. It is the person who is away, on all of their clients.

    With draft/pre-away it may be said before one is registered, and ``*`` of a client that nobody sits at.
    """
    text = message.params[0] if message.params else ""
    if client.introduction is None:
        yield from be_away(client, text)
    elif "draft/pre-away" in client.capabilities:
        client.introduction.away = text
    else:
        yield client.numeric(Numeric.ERR_NOTREGISTERED)
        return
    yield client.numeric(Numeric.RPL_NOWAWAY if text else Numeric.RPL_UNAWAY)


def be_away(client: Client, text: str) -> Steps:
    """Be away, or back where `text` is empty; whom another client shows to be there is not away for ``*``."""
    here = client.house.here(client.person.id)
    if not (text == "*" and here is not None and here.clients > 1):
        yield SetPresence(state="away" if text else "online", text=text)


@handles("SETNAME", params=1)
def setname(client: Client, message: Message) -> Steps:
    """Have another real name (IRCv3 setname)."""
    name = clean_line(message.params[0]).strip()
    if not name or len(name.encode()) > MAX_REAL_NAME:
        yield client.line("FAIL", "SETNAME", "INVALID_REALNAME", f"A real name has 1 to {MAX_REAL_NAME} bytes.")
        return
    yield SetDetail(key=REAL_NAME, value=name)
    if "setname" in client.capabilities:
        yield client.own_line("SETNAME", name)


@handles("MONITOR", params=1)
def monitor(client: Client, message: Message) -> Steps:
    """``MONITOR + nick[,nick]``, ``- nick[,nick]``, ``C``, ``L``, ``S`` (IRCv3 monitor)."""
    nicks = targets(message.params[1]) if len(message.params) > 1 else []
    match message.params[0].upper():
        case "+":
            yield from _watch(client, nicks)
        case "-":
            yield from _unwatch(client, nicks)
        case "C":
            client.monitored = None
            yield Unwatch()
        case "L":
            yield _listed(client, Numeric.RPL_MONLIST, (client.monitored or {}).values())
            yield client.numeric(Numeric.RPL_ENDOFMONLIST)
        case "S":
            yield from _say_status(client, list((client.monitored or {}).values()))


def _watch(client: Client, nicks: list[str]) -> Steps:
    monitored = dict(client.monitored or {})
    wanted = {key: nick for nick in nicks if (key := _key(nick))}
    free = MAX_MONITORED - len(monitored)
    new = [key for key in wanted if key not in monitored]
    taken = {key: wanted[key] for key in wanted if key in monitored or key in new[:free]}
    if taken:
        found = yield Watch(people=tuple(f"@{nick}" for nick in taken.values()))
        assert isinstance(found, People)
        client.monitored = {**taken, **monitored}
        yield _status(client, taken, found)
        yield b"".join(told_of(client, found))
    if refused := [wanted[key] for key in new[free:]]:
        yield client.numeric(Numeric.ERR_MONLISTFULL, str(MAX_MONITORED), ",".join(refused))


def _unwatch(client: Client, nicks: list[str]) -> Steps:
    keys = {_key(nick) for nick in nicks} & set(client.monitored or {})
    if keys:
        yield Unwatch(people=tuple(f"@{key}" for key in keys))
        client.monitored = {key: nick for key, nick in (client.monitored or {}).items() if key not in keys} or None


def _say_status(client: Client, nicks: list[str]) -> Steps:
    if nicks:
        found = yield ReadPeople(people=tuple(f"@{nick}" for nick in nicks))
        assert isinstance(found, People)
        yield _status(client, {key: nick for nick in nicks if (key := _key(nick))}, found)
        yield b"".join(told_of(client, found))


def _status(client: Client, asked: dict[str, str], found: People) -> bytes:
    here = [profile for profile in found.people if is_here(profile)]
    keys = {_key(profile.person.name) for profile in here}
    gone = [nick for key, nick in asked.items() if key not in keys]
    return _listed(client, Numeric.RPL_MONONLINE, map(masked, here)) + _listed(client, Numeric.RPL_MONOFFLINE, gone)


def _listed(client: Client, numeric: Numeric, words: Iterable[str]) -> bytes:
    head = len(client.numeric(numeric, text=""))
    texts = packed(words, MAX_BODY + 2 - head)
    return b"".join(client.numeric(numeric, text=text.replace(" ", ",")) for text in texts)


def _key(nick: str) -> str:
    """Under which nicks are one; empty for what can be none."""
    try:
        return fold(nick)
    except NameRefused:
        return ""
