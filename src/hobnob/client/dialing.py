"""Reaching a server: a TCP connection, TLS on it where it has to be, and its key seen, before a byte of ours goes out.

Each way that ends otherwise is one sentence. What does not come about in TLS is never tried in the clear.
"""

import asyncio
import os
import socket
import ssl

from hobnob.client.address import Address, is_loopback
from hobnob.client.errors import CannotConnect
from hobnob.client.known_hosts import KnownHosts
from hobnob.client.link import Link, StreamLink
from hobnob.client.trust import Tls, Trust, decide

CONNECT_WITHIN = 10.0
"""Seconds for the connection, and again for TLS."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_link(
    address: Address, tls: Tls = None, *, insecure: bool = False, key: str = "", known: KnownHosts | None = None
) -> Link:
    """Connect. `key` is the fingerprint that a link says; `known` are the keys that are remembered.

    Raises:
        CannotConnect: one sentence says why.
    """
    known = known or KnownHosts()
    trust = await asyncio.to_thread(decide, address, tls, insecure=insecure, key=key, known=known)
    try:
        streams = await _meet(trust, insecure=insecure)
    except ssl.SSLCertVerificationError as error:
        if not trust.by_system:
            raise CannotConnect(
                "not-trusted",
                f"The certificate of {address} is not trusted: {error.verify_message}. Name its CA or fingerprint.",
            ) from None
        trust = trust.by_key()
        streams = await _meet(trust, insecure=insecure)
    if trust.context is not None:
        try:
            await _check(trust, streams[1], known)
        except BaseException:
            streams[1].transport.abort()
            raise
    confidential = trust.context is not None or is_loopback(streams[1].get_extra_info("peername", ("",))[0])
    return StreamLink(*streams, confidential=confidential)


async def _check(trust: Trust, writer: asyncio.StreamWriter, known: KnownHosts) -> None:
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    await asyncio.to_thread(trust.check, certificate or b"")
    if trust.to_keep:
        await asyncio.to_thread(known.remember, trust.address, trust.key)


async def _meet(trust: Trust, *, insecure: bool) -> Streams:
    """Connect, and shake hands if it is to be TLS.

    Raises:
        CannotConnect: it did not come about.
        ssl.SSLCertVerificationError: the context does not trust the certificate.
    """
    address = trust.address
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            sock = await _reach(address)
        peer = sock.getpeername()[0]
    except (OSError, UnicodeError) as error:  # a TimeoutError is an OSError
        raise _unreached(address, error) from None
    if trust.context is None:
        if not insecure and not is_loopback(peer):
            sock.close()
            raise CannotConnect(
                "insecure",
                f"{address} is not on this machine, so others could read along. Use TLS, or allow an insecure"
                " connection.",
            )
        return await asyncio.open_connection(sock=sock)
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            return await asyncio.open_connection(
                sock=sock, ssl=trust.context, server_hostname=address.host.partition("%")[0]
            )
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that no certificate can have
        raise _no_handshake(trust, error) from None


async def _reach(address: Address) -> socket.socket:
    """A connected socket, to the first of the host's addresses that takes one."""
    loop = asyncio.get_running_loop()
    refusal: OSError | None = None
    for family, kind, protocol, _, place in await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:  # the machine may not speak IPv6
            refusal = refusal or error
            continue
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, place)
        except OSError as error:
            sock.close()
            refusal = error if isinstance(error, ConnectionRefusedError) else refusal or error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise refusal or OSError("it has no address")


def _unreached(address: Address, error: Exception) -> CannotConnect:
    match error:
        case TimeoutError():
            return CannotConnect("no-answer", f"{address} does not answer. Check the address and the network.")
        case ConnectionRefusedError():
            return CannotConnect(
                "connection-refused", f"Nothing listens at {address}. Is the server running, and is this its port?"
            )
        case socket.gaierror() | UnicodeError():
            return CannotConnect("host-unknown", f"The name {address.host!r} is not known here. Check its spelling.")
    return CannotConnect("unreachable", f"{address} cannot be reached: {_reason(error)}.")


def _no_handshake(trust: Trust, error: Exception) -> CannotConnect:
    """TLS did not come about. Only the ClientHello went out, and nothing will be said in the clear."""
    address = trust.address
    between = "Something in between may let no encrypted connection through."
    match error:
        case TimeoutError():
            return CannotConnect("no-answer", f"{address} takes connections but does not answer in TLS. {between}")
        case ssl.SSLEOFError() | ConnectionError():
            return CannotConnect("hung-up", f"{address} hung up when TLS began. {between}")
        case ssl.SSLError() if trust.known:
            return CannotConnect(
                "no-tls",
                f"{address} spoke TLS before and does not now, so nothing was sent to it: it was set up anew, or"
                f" somebody is in between. Ask whoever runs it; if it is right, run `hobnob forget {address}` and come"
                " again.",
            )
        case ssl.SSLError():
            return CannotConnect(
                "no-tls", f"{address} does not speak TLS with us. If that is right, allow a connection in the clear."
            )
    return CannotConnect("unreachable", f"{address} cannot be reached: {_reason(error)}.")


def _reason(error: Exception) -> str:
    """What an error says, without its number and in one line."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return " ".join(str(error).split()) or type(error).__name__
