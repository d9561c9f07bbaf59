"""The admin socket: whose it is, where it lies, and that nobody else gets a word out of it."""

import asyncio
import os
import socket
import stat
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import cast

import pytest

from hobnob.net.admin_socket import SOCKET, AdminSocket, reachable

NOBODY = 65534
WITHIN = 10.0


class Echo(asyncio.Protocol):
    """Says back what it hears."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


Listen = Callable[[Path], "asyncio.Future[AdminSocket]"]


@pytest.fixture
async def listen() -> AsyncIterator[Callable[[Path], object]]:
    """Starts sockets that end with the test."""
    started: list[AdminSocket] = []

    async def begin(folder: Path) -> AdminSocket:
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        started.append(AdminSocket(folder, Echo))
        await started[-1].start()
        return started[-1]

    yield begin
    for each in started:
        each.close()


async def said_back(folder: Path) -> bytes:
    with reachable(folder) as path:
        reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"hello")
    async with asyncio.timeout(WITHIN):
        heard = await reader.read(100)
    writer.close()
    await writer.wait_closed()
    return heard


@pytest.mark.parametrize("length", [1, 200])
async def test_its_user_comes_in_however_long_the_path(tmp_path: Path, listen: Listen, length: int) -> None:
    folder = tmp_path / ("x" * length)
    await listen(folder)
    assert stat.S_IMODE((folder / SOCKET).stat().st_mode) == 0o600
    assert await said_back(folder) == b"hello"


async def test_it_takes_the_place_of_one_that_was_left(tmp_path: Path, listen: Listen) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / SOCKET))
    left.close()
    await listen(tmp_path)
    assert await said_back(tmp_path) == b"hello"


async def test_it_is_gone_after_the_end(tmp_path: Path, listen: Listen) -> None:
    admin = await listen(tmp_path)
    admin.close()
    assert not (tmp_path / SOCKET).exists()


async def test_a_folder_that_takes_no_socket_is_logged_and_no_more(tmp_path: Path) -> None:
    admin = AdminSocket(tmp_path / "missing", Echo)
    await admin.start()
    admin.close()


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that others may look into, unlike pytest's own."""
    folder = Path(mkdtemp(prefix="hobnob-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    (folder / SOCKET).unlink(missing_ok=True)
    folder.rmdir()


def asked_by_nobody(path: Path) -> subprocess.CompletedProcess[bytes]:
    """What `nc` is told that another user runs."""
    return subprocess.run(
        ["nc", "-N", "-U", path], input=b"hello", user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True,
        timeout=WITHIN, cwd="/",
    )  # fmt: skip


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can ask as somebody else.")
@pytest.mark.parametrize("mode", [0o600, 0o666], ids=["as it is made", "with a mode that somebody changed"])
async def test_another_user_does_not_come_in(open_to_all: Path, listen: Listen, mode: int) -> None:
    await listen(open_to_all)
    await asyncio.to_thread((open_to_all / SOCKET).chmod, mode)
    asked = await asyncio.to_thread(asked_by_nobody, open_to_all / SOCKET)
    assert asked.stdout == b""
    assert (b"Permission denied" in asked.stderr) == (mode == 0o600)
