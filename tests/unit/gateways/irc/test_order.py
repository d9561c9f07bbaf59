"""Two clients never see different orders, whoever speaks when, and with echoes their own words stand among them."""

import asyncio
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.gateways.irc.test_conversations_with_chat import Talker, house

SAID = re.compile(r" (?:PRIVMSG|NOTICE|TOPIC) #tea :(\d+)$")
NAMES = ("ada", "bob", "eve", "tom")
CAPABILITIES = ("echo-message", "echo-message message-tags server-time", "echo-message labeled-response batch", "")

STEPS = st.lists(
    st.tuples(st.integers(0, len(NAMES) - 1), st.sampled_from(["PRIVMSG", "NOTICE", "TOPIC", "@label=x PRIVMSG"])),
    min_size=1,
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.lists(st.booleans(), min_size=30, max_size=30))
def test_all_see_one_order(steps: list[tuple[int, str]], pauses: list[bool]) -> None:
    asyncio.run(_all_see_one_order(steps, pauses))


async def _all_see_one_order(steps: list[tuple[int, str]], pauses: list[bool]) -> None:
    async with house() as chat:
        talkers = [Talker(chat) for _ in NAMES]
        for talker, name, capabilities in zip(talkers, NAMES, CAPABILITIES, strict=True):
            lines = [f"NICK {name}", "USER x 0 * :x", f"CAP REQ :{capabilities}", "CAP END", "JOIN #tea"]
            await talker.say("".join(f"{line}\r\n" for line in lines).encode())
        for talker in talkers:
            talker.pull()
            talker.inbox.clear()
        for number, (who, command) in enumerate(steps):
            talkers[who].conversation.receive(f"{command} #tea :{number}\r\n".encode())
            if pauses[number]:  # a turn of the loop, in which some of it may have happened
                await asyncio.sleep(0)
        for talker in talkers:
            await talker.say(b"")
        seen = []
        for talker in talkers:
            talker.pull()
            seen.append([int(match[1]) for line in talker.inbox if (match := SAID.search(line))])
    everything = seen[0]
    assert sorted(everything) == list(range(len(steps)))
    assert seen[1] == seen[2] == everything
    mine = {number for number, (who, command) in enumerate(steps) if who == 3 and command != "TOPIC"}
    assert seen[3] == [number for number in everything if number not in mine]
