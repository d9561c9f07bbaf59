"""A WebSocket client of the hobnob protocol, made of nothing but a socket (RFC 6455)."""

import json
import os
import struct

from tests.e2e.clients import Client, Frame

TEXT, CLOSE = 1, 8


class WebSocketClient(Client):
    """Says hello as `name`; what comes is read by `frame`."""

    def __init__(self, port: int, name: str | None = None, *, receive_buffer: int = 0) -> None:
        super().__init__(port, receive_buffer=receive_buffer)
        self.send(
            f"GET /ws HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert b" 101 " in self.until("\r\n\r\n")
        self.say_frame(json.dumps({"do": "hello", "id": 1, "name": name}).encode())
        assert self.reply()["ok"]

    @classmethod
    def over(cls, link: Client) -> "WebSocketClient":
        """Frames on a connection whose handshake is done."""
        made = cls.__new__(cls)
        made.__dict__ = link.__dict__
        return made

    def say_frame(self, data: bytes, kind: int = TEXT) -> None:
        """Send one masked frame."""
        size = len(data)
        head = bytes([0x80 | kind])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += b"\xfe" + struct.pack("!H", size)
        else:
            head += b"\xff" + struct.pack("!Q", size)
        mask = os.urandom(4)
        repeated = mask * (size // 4 + 1)
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(repeated[:size], "big")).to_bytes(size, "big")
        self.send(head + mask + masked)

    def read_frame(self) -> tuple[int, bytes]:
        """Kind and data of the next frame."""
        first, second = self._take(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
        return first & 0x0F, self._take(size)

    def text(self) -> bytes:
        """The next frame, which is one of text."""
        kind, data = self.read_frame()
        assert kind == TEXT, (kind, data)
        return data

    def reply(self) -> Frame:
        """The next reply; events before it are passed over."""
        while True:
            frame: Frame = json.loads(self.text())
            if "reply" in frame:
                return frame

    def end(self) -> tuple[list[bytes], int]:
        """All texts up to the end, and the code with which the connection was closed."""
        texts: list[bytes] = []
        while True:
            kind, data = self.read_frame()
            if kind == CLOSE:
                return texts, int.from_bytes(data[:2], "big")
            texts.append(data)

    def _take(self, size: int) -> bytes:
        while len(self.heard) < size:
            assert self.read(), self.heard
        taken, self.heard = self.heard[:size], self.heard[size:]
        return taken
