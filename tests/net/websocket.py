"""A WebSocket made of nothing but bytes: frames of a client (RFC 6455), and a client that says IRC lines by them."""

import os
from dataclasses import dataclass

from tests.net.whole import Client, Whole

TEXT, CLOSE, PING = 1, 8, 9


def frame(opcode: int, payload: bytes, final: bool = True) -> bytes:
    """A client's frame, masked (RFC 6455, 5.3)."""
    mask = os.urandom(4)
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    masked = int.from_bytes(payload, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return bytes([(0x80 if final else 0) | opcode]) + length + mask + masked.to_bytes(size, "big")


def frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole frames of a server in `data`, as opcode and payload, and the rest."""
    whole: list[tuple[int, bytes]] = []
    while len(data) >= 2:
        size, head = data[1], 2
        if size > 125:
            head = 4 if size == 126 else 10
            size = int.from_bytes(data[2:head], "big")
        if len(data) < head + size:
            break
        whole.append((data[0] & 0x0F, data[head : head + size]))
        data = data[head + size :]
    return whole, data


@dataclass
class IrcSocket(Client):
    """Says and hears lines, of which each is a frame. A server that says goodbye is answered."""

    unread: bytes = b""

    def send(self, data: bytes) -> None:
        super().send(b"".join(frame(TEXT, line) for line in data.split(b"\r\n")[:-1]))

    async def more(self) -> bytes:
        lines = b""
        while not lines and (data := await super().more()):
            whole, self.unread = frames(self.unread + data)
            lines = b"".join(payload + b"\r\n" for opcode, payload in whole if opcode == TEXT)
            if any(opcode == CLOSE for opcode, _ in whole):
                self.leave()
        return lines

    def leave(self) -> None:
        """Say goodbye, as it is said over a WebSocket."""
        super().send(frame(CLOSE, b"\x03\xe8"))


async def irc_socket(house: Whole, address: str | None = None) -> IrcSocket:
    """A client of IRC over WebSocket, its handshake done."""
    client = await web_socket(house, address, "/irc")
    return IrcSocket(client.reader, client.writer)


async def web_socket(house: Whole, address: str | None = None, path: str = "/ws") -> Client:
    """A client of bytes, the handshake done."""
    client = await house.connect(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode(),
        address=address,
    )
    assert b" 101 " in await client.until(b"\r\n\r\n")
    return client
