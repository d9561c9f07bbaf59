"""A client of the real chat, over TCP or in WebSocket frames, without a socket."""

from typing import Final, Literal

from tests.unit.chat.conftest import HERE, MemoryLink

from hobnob.chat.chat import Chat
from hobnob.gateways.gateway import Origin
from hobnob.gateways.irc import IrcCodec
from hobnob.gateways.irc.settings import IrcSettings
from hobnob.gateways.web.irc_frames import IrcFramesCodec

Kind = Literal["lines", "text", "binary"]
KINDS: Final[tuple[Kind, ...]] = ("lines", "text", "binary")
FIRST_BYTES: Final = {"text": 0x81, "binary": 0x82}
SETTINGS = IrcSettings()


class Peer:
    """See the head of this file; `kind` says how its lines go over the connection."""

    def __init__(self, chat: Chat, kind: Kind = "lines", origin: Origin = HERE) -> None:
        in_lines = kind == "lines"
        codec = IrcCodec(chat, SETTINGS) if in_lines else IrcFramesCodec(chat, SETTINGS, binary=kind == "binary")
        self.kind = kind
        self.link = MemoryLink()
        self._pings = 0
        self.conversation = chat.enter(codec, self.link, origin)

    def say(self, line: bytes, size: int = 9) -> None:
        """A line: over TCP in pieces of this size, else as a message."""
        if self.kind != "lines":
            if not self.link.closed:
                self.conversation.receive(line)
            return
        data = line + b"\r\n"
        for start in range(0, len(data), size):
            if not self.link.closed:
                self.conversation.receive(data[start : start + size])

    def lines(self) -> list[bytes]:
        """All the lines that it was sent, each a whole one."""
        data = bytes(self.link.written)
        if self.kind == "lines":
            assert not data or data.endswith(b"\r\n")
            return data.split(b"\r\n")[:-1]
        found = []
        while data:
            assert data[0] == FIRST_BYTES[self.kind]
            head, size = (2, data[1]) if data[1] < 126 else (4, int.from_bytes(data[2:4]))
            found.append(data[head : head + size])
            data = data[head + size :]
        return found

    async def settle(self) -> None:
        """Wait until all it said is done, or it is gone."""
        self._pings += 1
        pong = f" PONG hobnob.test :settled-{self._pings}".encode()
        self.say(f"PING settled-{self._pings}".encode())
        while not self.link.closed and pong not in self.link.written:
            self.link.news.clear()
            await self.link.news.wait()
