"""Whatever clients say, in whatever pieces, over TCP or in frames: the house lives, and all it says are lines.

All commands of the table with parameters of all kinds, some of them apt, run over the real chat. At the end each client
that is still there is answered a PING, and nothing was logged that went wrong.
"""

import asyncio
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.unit.chat.conftest import AFAR, DEADLINE, HERE, OVERHEARD
from tests.unit.gateways.irc.peer import KINDS, Peer
from tests.unit.gateways.irc.test_conversations_with_chat import house

from hobnob.chat.limits import Limits
from hobnob.chat.origins import Origins
from hobnob.gateways.irc.capabilities import CAPABILITIES
from hobnob.gateways.irc.commands import COMMANDS
from hobnob.gateways.irc.message import MAX_BODY, parse

WORDS = [
    "ada", "bob", "eve", "Ада", "a,b,ada", "nobody", "*", "a*", "#tea", "#TEA", "#tea,#milk", "#no!", "#", "x!y@z",
    "0", "1", "-1", "9" * 30, "", "+o", "-o", "+qob", "beI", "+beI", "+klS", "-klS", "+imnst-imnst", "+B-w", "~m:bob",
    "~a:ada", "*!*@*", "LS", "302", "REQ", "END", "LIST", "LATEST", "BEFORE", "AFTER", "AROUND", "BETWEEN", "TARGETS",
    "msgid=x", "timestamp=2026-01-01T00:00:00.000Z", "timestamp=2099-12-31T23:59:59.999Z", "timestamp=x", "PLAIN",
    "+", "YQBhAGI=", "+1", "-1", "draft/multiline", "C", "L", "S", "-", "GET", "SET", "CLEAR", "SUB", "UNSUB", "SUBS",
    "SYNC", "url", "%tcuihsnfdlaor,1", "o", "u", "root", "open sesame", "secret-of-ada", "ada@example.org", "NickServ",
    "hobnob.test", "REGISTER secret-of-bob", "OP #tea bob", "IDENTIFY ada secret-of-ada", "hi there", ">0", "C<5", "!x",
    "\x01ACTION waves\x01", "\x01DCC SEND x 1 1\x01", "\x02bold\x1ditalic\x0f\x0304,5red", "é" * 200, "a" * 490,
]  # fmt: skip
TAGS = [
    "label=1", "label=", "label=" + "é" * 40, "batch=1", "batch=2;draft/multiline-concat", "+typing=active",
    "+typing=done", "+draft/reply=x;+draft/react=👍", "+draft/react", "+draft/unreact=👍", "+draft/persist;+a=b",
    "a=b;c", "time=x", ";;=", "+a=" + "b" * 4000, "+a=\\", "account=root",
]  # fmt: skip
ASKED = sorted(name for name, row in CAPABILITIES.items() if row.asked)
APT = [
    *(f"CAP REQ :{' '.join(ASKED[start::2])}" for start in (0, 1)), "CAP END", "JOIN #tea", "OPER root :open sesame",
    "CAP REQ :message-tags batch labeled-response echo-message draft/multiline", "REGISTER * * secret-of-ada",
    "PRIVMSG #tea :hi", "PRIVMSG bob :hi", "BATCH +1 draft/multiline #tea", "BATCH -1", "@batch=1 PRIVMSG #tea :one",
    "@batch=1;draft/multiline-concat PRIVMSG #tea :two", "AUTHENTICATE PLAIN", "PART #tea", "MODE #tea +m",
    "KICK #tea bob", "NICK bob", "USER x 0 * :x",
    "CHATHISTORY LATEST #tea * 10", "MARKREAD #tea", "RENAME #tea #milk :x", "AWAY :x", "AWAY",
]  # fmt: skip

NAMES = ("ada", "bob", "eve")
LINES = 150


def spoken(random: Random) -> bytes:
    """A line: apt, or a command with any parameters, or any bytes."""
    kind = random.random()
    if kind < 0.45:
        return random.choice(APT).encode()
    if kind > 0.95:
        return random.randbytes(random.randrange(60))
    tags = f"@{random.choice(TAGS)} " if random.random() < 0.3 else ""
    *words, last = random.choices(WORDS, k=random.randrange(1, 5))
    command = random.choice(sorted(COMMANDS.keys() - {"QUIT"} if random.random() < 0.98 else COMMANDS))
    return f"{tags}{command} {' '.join(words)} :{last}".encode()


def check(line: bytes) -> None:
    """A line as clients expect it: text, no longer than may be, with a command."""
    tags, _, body = line.partition(b" ") if line.startswith(b"@") else (b"", b"", line)
    assert not set(line) & set(b"\r\n\0")
    assert len(body) <= MAX_BODY
    assert len(tags) <= 8191
    message = parse(line.decode())
    assert message is not None
    assert len(message.params) <= 15


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_the_house_lives(seed: int) -> None:
    with capture_logs() as logged:
        asyncio.run(_the_house_lives(Random(seed)))
    assert [entry for entry in logged if entry["log_level"] not in ("info", "debug")] == []


async def _the_house_lives(random: Random) -> None:
    async with asyncio.timeout(DEADLINE), house() as chat:
        chat.limits = Limits(Origins(), rates={})  # nobody is slowed
        peers = [Peer(chat, kind, random.choice((HERE, HERE, AFAR, OVERHEARD))) for kind in KINDS]
        for peer, name in zip(peers, NAMES, strict=True):
            lines = (f"NICK {name}", "USER x 0 * :x", "JOIN #tea")
            for line in lines[: random.choice((0, 1, 3, 3, 3))]:  # some are still strangers
                peer.say(line.encode())
            await peer.settle()
        for _ in range(LINES):
            random.choice(peers).say(spoken(random), random.randrange(1, 80))
            if random.random() < 0.2:  # a turn of the loop, in which some of it happens
                await asyncio.sleep(0)
        for peer in peers:
            await peer.settle()
        for peer in peers:
            for data in peer.lines():
                check(data)
