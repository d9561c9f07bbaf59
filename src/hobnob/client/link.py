"""One connection as a stream of frames: TCP or TLS, one JSON object a line. What may not be trusted is left unused.

Off loopback a plain connection is closed before anything is sent, unless the caller said that it may be insecure; the
address that was really reached counts, not the name.
"""

import asyncio
import errno
import hashlib
import os
import re
import socket
import ssl
from pathlib import Path
from typing import Protocol

from hobnob.client.address import Address, is_loopback
from hobnob.client.errors import CannotConnect
from hobnob.protocol.codec import MAX_SERVER_FRAME

CONNECT_WITHIN = 10.0
"""Seconds for TCP and TLS together."""
PIECE = 256 * 1024
"""Bytes that are read at once."""
_FINGERPRINT = re.compile(r"sha256:((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.IGNORECASE)

Tls = bool | str | Path | ssl.SSLContext
"""False: plain. True: the system's trusted certificates. Else a CA file, ``sha256:…`` of the server's certificate (its
fingerprint as 64 hex digits), or a context of one's own."""


class Link(Protocol):
    """What a `Connection` needs of a stream. Every OSError of `read` and `drain` means that it is broken."""

    async def read(self) -> list[bytes]:
        """The next frames, at least one; EOFError at the end, ValueError for a frame that is too long."""
        ...

    def write(self, frame: bytes) -> None:
        """Send a frame, without waiting."""
        ...

    async def drain(self) -> None:
        """Wait while too much is waiting to be sent."""
        ...

    def close(self) -> None:
        """Drop the connection at once."""
        ...


class Frames:
    """Lines out of bytes that are split anywhere; at most one frame is kept."""

    def __init__(self, limit: int = MAX_SERVER_FRAME) -> None:
        self._limit = limit
        self._kept = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes; empty lines are none. ValueError when one is over the limit."""
        head, newline, rest = data.rpartition(b"\n")
        if newline:
            lines = (bytes(self._kept) + head).split(b"\n")
            self._kept[:] = rest
        else:
            lines = []
            self._kept += data
        if len(self._kept) > self._limit or any(len(line) > self._limit for line in lines):
            raise ValueError("a frame is too long")
        return [line for line in lines if line and not line.isspace()]


class StreamLink:
    """A `Link` over an asyncio stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._frames = Frames()

    async def read(self) -> list[bytes]:
        while True:
            data = await self._reader.read(PIECE)
            if not data:
                raise EOFError
            if frames := self._frames.feed(data):
                return frames

    def write(self, frame: bytes) -> None:
        if not self._writer.is_closing():  # asyncio would log it; the reading side notices that it is gone
            self._writer.write(frame + b"\n")

    async def drain(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        self._writer.transport.abort()


async def open_link(address: Address, tls: Tls = False, *, insecure: bool = False) -> Link:
    """Connect.

    Raises:
        CannotConnect: one sentence says why.
    """
    context, fingerprint = tls_context(tls)
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            reader, writer = await asyncio.open_connection(
                address.host, address.port, ssl=context, server_hostname=address.host if context else None
            )
    except (OSError, UnicodeError) as error:  # a TimeoutError is an OSError
        raise _explain(address, error) from None
    try:
        _check(address, writer, fingerprint, plain=context is None, insecure=insecure)
    except CannotConnect:
        writer.transport.abort()
        raise
    return StreamLink(reader, writer)


def tls_context(tls: Tls) -> tuple[ssl.SSLContext | None, bytes | None]:
    """What TLS needs: a context (None: plain), and the SHA-256 that the server's certificate must have, if any.

    Raises:
        CannotConnect: ``not-trusted``: the CA file cannot be read.
    """
    if isinstance(tls, ssl.SSLContext):
        return tls, None
    if isinstance(tls, bool):
        return (ssl.create_default_context() if tls else None), None
    if isinstance(tls, str) and tls.lower().startswith("sha256:"):
        if not (found := _FINGERPRINT.fullmatch(tls)):
            raise CannotConnect("not-trusted", "A fingerprint is written sha256: and 64 hexadecimal digits.")
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the fingerprint is compared instead, before anything is sent
        return context, bytes.fromhex(found[1].replace(":", ""))
    try:
        return ssl.create_default_context(cafile=str(tls)), None
    except OSError as error:
        raise CannotConnect("not-trusted", f"{tls} holds no certificates that can be read: {_reason(error)}.") from None


def _check(
    address: Address, writer: asyncio.StreamWriter, fingerprint: bytes | None, *, plain: bool, insecure: bool
) -> None:
    peer: tuple[str, int] | None = writer.get_extra_info("peername")
    if peer is None:
        raise CannotConnect("hung-up", f"{address} hung up at once. Try again later.")
    if plain and not insecure and not is_loopback(peer[0]):
        raise CannotConnect(
            "insecure",
            f"{address} is not on this machine, so others could read along. Use TLS, or allow an insecure connection.",
        )
    if fingerprint is not None:
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if hashlib.sha256(certificate).digest() != fingerprint:
            raise CannotConnect(
                "not-trusted", f"{address} shows another certificate than the one you named; nothing was sent to it."
            )


def _explain(address: Address, error: Exception) -> CannotConnect:
    """The one sentence about a connection that did not come about."""
    if f"[Errno {errno.ECONNREFUSED}]" in str(error):  # one of several addresses that were tried
        error = ConnectionRefusedError()
    match error:
        case TimeoutError():
            return CannotConnect("no-answer", f"{address} does not answer. Check the address and the network.")
        case ConnectionRefusedError():
            return CannotConnect(
                "connection-refused", f"Nothing listens at {address}. Is the server running, and is this its port?"
            )
        case socket.gaierror() | UnicodeError():
            return CannotConnect("host-unknown", f"The name {address.host!r} is not known here. Check its spelling.")
        case ssl.SSLCertVerificationError():
            return CannotConnect(
                "not-trusted",
                f"The certificate of {address} is not trusted: {error.verify_message}. Name its CA or fingerprint.",
            )
        case ssl.SSLError():
            return CannotConnect("no-tls", f"{address} does not speak TLS with us. Is it a plain server?")
    return CannotConnect("unreachable", f"{address} cannot be reached: {_reason(error)}.")


def _reason(error: Exception) -> str:
    """What an OSError says, without its number and in one line."""
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return " ".join(str(error).split()) or type(error).__name__
