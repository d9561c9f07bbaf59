"""The WebSockets of the chat: what is spoken on each, from its handshake until its conversation is over."""

from aiohttp import WSMsgType, web

from hobnob.gateways.gateway import Codec, Conversation, House
from hobnob.gateways.web.connection import HttpConnection
from hobnob.gateways.web.forwarding import PEER
from hobnob.gateways.web.frames import JsonFramesCodec
from hobnob.gateways.web.irc_frames import BINARY, SUBPROTOCOLS, IrcFramesCodec, lines_of
from hobnob.gateways.web.settings import WebSettings
from hobnob.gateways.web.socket_link import PatientSocket, SocketLink, whole
from hobnob.protocol.codec import MAX_CLIENT_FRAME


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
            autoping=False,
            heartbeat=self._settings.heartbeat,
            timeout=self._settings.close_timeout,
            max_msg_size=MAX_CLIENT_FRAME + 1,  # the first size that is refused
            decode_text=False,
            protocols=SUBPROTOCOLS if irc else (),
        )
        await socket.prepare(request)
        socket.headers.clear()  # they are sent, and would be kept as long as the socket
        connection, transport = request.protocol, request.transport
        if transport is None:
            return socket
        assert isinstance(connection, HttpConnection)
        link = socket.link = SocketLink(socket, transport, self._settings.close_timeout)
        connection.become_socket(link)
        try:
            await self._converse(request, socket, link, irc=irc)
        finally:
            connection.end_socket()
        return socket

    async def _converse(self, request: web.Request, socket: PatientSocket, link: SocketLink, *, irc: bool) -> None:
        kind = WSMsgType.BINARY if socket.ws_protocol == BINARY else WSMsgType.TEXT
        codec = self._codec(irc=irc, binary=kind is WSMsgType.BINARY)
        conversation = self._house.enter(codec, link, request[PEER].origin)
        self._conversations.add(conversation)
        reason = "connection lost"
        try:
            reason = await link.run(conversation, kind, lines_of if irc else whole)
            await link.closed()
        finally:
            self._conversations.discard(conversation)
            conversation.lost(reason)
