"""The certificate that is in use follows its files: whoever renews them, new connections get the new one at once.

A pair that cannot be used leaves the one in use where it is, and the log says why, once for each state of the files.
Connections keep what they began with.
"""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import structlog

from hobnob.net.tls import Tls, TlsRefused, first_certificate, server_context
from hobnob.protocol.fingerprints import fingerprint

LOOK_EVERY = 2.0
"""Seconds between two looks at the files. What changed is read when it looks the same twice: it may be half written."""
KEEP_EVERY = 43_200
"""Looks (a day) until the server's own certificate is seen to again."""

Files = tuple[Path, Path]
"""The certificate with its chain, and its key."""
_Stamp = tuple[tuple[int, int, int] | None, ...]

_log = structlog.get_logger()


class Renewal:
    """Loads the files that `keep` names, after whatever it does to keep them good, and loads them again.

    `keep` is called in a thread and raises TlsRefused.
    """

    def __init__(self, tls: Tls, keep: Callable[[], Files]) -> None:
        self._tls = tls
        self._keep = keep
        self._files: Files | None = None
        self._read: _Stamp = ()
        self._loading = asyncio.Lock()

    async def start(self) -> None:
        """Load for the first time. Raises TlsRefused."""
        self._tls.use(*await asyncio.to_thread(self._load))

    async def watch(self) -> None:
        """Look at the files until cancelled."""
        seen, looks = self._read, 0
        while True:
            await asyncio.sleep(LOOK_EVERY)
            looks += 1
            now = await asyncio.to_thread(self._stamp)
            if (now == seen and now != self._read) or looks % KEEP_EVERY == 0:
                await self.reload()
            seen = now

    async def reload(self) -> None:
        """Take what the files hold now, if it can be used."""
        async with self._loading:
            before = self._tls.fingerprint
            try:
                self._tls.use(*await asyncio.to_thread(self._load))
            except TlsRefused as refused:
                _log.warning("the TLS certificate stays the one that was", reason=str(refused))
                return
        _log.info("the TLS certificate was read again", fingerprint=self._tls.fingerprint)
        if self._tls.fingerprint != before:
            _log.warning("the TLS key is another: clients that remember the old one will stop", before=before)

    def _load(self) -> tuple[ssl.SSLContext, str]:
        self._read = self._stamp()  # also when they are refused: once is enough
        cert, key = self._files = self._keep()
        self._read = self._stamp()  # before they are read: a change meanwhile shows at the next look
        context = server_context(cert, key)
        return context, _fingerprint(cert)

    def _stamp(self) -> _Stamp:
        return tuple(_stamp(path) for path in self._files or ())


def _fingerprint(cert: Path) -> str:
    der = first_certificate(cert)
    try:
        return fingerprint(der)
    except ValueError as refused:
        raise TlsRefused(f"The TLS certificate {cert} cannot be used: it is not one as X.509 has them.") from refused


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced or written."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
