"""CHATHISTORY over the real chat: what each question brings, in channels and in private, with events and without."""

import itertools
import re
from collections.abc import AsyncIterator

import pytest
from tests.unit.gateways.irc.test_conversations_with_chat import Talker, house

from hobnob.chat.chat import Chat
from hobnob.gateways.irc.isupport import ISUPPORT, MAX_HISTORY

LONG_AGO, IN_LONG = "timestamp=2026-01-01T00:00:00.000Z", "timestamp=2039-01-01T00:00:00Z"
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
        self.pull()
        self.inbox.clear()
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
    """A chat in which no two moments are the same."""
    async with house() as chat:
        times = itertools.count(1_800_000_000_000, 7)
        chat.keeper._clock = lambda: next(times)
        yield chat


async def reader(chat: Chat, nick: str, more: str = "") -> Reader:
    client = Reader(chat)
    await client.ask(f"CAP REQ :{CAPABILITIES} {more}", f"NICK {nick}", "USER x 0 * :x", "CAP END")
    return client


def texts(target: str, numbers: range) -> list[str]:
    return [f"PRIVMSG {target} :{number}" for number in numbers]


async def test_a_question_brings_no_more_than_was_promised(chat: Chat) -> None:
    assert (ISUPPORT["CHATHISTORY"], ISUPPORT["MSGREFTYPES"]) == (str(MAX_HISTORY), "msgid,timestamp")
    ada = await reader(chat, "ada")
    await ada.ask("JOIN #tea", *(f"PRIVMSG #tea :{number}" for number in range(MAX_HISTORY + 5)))
    assert len(await ada.history(f"LATEST #tea * {MAX_HISTORY + 50}")) == MAX_HISTORY


async def test_questions(chat: Chat) -> None:
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


async def test_private_conversations(chat: Chat) -> None:
    ada, bob = await reader(chat, "ada"), await reader(chat, "bob")
    await ada.ask("REGISTER * * secret-of-ada")
    first = await ada.said("PRIVMSG bob :0")
    second = await bob.said("PRIVMSG ada :1")
    await ada.ask("PING x")
    for who, other in ((ada, "bob"), (bob, "ada"), (bob, "ADA")):
        assert await who.history(f"LATEST {other} * 10") == ["PRIVMSG bob :0", "PRIVMSG ada :1"]
        assert await who.history(f"AFTER {other} msgid={first[1]} 10") == ["PRIVMSG ada :1"]
        assert await who.history(f"BEFORE {other} timestamp={second[0]} 10") == ["PRIVMSG bob :0"]
    await ada.ask("PRIVMSG ada :a note")
    assert await ada.history("LATEST ada * 10") == ["PRIVMSG ada :a note"]
    eve = await reader(chat, "eve")
    (refused,) = await eve.ask("CHATHISTORY LATEST ada * 10")
    assert refused.startswith(":hobnob.test FAIL CHATHISTORY INVALID_TARGET LATEST ada :")


async def test_where_something_was_said(chat: Chat) -> None:
    ada, bob = await reader(chat, "ada"), await reader(chat, "bob")
    await ada.ask("JOIN #tea,#milk,#silent")
    first = (await ada.said("PRIVMSG #tea :1"))[0]
    middle = (await ada.said("PRIVMSG #milk :2"))[0]
    await bob.ask("PRIVMSG ada :3")
    last = (await bob.said("PRIVMSG ada :4"))[0]
    await ada.ask("PART #nowhere")
    begin, *lines, end = await ada.ask(
        "CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2039-01-01T00:00:00Z 10"
    )
    assert re.fullmatch(r":hobnob.test BATCH \+\w+ :draft/chathistory-targets", begin)
    assert end.startswith(":hobnob.test BATCH -")
    assert [re.sub(r"^@batch=\w+ ", "", line) for line in lines] == [
        f":hobnob.test CHATHISTORY TARGETS #tea :{first}",
        f":hobnob.test CHATHISTORY TARGETS #milk :{middle}",
        f":hobnob.test CHATHISTORY TARGETS bob :{last}",
    ]
    few = await ada.ask(f"CHATHISTORY TARGETS timestamp={last} timestamp={middle} 10")
    assert len(few) == 2
    early, late = "timestamp=2026-01-01T00:00:00.000Z", "timestamp=2039-01-01T00:00:00Z"
    for times, nearest in ((f"{early} {late}", "#tea"), (f"{late} {early}", "bob")):
        _, line, _ = await ada.ask(f"CHATHISTORY TARGETS {times} 1")
        assert f" TARGETS {nearest} " in line


