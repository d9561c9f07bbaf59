"""A chat without sockets: JSON clients on links in memory, a store that can be stopped or made to fail.

Nothing here sleeps to be in step: a client waits for its next bytes, and PONG says that all before it is done.
"""

import asyncio
import json
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs
from tests.unit.clock import Clock

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.conversation import Conversation
from hobnob.chat.passwords import Cost
from hobnob.chat.policy import Policy
from hobnob.gateways.gateway import Attach, Codec, House, Manner, Origin
from hobnob.gateways.json_lines import JsonLinesCodec
from hobnob.protocol.events import Event, MessageDeleted, MessageEdited, MessageSent
from hobnob.protocol.records import Role, Room
from hobnob.stores.memory import MemoryStore
from hobnob.stores.store import Item, Outcome

Frame = dict[str, Any]

HERE = Origin("127.0.0.1")
AFAR = Origin("203.0.113.7", confidential=True, loopback=False)
OVERHEARD = Origin("203.0.113.9", confidential=False, loopback=False)
"""From this machine; from another one over TLS; from another one in clear text."""

PASSWORD = "correct horse battery"
CHEAP = Cost(memory=8, passes=1)
"""What passwords cost in tests: next to nothing."""

SECOND = 1000
"""In ms, as the wall clock counts."""
DEADLINE = 30.0
"""Seconds after which a test gives up waiting; on a machine at rest nothing takes a hundredth of it."""


def new_ref() -> str:
    return secrets.token_hex(16)


class MemoryLink:
    """A link whose other end is a list."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.writes = 0
        self.closed = False
        self.reading = True
        self.news = asyncio.Event()

    def write(self, data: bytes) -> None:
        assert not self.closed, "nothing is written after the close"
        self.written += data
        self.writes += 1
        self.news.set()

    def close(self) -> None:
        self.closed = True
        self.news.set()

    def pause_reading(self, backlog: int = 0) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def held(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class PlainWire:
    """Lines for people: no echo, no word for a gap, only what is said."""

    echo: ClassVar[bool] = False
    crowds: ClassVar[bool] = False

    def encode(self, event: Event, room: Room | None) -> bytes:
        match event:
            case MessageSent(deleted=False):
                return f"!{event.by_name}: {event.text}\n".encode()
            case MessageEdited():
                return f"!{event.by_name} corrects: {event.text}\n".encode()
            case MessageDeleted():
                return f"!{event.by_name} deletes {event.of}\n".encode()
        return b""

    def gap(self, room: Room | None, head: int) -> bytes | None:
        return None

    def farewell(self, reason: str, code: str) -> bytes:
        return f"!bye: {reason}\n".encode()


class VisitorCodec(JsonLinesCodec):
    """Speaks commands and replies as JSON, hears its rooms as a visitor with a format without gaps and echo."""

    manner = Manner("plain", keeps=False, attach=Attach.LOBBY, facts=False, unnamed="Client")

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.wire = PlainWire()


class OperatorCodec(JsonLinesCodec):
    """Who runs the server."""

    manner = Manner("operator", keeps=False, attach=Attach.NOTHING, facts=False, unnamed="Server", operator=True)


class Client:
    """A client without a socket. `frames` is what it heard; `lines` what it heard in `PlainWire`."""

    def __init__(self, chat: Chat, codec: Codec | None = None, origin: Origin = HERE) -> None:
        self.link = MemoryLink()
        self.conversation: Conversation = chat.enter(codec or JsonLinesCodec(chat), self.link, origin)
        self.frames: list[Frame] = []
        self.lines: list[str] = []
        self.heard = bytearray()
        self.welcome: Frame = {}
        self._ids = 0

    @property
    def id(self) -> str:
        """The id of the person it says hello as."""
        return str(self.welcome["you"]["id"])

    @property
    def token(self) -> str:
        return str(self.welcome["token"])

    def pull(self) -> list[Frame]:
        """All frames that came so far."""
        self.link.news.clear()
        self.heard += self.link.written
        *lines, rest = bytes(self.link.written).split(b"\n")
        self.link.written = bytearray(rest)
        for line in lines:
            if line.startswith(b"!"):
                self.lines.append(line[1:].decode())
            else:
                self.heard_frame(json.loads(line))
        return self.frames

    def heard_frame(self, frame: Frame) -> None:
        self.frames.append(frame)

    def send(self, do: str, **fields: object) -> str:
        """Send a command; its id."""
        self._ids += 1
        self.conversation.receive(self.frame(do, str(self._ids), **fields))
        return str(self._ids)

    @staticmethod
    def frame(do: str, id: str, **fields: object) -> bytes:
        return json.dumps({"do": do, "id": id, **fields}).encode() + b"\n"

    async def until(self, found: Callable[[Frame], bool]) -> Frame:
        """The first frame, of those that came or will, that is wanted."""
        looked_at = 0
        async with asyncio.timeout(DEADLINE):
            while True:
                frames = self.pull()
                for frame in frames[looked_at:]:
                    if found(frame):
                        return frame
                looked_at = len(frames)
                await self.link.news.wait()

    async def reply(self, asked: str) -> Frame:
        """Wait for the reply to a command that was sent."""
        return await self.until(lambda frame: frame.get("reply") == asked)

    async def ask(self, do: str, **fields: object) -> Frame:
        """Send a command and wait for its reply."""
        return await self.reply(self.send(do, **fields))

    async def done(self, do: str, **fields: object) -> Frame:
        """The same, for a command that must succeed."""
        reply = await self.ask(do, **fields)
        assert reply.get("ok"), reply
        return reply

    async def error(self, do: str, **fields: object) -> str:
        """The same, for a command that must be refused; the code."""
        reply = await self.ask(do, **fields)
        assert "error" in reply, reply
        assert reply["hint"].endswith((".", "}.", "!")), reply
        return str(reply["error"])

    async def say(self, text: str, room: str = "#lobby", **fields: object) -> int:
        """Say something; its number."""
        return int((await self.done("send_message", room=room, text=text, **fields))["number"])

    async def event(self, name: str, /, **fields: object) -> Frame:
        """Wait for an event with these fields."""
        return await self.until(
            lambda frame: frame.get("event") == name and all(frame.get(key) == fields[key] for key in fields)
        )

    def events(self, *names: str) -> list[Frame]:
        """The events of some kinds that came so far, in order."""
        return [frame for frame in self.pull() if frame.get("event") in names]

    def texts(self, room: str | None = None) -> list[str]:
        """The messages heard so far."""
        return [f["text"] for f in self.events("message_sent") if room is None or f["room"] == room]

    def forget(self) -> None:
        """Begin to listen anew."""
        self.pull()
        self.frames.clear()
        self.lines.clear()

    def leave(self) -> None:
        """The connection is lost."""
        self.conversation.lost("lost")

    async def hello(self, name: str | None = None, **fields: object) -> "Client":
        self.welcome = await self.done("hello", name=name, **fields)
        return self


async def operator(chat: Chat) -> Client:
    """Who runs the server comes in."""
    return await Client(chat, OperatorCodec(chat)).hello()


async def promote(chat: Chat, who: Client, role: Role) -> None:
    """Give somebody a role on the server, as its operator does; for most of them they need an account."""
    who.welcome |= await who.ask("register", password=PASSWORD)
    server = await operator(chat)
    await server.done("set_role", person=who.id, role=role)
    server.leave()


async def quiet(*clients: Client) -> None:
    """Wait until all that was done before has reached these clients."""
    for _ in range(3):
        for client in clients:
            await client.done("ping")


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait for what no client hears of."""
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0.001)


