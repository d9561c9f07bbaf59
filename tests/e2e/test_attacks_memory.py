"""Connections without number from addresses without number: what they cost the server, and those who are in.

`SOCKETS=50000 pytest tests/e2e/test_attacks_memory.py -s` is the real thing, and prints the figures.
"""

import os
import resource
import select
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from tests.e2e.clients import PATIENCE, JsonClient
from tests.e2e.server import Server

SOCKETS = int(os.environ.get("SOCKETS", "6000"))
KIB, MIB = 1024, 1024 * 1024
MOST_UNDECIDED = 2000
ONE_MAY_COST = 16 * KIB
MOST_HANDSHAKES, A_HANDSHAKE_MAY_COST = 1000, 100 * KIB
SOON = 5.0
"""Seconds in which what is too many is closed; an undecided connection may stay for twice as long."""

BEGINNINGS = {
    "silence": b"",
    "half a request": b"GET / HTTP/1.1",
    "half a line of 8 KiB": b"PRIVMSG #" + b"x" * 8000,
    "half a handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200,
}


class Flood:
    """Sockets of this machine's many addresses; the server closes what it will."""

    def __init__(self, port: int, said: bytes) -> None:
        self._port = port
        self._said = said
        self._open: dict[int, socket.socket] = {}
        self._poll = select.epoll()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, number: int) -> None:
        """One more, each fifty from an address of their own."""
        address = number // 50
        sock = socket.socket()
        sock.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
        sock.bind((f"127.{1 + address // 62500}.{address // 250 % 250}.{1 + address % 250}", 0))
        sock.settimeout(PATIENCE)
        sock.connect(("127.0.0.1", self._port))
        sock.setblocking(False)
        with suppress(OSError):
            sock.send(self._said)
        self._open[sock.fileno()] = sock
        self._poll.register(sock.fileno(), select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR)

    def forget_closed(self, wait: float = 0.0) -> None:
        """Close those that the server has closed."""
        for number, _ in self._poll.poll(wait, 10_000):
            self._poll.unregister(number)
            self._open.pop(number).close()

    def close(self) -> None:
        for sock in self._open.values():
            sock.close()
        self._open.clear()
        self._poll.close()


@pytest.fixture(autouse=True)
def _enough_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20_000, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("said", BEGINNINGS.values(), ids=BEGINNINGS.keys())
def test_many_undecided_connections_cost_little_and_nobody_notices(server: Server, said: bytes) -> None:
    ada = JsonClient(server.port, "ada")
    for _ in range(20):  # what is loaded once does not count
        JsonClient(server.port).close()
    with closing(Flood(server.port, said)) as flood:
        check_costs(server, ada, flood, handshakes=said.startswith(b"\x16"))
    assert server.process.poll() is None


def check_costs(server: Server, ada: JsonClient, flood: Flood, *, handshakes: bool) -> None:
    before = peak = server.memory
    waits: list[float] = []
    most, began = 0, time.monotonic()
    for number in range(SOCKETS):
        flood.add(number)
        if number % 200 == 199:
            flood.forget_closed()
            asked = time.monotonic()
            assert ada.ask("ping")["ok"]
            newcomer = JsonClient(server.port)  # somebody from elsewhere gets in all the same
            waits.append(time.monotonic() - asked)
            newcomer.close()
            peak, most = max(peak, server.memory), max(most, len(flood))
    took = time.monotonic() - began
    deadline = time.monotonic() + SOON
    while len(flood) > MOST_UNDECIDED and time.monotonic() < deadline:
        flood.forget_closed(0.1)
    assert len(flood) <= MOST_UNDECIDED
    in_handshakes = MOST_HANDSHAKES * A_HANDSHAKE_MAY_COST if handshakes else 0
    assert peak - before < MOST_UNDECIDED * ONE_MAY_COST + in_handshakes + 8 * MIB
    waits.sort()
    print(
        f"{SOCKETS:,} connections in {took:.1f} s: at most {most:,} at once, {(peak - before) / MIB:.1f} MiB more;"
        f" coming in and a ping took {waits[len(waits) // 2] * 1000:.0f} ms, at most {waits[-1] * 1000:.0f} ms"
    )
