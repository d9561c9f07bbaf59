"""A WebSocket as the link of a conversation.

aiohttp reads frames and shakes hands; what the conversation writes are whole frames and go straight to the transport.
Reading is paused by not asking for the next message: aiohttp then stops the transport by itself. Where a conversation
lets some of it wait, messages are read on and kept, and who sends too many has to go. A ping counts as an empty
message, or it would be work without a limit. After the peer's goodbye all that it said before is still done, at the
pace that it would have had.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web

from hobnob.gateways.gateway import FLOOD, Conversation
from hobnob.protocol.codec import MAX_CLIENT_FRAME

MOST_AT_ONCE = 100
"""Parts of one message that are passed on in one turn of the loop, whose time is everybody's."""

Parts = Callable[[bytes], Sequence[bytes]]


def whole(message: bytes) -> Sequence[bytes]:
    """A message that is one part."""
    return (message,)


class SocketLink:
    """See the head of this file; the `Link` of a conversation, and what its connection tells of the transport."""

    __slots__ = ("_backlog", "_close_timeout", "_closing", "_ended", "_held", "_kind", "_left", "_paused", "_socket",
                 "_takes", "_transport", "_waiting", "conversation")  # fmt: skip

    def __init__(self, socket: web.WebSocketResponse[bool], transport: asyncio.Transport, close_timeout: float) -> None:
        self.conversation: Conversation | None = None
        self._socket = socket
        self._transport = transport
        self._close_timeout = close_timeout
        self._takes = True
        """Whether the conversation takes what comes."""
        self._backlog = 0
        """While it does not: so many bytes may wait here, where they are not left to the peer."""
        self._waiting: deque[bytes] | None = None
        """Messages that were read and the conversation has not been given; None while there are none."""
        self._held = 0
        """Their bytes, each with the end of a line."""
        self._paused: asyncio.Future[None] | None = None
        """What `run` waits for while it is not to read; an Event would hold a deque for every idle client."""
        self._left = False
        """The peer has said goodbye."""
        self._ended: asyncio.Future[None] | None = None
        """Set once the peer has said goodbye; done when the conversation closes the link after its last answer."""
        self._closing: asyncio.Task[None] | None = None

    def write(self, data: bytes) -> None:
        if self._closing is None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self, code: int = WSCloseCode.OK, sentence: str = "") -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(code, sentence))
            self._waiting, self._held = None, 0
            self._read_on()
            if self._ended is not None:
                self._ended.set_result(None)

    def pause_reading(self, backlog: int = 0) -> None:
        self._takes, self._backlog = False, backlog
        if backlog:
            self._read_on()
        elif self._paused is None and not self._transport.is_closing():
            self._paused = asyncio.get_running_loop().create_future()

    def resume_reading(self) -> None:
        self._takes, self._backlog = True, 0
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._give)
        else:
            self._read_on()

    def held(self) -> int:
        unread = self._socket._reader._size if self._socket._reader is not None else 0  # noqa: SLF001  what aiohttp keeps
        return self._held + unread + self._transport.get_write_buffer_size()

    @property
    def paused(self) -> bool:
        """Whether the peer is read no further."""
        return self._paused is not None

    def writing_paused(self) -> None:
        if self.conversation is not None:
            self.conversation.pause()

    def writing_resumed(self) -> None:
        if self.conversation is not None:
            self.conversation.resume()

    def connection_lost(self) -> None:
        self._read_on()  # what came before may end with a goodbye

    async def run(self, conversation: Conversation, kind: WSMsgType, parts: Parts) -> str:
        """Pass on what the peer says until one side ends it; returns why it ended.

        `parts` says what a message holds that is passed on, counted and kept each for itself.
        """
        self.conversation, self._kind = conversation, kind
        while self._closing is None:
            if self._paused is not None:
                await self._paused
            message = await self._socket.receive()
            if message.type is self._kind:
                await self._take_all(conversation, parts(message.data))
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self.close(WSCloseCode.UNSUPPORTED_DATA, f"Send {self._kind.name.lower()} frames.")
                return f"{message.type.name.lower()} frame"
            elif message.type in (WSMsgType.PING, WSMsgType.PONG):
                self._take(conversation, b"")
                if message.type is WSMsgType.PING:
                    await self._answer_ping(message.data)
            elif self._closing is None:
                if message.type is not WSMsgType.CLOSE:
                    return _why_lost(message.data)
                await self._peer_left(conversation)
                return "closed"
        return "closed by the server"

    async def _answer_ping(self, data: bytes) -> None:
        with suppress(ConnectionError):  # which the next message tells
            await self._socket.pong(data)

    def _read_on(self) -> None:
        if self._paused is not None:
            if not self._paused.done():
                self._paused.set_result(None)
            self._paused = None

    async def _take_all(self, conversation: Conversation, messages: Sequence[bytes]) -> None:
        for number, message in enumerate(messages, 1):
            self._take(conversation, message)
            if number % MOST_AT_ONCE == 0:
                await asyncio.sleep(0)
            if self._closing is not None:
                break

    def _take(self, conversation: Conversation, message: bytes) -> None:
        """Pass a message on, or keep it behind those that wait."""
        if self._takes and not self._waiting:
            conversation.receive(message)
            return
        self._waiting = self._waiting or deque()
        self._waiting.append(message)
        self._held += len(message) + 2
        if self._held > self._backlog > 0:
            conversation.dismiss(FLOOD, "flood")

    def _give(self) -> None:
        """Pass on what waits, as long as the conversation takes more; then a goodbye, or else what comes next."""
        assert self.conversation is not None
        while self._waiting and self._takes:
            message = self._waiting.popleft()
            self._held -= len(message) + 2
            self.conversation.receive(message)
        if self._waiting:
            return
        self._waiting = None
        if self._left:
            self._left = False
            self.conversation.end()
        elif self._takes:
            self._read_on()

    async def _peer_left(self, conversation: Conversation) -> None:
        """The peer has said goodbye, and is gone; what it said before is still done."""
        self._left = True
        self._ended = asyncio.get_running_loop().create_future()
        self._give()
        conversation.resume()  # nothing that is still answered has to wait for its reader
        await self._ended

    async def closed(self) -> None:
        """Return when the closing handshake that `close` began is over."""
        if self._closing is not None:
            await self._closing

    async def _close(self, code: int, sentence: str) -> None:
        try:
            async with asyncio.timeout(self._close_timeout):
                await self._socket.close(code=code, message=sentence.encode())
        except TimeoutError:
            self._transport.abort()


