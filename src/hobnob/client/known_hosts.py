"""The keys by which servers are known on this machine: a line for each ``host:port``, followed by its fingerprint.

A pin must not be lost unnoticed, or whoever is in between would be believed as if the server were new. So a file that
cannot be read is an error and not an empty one, and a server whose line is damaged is known by a key that nothing has.
Lines that mean nothing here stay as they are.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hobnob.client.address import Address, has_port, parse_address
from hobnob.client.errors import CannotConnect
from hobnob.client.private import state_folder, write_private
from hobnob.protocol.fingerprints import FINGERPRINT

DAMAGED = "?"
"""The key of a server whose line cannot be read; no server has it."""


class KnownHosts:
    """See the head of this file. With `keeps` false nothing is written. All of it blocks."""

    def __init__(self, path: Path | None = None, *, keeps: bool = True) -> None:
        self.path = path or state_folder() / "known_hosts"
        self._keeps = keeps

    def key_of(self, address: Address) -> str | None:
        """The fingerprint of a server, `DAMAGED`, or None where there is none.

        Raises:
            CannotConnect: ``not-trusted``: the file cannot be read.
        """
        keys = [key for host, key in map(_parts, self._lines()) if host == str(address)]
        return keys[0] if len({*keys}) == 1 else DAMAGED if keys else None

    def remember(self, address: Address, key: str) -> bool:
        """Know a server by this key, and by no other; whether that could be kept."""
        if not self._keeps:
            return False
        try:
            with self._alone():
                lines = self._lines()
                others = [line for line in lines if _parts(line)[0] != str(address)]
                write_private(self.path, "".join(f"{line}\n" for line in [*others, f"{address} {key}"]))
        except (OSError, CannotConnect):
            return False
        return True

    def forget(self, host: str) -> list[tuple[str, str]]:
        """Forget a server, or all those of a host that is given without a port; their addresses and keys.

        Raises:
            CannotConnect: ``bad-address``, or ``not-trusted``: the file cannot be read.
            OSError: it cannot be written.
        """
        wanted, with_port = parse_address(host), has_port(host)
        if not self.path.exists():
            return []
        with self._alone():
            lines = self._lines()
            found = [line for line in lines if _is_of(_parts(line)[0], wanted, with_port=with_port)]
            if found:
                write_private(self.path, "".join(f"{line}\n" for line in lines if line not in found))
        return [_parts(line) for line in found]

    def _lines(self) -> list[str]:
        try:
            text = self.path.read_text("utf-8", "surrogateescape")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise CannotConnect(
                "not-trusted",
                f"The file {self.path}, which has the keys of servers, cannot be read: {error.strerror}. Repair it, or"
                " remove it to begin anew.",
            ) from error
        return text.removesuffix("\n").split("\n") if text else []

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time changes the file, so that no line of another's is lost."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def _parts(line: str) -> tuple[str, str]:
    """Address and key of a line; no address where it is a comment or nothing that one could read."""
    host, *rest = line.split() or [""]
    if host.startswith("#"):
        return "", ""
    return host.lower(), rest[0] if rest and FINGERPRINT.fullmatch(rest[0]) else DAMAGED


def _is_of(line: str, wanted: Address, *, with_port: bool) -> bool:
    return line == str(wanted) if with_port else line.rpartition(":")[0].strip("[]") == wanted.host
