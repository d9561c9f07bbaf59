"""Logins: whether it shows in the time of a refused login if the name is anybody's.

Wrong passwords are tried at names that have an account and at names that nobody has, in turns, so that both meet the
machine's noise alike. Each account is tried once: after some failures a name is slowed, which is another test's matter.
"""

import json
import random
import socket
import time
from itertools import count
from statistics import median
from typing import Any

from bench.lab import Lab, Rows
from bench.ranks import p_value
from bench.server import BenchError, Server, start_hobnob
from bench.table import Aim, Row

PAIRS = 120
QUICK_PAIRS = 12
PASSWORD = "quite a long password of the bench"
LEAST_P = 0.01  # of a hundred runs in which nothing can be told, one falls below


class Client:
    """A JSON client that asks one thing after the other."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self._lines = self._socket.makefile("rb")
        self._ids = count(1)

    def ask(self, do: str, **fields: object) -> dict[str, Any]:
        """A command's reply."""
        asked = next(self._ids)
        self._socket.sendall(json.dumps({"do": do, "id": asked, **fields}).encode() + b"\n")
        for line in self._lines:
            frame: dict[str, Any] = json.loads(line)
            if frame.get("reply") == asked:
                return frame
        raise BenchError(f"The server ended the connection instead of answering {do}.")

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


def measure(lab: Lab) -> Rows:
    """Two rows: the median times, and how likely it is that they are of one kind."""
    pairs = QUICK_PAIRS if lab.quick else PAIRS
    with start_hobnob(lab.new_folder() / "data") as server:
        for number in range(pairs):
            _register(server, f"person{number}")
        existing: list[float] = []
        missing: list[float] = []
        for number in range(pairs):
            turns = [(f"person{number}", existing), (f"nobody{number}", missing)]
            random.shuffle(turns)
            for name, times in turns:
                times.append(_refused(server, name))
    yield Row(
        "a refused login, median: a name that exists, beside one that does not", "ms",
        median(existing) * 1000, median(missing) * 1000,
    )  # fmt: skip
    what = f"the same, likelihood of such a difference by chance ({pairs} pairs, rank test)"
    yield Row(what, "p", p_value(existing, missing), None, Aim("≥", LEAST_P))


def _register(server: Server, name: str) -> None:
    client = Client(server)
    reply = client.ask("hello", name=name, password=PASSWORD, register=True)
    client.close()
    if not reply.get("ok"):
        raise BenchError(f"An account could not be made: {reply.get('hint')}")


def _refused(server: Server, name: str) -> float:
    """Seconds until a wrong password is refused."""
    client = Client(server)
    client.ask("ping")
    begun = time.perf_counter()
    reply = client.ask("hello", name=name, password=f"not {PASSWORD}")
    took = time.perf_counter() - begun
    client.close()
    if reply.get("error") != "wrong-password":
        raise BenchError(f"A wrong password was answered with {reply}.")
    return took