def _why_lost(cause: object) -> str:
    """Why the connection of a peer ended that has said no goodbye."""
    if isinstance(cause, WebSocketError) and cause.code == WSCloseCode.MESSAGE_TOO_BIG:
        return "frame too long"
    return "timed out" if isinstance(cause, TimeoutError) else "connection lost"


_SENTENCES: dict[int, bytes] = {
    WSCloseCode.MESSAGE_TOO_BIG: b"A message may hold %d KiB at most." % (MAX_CLIENT_FRAME // 1024),
    WSCloseCode.PROTOCOL_ERROR: b"This is no frame that a WebSocket allows.",
}


class PatientSocket(web.WebSocketResponse[bool]):
    """Its peer may be read no further for a while.

    Then no PONG is expected: it would stand behind what is not read. And so does perhaps a goodbye, when the connection
    ends meanwhile.
    """

    link: SocketLink | None = None

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """Say goodbye, and why, where aiohttp knows only the code."""
        return await super().close(code=code, message=message or _SENTENCES.get(code, b""), drain=drain)

    def _pong_not_received(self) -> None:
        if self.link is not None and self.link.paused:
            self._reset_heartbeat()
        else:
            super()._pong_not_received()

    def _cancel(self, exc: BaseException) -> None:
        if self.link is not None and self.link.paused:
            self._cancel_heartbeat()
        else:
            super()._cancel(exc)
