"""CHATHISTORY over the real chat: what each question brings, in channels and in private, with events and without."""

import re
from collections.abc import AsyncIterator

import pytest
from tests.unit.gateways.irc.test_conversations_with_chat import Talker, house

from hobnob.chat.chat import Chat

CAPABILITIES = "message-tags server-time echo-message batch labeled-response draft/chathistory"
LINE = re.compile(r"@batch=(?P<batch>\w+);time=(?P<time>[^;]+);msgid=(?P<msgid>\S+) :(?P<nick>\w+)\S+ (?P<rest>.*)")


class Reader(Talker):
    """A client whose lines are taken as they come, ids and times included."""

    def pull(self) -> None:
        self.link.news.clear()
        *lines, rest = self.link.written.decode().split("\r\n")
        self.link.written[:] = rest.encode()
        self.inbox += lines

    async def ask(self, *lines: str) -> list[str]:
        await self.say("".join(f"{line}\r\n" for line in lines).encode())
        answers, self.inbox = self.inbox, []
        return answers

    async def said(self, line: str) -> tuple[str, str]:
        """Say something; time and id of its echo."""
        (echo,) = await self.ask(line)
        found = re.match(r"@time=([^;]+);msgid=(\S+) ", echo)
        assert found, echo
        return found[1], found[2]

    async def history(self, question: str) -> list[str]:
        """What a question brings: the ends of its lines, once the batch around them has been looked at."""
        first, *lines, last = await self.ask(f"CHATHISTORY {question}")
        target = question.split()[1]
        batch = re.fullmatch(rf":hobnob.test BATCH \+(\w+) chathistory :{re.escape(target)}", first)
        assert batch, first
        assert last == f":hobnob.test BATCH -{batch[1]}"
        found = [LINE.fullmatch(line) for line in lines]
        assert all(line and line["batch"] == batch[1] for line in found), lines
        return [line["rest"] for line in found if line]


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with house() as chat:
        yield chat


async def reader(chat: Chat, nick: str, more: str = "") -> Reader:
    client = Reader(chat)
    await client.ask(f"CAP REQ :{CAPABILITIES} {more}", f"NICK {nick}", "USER x 0 * :x", "CAP END")
    return client


def texts(target: str, numbers: range) -> list[str]:
    return [f"PRIVMSG {target} :{number}" for number in numbers]


async def test_questions(chat: Chat) -> None:
    clock = iter(range(1_800_000_000_000, 1_900_000_000_000, 7))
    chat.keeper._clock = lambda: next(clock)
    ada = await reader(chat, "ada")
    await ada.ask("JOIN #tea", "TOPIC #tea :what is no message")
    moments = [await ada.said(f"PRIVMSG #tea :{number}") for number in range(10)]
    for kind in (0, 1):
        m = [f"{('timestamp', 'msgid')[kind]}={moment[kind]}" for moment in moments]
        for question, wanted in {
            "LATEST #tea * 50": range(10),
            "LATEST #tea * 3": range(7, 10),
            f"LATEST #tea {m[4]} 50": range(5, 10),
            f"LATEST #tea {m[4]} 2": range(8, 10),
            f"BEFORE #tea {m[6]} 50": range(6),
            f"BEFORE #tea {m[6]} 2": range(4, 6),
            f"AFTER #tea {m[3]} 50": range(4, 10),
            f"AFTER #tea {m[3]} 3": range(4, 7),
            f"BETWEEN #tea {m[0]} {m[9]} 50": range(1, 9),
            f"BETWEEN #tea {m[9]} {m[0]} 50": range(1, 9),
            f"BETWEEN #tea {m[0]} {m[9]} 3": range(1, 4),
            f"BETWEEN #tea {m[9]} {m[0]} 3": range(6, 9),
            f"AROUND #tea {m[7]} 1": range(7, 8),
            f"AROUND #tea {m[7]} 3": range(6, 9),
            f"AROUND #tea {m[9]} 4": range(7, 10),
        }.items():
            assert await ada.history(question) == texts("#tea", wanted), question
