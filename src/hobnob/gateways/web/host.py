"""The web gateway as a whole: which path is answered by whom, and the guard before all of them.

The listener asks for a `protocol` for each connection that turned out to be HTTP, and gives it the transport and the
bytes that were read already. No socket is opened here.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from hobnob.gateways.gateway import House
from hobnob.gateways.web.answers import add_headers, answer
from hobnob.gateways.web.chat_socket import ChatSocket
from hobnob.gateways.web.connection import HttpConnection
from hobnob.gateways.web.forwarding import PEER, real_peer
from hobnob.gateways.web.guard import Refused, check_host, check_origin, check_tls
from hobnob.gateways.web.irc_frames import SUBPROTOCOLS
from hobnob.gateways.web.pages import Pages
from hobnob.gateways.web.settings import TooOften, WebPeer, WebSettings, never

log = structlog.stdlib.get_logger("hobnob.web")

_SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method.",
    HTTPStatus.UPGRADE_REQUIRED: "This address speaks WebSocket (version 13) only.",
}
_TOO_OFTEN = "There were too many requests from your address: wait a minute, then try again."


class WebGateway:
    """Give each connection its protocol, between `start` and `stop`."""

    def __init__(self, house: House, settings: WebSettings | None = None, too_often: TooOften = never) -> None:
        self._too_often = too_often
        self._settings = settings or WebSettings()
        self._pages = Pages(house, self._settings)
        self._socket = ChatSocket(house, self._settings)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Make ready; once, on the loop that will serve."""
        logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)  # it warns of whatever strangers ask for
        app = web.Application(middlewares=[self._guard], client_max_size=self._settings.max_body)
        app.on_response_prepare.append(add_headers)
        app.router.add_get("/", self._front)
        app.router.add_get("/static/{name}", self._pages.static)
        app.router.add_get("/healthz", self._pages.health)
        app.router.add_get("/ws", self._upgraded, allow_head=False)
        app.router.add_get("/irc", partial(self._upgraded, irc=True), allow_head=False)
        self._runner = web.AppRunner(app, shutdown_timeout=self._settings.close_timeout)
        await self._runner.setup()

    def protocol(self, peer: WebPeer, gone: Callable[[], None]) -> asyncio.BaseProtocol:
        """What is to be connected to the transport of `peer`; it calls `gone` once, when the connection is lost."""
        assert self._runner is not None, "start() comes first"
        assert self._runner.server is not None
        return HttpConnection(self._runner.server, peer, self._settings, gone)

    async def stop(self) -> None:
        """Say goodbye on every WebSocket, let requests under way end, close every connection."""
        if self._runner is not None:
            self._socket.dismiss("The server is stopping.", "stopping")
            server = self._runner.server
            transports = [connection.transport for connection in server.connections] if server else []
            await self._runner.cleanup()
            self._runner = None
            for transport in transports:
                if transport is not None:
                    transport.abort()  # inside TLS, close() waits for the peer to close as well

    async def _front(self, request: web.Request) -> web.StreamResponse:
        """The page; IRC for who asks for it by its subprotocol, as clients do that know only a host's name."""
        if _upgrades(request) and _speaks_irc(request):
            return await self._socket.handle(request, irc=True)
        return await self._pages.front(request)

    async def _upgraded(self, request: web.Request, *, irc: bool = False) -> web.StreamResponse:
        """A WebSocket. No coroutine stands between the router and this one, as each would wait with it."""
        if not _upgrades(request):
            sentence = _SENTENCES[HTTPStatus.UPGRADE_REQUIRED]
            return answer(request, HTTPStatus.UPGRADE_REQUIRED, sentence, {"Upgrade": "websocket"})
        return await self._socket.handle(request, irc=irc or _speaks_irc(request))

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, HttpConnection)
        try:
            check_host(request, self._settings.hosts)
            peer = request[PEER] = real_peer(connection.peer, request.headers, self._settings.web_proxies)
            if self._too_often(peer.origin.counted):
                raise Refused(HTTPStatus.TOO_MANY_REQUESTS, _TOO_OFTEN, {"Retry-After": "60"})
            if self._settings.tls_required:
                check_tls(request, tls=peer.tls)
            check_origin(request, "https" if peer.tls else "http")
            return await handler(request)
        except Refused as refused:
            response = answer(request, refused.status, refused.sentence, refused.headers)
            if refused.status is HTTPStatus.TOO_MANY_REQUESTS:
                response.force_close()  # connections are counted as well
            return response
        except web.HTTPException as error:
            status = HTTPStatus(error.status)
            allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
            return answer(request, status, _SENTENCES.get(status, "The request could not be understood."), allow)


def _upgrades(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").strip().lower() == "websocket"


def _speaks_irc(request: web.Request) -> bool:
    """Whether one of the subprotocols of IRC is asked for."""
    asked = ",".join(request.headers.getall("Sec-WebSocket-Protocol", ())).split(",")
    return not {word.strip() for word in asked}.isdisjoint(SUBPROTOCOLS)
