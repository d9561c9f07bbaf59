"""One connection as a stream of frames, one JSON object a line; dialing.py makes it, in TLS or not."""

import asyncio
from typing import Protocol

from hobnob.protocol.codec import MAX_SERVER_FRAME

PIECE = 256 * 1024
"""Bytes that are read at once."""


class Link(Protocol):
    """What a `Connection` needs of a stream. Every OSError of `read` and `drain` means that it is broken."""

    @property
    def confidential(self) -> bool:
        """Whether nobody on the way can read along, so that a secret may be said."""
        ...

    async def read(self) -> list[bytes]:
        """The next frames, at least one; EOFError at the end, ValueError for a frame that is too long."""
        ...

    def write(self, frame: bytes) -> None:
        """Send a frame, without waiting."""
        ...

    async def drain(self) -> None:
        """Wait while too much is waiting to be sent."""
        ...

    def close(self) -> None:
        """Drop the connection at once."""
        ...


class Frames:
    """Lines out of bytes that are split anywhere; at most one frame is kept."""

    def __init__(self, limit: int = MAX_SERVER_FRAME) -> None:
        self._limit = limit
        self._kept = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes; empty lines are none. ValueError when one is over the limit."""
        head, newline, rest = data.rpartition(b"\n")
        if newline:
            lines = (bytes(self._kept) + head).split(b"\n")
            self._kept[:] = rest
        else:
            lines = []
            self._kept += data
        if len(self._kept) > self._limit or any(len(line) > self._limit for line in lines):
            raise ValueError("a frame is too long")
        return [line for line in lines if line and not line.isspace()]


class StreamLink:
    """A `Link` over an asyncio stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, confidential: bool) -> None:
        self.confidential = confidential
        self._reader = reader
        self._writer = writer
        self._frames = Frames()

    async def read(self) -> list[bytes]:
        while True:
            data = await self._reader.read(PIECE)
            if not data:
                raise EOFError
            if frames := self._frames.feed(data):
                return frames

    def write(self, frame: bytes) -> None:
        if not self._writer.is_closing():  # asyncio would log it; the reading side notices that it is gone
            self._writer.write(frame + b"\n")

    async def drain(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        self._writer.transport.abort()
