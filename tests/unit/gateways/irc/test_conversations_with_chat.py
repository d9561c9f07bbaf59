"""The conversations again, over the real chat: those with the small house, and those of ``conversations/chat/``.

After each line a client is asked for a PONG, so that all the line did is done before the next one. What is random
(hosts, times, ids, tokens) is called by one word each. ``{msgid}`` in what a client sends is the last one that it got;
``{client-first}`` and ``{client-final}`` are what it says to prove that it has ada's token, which somebody was shown.
``-- Here: ada, bob`` are clients that have been welcomed already.
"""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.unit.chat.conftest import DEADLINE, MemoryLink
from tests.unit.gateways.irc.test_conversations import FILES, as_bytes, merged, script
from tests.unit.scram_client import ScramClient

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.passwords import Cost
from hobnob.chat.policy import Policy
from hobnob.gateways.gateway import Origin
from hobnob.gateways.irc import IrcCodec
from hobnob.gateways.irc.settings import IrcSettings
from hobnob.stores.memory import MemoryStore

WITH_CHAT = sorted((Path(__file__).parent / "conversations" / "chat").glob("*.txt"))
RANDOM = {
    "host": re.compile(r"\b[a-z2-7]{10}\.hobnob\b"),
    "time=now": re.compile(r"\btime=[0-9T:.-]+Z"),
    "token": re.compile(r"\bhb_[\w-]{32}(?![\w-])"),
    "server-message": re.compile(r"(?<=^AUTHENTICATE )[A-Za-z0-9+/=]{40,}"),
    "id": re.compile(r"\br_[a-z2-7]{26}\.[0-9]+|\b[0-9a-f]{44}\b"),
}
MSGID = re.compile(r"\bmsgid=([\w.]+)")
HERE = re.compile(r"-- Here: (?P<names>\w+(, \w+)*)\.?")
NAME = "hobnob.test"
POLICY = Policy(password_cost=Cost(memory=8, passes=1), operator_name="root", operator_password="open sesame")
HOME = Origin("127.0.0.1")
SETTINGS = IrcSettings()


def steady(line: str) -> str:
    """A line without what is another in every run."""
    for word, pattern in RANDOM.items():
        line = pattern.sub(word, line)
    return line


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Talker:
    """One client of a conversation; `inbox` is what it got and was not looked at."""

    def __init__(self, chat: Chat, origin: Origin = HOME, settings: IrcSettings = SETTINGS) -> None:
        self.link = MemoryLink()
        self.conversation = chat.enter(IrcCodec(chat, settings), self.link, origin)
        self.inbox: list[str] = []
        self.msgid = ""
        self.token = ""
        self._asked = ""
        self._scram = ScramClient("", "")
        self._pings = 0
        self._last = ""

    def pull(self) -> None:
        """Take the whole lines that came."""
        self.link.news.clear()
        *lines, rest = self.link.written.decode().split("\r\n")
        self.link.written[:] = rest.encode()
        self.msgid = next((found[1] for line in reversed(lines) if (found := MSGID.search(line))), self.msgid)
        for line in lines:
            if match := RANDOM["token"].search(line):
                self.token = match[0]
            if match := RANDOM["server-message"].search(line):
                self._asked = base64.b64decode(match[0]).decode()
        self.inbox += merged([steady(line) for line in lines], self._last)
        self._last = lines[-1] if lines else self._last

    async def say(self, line: bytes) -> None:
        """Say a line and wait until it is done."""
        self._pings += 1
        pong = f":{NAME} PONG {NAME} :settled-{self._pings}"
        self.conversation.receive(line + f"PING settled-{self._pings}\r\n".encode())
        self.pull()
        while pong not in self.inbox and not self.link.closed:
            await self.news()
        if pong in self.inbox:
            self.inbox.remove(pong)

    def filled(self, text: str, token: str) -> str:
        """What stands in braces replaced by what it says of itself."""
        if "{client-first}" in text:
            self._scram = ScramClient("ada", token)
            text = text.replace("{client-first}", _base64(self._scram.first))
        if "{client-final}" in text:
            text = text.replace("{client-final}", _base64(self._scram.final(self._asked)))
        return text.replace("{msgid}", self.msgid)

    async def next_line(self) -> str:
        while not self.inbox:
            await self.news()
        return self.inbox.pop(0)

    async def news(self) -> None:
        if not self.link.written:
            await self.link.news.wait()
        self.pull()


@asynccontextmanager
async def house(store: MemoryStore | None = None) -> AsyncIterator[Chat]:
    chat = Chat(store or MemoryStore(), LocalBus(), NAME, policy=POLICY)
    chat.version = "1.0"
    await chat.open()
    try:
        yield chat
    finally:
        await chat.stop("The test is over.")


def present(path: Path) -> Iterator[str]:
    """Who is welcomed before the conversation begins."""
    for line in path.read_text("utf-8").splitlines():
        if match := HERE.fullmatch(line):
            yield from match["names"].split(", ")


@pytest.mark.parametrize("path", [*FILES, *WITH_CHAT], ids=lambda path: path.stem)
async def test_conversation_with_the_chat(path: Path) -> None:
    async with asyncio.timeout(DEADLINE), house() as chat:
        talkers: dict[str, Talker] = {}
        for name in present(path):
            talker = talkers[name] = Talker(chat)
            await talker.say(f"NICK {name}\r\nUSER x 0 * :{name.capitalize()}\r\n".encode())
            assert f":{NAME} 001 {name} :Welcome to {NAME}, {name}" in talker.inbox
            talker.inbox.clear()
        for number, (who, side, text) in enumerate(script(path), 1):
            talker = talkers.get(who) or talkers.setdefault(who, Talker(chat))
            if side == "C":
                token = next((each.token for each in talkers.values() if each.token), "")
                await talker.say(as_bytes(talker.filled(text, token)))
                continue
            expected = steady(as_bytes(text).decode()[:-2])
            try:
                async with asyncio.timeout(DEADLINE):
                    line = await talker.next_line()
            except TimeoutError:
                pytest.fail(f"{who} gets nothing, but should (line {number}): {expected}")
            if expected.endswith("…"):
                assert line[: len(expected) - 1] == expected[:-1]
            else:
                assert line == expected
        for talker in talkers.values():
            if not talker.link.closed:
                await talker.say(b"")
        assert {who: talker.inbox for who, talker in talkers.items() if talker.inbox} == {}


def test_there_are_conversations_with_the_chat() -> None:
    assert WITH_CHAT
