"""Drives load.c: one process of it is one crowd, connected to one server, that runs round after round on order.

Crowds stay connected between rounds, so the rounds of hobnob and of its reference can alternate and meet the
machine's noise alike.
"""

import json
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from bench.server import BenchError, Server

Protocol = Literal["json", "irc", "lines"]
TEXT = 100  # bytes of a message


@dataclass(frozen=True)
class Round:
    """What one round counted; times in seconds unless the name says otherwise."""

    seconds: float  # from the first message to the last acknowledgement and delivery
    sent: int
    acked: int
    refused: int
    delivered: int
    expected: int  # deliveries that the accepted messages should have brought
    bytes: int  # received by all connections
    cpu_ns: int  # of the server's process
    client_cpu_ns: int
    first_error: str  # the first refusal, as the server wrote it
    latencies_us: list[float] = field(repr=False)

    @property
    def cpu_a_delivery(self) -> float:
        """Microseconds of the server's CPU time for each delivery."""
        return self.cpu_ns / 1000 / self.delivered

    @property
    def cpu_a_message(self) -> float:
        """Microseconds of the server's CPU time for each acknowledged message."""
        return self.cpu_ns / 1000 / self.acked

    @property
    def bytes_a_delivery(self) -> float:
        return self.bytes / self.delivered

    def check(self) -> None:
        """BenchError when something was refused or lost: such a round's figures mean nothing."""
        if self.refused or not self.acked:
            raise BenchError(f"{self.refused} of {self.sent} messages were refused: {self.first_error or 'no reason'}")
        if self.delivered != self.expected or self.acked != self.sent:
            lost = f"{self.delivered} of {self.expected} deliveries and {self.acked} of {self.sent} acknowledgements"
            raise BenchError(f"Only {lost} arrived.")


class Crowd:
    """`connections` clients of `server`, the first `senders` of which send."""

    def __init__(
        self,
        program: Path,
        server: Server,
        protocol: Protocol,
        connections: int,
        senders: int,
        text: int = TEXT,
        own_rooms: bool = False,
    ) -> None:
        rooms = "own" if own_rooms else "shared"
        counts = map(str, (connections, senders, text, server.pid))
        self._process = subprocess.Popen(
            [str(program), str(server.port), protocol, rooms, *counts],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            self._answer()
        except BaseException:
            self.leave()
            raise

    def burst(self, window: int, seconds: float) -> Round:
        """Every sender keeps `window` messages unacknowledged for `seconds`."""
        return self._run(f"burst {window} {seconds}")

    def paced(self, rate: float, seconds: float) -> Round:
        """`rate` messages a second in all, whatever the server does, for `seconds`."""
        return self._run(f"paced {rate} {seconds}")

    def leave(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _run(self, order: str) -> Round:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended; why stands on its stderr
            self._process.stdin.write(order.encode() + b"\n")
            self._process.stdin.flush()
        result = Round(**self._answer())
        result.check()
        return result

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(self._process.stderr.read().decode(errors="replace").strip() or "The load client ended.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()
