"""One HTTP connection: aiohttp's own protocol, with the deadlines and caps it lacks.

A request's headers are complete in time and of bounded size, a peer that takes nothing is cut, and no error of
HTTP itself says more than a sentence. What happens to the transport under a WebSocket is passed on to its link.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

import structlog
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMethod

from hobnob.gateways.web.answers import answer
from hobnob.gateways.web.refusal import HEADERS, refusal
from hobnob.gateways.web.settings import WebPeer, WebSettings

log = structlog.stdlib.get_logger("hobnob.web")

_MAX_LINE = 8190
_MAX_HEADERS = 100


class TransportHearer(Protocol):
    """Who has to know what happens to the transport."""

    def writing_paused(self) -> None:
        """The transport's buffer is full."""

    def writing_resumed(self) -> None:
        """It has room again."""

    def connection_lost(self) -> None:
        """It is gone."""


class HttpConnection(web.RequestHandler):
    """See the head of this file. `hearer` is the WebSocket's link, once there is one; `gone` is called at the end.

    The end of a WebSocket is that of its conversation, which may be later than that of the connection.
    """

    __slots__ = ("_gone", "_head_deadline", "_head_size", "_settings", "_stall_deadline", "hearer", "peer")

    def __init__(self, server: web.Server, peer: WebPeer, settings: WebSettings, gone: Callable[[], None]) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=settings.idle_timeout,
            lingering_time=settings.close_timeout,
            max_line_size=_MAX_LINE,
            max_field_size=_MAX_LINE,
            max_headers=_MAX_HEADERS,
            access_log=None,  # type: ignore[arg-type]  # None is what turns it off
        )
        self.peer = peer
        self.hearer: TransportHearer | None = None
        self._settings = settings
        self._gone = gone
        self._head_size = 0
        self._head_deadline: asyncio.TimerHandle | None = None
        self._stall_deadline: asyncio.TimerHandle | None = None

    def become_socket(self, hearer: TransportHearer) -> None:
        """The handshake of a WebSocket is done; nothing will be parsed as HTTP again."""
        self.hearer = hearer
        self._parser = None

    def end_socket(self) -> None:
        """The WebSocket's conversation is over."""
        self.hearer = None
        if self.transport is None:
            self._gone()

    def data_received(self, data: bytes) -> None:
        if not data or not self._between_requests():
            super().data_received(data)
            return
        self._head_size += len(data)
        if self._head_deadline is None:
            self._head_deadline = self._loop.call_later(self._settings.head_timeout, self._head_overdue)
        heads = self._request_count
        super().data_received(data)
        if self._request_count > heads:
            self._head_complete()
        elif self._head_size > self._settings.max_head:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers of a request may not be so long.")

    def eof_received(self) -> bool:  # type: ignore[override]  # aiohttp's own gives up on who half closes
        """Who has said all may still wait for the answer, as ``printf … | nc -N`` does; True keeps the transport."""
        in_tls = self.transport is None or self.transport.get_extra_info("sslcontext") is not None  # has no half close
        if in_tls or self.hearer is not None or self._between_requests():
            return False
        self.close()  # once the answer is out
        return True

    def _between_requests(self) -> bool:
        return self._request_count == 0 or (self._waiter is not None and not self._waiter.done())

    def _head_complete(self) -> None:
        self._head_size = 0
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _head_overdue(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The headers of a request have to come sooner.")

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        """Answer a request that is not there in full, and close."""
        self._head_complete()
        if self.transport is not None:
            self.transport.write(refusal(f"{status.value} {status.phrase}", sentence))
        self.force_close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall_deadline = self._loop.call_later(self._settings.idle_timeout, self._stalled, self.transport)
        if self.hearer is not None:
            self.hearer.writing_paused()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._end_stall()
        if self.hearer is not None:
            self.hearer.writing_resumed()

    def _end_stall(self) -> None:
        if self._stall_deadline is not None:
            self._stall_deadline.cancel()
            self._stall_deadline = None

    def _stalled(self, transport: asyncio.Transport | None) -> None:
        if transport is not None:
            transport.abort()  # close() would wait for what the peer does not take

    def connection_lost(self, exc: BaseException | None) -> None:
        self._head_complete()
        self._end_stall()
        super().connection_lost(exc)
        if self.hearer is None:
            self._gone()
        else:
            self.hearer.connection_lost()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What is no HTTP, and what went wrong where no handler was in charge: a sentence, never the cause."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("web request failed", address=self.peer.address, exc_info=exc)
            sentence = "Something went wrong on the server. It has been logged; try again."
        elif isinstance(exc, BadHttpMethod):
            status, sentence = HTTPStatus.NOT_IMPLEMENTED, "This server does not know that method."
        else:
            sentence = "This is not a request that HTTP allows."
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        response = answer(request, HTTPStatus(status), sentence, HEADERS)
        response.force_close()
        return response

    def log_exception(self, *args: object, **kw: object) -> None:
        log.error("web connection failed", address=self.peer.address, detail=str(args[0]), exc_info=kw.get("exc_info"))
