"""TLS on the one port: the server's context, or one sentence that says why there is none.

TLS 1.2 or later. ALPN offers `http/1.1`, so that a browser's silent spare connection is known for one, and `irc`. The
context may come after the first client, and be followed by another: a connection keeps the one it began with.
"""

import asyncio
import re
import ssl
from pathlib import Path

ALPN_WEB = "http/1.1"
ALPN_IRC = "irc"
ALPN_ACME = "acme-tls/1"
"""The certificate authority's visit (RFC 8737): the handshake is all of it."""

NO_TLS_HERE = b"\x15\x03\x01\x00\x02\x02\x28"
"""A fatal handshake_failure alert (RFC 5246, 7.2), for a ClientHello where no certificate is configured."""

ACCESS_DENIED = b"\x15\x03\x01\x00\x02\x02\x31"
"""The alert for who connects too often; a handshake costs as much as a hundred lines."""

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class TlsRefused(ValueError):
    """The certificate and key cannot be used; the message is one sentence for whoever configured them."""


class Tls:
    """The context for new handshakes, which are held until there is one.

    `fingerprint` is of its key (protocol/fingerprints.py); empty until it is known.
    """

    __slots__ = ("_there", "context", "fingerprint")

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.context = context
        self.fingerprint = ""
        self._there = asyncio.Event()

    def use(self, context: ssl.SSLContext, fingerprint: str) -> None:
        """Shake hands with this context from now on."""
        self.context = context
        self.fingerprint = fingerprint
        self._there.set()

    async def until_there(self) -> ssl.SSLContext:
        """The context, as soon as there is one."""
        while self.context is None:
            await self._there.wait()
        return self.context


def server_context(cert: Path, key: Path) -> ssl.SSLContext:
    """A context for the PEM chain in `cert` and the PEM key in `key`; raises TlsRefused."""
    for path, what in ((cert, "certificate"), (key, "key")):
        _check_readable(path, what)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols([ALPN_WEB, ALPN_IRC])

    def no_passphrase() -> str:
        raise TlsRefused(f"The TLS key {key} is encrypted; give one without a passphrase (openssl pkey -in … -out …).")

    try:
        context.load_cert_chain(cert, key, password=no_passphrase)
    except ssl.SSLError as refused:
        raise TlsRefused(_sentence(refused, cert, key)) from refused
    except OSError as refused:  # it is being replaced this very moment
        raise TlsRefused(f"The TLS certificate {cert} and key {key} cannot be read: one of them has gone.") from refused
    return context


def first_certificate(cert: Path) -> bytes:
    """The server's own certificate of a PEM chain, in DER. Raises TlsRefused."""
    try:
        found = _PEM.search(cert.read_text("ascii", "replace"))
        if found:
            return ssl.PEM_cert_to_DER_cert(found[0])
    except (OSError, ValueError) as refused:
        raise TlsRefused(f"The TLS certificate {cert} cannot be read.") from refused
    raise TlsRefused(f"The TLS certificate {cert} cannot be used: it must be a PEM file.")


def _check_readable(path: Path, what: str) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as refused:
        reason = (refused.strerror or "it cannot be opened").lower()
        raise TlsRefused(f"The TLS {what} {path} cannot be read: {reason}.") from refused


def _sentence(refused: ssl.SSLError, cert: Path, key: Path) -> str:
    if refused.reason == "KEY_VALUES_MISMATCH":
        return f"The TLS key {key} does not belong to the certificate {cert}; give the pair that was made together."
    if refused.reason in ("EE_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"):
        return f"The TLS certificate {cert} is too weak to be used; make one with a 2048-bit RSA or an EC key."
    return f"The TLS certificate {cert} and key {key} cannot be used: both must be PEM files."
