"""A TCP connection that speaks a codec's language: the link under a conversation.

The codec and the conversation know no sockets; here are the transport and its pace.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from hobnob.gateways.gateway import FLOOD, Codec, Conversation, House
from hobnob.net.peer import Peer

CLOSE_WITHIN = 2.0
"""Seconds for the last bytes to leave before the connection is cut; fewer than a server that stops has."""
HIGH_WATER = 64 * 1024
"""Bytes in the transport's buffer from which on a reader counts as slow."""


PIECE = 2048
"""Bytes of lines that the conversation is given in one turn of the loop: in one read there may be 30,000 lines, each
takes a hundred times its size when it is understood, and the time that is everybody's."""

_LINE_ENDS = (b"\n", b"\r")


class Connection(asyncio.Protocol):
    """See the head of this file. Implements `Link`. `gone` is called once, when the conversation is over.

    That may be later than the end of the connection: what was said before an orderly end is still done.
    """

    __slots__ = ("_backlog", "_closing", "_conversation", "_cut", "_ended", "_flooded", "_flows", "_giving", "_gone",
                 "_house", "_lost", "_make_codec", "_peer", "_reading", "_transport", "_unread")  # fmt: skip

    def __init__(
        self, house: House, make_codec: Callable[[Peer], Codec], peer: Peer, gone: Callable[[Peer], None]
    ) -> None:
        self._house = house
        self._make_codec = make_codec
        self._peer = peer
        self._gone = gone
        self._closing = False
        self._reading = True
        self._backlog = 0
        """While it passes on nothing: so many bytes may wait here, where they are not left to the peer."""
        self._unread = b""
        """What was read and the conversation has not been given."""
        self._giving = False
        """The next piece has its turn."""
        self._flows = True
        """The transport reads."""
        self._ended = False
        """The end of input came, perhaps behind what is unread."""
        self._lost = False
        self._flooded = False
        """It had to go in the middle of what it says."""
        self._cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        self._conversation: Conversation = self._house.enter(self._make_codec(self._peer), self, self._peer.origin)

    def data_received(self, data: bytes) -> None:
        if len(data) <= PIECE and not self._unread and self._reading:
            self._conversation.receive(data)
            return
        if self._closing:
            return
        self._unread += data
        if len(self._unread) > self._backlog > 0:
            self._unread, self._flooded = b"", True
            self._conversation.dismiss(FLOOD, "flood")
        elif not self._giving:
            self._give()

    def eof_received(self) -> bool:
        self._ended = True
        if not self._unread:
            self._conversation.end()
        return not (self._peer.tls or self._closing)  # TLS has no half close

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if self._cut is not None:
            self._cut.cancel()
        if error is not None or not self._ended or self._closing:
            self._over("connection lost" if error is None else f"connection lost: {_reason(error)}")
        else:
            self._conversation.resume()  # nothing that is still answered has to wait for its reader

    def pause_writing(self) -> None:
        self._conversation.pause()

    def resume_writing(self) -> None:
        self._conversation.resume()

    def _give(self) -> None:
        """Pass on a piece of what was read, if the conversation takes more; the next one in the next turn."""
        self._giving = False
        if self._unread and self._reading:
            end = _end_of_piece(self._unread)
            piece, self._unread = self._unread[:end], self._unread[end:]
            self._conversation.receive(piece)
        if self._ended and not self._unread:
            self._conversation.end()
        else:
            self._flow()

    def _flow(self) -> None:
        """Read on, or first pass on what was read."""
        if self._unread and self._reading and not self._giving:
            self._giving = True
            asyncio.get_running_loop().call_soon(self._give)
        flows = self._backlog > 0 or (self._reading and not self._unread)
        if flows != self._flows and not self._transport.is_closing():
            self._flows = flows
            if flows:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _over(self, reason: str) -> None:
        self._gone(self._peer)
        self._conversation.lost(reason)

    # Link

    def write(self, data: bytes) -> None:
        """Send; never waits, and never fails: others are written to in the same turn."""
        if self._lost:
            return
        try:
            self._transport.write(data)
        except RuntimeError:  # uvloop says so between the loss of a connection and `connection_lost`
            return

    def close(self) -> None:
        """Send what was written, then close; cut a peer that does not take it."""
        if self._closing:
            return
        self._closing = True
        loop = asyncio.get_running_loop()
        if self._lost:
            loop.call_soon(self._over, "end of input")
        else:
            self._cut = loop.call_later(CLOSE_WITHIN, self._transport.abort)
            if self._flooded and self._transport.can_write_eof():
                self._transport.write_eof()  # a close over unread input would lose the last word
            else:
                self._transport.close()

    def pause_reading(self, backlog: int = 0) -> None:
        """Pass on no more bytes for now."""
        self._reading = False
        self._backlog = backlog
        self._flow()

    def resume_reading(self) -> None:
        """Pass on bytes again, those first that are here."""
        self._reading = True
        self._backlog = 0
        self._flow()

    def held(self) -> int:
        """Bytes that were written and have not left yet, and bytes that came and wait."""
        return len(self._unread) + (0 if self._lost else self._transport.get_write_buffer_size())


def _end_of_piece(data: bytes) -> int:
    """Where a piece ends: after a line, as to some programs each read without one is a message."""
    if len(data) <= PIECE:
        return len(data)
    last = max(data.rfind(end, 0, PIECE) for end in _LINE_ENDS)
    if last < 0:
        last = min((at for end in _LINE_ENDS if (at := data.find(end, PIECE)) >= 0), default=len(data) - 1)
    return last + 1


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__).lower()
