"""A WebSocket as the link of a conversation.

aiohttp reads frames, answers pings and shakes hands; what the conversation writes are whole frames and go straight to
the transport. Reading is paused by not asking for the next message: aiohttp then stops the transport by itself.
"""

import asyncio

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web

from hobnob.gateways.gateway import Codec, Conversation, House
from hobnob.gateways.web.connection import HttpConnection
from hobnob.gateways.web.forwarding import PEER
from hobnob.gateways.web.frames import JsonFramesCodec
from hobnob.gateways.web.irc_frames import BINARY, SUBPROTOCOLS, IrcFramesCodec
from hobnob.gateways.web.settings import WebSettings
from hobnob.protocol.codec import MAX_CLIENT_FRAME


class SocketLink:
    """See the head of this file; the `Link` of a conversation, and what its connection tells of the transport."""

    __slots__ = ("_close_timeout", "_closing", "_ended", "_kind", "_paused", "_socket", "_transport", "conversation")

    def __init__(self, socket: web.WebSocketResponse[bool], transport: asyncio.Transport, close_timeout: float) -> None:
        self.conversation: Conversation | None = None
        self._socket = socket
        self._transport = transport
        self._close_timeout = close_timeout
        self._paused: asyncio.Future[None] | None = None
        """What `run` waits for while it is not to read; an Event would hold a deque for every idle client."""
        self._ended: asyncio.Future[None] | None = None
        """Set once the peer has said goodbye; done when the conversation closes the link after its last answer."""
        self._closing: asyncio.Task[None] | None = None

    def write(self, data: bytes) -> None:
        if self._closing is None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self, code: int = WSCloseCode.OK, sentence: str = "") -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(code, sentence))
            self.resume_reading()
            if self._ended is not None:
                self._ended.set_result(None)

    def pause_reading(self, backlog: int = 0) -> None:
        if self._paused is None and self._closing is None:
            self._paused = asyncio.get_running_loop().create_future()

    def resume_reading(self) -> None:
        if self._paused is not None:
            if not self._paused.done():
                self._paused.set_result(None)
            self._paused = None

    def held(self) -> int:
        return self._transport.get_write_buffer_size()

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
        self.resume_reading()

    async def run(self, conversation: Conversation, kind: WSMsgType = WSMsgType.TEXT) -> str:
        """Pass on what the peer says until one side ends it; returns why it ended."""
        self.conversation, self._kind = conversation, kind
        while self._closing is None:
            if self._paused is not None:
                await self._paused
            message = await self._socket.receive()
            if message.type is self._kind:
                conversation.receive(message.data)
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self.close(WSCloseCode.UNSUPPORTED_DATA, f"Send {self._kind.name.lower()} frames.")
                return f"{message.type.name.lower()} frame"
            elif self._closing is None:
                return await self._peer_left(conversation, message.data)
        return "closed by the server"

    async def _peer_left(self, conversation: Conversation, cause: object) -> str:
        """The peer is gone; after a proper goodbye, what it said before is still done."""
        if self._socket.close_code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY):
            self._ended = asyncio.get_running_loop().create_future()
            conversation.end()
            await asyncio.wait([self._ended], timeout=self._close_timeout)
            return "closed"
        if isinstance(cause, WebSocketError) and cause.code == WSCloseCode.MESSAGE_TOO_BIG:
            return "frame too long"
        return "timed out" if isinstance(cause, TimeoutError) else "connection lost"

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


class PatientSocket(web.WebSocketResponse[bool]):
    """Expects no PONG of a peer that is read no further: it would stand behind what is not read."""

    link: SocketLink | None = None

    def _pong_not_received(self) -> None:
        if self.link is not None and self.link.paused:
            self._reset_heartbeat()
        else:
            super()._pong_not_received()


class ChatSocket:
    """The handler of WebSockets; it knows its conversations, so that they can be told when the server stops."""

    def __init__(self, house: House, settings: WebSettings) -> None:
        self._house = house
        self._settings = settings
        self._conversations: set[Conversation] = set()

    def dismiss(self, reason: str, code: str) -> None:
        """Say the last word on every WebSocket and close it."""
        for conversation in list(self._conversations):
            conversation.dismiss(reason, code)

    def _codec(self, *, irc: bool, binary: bool) -> Codec:
        return IrcFramesCodec(self._house, self._settings.irc, binary=binary) if irc else JsonFramesCodec(self._house)

    async def handle(self, request: web.Request, *, irc: bool = False) -> web.StreamResponse:
        """Speak the hobnob protocol, or `irc`, until it is over."""
        socket = PatientSocket(
            compress=False,
            heartbeat=self._settings.heartbeat,
            timeout=self._settings.close_timeout,
            max_msg_size=MAX_CLIENT_FRAME + 1,  # the first size that is refused
            decode_text=False,
            protocols=SUBPROTOCOLS if irc else (),
        )
        await socket.prepare(request)
        connection, transport = request.protocol, request.transport
        if transport is None:
            return socket
        assert isinstance(connection, HttpConnection)
        link = socket.link = SocketLink(socket, transport, self._settings.close_timeout)
        connection.become_socket(link)
        kind = WSMsgType.BINARY if socket.ws_protocol == BINARY else WSMsgType.TEXT
        codec = self._codec(irc=irc, binary=kind is WSMsgType.BINARY)
        conversation = self._house.enter(codec, link, request[PEER].origin)
        self._conversations.add(conversation)
        reason = "connection lost"
        try:
            reason = await link.run(conversation, kind)
            await link.closed()
        finally:
            connection.hearer = None
            self._conversations.discard(conversation)
            conversation.lost(reason)
        return socket
