"""The way in for whoever runs the server: a Unix socket in the data folder, for the user whose server it is.

The folder is 0700 and the socket 0600; whoever connects is looked up in the kernel all the same, since a folder's mode
may have been changed by hand. What comes in by it never was on a network.
"""

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import structlog

SOCKET = "admin.sock"
LONGEST_PATH = 100
"""Bytes that every system takes for the path of a socket (macOS: 104, Linux: 108)."""
_LINUX_PEERCRED: int | None = getattr(socket, "SO_PEERCRED", None)
"""Process, user and group, an int each."""
_MACOS_PEERCRED = 0x001
"""LOCAL_PEERCRED, at level SOL_LOCAL (0): a struct xucred, whose second field is the user."""

_log = structlog.get_logger()


class CannotReach(OSError):
    """The socket cannot have this path; the message is one sentence."""


@contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """A path of the socket in `folder` that is short enough, as long as the context lasts. Raises CannotReach."""
    path = str(folder.absolute() / SOCKET)
    if len(os.fsencode(path)) <= LONGEST_PATH:
        yield path
        return
    if sys.platform != "linux":
        raise CannotReach(f"The path {folder} is too long for a socket: choose a shorter one with --data.")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


class AdminSocket:
    """Listens in `folder`, whose lock this process has; `speak` makes the protocol of each who may come in."""

    def __init__(self, folder: Path, speak: Callable[[], asyncio.BaseProtocol]) -> None:
        self._folder = folder
        self._speak = speak
        self._server: asyncio.AbstractServer | None = None

    async def start(self) -> None:
        """Listen, in the place of a socket that a killed process left. A failure is logged: the chat goes on."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_unix_server(lambda: _Visitor(self._speak), sock=_bound(self._folder))
        except OSError as error:
            _log.warning("hobnob admin cannot reach this server", reason=error.strerror or str(error))

    def close(self) -> None:
        """Listen no more, and remove the socket."""
        if self._server is not None:
            self._server.close()
            with suppress(OSError):
                (self._folder / SOCKET).unlink()


def _bound(folder: Path) -> socket.socket:
    """A socket that only this user may connect to, from its first moment on."""
    with reachable(folder) as path:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108  it may lead through a descriptor
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.setblocking(False)
        before = os.umask(0o177)
        try:
            listening.bind(path)
        except OSError:
            listening.close()
            raise
        finally:
            os.umask(before)
    return listening


class _Visitor(asyncio.Protocol):
    """Somebody who connected: handed on at once, or cut without a word."""

    def __init__(self, speak: Callable[[], asyncio.BaseProtocol]) -> None:
        self._speak = speak

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        own = cast("asyncio.Transport", transport)
        user = _user(own)
        if user not in (0, os.geteuid()):
            _log.warning("another user tried to reach the admin socket", user=user)
            own.abort()
            return
        successor = self._speak()
        own.set_protocol(successor)
        successor.connection_made(own)


def _user(transport: asyncio.Transport) -> int | None:
    """The id of the user at the other end; None where the kernel does not tell."""
    sock: socket.socket = transport.get_extra_info("socket")
    try:
        if _LINUX_PEERCRED is not None:
            return int(struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, _LINUX_PEERCRED, 12))[1])
        return int(struct.unpack_from("II", sock.getsockopt(0, _MACOS_PEERCRED, 128))[1])
    except (OSError, struct.error):
        return None