class TestStore(MemoryStore):
    """A store whose commits wait at `gate` while it is shut, and which fails as it is told."""

    __test__ = False

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.failing: Callable[[Sequence[Item]], list[Outcome]] | None = None
        self.blind = False
        """Whether every reading fails."""
        self.blind_to_events = False
        self.looks = 0
        self.batches: list[int] = []

    def keep(self, items: Sequence[Item], now: int) -> list[Outcome]:
        assert self.gate.wait(DEADLINE)
        self.batches.append(len(items))
        if self.failing is not None:
            return self.failing(items)
        return super().keep(items, now)

    def events_since(self, log: str, number: int, limit: int) -> Any:
        self._look()
        if self.blind_to_events:
            raise OSError("The facts cannot be read right now.")
        return super().events_since(log, number, limit)

    def heads(self, logs: Sequence[str]) -> dict[str, int]:
        self._look()
        return super().heads(logs)

    def message(self, room: str, number: int) -> Any:
        self._look()
        return super().message(room, number)

    def _look(self) -> None:
        self.looks += 1
        if self.blind:
            raise OSError("The store cannot be read right now.")


class Late:
    """A method of the store whose first call of those that are `wanted` answers when it is told to."""

    def __init__(self, method: Callable[..., Any], wanted: Callable[..., bool] = lambda *_: True) -> None:
        self._method = method
        self._wanted = wanted
        self._was_called = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, *args: Any, **fields: Any) -> Any:
        answer = self._method(*args, **fields)
        if self._wanted(*args) and not self._was_called.is_set():
            self._was_called.set()
            assert self.go_on.wait(DEADLINE)
        return answer

    async def called(self) -> None:
        assert await asyncio.to_thread(self._was_called.wait, DEADLINE)


Join = Callable[..., Awaitable[Client]]


@pytest.fixture(autouse=True)
def logged() -> Iterator[Sequence[Mapping[str, Any]]]:
    """What is logged; nothing of it is printed, which takes long with a traceback."""
    with capture_logs() as logged:
        yield logged


@pytest.fixture(autouse=True)
def no_gathering(monkeypatch: pytest.MonkeyPatch) -> None:
    """One client that asks one thing after the other need not wait for others to join its commits or look-ups."""
    monkeypatch.setattr("hobnob.chat.keeper.GATHER", 0.0, raising=False)
    monkeypatch.setattr("hobnob.chat.name_check.BUSY", 0.0)


@pytest.fixture
def store() -> TestStore:
    return TestStore()


@pytest.fixture
async def chat(store: TestStore) -> AsyncIterator[Chat]:
    chat = Chat(store, LocalBus(), policy=Policy(password_cost=CHEAP))
    await chat.open()
    yield chat
    store.gate.set()
    await chat.stop("The test is over.")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(store: TestStore, clock: Clock) -> AsyncIterator[Chat]:
    """A chat whose time goes by as the test says."""
    chat = Chat(store, LocalBus(), clock=clock)
    await chat.open()
    yield chat
    store.gate.set()
    await chat.stop("The test is over.")


@pytest.fixture
def join(chat: Chat) -> Join:
    """Let a guest in: ``ada = await join("ada")``."""

    async def join(name: str | None = None, **fields: object) -> Client:
        return await Client(chat).hello(name, **fields)

    return join


@pytest.fixture
def visit(chat: Chat) -> Join:
    """Let a visitor in, who hears the lobby in `PlainWire`."""

    async def visit(name: str | None = None) -> Client:
        return await Client(chat, VisitorCodec(chat)).hello(name)

    return visit
