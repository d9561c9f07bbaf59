"""CAP: what client and server agree on, at the beginning or at any time later.

Follows IRCv3 capability negotiation, version 302. Registration waits from the first LS or REQ until END.
"""

from collections.abc import Iterable, Iterator

from hobnob.gateways.irc.capabilities import after, offered
from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.commands.registration import register
from hobnob.gateways.irc.message import MAX_BODY, Message, packed
from hobnob.gateways.irc.numerics import Numeric


@handles("CAP", params=1, registered=False)
def cap(client: Client, message: Message) -> Steps:
    """Negotiate capabilities. A client that does so before it is registered says CAP END when it is done."""
    subcommand = message.params[0].upper()
    rest = message.params[1] if len(message.params) > 1 else ""
    if subcommand in ("LS", "REQ") and client.introduction is not None:
        client.introduction.negotiating = True
    match subcommand:
        case "LS":
            yield _list(client, rest)
        case "LIST":
            yield from _lines(client, "LIST", sorted(client.capabilities), marked=client.version >= 302)
        case "REQ":
            yield from _request(client, rest)
        case "END":
            if client.introduction is not None:
                client.introduction.negotiating = False
                yield from register(client)
        case _:
            yield client.numeric(Numeric.ERR_INVALIDCAPCMD, message.params[0])


def _list(client: Client, version: str) -> bytes:
    """What there is, as this version has it. To ask by version 302 once is to ask for news of it too."""
    newer = version.isascii() and version.isdigit() and int(version[:6]) >= 302
    if newer:
        client.version = 302
        client.negotiate(client.capabilities | {"cap-notify"})
        return b"".join(_lines(client, "LS", (row.shown(client, valued=True) for row in offered(client)), marked=True))
    return next(_lines(client, "LS", _known_of_old(client)))


def _known_of_old(client: Client) -> list[str]:
    """For a client that takes one line for the whole answer: drafts, which it is unlikely to know, come last."""
    return sorted((row.name for row in offered(client) if row.asked), key=lambda name: name.startswith("draft/"))


def _request(client: Client, text: str) -> Iterator[bytes]:
    """All of the request or nothing of it."""
    wanted = after(client, text.split())
    if wanted is None:
        yield from _lines(client, "NAK", text.split())
    else:
        client.negotiate(wanted)
        yield from _lines(client, "ACK", text.split())


def _lines(client: Client, subcommand: str, words: Iterable[str], *, marked: bool = False) -> Iterator[bytes]:
    """An answer in as many lines as it takes. All but the last are `marked` for those who wait for it."""
    head = ("CAP", client.nick, subcommand)
    room = MAX_BODY - len(f":{client.house.name} CAP {client.nick} {subcommand} * :".encode())
    *more, last = list(packed(words, room)) or [""]
    for text in more:
        yield client.line(*head, *(["*"] if marked else []), text)
    yield client.line(*head, last)