async def test_events_are_played_to_who_takes_them(chat: Chat) -> None:
    ada, eve = await reader(chat, "ada", "draft/event-playback"), await reader(chat, "eve")
    await ada.ask("REGISTER * * secret-of-ada", "JOIN #tea")
    await eve.ask("JOIN #tea")
    await ada.ask("TOPIC #tea :green")
    said = await ada.said("PRIVMSG #tea :hi")
    await ada.ask(
        f"@+draft/reply={said[1]};+draft/react=x TAGMSG #tea", "@+a=b;+draft/persist TAGMSG #tea", "@+c=d TAGMSG #tea"
    )
    deleted = await ada.said("PRIVMSG #tea :oops")
    await ada.ask("CAP REQ draft/message-redaction", f"REDACT #tea {deleted[1]}", "NOTICE #tea :last")
    assert await eve.history("LATEST #tea * 50") == ["PRIVMSG #tea :hi", "NOTICE #tea :last"]
    first, *lines, _ = await ada.ask("CHATHISTORY LATEST #tea * 50")
    assert first.startswith(":hobnob.test BATCH ")
    assert [re.sub(r"^@\S+ :(\w+)\S+", r"\1", line) for line in lines] == [
        "ada JOIN #tea", "ada TOPIC #tea :green", "ada PRIVMSG #tea :hi", "ada TAGMSG #tea", "ada TAGMSG #tea",
        "ada NOTICE #tea :last",
    ]  # fmt: skip
    assert ";+draft/react=x;+draft/reply=" in lines[3]
    assert ";+a=b;+draft/persist " in lines[4]
    assert all(";time=" in line and ";msgid=" in line for line in lines)
    assert len(await ada.ask(f"CHATHISTORY BEFORE #tea msgid={said[1]} 1")) == 3
    assert len(await ada.ask(f"CHATHISTORY AFTER #tea msgid={said[1]} 2")) == 4


async def test_long_messages_and_labels_are_batches_in_the_batch(chat: Chat) -> None:
    ada = await reader(chat, "ada", "draft/multiline")
    await ada.ask(
        "JOIN #tea", "BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea :one", "@batch=1 PRIVMSG #tea :two"
    )
    await ada.ask("BATCH -1")
    lines = await ada.ask("@label=l CHATHISTORY LATEST #tea * 10")
    outer = re.match(r"@label=l :hobnob.test BATCH \+(\w+) chathistory :#tea", lines[0])
    assert outer
    assert lines[1].startswith(f"@batch={outer[1]};time=")
    inner = re.search(r"BATCH \+(\w+) draft/multiline #tea$", lines[1])
    assert inner
    assert [line.partition(" ")[0] for line in lines[2:4]] == [f"@batch={inner[1]}"] * 2
    assert lines[4].endswith(f" BATCH -{inner[1]}")
    assert lines[5] == f":hobnob.test BATCH -{outer[1]}"
    empty = await ada.ask("@label=m CHATHISTORY BEFORE #tea timestamp=2001-01-01T00:00:00Z 10")
    assert [line.split()[0] for line in empty] == ["@label=m", ":hobnob.test"]


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("LATEST #milk * 10", "INVALID_TARGET LATEST #milk :Join this channel first."),
        ("LATEST nobody * 10", "INVALID_TARGET LATEST nobody :Nobody of this name is known here."),
        ("LATEST a@b * 10", "INVALID_TARGET LATEST a@b :"),
        ("LATEST #tea * 0", "INVALID_PARAMS LATEST 0 :"),
        ("LATEST #tea * ten", "INVALID_PARAMS LATEST ten :"),
        ("LATEST #tea *", "INVALID_PARAMS LATEST :"),
        ("BEFORE #tea * 10", "INVALID_PARAMS BEFORE * :"),
        ("BEFORE #tea msgid=x 10", "INVALID_PARAMS BEFORE msgid=x :"),
        ("BEFORE #tea timestamp=x 10", "INVALID_PARAMS BEFORE timestamp=x :"),
        ("BEFORE #tea number=7 10", "INVALID_MSGREFTYPE BEFORE #tea :"),
        ("BETWEEN #tea timestamp=2026-01-01T00:00:00Z 10", "INVALID_PARAMS BETWEEN :"),
        ("TARGETS * * 10", "INVALID_PARAMS TARGETS * :"),
        ("TARGETS", "INVALID_PARAMS TARGETS :"),
        ("SOMETIME #tea", "INVALID_PARAMS SOMETIME :"),
    ],
)
async def test_what_cannot_be_asked(chat: Chat, question: str, refusal: str) -> None:
    ada, eve = await reader(chat, "ada"), await reader(chat, "eve")
    await eve.ask("JOIN #milk")
    await ada.ask("JOIN #tea")
    (line,) = await ada.ask(f"CHATHISTORY {question}")
    assert line.startswith(f":hobnob.test FAIL CHATHISTORY {refusal}")
