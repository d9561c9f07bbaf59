"""Idle memory: by how much the server's resident memory grows for each connection that is logged in and silent.

Each kind of connection gets a server of its own. A few connections of the kind come and go first, so that what is
loaded once (TLS, the web library) is not divided among the many. The many stay, read what they are told (the news of
the others' coming too), and the memory is read when it stands still. The reference holds as many plain sockets.
"""

import asyncio
import base64
import os
import shutil
import ssl
import struct
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.lab import Lab, Rows, keep_server
from bench.server import BenchError, Server
from bench.table import Aim, Row

WARM_UP = 10
AT_ONCE = 50  # connections being opened at the same time
GREETING_LIMIT = 30.0  # seconds


@dataclass(frozen=True)
class Kind:
    """A kind of connection: what it says, step by step, each step once the answer to the one before was seen.

    `steps(name, port)` gives pairs (bytes to send, bytes that the answer contains).
    """

    name: str
    steps: Callable[[str, int], list[tuple[bytes, bytes]]]
    aim: float  # KiB
    tls: bool = False


def _irc(name: str, port: int) -> list[tuple[bytes, bytes]]:
    return [(f"NICK {name}\r\nUSER {name} 0 * :{name}\r\n".encode(), b" 001 ")]


def _hello(name: str) -> bytes:
    return f'{{"do":"hello","id":"0","name":"{name}"}}'.encode()


def _json(name: str, port: int) -> list[tuple[bytes, bytes]]:
    return [(_hello(name) + b"\n", b'"reply":"0"')]


def _websocket(name: str, port: int) -> list[tuple[bytes, bytes]]:
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    return [(request.encode(), b"\r\n\r\n"), (text_frame(_hello(name), os.urandom(4)), b'"reply":"0"')]


KINDS = (
    Kind("plain IRC", _irc, 4),
    Kind("plain JSON", _json, 4),
    Kind("WebSocket", _websocket, 20),
    Kind("JSON in TLS", _json, 60, tls=True),
)


def text_frame(payload: bytes, mask: bytes) -> bytes:
    """One masked WebSocket text frame from a client (RFC 6455, 5.2); up to 65,535 bytes."""
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    if len(payload) < 126:
        return bytes([0x81, 0x80 | len(payload)]) + mask + masked
    return struct.pack("!BBH", 0x81, 0x80 | 126, len(payload)) + mask + masked


def measure(lab: Lab) -> Rows:
    """Rows of KiB a connection, one for each kind."""
    connections = 200 if lab.quick else 1000
    reference = _reference(lab, connections)
    for kind in KINDS:
        what = f"idle {kind.name}, {connections:,} connections"
        with lab.noting(what):
            growth = _hobnob(lab, kind, connections)
            yield Row(what, "KiB a connection", growth, reference, Aim("≤", kind.aim))


def _reference(lab: Lab, connections: int) -> float | None:
    with ExitStack() as stack:
        server = keep_server(stack, lab.fanout("direct"))
        silent = Kind("plain", lambda name, port: [], 0)
        return uvloop.run(_growth(server, silent, connections, None)) if server else None


def _hobnob(lab: Lab, kind: Kind, connections: int) -> float | None:
    with ExitStack() as stack:
        trust = None
        extra: tuple[str, ...] = ()
        if kind.tls:
            certificate, key = make_certificate(lab.new_folder())
            trust = ssl.create_default_context(cafile=str(certificate))
            extra = ("--tls-cert", str(certificate), "--tls-key", str(key))
        server = keep_server(stack, lab.hobnob(*extra))
        return uvloop.run(_growth(server, kind, connections, trust)) if server else None


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, both PEM. BenchError without openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise BenchError("There is no openssl here to make a certificate with.")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-days", "2"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return certificate, key


async def _growth(server: Server, kind: Kind, connections: int, trust: ssl.SSLContext | None) -> float:
    for guest in await _open(server, kind, [f"warm{n}" for n in range(WARM_UP)], trust):
        guest.close()
    before = await asyncio.to_thread(server.settled_memory)
    guests = await _open(server, kind, [f"idle{n}" for n in range(connections)], trust)
    after = await asyncio.to_thread(server.settled_memory)
    if lost := sum(guest.is_closing() for guest in guests):
        raise BenchError(f"{lost} of {connections:,} idle connections ({kind.name}) were closed by the server.")
    for guest in guests:
        guest.close()
    return (after - before) / connections


async def _open(server: Server, kind: Kind, names: list[str], trust: ssl.SSLContext | None) -> list[asyncio.Transport]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> asyncio.Transport:
        async with gate:
            return await _greet(server, kind, name, trust)

    try:
        async with asyncio.timeout(GREETING_LIMIT):
            return await asyncio.gather(*map(one, names))
    except (OSError, TimeoutError) as error:
        raise BenchError(f"{len(names):,} connections ({kind.name}) could not be opened: {error!r}") from error


async def _greet(server: Server, kind: Kind, name: str, trust: ssl.SSLContext | None) -> asyncio.Transport:
    loop = asyncio.get_running_loop()
    transport, guest = await loop.create_connection(Guest, "127.0.0.1", server.port, ssl=trust)
    for sent, answer in kind.steps(name, server.port):
        heard = guest.wait_for(answer)
        transport.write(sent)
        await heard
    return transport


class Guest(asyncio.Protocol):
    """Reads all that comes and keeps none of it, but for the end of an answer that is waited for."""

    def __init__(self) -> None:
        self._wanted = b""
        self._tail = b""
        self._heard: asyncio.Future[None] | None = None

    def wait_for(self, answer: bytes) -> "asyncio.Future[None]":
        """Done when `answer` has come after this call; fails when the connection ends before."""
        self._wanted, self._tail = answer, b""
        self._heard = asyncio.get_running_loop().create_future()
        return self._heard

    def data_received(self, data: bytes) -> None:
        if self._heard is None or self._heard.done():
            return
        seen = self._tail + data
        self._tail = seen[-len(self._wanted) :]
        if self._wanted in seen:
            self._heard.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if self._heard and not self._heard.done():
            self._heard.set_exception(ConnectionResetError("the server closed it"))
