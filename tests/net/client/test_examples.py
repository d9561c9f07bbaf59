"""Every bot of examples/ does what its docstring says."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.server import environment
from tests.net.client.conftest import HOST, Come

from hobnob.client.client import Client
from hobnob.client.subscription import Happening, Subscription
from hobnob.protocol.events import MemberAttached, MemberJoined, MessageSent, ReactionAdded

EXAMPLES = Path(__file__).parents[3] / "examples"


class Bots:
    """Starts examples as processes."""

    def __init__(self, port: int, state: Path) -> None:
        self.port = port
        self.environment = environment(XDG_STATE_HOME=str(state))
        self.running: list[subprocess.Popen[str]] = []

    def start(self, name: str, *arguments: str) -> None:
        run = [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *arguments, f"{HOST}:{self.port}"]
        self.running.append(
            subprocess.Popen(run, env=self.environment, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        )

    def stop(self) -> None:
        """Ctrl+C; none has anything to say about it."""
        for process in self.running:
            os.kill(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=20)
            assert (process.returncode, errors) == (0, "")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the bots' tokens are: a bot that comes again has its name."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def bots(port: int, state: Path) -> Iterator[Bots]:
    made = Bots(port, state)
    yield made
    made.stop()


async def first(events: Subscription, fits: Callable[[Happening], bool]) -> Happening:
    """The first event that fits."""
    async with asyncio.timeout(20):
        while True:
            if fits(event := (await anext(events)).event):
                return event


async def arrived(events: Subscription, name: str) -> None:
    await first(events, lambda event: isinstance(event, MemberJoined | MemberAttached) and event.by_name == name)


async def answer(events: Subscription, name: str) -> MessageSent:
    """The next message of somebody."""
    said = await first(events, lambda event: isinstance(event, MessageSent) and event.by_name == name)
    assert isinstance(said, MessageSent)
    return said


@pytest.fixture
def ada(port: int, come: Come, request: pytest.FixtureRequest) -> Client:
    return come(port, f"ada{abs(hash(request.node.name)) % 10**9}")


async def test_dice(bots: Bots, ada: Client) -> None:
    async with ada:
        events = ada.events()
        bots.start("dice")
        await arrived(events, "dice")
        asked = await ada.send("#lobby", "!roll 3d1+4")
        said = await answer(events, "dice")
        assert (said.text, said.reply_to) == ("3d1+4: 1 + 1 + 1 → 7", f"{asked.room}.{asked.number}")
        await ada.send("#lobby", "!roll two")
        assert "!roll 2d6+1" in (await answer(events, "dice")).text


async def test_welcome(bots: Bots, ada: Client, come: Come, port: int) -> None:
    async with ada:
        events = ada.events()
        bots.start("welcome")
        await arrived(events, "welcome")
        newcomer = come(port, f"{ada._connection.identity.name}x")
        async with newcomer:
            assert (await answer(events, "welcome")).text.startswith(f"Welcome, @{newcomer.me.name}! ")


async def test_remind(bots: Bots, ada: Client) -> None:
    async with ada:
        events = ada.events()
        bots.start("remind")
        await arrived(events, "remind")
        await ada.send("#lobby", "!remind 1s tea is ready")
        assert (await answer(events, "remind")).text == f"@{ada.me.name} tea is ready"


async def test_poll(bots: Bots, ada: Client) -> None:
    async with ada:
        events = ada.events()
        bots.start("poll")
        await arrived(events, "poll")
        await ada.send("#lobby", "!poll Lunch? pizza, soup")
        asked = await answer(events, "poll")
        assert asked.text == "Lunch?\n1\ufe0f\u20e3 pizza\n2\ufe0f\u20e3 soup"
        await reacted(events, "1\ufe0f\u20e3")
        await reacted(events, "2\ufe0f\u20e3")
        await ada.react(asked, "2\ufe0f\u20e3")
        await ada.send("#lobby", "!count")
        assert (await answer(events, "poll")).text == "pizza: 0, soup: 1"


async def reacted(events: Subscription, emoji: str) -> None:
    await first(events, lambda event: isinstance(event, ReactionAdded) and event.emoji == emoji)


async def test_logtail(bots: Bots, ada: Client, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("ERROR old\n")
    async with ada:
        room = f"log{abs(hash(ada.me.name)) % 10**9}"
        await ada.create(room)
        events = ada.events()
        bots.start("logtail", str(log), "ERROR", f"#{room}")
        await arrived(events, "logtail")
        await asyncio.to_thread(append, log, "fine\nERROR one\nERROR two\nhalf a li")
        assert (await answer(events, "logtail")).text == "ERROR one\nERROR two"
        await asyncio.to_thread(append, log, "ne with ERROR\n")
        assert (await answer(events, "logtail")).text == "half a line with ERROR"


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
