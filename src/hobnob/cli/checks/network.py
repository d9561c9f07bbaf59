"""The port, asked for in the very way the server asks for it, and the certificate, tried out without a socket."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

from hobnob.cli.checks.finding import Finding, fail, ok, warn
from hobnob.cli.remote import reachable
from hobnob.net.listener import CannotListen, Listener, ListenerSettings, PortTaken
from hobnob.net.tls import TlsRefused, server_context

_PATIENCE = 2.0  # seconds for who has the port to answer
_SOON = 14  # days
_DAY = 86_400_000


def check_port(host: str, port: int) -> Finding:
    """Whether a server could listen, and if not, whether hobnob is what listens."""
    where = f"{host} port {port}"
    try:
        asyncio.run(_listen(host, port))
    except PortTaken as taken:
        if _is_hobnob(reachable(host), port):
            return ok("port", f"a hobnob answers on {where}")
        return fail("port", f"another program has {where}", str(taken).partition(": ")[2].capitalize())
    except CannotListen as refused:
        return fail("port", f"nothing can listen on {where}", str(refused))
    return ok("port", f"{where} is free" if port else f"on {host} a free one will be taken")


def check_certificate(cert: Path, key: Path, now: int) -> Finding:
    """Whether certificate and key work together, and how long still, at `now` (ms since 1970)."""
    try:
        ends = _validity_end(server_context(cert, key), cert)
    except TlsRefused as refused:
        return fail("tls", "the certificate cannot be used", str(refused))
    except ssl.SSLCertVerificationError as refused:
        return fail("tls", f"{cert}: {refused.verify_message}", "Put a valid one in its place.")
    except ssl.SSLError as refused:
        return fail("tls", f"no connection is possible with {cert} ({refused.reason})", "Make another one.")
    days = (ends - now) // _DAY
    until = f"{datetime.fromtimestamp(ends / 1000, UTC):%Y-%m-%d}"
    if days < _SOON:
        says = f"{cert} ends on {until}"
        return (fail if days < 0 else warn)("tls", says, "Renew it; a server that is running takes it up by itself.")
    return ok("tls", f"{cert} is valid until {until}")


async def _listen(host: str, port: int) -> None:
    listener = Listener(gateways={}, greeting=b"", settings=ListenerSettings())
    try:
        await listener.start(host, port)
    finally:
        await listener.close()


def _is_hobnob(host: str, port: int) -> bool:
    """Whether a question in JSON is answered as hobnob does, whatever the answer: that it takes TLS alone, for one."""
    try:
        with socket.create_connection((host, port), timeout=_PATIENCE) as connection:
            connection.sendall(b'{"do":"who_are_you","id":"doctor"}\n')
            return connection.recv(4096).startswith((b'{"reply":"doctor"', b'{"event":"goodbye"'))
    except OSError:
        return False


def _validity_end(server: ssl.SSLContext, cert: Path) -> int:
    """When a certificate ends, in ms since 1970, by a handshake in memory. Raises ssl.SSLError, as after its end."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the certificate itself is all that is trusted
    client.load_verify_locations(cert)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_side=False),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(4):  # flights of a handshake, at most
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    found = ends[0].getpeercert() or {}
    return int(ssl.cert_time_to_seconds(str(found["notAfter"]))) * 1000
