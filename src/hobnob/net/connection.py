"""A TCP connection that speaks a codec's language: the link under a conversation.

The codec and the conversation know no sockets; here are the transport and its pace.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from hobnob.gateways.gateway import Codec, Conversation, House
from hobnob.net.peer import Peer

CLOSE_WITHIN = 2.0
"""Seconds for the last bytes to leave before the connection is cut; fewer than a server that stops has."""
HIGH_WATER = 64 * 1024
"""Bytes in the transport's buffer from which on a reader counts as slow."""


class Connection(asyncio.Protocol):
    """See the head of this file. Implements `Link`. `gone` is called once, when the connection is lost."""

    __slots__ = ("_closing", "_conversation", "_cut", "_gone", "_house", "_make_codec", "_peer", "_transport")

    def __init__(self, house: House, make_codec: Callable[[Peer], Codec], peer: Peer, gone: Callable[[], None]) -> None:
        self._house = house
        self._make_codec = make_codec
        self._peer = peer
        self._gone = gone
        self._closing = False
        self._cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        self._conversation: Conversation = self._house.enter(self._make_codec(self._peer), self, self._peer.origin)

    def data_received(self, data: bytes) -> None:
        self._conversation.receive(data)

    def eof_received(self) -> bool:
        self._conversation.end()
        return not self._peer.tls

    def connection_lost(self, error: Exception | None) -> None:
        self._gone()
        if self._cut is not None:
            self._cut.cancel()
        self._conversation.lost("connection lost" if error is None else f"connection lost: {_reason(error)}")

    def pause_writing(self) -> None:
        self._conversation.pause()

    def resume_writing(self) -> None:
        self._conversation.resume()

    # Link

    def write(self, data: bytes) -> None:
        """Send; never waits, and never fails: others are written to in the same turn."""
        try:
            self._transport.write(data)
        except RuntimeError:  # uvloop says so between the loss of a connection and `connection_lost`
            return

    def close(self) -> None:
        """Send what was written, then close; cut a peer that does not take it."""
        if not self._closing:
            self._closing = True
            self._cut = asyncio.get_running_loop().call_later(CLOSE_WITHIN, self._transport.abort)
            self._transport.close()

    def pause_reading(self) -> None:
        """Take no more bytes for now."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes again."""
        if not self._transport.is_closing():
            self._transport.resume_reading()


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__).lower()
