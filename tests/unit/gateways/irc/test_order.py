"""Two clients never see different orders, whoever speaks when, and with echoes their own words stand among them."""

import asyncio
import re
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.chat.conftest import Client, eventually
from tests.unit.gateways.irc.peer import KINDS, Kind, Peer
from tests.unit.gateways.irc.test_conversations_with_chat import house
from tests.unit.gateways.irc.test_hostile import ASKED, NAMES, spoken

SAID = re.compile(rb" (?:PRIVMSG|NOTICE|TOPIC) #tea :(\d+)$")
TALKERS: dict[str, tuple[Kind, str]] = {
    "ada": ("lines", "echo-message"),
    "bob": ("lines", "echo-message message-tags server-time batch draft/multiline"),
    "eve": ("text", "echo-message labeled-response batch draft/multiline"),
    "tom": ("binary", "echo-message account-tag batch draft/multiline"),
    "zoe": ("lines", ""),
}
"""By name: how their lines come, and their capabilities; of the last alone nothing comes back."""
FORMS = [
    "PRIVMSG #tea :{0}",
    "NOTICE #tea :{0}",
    "TOPIC #tea :{0}",
    "@label=x PRIVMSG #tea :{0}",
    "BATCH +x draft/multiline #tea|@batch=x PRIVMSG #tea :{0}|@batch=x PRIVMSG #tea :and more|BATCH -x",
]
STEPS = st.lists(st.tuples(st.integers(0, len(TALKERS)), st.sampled_from(FORMS)), min_size=1, max_size=30)
"""Who says something, the client of the page among them, and how."""


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.lists(st.booleans(), min_size=30, max_size=30))
def test_all_see_one_order(steps: list[tuple[int, str]], pauses: list[bool]) -> None:
    asyncio.run(_all_see_one_order(steps, pauses))


async def _all_see_one_order(steps: list[tuple[int, str]], pauses: list[bool]) -> None:
    async with house() as chat:
        talkers = []
        for name, (kind, capabilities) in TALKERS.items():
            talkers.append(peer := Peer(chat, kind))
            for line in (f"CAP REQ :{capabilities}", f"NICK {name}", "USER x 0 * :x", "CAP END", "JOIN #tea"):
                peer.say(line.encode())
            await peer.settle()
        page = await Client(chat).hello("page")
        await page.done("join_room", room="#tea")
        silent = len(talkers) - 1
        echoless: set[int] = set()
        for number, (who, form) in enumerate(steps):
            if who == len(talkers):
                page.send("send_message", room="#tea", text=str(number))
            else:
                lines = form.format(number).split("|")
                if who in (0, silent) and len(lines) > 1:  # without draft/multiline
                    lines = [f"PRIVMSG #tea :{number}"]
                for line in lines:
                    talkers[who].say(line.encode())
                if who == silent and "TOPIC" not in form:
                    echoless.add(number)
            if pauses[number]:  # a turn of the loop, in which some of it may have happened
                await asyncio.sleep(0)
        for talker in talkers:
            await talker.settle()
        await page.done("ping")
        everything = order(talkers[0])
        assert sorted(everything) == list(range(len(steps)))
        for talker in talkers[1:silent]:
            assert order(talker) == everything
        assert order(talkers[silent]) == [number for number in everything if number not in echoless]
        await eventually(lambda: order_of_page(page) == everything)


def order(peer: Peer) -> list[int]:
    """The numbers that a client saw, in order."""
    return [int(match[1]) for line in peer.lines() if (match := SAID.search(line))]


def order_of_page(page: Client) -> list[int]:
    told = [event.get("text") or event.get("topic") or "" for event in page.events("message_sent", "topic_changed")]
    return [int(text.split("\n")[0]) for text in told if text[:1].isdigit()]


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_who_only_listen_hear_the_same(seed: int) -> None:
    asyncio.run(_who_only_listen_hear_the_same(Random(seed)))


async def _who_only_listen_hear_the_same(random: Random) -> None:
    """Clients of the same capabilities hear the same lines, whatever others do, and however lines come to them."""
    async with house() as chat:
        speakers = [await there(Peer(chat), name, "") for name in NAMES]
        many, few = " ".join(ASKED), "server-time"
        listeners = [
            [await there(Peer(chat, kind), f"{'mf'[asks == few]}{kind}", asks) for kind in KINDS]
            for asks in (many, few)
        ]
        starts = {peer: len(peer.lines()) for group in listeners for peer in group}
        for _ in range(100):
            random.choice(speakers).say(spoken(random))
            if random.random() < 0.3:
                await asyncio.sleep(0)
        for peer in speakers + listeners[0] + listeners[1]:
            await peer.settle()
        for group in listeners:
            heard = [[line for line in peer.lines()[starts[peer] :] if b" PONG " not in line] for peer in group]
            assert heard[0] == heard[1] == heard[2]


async def there(peer: Peer, name: str, capabilities: str) -> Peer:
    for line in (f"CAP REQ :{capabilities}", f"NICK {name}", "USER x 0 * :x", "CAP END", "JOIN #tea,#milk"):
        peer.say(line.encode())
    await peer.settle()
    return peer
