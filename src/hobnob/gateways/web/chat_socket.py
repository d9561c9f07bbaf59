"""A WebSocket as the link of a conversation.

aiohttp reads frames, answers pings and shakes hands; what the conversation writes are whole frames and go straight to
the transport. Reading is paused by not asking for the next message: aiohttp then stops the transport by itself.
"""

import asyncio
from contextlib import suppress

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web

from hobnob.gateways.gateway import Conversation, House
from hobnob.gateways.web.connection import HttpConnection
from hobnob.gateways.web.frames import JsonFramesCodec
from hobnob.gateways.web.settings import WebSettings
from hobnob.protocol.codec import MAX_CLIENT_FRAME


class SocketLink:
    """See the head of this file; the `Link` of a conversation, and what its connection tells of the transport."""

    def __init__(self, socket: web.WebSocketResponse[bool], transport: asyncio.Transport, close_timeout: float) -> None:
        self.conversation: Conversation | None = None
        self._socket = socket
        self._transport = transport
        self._close_timeout = close_timeout
        self._reading = asyncio.Event()
        self._reading.set()
        self._closing: asyncio.Task[None] | None = None
        self._close_called = asyncio.Event()

    def write(self, data: bytes) -> None:
        if self._closing is None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self, code: int = WSCloseCode.OK, sentence: str = "") -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(code, sentence))
            self._close_called.set()
            self._reading.set()

    def pause_reading(self) -> None:
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

    def writing_paused(self) -> None:
        if self.conversation is not None:
            self.conversation.pause()

    def writing_resumed(self) -> None:
        if self.conversation is not None:
            self.conversation.resume()

    def connection_lost(self) -> None:
        self._reading.set()

    async def run(self, conversation: Conversation) -> str:
        """Pass on what the peer says until one side ends it; returns why it ended."""
        self.conversation = conversation
        while self._closing is None:
            await self._reading.wait()
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                conversation.receive(message.data)
            elif message.type is WSMsgType.BINARY:
                self.close(WSCloseCode.UNSUPPORTED_DATA, "Send text frames.")
                return "binary frame"
            else:
                return await self._ended(conversation, message.data)
        return "closed by the server"

    async def _ended(self, conversation: Conversation, cause: object) -> str:
        """The peer is gone; after a proper goodbye, what it said before is still done."""
        if self._socket.close_code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY):
            conversation.end()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._close_timeout):
                    await self._close_called.wait()
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


class ChatSocket:
    """The handler of ``/ws``; it knows its conversations, so that they can be told when the server stops."""

    def __init__(self, house: House, settings: WebSettings) -> None:
        self._house = house
        self._settings = settings
        self._conversations: set[Conversation] = set()

    def dismiss(self, reason: str) -> None:
        """Say the last word on every WebSocket and close it."""
        for conversation in list(self._conversations):
            conversation.dismiss(reason)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        socket: web.WebSocketResponse[bool] = web.WebSocketResponse(
            compress=False,
            heartbeat=self._settings.heartbeat,
            timeout=self._settings.close_timeout,
            max_msg_size=MAX_CLIENT_FRAME + 1,  # the first size that is refused
            decode_text=False,
        )
        await socket.prepare(request)
        connection, transport = request.protocol, request.transport
        if transport is None:
            return socket
        assert isinstance(connection, HttpConnection)
        link = SocketLink(socket, transport, self._settings.close_timeout)
        connection.hearer = link
        conversation = self._house.enter(JsonFramesCodec(self._house), link, connection.peer.address)
        self._conversations.add(conversation)
        reason = "connection lost"
        try:
            reason = await link.run(conversation)
            await link.closed()
        finally:
            connection.hearer = None
            self._conversations.discard(conversation)
            conversation.lost(reason)
        return socket
