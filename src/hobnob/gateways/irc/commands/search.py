"""SEARCH, which is no command of any IRC document: what was said, found again, in NOTICEs of the server."""

from hobnob.gateways.irc.client import Client, is_channel
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.message import Message
from hobnob.protocol.commands import Search
from hobnob.protocol.excerpts import excerpt
from hobnob.protocol.records import Hit
from hobnob.protocol.replies import Found
from hobnob.protocol.text import for_terminal

HITS = 10
EXCERPT = 240
"""Characters of a hit's text: with four bytes each, the line might be cut, but no mark before that."""

_BOLD = "\x02"


@handles("SEARCH", params=1)
def search(client: Client, message: Message) -> Steps:
    """``SEARCH [#channel] words``: the newest hits, and whether there are more."""
    in_room = len(message.params) > 1 and is_channel(message.params[0])
    room = message.params[0] if in_room else None
    words = message.params[1:] if in_room else message.params
    found = yield Search(query=" ".join(words), room=room, limit=HITS)
    assert isinstance(found, Found)
    for hit in found.hits:
        yield client.line("NOTICE", client.nick, _line(hit))
    yield client.line("NOTICE", client.nick, _end(found))


def _line(hit: Hit) -> str:
    room = f"#{hit.room_name}" if hit.room_name else "+".join(hit.people)
    text = "".join(
        f"{_BOLD}{for_terminal(piece)}{_BOLD}" if marked else for_terminal(piece)
        for piece, marked in excerpt(hit, EXCERPT)
    )
    return f"{room} {hit.number} [{hit.at[:10]} {hit.at[11:16]}] <{hit.by_name}> {text}"


def _end(found: Found) -> str:
    if found.more:
        return "There are older ones. Narrow the search with in:, from: or before:2026-11-01"
    if found.partial:
        return "The index is still being built; search again in a while for the rest."
    return "That is all." if found.hits else "Nothing was found."
