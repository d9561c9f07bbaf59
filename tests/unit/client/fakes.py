"""A server that tests play by hand: links that remember what was written and say what they are told to."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from hobnob.client.backoff import Backoff
from hobnob.client.client import Client
from hobnob.client.errors import CannotConnect
from hobnob.client.identity import Identity
from hobnob.client.tokens import TokenFile
from hobnob.protocol.codec import encode_event, encode_reply
from hobnob.protocol.events import AnyEvent, MessageSent
from hobnob.protocol.records import Person, RoomState
from hobnob.protocol.replies import Reply, Welcome

ME = "p_" + "a" * 26
BOB = "p_" + "b" * 26
TEA = "r_" + "t" * 26
LOBBY = "r_" + "l" * 26


def state(id: str = TEA, name: str = "tea", **fields: Any) -> RoomState:
    return RoomState(id, name, "public", **fields)


def welcome(*rooms: RoomState, epoch: str = "e1", me: int = 0, house: int = 0, token: str | None = None) -> Welcome:
    return Welcome(Person(ME, "ada"), epoch, "teahouse", "1", me, house, rooms or (state(),), token)


def message(number: int, text: str = "hi", *, room: str = TEA, by: str = BOB, **fields: Any) -> MessageSent:
    return MessageSent(room=room, number=number, count=number, at="t", by=by, by_name="x", text=text, **fields)


class FakeLink:
    """One connection. `sent` are the commands so far; `say` and `answer` queue what the server says."""

    def __init__(self, *, confidential: bool = True) -> None:
        self.confidential = confidential
        self.sent: list[dict[str, Any]] = []
        self.closed = False
        self._frames: asyncio.Queue[list[bytes] | BaseException] = asyncio.Queue()
        self._arrived = asyncio.Event()

    async def read(self) -> list[bytes]:
        frames = await self._frames.get()
        if isinstance(frames, BaseException):
            raise frames
        return frames

    def write(self, frame: bytes) -> None:
        self.sent.append(json.loads(frame))
        self._arrived.set()

    async def drain(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    async def next_command(self, position: int) -> dict[str, Any]:
        """The command at a position of `sent`, once it is there."""
        while len(self.sent) <= position:
            self._arrived.clear()
            await self._arrived.wait()
        return self.sent[position]

    def say_bytes(self, *frames: bytes) -> None:
        self._frames.put_nowait(list(frames))

    def say(self, *events: AnyEvent) -> None:
        self.say_bytes(*(encode_event(event) for event in events))

    def answer(self, id: int, reply: Reply) -> None:
        self.say_bytes(encode_reply(id, reply))

    def refuse(self, id: int, code: str) -> None:
        self.say_bytes(json.dumps({"reply": id, "error": code, "hint": f"Because of {code}."}).encode())

    def cut(self) -> None:
        self._frames.put_nowait(EOFError())


class FakeServer:
    """Hands out links; each hello is answered by `greet`, which says what the server's welcome is."""

    def __init__(self, greet: Callable[[], Welcome] = welcome) -> None:
        self.links: list[FakeLink] = []
        self.greet = greet
        self.down = 0
        self.confidential = True
        self._met = asyncio.Event()

    async def dial(self) -> FakeLink:
        if self.down:
            self.down -= 1
            raise CannotConnect("connection-refused", "Nothing listens there.")
        link = FakeLink(confidential=self.confidential)
        self.greet_on(link)
        self.links.append(link)
        self._met.set()
        return link

    def greet_on(self, link: FakeLink) -> None:
        link.answer(0, self.greet())

    async def link(self, position: int) -> FakeLink:
        """The link at a position, once the client has connected as often."""
        while len(self.links) <= position:
            self._met.clear()
            await self._met.wait()
        return self.links[position]

    def client(self, file: TokenFile | None = None, **identity: Any) -> Client:
        who = Identity(**({"name": "ada"} | identity))
        return Client(self.dial, who, where="teahouse:8080", file=file, backoff=Backoff(0.0001, 0.001))
