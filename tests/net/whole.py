"""The one port with the real gateways and a real chat behind it, as a node builds it, but for its store and settings.

Every client of the tests is on this machine; one that names another address in a PROXY header is a stranger from there.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network

from tests.net.conftest import CERTIFICATES

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.policy import Policy
from hobnob.gateways.lines import GREETING
from hobnob.gateways.web.late import LateWebGateway
from hobnob.gateways.web.settings import WebSettings
from hobnob.net.door import Door, DoorSettings
from hobnob.net.listener import Listener, ListenerSettings
from hobnob.net.recogniser import TooOften, never
from hobnob.net.tls import Tls, server_context
from hobnob.node import gateways, refusal_in_clear
from hobnob.stores.memory import MemoryStore

PROXIES = (ip_network("127.0.0.9/32"),)
PATIENCE = 10.0


@dataclass
class Client:
    """A client of bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: bytes = b""

    def send(self, data: bytes) -> None:
        """Say something, unless the server has cut the connection: who reads finds that out."""
        if not self.writer.is_closing():
            self.writer.write(data)

    async def until(self, wanted: bytes) -> bytes:
        """Read until these bytes come; what came up to them since the last call."""
        async with asyncio.timeout(PATIENCE):
            while wanted not in self.heard:
                data = await self.more()
                assert data, f"no {wanted!r} in {self.heard!r}"
                self.heard += data
        before, _, self.heard = self.heard.partition(wanted)
        return before + wanted

    async def rest(self) -> bytes:
        """All up to the end of the connection."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                while data := await self.more():
                    self.heard += data
        return self.heard

    async def more(self) -> bytes:
        """What comes next; nothing at the end."""
        return await self.reader.read(65536)

    def leave(self) -> None:
        """Say no more."""
        self.writer.write_eof()

    def cut(self) -> None:
        self.writer.transport.abort()


@dataclass
class Whole:
    """A listening port, its chat, and clients for it."""

    chat: Chat
    door: Door
    listener: Listener
    port: int
    clients: list[Client] = field(default_factory=list)

    async def connect(
        self, said: bytes = b"", *, tls: ssl.SSLContext | None = None, address: str | None = None
    ) -> Client:
        """A client that says something; from another address by way of a trusted proxy, if one is named."""
        proxied = PROXIES[0].network_address if address else "127.0.0.1"
        name = "localhost" if tls else None
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=tls, server_hostname=name, local_addr=(str(proxied), 0)
        )
        if address:
            kind = "6" if ":" in address else "4"
            writer.write(f"PROXY TCP{kind} {address} {address} 1234 80\r\n".encode())
        client = Client(reader, writer)
        self.clients.append(client)
        if said:
            client.send(said)
        return client

    async def answer(self, said: bytes, *, tls: ssl.SSLContext | None = None, address: str | None = None) -> bytes:
        """All that is answered, up to the end of the connection, which the server makes."""
        return await (await self.connect(said, tls=tls, address=address)).rest()


@asynccontextmanager
async def whole(
    door: DoorSettings = DoorSettings(),  # noqa: B008  it is frozen
    *,
    policy: Policy = Policy(),  # noqa: B008
    web: WebSettings | None = None,
    too_often: TooOften = never,
    asks_too_often: TooOften = never,
    **settings: float,
) -> AsyncIterator[Whole]:
    """A server for the time of a test; `settings` are the listener's."""
    chat = Chat(MemoryStore(), LocalBus(), policy=policy)
    await chat.open()
    late = LateWebGateway(chat, web or WebSettings(tls_required=door.tls_required, close_timeout=0.3), asks_too_often)
    await late.start()
    counting = Door(door)
    listener = Listener(
        gateways=gateways(chat, late, counting, None),
        greeting=GREETING,
        settings=ListenerSettings(trusted_proxies=PROXIES, **{"greet_after": 60.0, **settings}),  # type: ignore[arg-type]
        tls=Tls(server_context(CERTIFICATES / "cert.pem", CERTIFICATES / "key.pem")),
        too_often=too_often,
        refusal_in_clear=refusal_in_clear(door.tls_required),
    )
    [(_, port)] = await listener.start("127.0.0.1", 0)
    house = Whole(chat, counting, listener, port)
    try:
        yield house
    finally:
        await listener.close()
        for client in house.clients:
            client.cut()
        await chat.stop("The test is over.")
        await late.stop()
        await asyncio.sleep(0)
