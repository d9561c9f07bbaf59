"""The web gateway as a node starts it: loaded while the port is already open.

aiohttp takes as long to import as everything else together, and nobody but browsers needs it. Who speaks HTTP before
it is there is held, unread, for that moment, and then served as if nothing had been.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from hobnob.gateways.gateway import House
from hobnob.gateways.web.settings import TooOften, WebPeer, WebSettings, never

if TYPE_CHECKING:
    from hobnob.gateways.web.host import WebGateway


class LateWebGateway:
    """Give each connection its protocol, until `stop`; before the end of `start` one that holds it."""

    def __init__(self, house: House, settings: WebSettings, too_often: TooOften = never) -> None:
        self._house = house
        self._too_often = too_often
        self._settings = settings
        self._gateway: WebGateway | None = None
        self._held: list[_Held] = []

    async def start(self) -> None:
        """Load what is needed, in a thread, and make ready; once, on the loop that will serve."""
        gateway = (await asyncio.to_thread(_load))(self._house, self._settings, self._too_often)
        await gateway.start()
        self._gateway = gateway
        for held in self._held:
            held.go_on(gateway)
        self._held.clear()

    def protocol(self, peer: WebPeer, gone: Callable[[], None]) -> asyncio.BaseProtocol:
        """What is to be connected to the transport of `peer`; it calls `gone` once, when the connection is lost."""
        if self._gateway is not None:
            return self._gateway.protocol(peer, gone)
        held = _Held(peer, gone)
        self._held.append(held)
        return held

    async def stop(self) -> None:
        """As the gateway's own; whoever is still held is cut."""
        for held in self._held:
            held.cut()
        if self._gateway is not None:
            await self._gateway.stop()


class _Held(asyncio.Protocol):
    """A connection that waits for the gateway; nothing more of it is read meanwhile."""

    def __init__(self, peer: WebPeer, gone: Callable[[], None]) -> None:
        self._peer = peer
        self._gone = gone
        self._read = b""
        self._ended = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not transport.is_closing():
            self._transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        self._read += data

    def eof_received(self) -> bool:
        self._ended = True
        return not self._peer.tls  # which has no half close

    def connection_lost(self, error: Exception | None) -> None:
        self._gone()

    def go_on(self, gateway: "WebGateway") -> None:
        """Hand the connection over, with what was read."""
        transport = self._transport
        if transport.is_closing():
            return
        protocol = cast(asyncio.Protocol, gateway.protocol(self._peer, self._gone))
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        transport.resume_reading()
        protocol.data_received(self._read)
        if self._ended and not protocol.eof_received():
            transport.close()

    def cut(self) -> None:
        self._transport.abort()


def _load() -> "type[WebGateway]":
    from hobnob.gateways.web.host import WebGateway

    return WebGateway
