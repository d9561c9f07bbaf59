"""Whom a bot hears, and that nothing which its author wrote can end it."""

import asyncio
import logging
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.unit.client.fakes import BOB, ME, TEA, FakeServer, message, state, welcome

from hobnob.client.bot import Bot, BotMessage
from hobnob.client.client import Client
from hobnob.protocol.events import MessageSent, TopicChanged


def bot_of(server: FakeServer, tmp_path: Path) -> Bot:
    bot = Bot("localhost", name="ada", tokens=tmp_path)
    bot.chat = server.client()
    return bot


@asynccontextmanager
async def serving(bot: Bot) -> AsyncIterator[None]:
    task = asyncio.create_task(bot.serve())
    while not bot.chat.connected:  # noqa: ASYNC110
        await asyncio.sleep(0)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("what", "text", "found"),
    [
        ("!deploy", "!deploy web now", "web now"),
        ("!deploy", "  !Deploy", ""),
        ("!deploy", "please !deploy", None),
        ("!deploy", "!deployed", None),
        ("deploy", "Could you DEPLOY it?", ""),
        ("deploy", "no", None),
        ("", "anything", ""),
        (re.compile(r"#(\d+)"), "see #42", ""),
        (re.compile(r"#(\d+)"), "see 42", None),
    ],
)
async def test_a_bot_hears_what_it_listens_for(
    tmp_path: Path, what: str | re.Pattern[str], text: str, found: str | None
) -> None:
    server = FakeServer()
    bot = bot_of(server, tmp_path)
    heard: asyncio.Queue[BotMessage | None] = asyncio.Queue()
    bot.hears(what)(heard.put)

    @bot.on(TopicChanged)
    def end(event: TopicChanged) -> None:
        heard.put_nowait(None)

    async with serving(bot):
        server.links[0].say(message(1, text), TopicChanged(room=TEA, topic="end", by=BOB, number=2))
        first = await heard.get()
        assert (first and first.arguments) == found
        if first is not None and isinstance(what, re.Pattern):
            assert first.match is not None
            assert first.match[1] == "42"


async def test_neither_itself_nor_notices_nor_the_past_are_news(tmp_path: Path) -> None:
    server = FakeServer(lambda: welcome(state(head=1)))
    bot = bot_of(server, tmp_path)
    heard: asyncio.Queue[str] = asyncio.Queue()

    @bot.hears()
    async def listen(said: BotMessage) -> None:
        await heard.put(said.text)

    async with serving(bot):
        server.links[0].say(message(2, "own", by=ME), message(3, "notice", kind="notice"), message(4, "one"))
        assert await heard.get() == "one"
        server.greet = lambda: welcome(state(head=6))
        server.links[0].cut()
        (await server.link(1)).say(message(5, "missed"), message(6, "missed"), message(7, "two"))
        assert await heard.get() == "two"


async def test_a_handler_that_fails_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = FakeServer()
    bot = bot_of(server, tmp_path)
    heard: asyncio.Queue[str] = asyncio.Queue()

    @bot.hears("bad")
    async def fail(said: BotMessage) -> None:
        raise ZeroDivisionError

    @bot.on(MessageSent)
    async def listen(event: MessageSent) -> None:
        await heard.put(event.text)

    async with serving(bot):
        server.links[0].say(message(1, "bad"), message(2, "good"))
        assert [await heard.get(), await heard.get()] == ["bad", "good"]
    assert [(record.name, record.levelno) for record in caplog.records] == [("hobnob.bot", logging.ERROR)]


async def test_a_bot_answers_in_the_room(tmp_path: Path) -> None:
    server = FakeServer()
    bot = bot_of(server, tmp_path)

    @bot.hears("ping")
    async def pong(said: BotMessage) -> None:
        await said.reply("pong")

    async with serving(bot):
        server.links[0].say(message(1, "ping"))
        command = await server.links[0].next_command(1)
        assert (command["room"], command["text"], command["reply_to"]) == (TEA, "pong", f"{TEA}.1")


def test_a_bot_that_cannot_connect_ends_with_a_sentence(tmp_path: Path) -> None:
    bot = Bot("127.0.0.1:1", name="ada", tokens=tmp_path)
    with pytest.raises(SystemExit) as ended:
        bot.run()
    assert str(ended.value).startswith("Nothing listens at 127.0.0.1:1.")


def test_ctrl_c_ends_a_bot_quietly_however_often(tmp_path: Path) -> None:
    bot = bot_of(FakeServer(), tmp_path)

    @bot.work
    async def impatient(chat: Client) -> None:
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(0)
        await asyncio.Event().wait()

    bot.run()
