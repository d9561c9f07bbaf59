"""A message of several lines reaches others as its author cut it; those who know no such messages get its lines."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.gateways.irc.peer import Kind, Peer
from tests.unit.gateways.irc.test_conversations_with_chat import house

from hobnob.gateways.irc.message import Message, parse

PLAIN = "message-tags echo-message"
CAPABILITIES = f"{PLAIN} batch draft/multiline"
CONCAT = "draft/multiline-concat"

Line = tuple[str, bool]
"""Its text, and whether it goes on with the line before."""

TEXTS = st.text("ab é😃\\", max_size=12).filter(lambda text: not text or text.strip())
WHOLE = st.lists(st.tuples(TEXTS, st.booleans()), min_size=2, max_size=10).map(
    lambda lines: [(text, goes_on and bool(text) and place > 0) for place, (text, goes_on) in enumerate(lines)]
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(WHOLE.filter(lambda lines: lines[0][0] and lines[-1][0]), st.sampled_from(["lines", "text", "binary"]))
def test_lines_arrive_as_they_were_cut(lines: list[Line], kind: Kind) -> None:
    asyncio.run(_lines_arrive_as_they_were_cut(lines, kind))


async def _lines_arrive_as_they_were_cut(lines: list[Line], kind: Kind) -> None:
    async with house() as chat:
        ada, bob, old = (Peer(chat, each) for each in ("lines", kind, kind))
        for peer, name, capabilities in ((ada, "ada", CAPABILITIES), (bob, "bob", CAPABILITIES), (old, "old", PLAIN)):
            for line in (f"CAP REQ :{capabilities}", f"NICK {name}", "USER x 0 * :x", "CAP END", "JOIN #tea"):
                peer.say(line.encode())
            await peer.settle()
        ada.say(b"BATCH +x draft/multiline #tea")
        for text, goes_on in lines:
            ada.say(f"@batch=x{';' + CONCAT if goes_on else ''} PRIVMSG #tea :{text}".encode())
        ada.say(b"BATCH -x")
        await ada.settle()
        await old.settle()
        for peer in (ada, bob):
            begin, *inside, end = said(peer)
            assert (begin.command, begin.params[1:], end.command) == ("BATCH", ("draft/multiline", "#tea"), "BATCH")
            assert [(line.params[1], CONCAT in line.tags) for line in inside] == lines
            assert {line.tags["batch"] for line in inside} == {begin.params[0][1:]}
        assert [line.params[1] for line in said(old)] == [text for text, _ in lines if text]


def said(peer: Peer) -> list[Message]:
    """The messages, and the batches around them, that a client was sent."""
    parsed = (parse(line.decode()) for line in peer.lines())
    return [line for line in parsed if line is not None and line.command in ("PRIVMSG", "BATCH")]
