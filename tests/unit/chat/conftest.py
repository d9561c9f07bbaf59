"""A chat without sockets: JSON clients on links in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.conversation import Conversation
from hobnob.gateways.gateway import Codec
from hobnob.gateways.json_lines import JsonLinesCodec
from hobnob.stores.memory import MemoryStore

Frame = dict[str, Any]


class MemoryLink:
    """A link whose other end is a list."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.writes = 0
        self.closed = False
        self.reading = True

    def write(self, data: bytes) -> None:
        assert not self.closed, "nothing is written after the close"
        self.written += data
        self.writes += 1

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Client:
    """A JSON client without a socket."""

    def __init__(self, chat: Chat, codec: Codec | None = None) -> None:
        self.link = MemoryLink()
        self.conversation: Conversation = chat.enter(codec or JsonLinesCodec(chat), self.link, "127.0.0.1")
        self.frames: list[Frame] = []
        self._ids = 0

    def pull(self) -> list[Frame]:
        """All frames that came so far."""
        *lines, rest = bytes(self.link.written).split(b"\n")
        self.link.written = bytearray(rest)
        self.frames += [json.loads(line) for line in lines]
        return self.frames

    def send(self, do: str, **fields: object) -> str:
        """Send a command; its id."""
        self._ids += 1
        frame = {"do": do, "id": str(self._ids), **fields}
        self.conversation.receive(json.dumps(frame).encode() + b"\n")
        return str(self._ids)

    async def until(self, found: Callable[[Frame], bool]) -> Frame:
        """The first frame, of those that came or will, that is wanted."""
        async with asyncio.timeout(5):
            while True:
                for frame in self.pull():
                    if found(frame):
                        return frame
                await asyncio.sleep(0.001)

    async def ask(self, do: str, **fields: object) -> Frame:
        """Send a command and wait for its reply."""
        asked = self.send(do, **fields)
        return await self.until(lambda frame: frame.get("reply") == asked)

    async def event(self, name: str, **fields: object) -> Frame:
        """Wait for an event with these fields."""
        return await self.until(
            lambda frame: frame.get("event") == name and all(frame.get(key) == fields[key] for key in fields)
        )

    def events(self, *names: str) -> list[Frame]:
        """The events of some kinds that came so far, in order."""
        return [frame for frame in self.pull() if frame.get("event") in names]

    def texts(self) -> list[str]:
        """The messages heard so far."""
        return [frame["text"] for frame in self.events("message_sent")]

    def leave(self) -> None:
        """The connection is lost."""
        self.conversation.lost("lost")


Join = Callable[..., Awaitable[Client]]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def chat(store: MemoryStore) -> AsyncIterator[Chat]:
    chat = Chat(store, LocalBus())
    await chat.open()
    yield chat
    await chat.stop("The test is over.")


@pytest.fixture
def join(chat: Chat) -> Join:
    """Let a guest in: ``ada = await join("ada")``; the welcome is `frames[0]`."""

    async def join(name: str | None = None, **fields: object) -> Client:
        client = Client(chat)
        reply = await client.ask("hello", name=name, **fields)
        assert reply.get("ok"), reply
        return client

    return join
