"""Tail: whether `hobnob tail` keeps up with a room in which 5,000 messages a second are said.

Five senders share the room with the tail. What counts is how long after the last acknowledgement the tail has printed
the last message, beside how long the senders themselves waited for theirs at the most.
"""

import os
import subprocess
import sys
import time
from threading import Thread
from typing import IO

from bench.lab import Lab, Rows
from bench.server import ROOT, BenchError, start_hobnob
from bench.table import Aim, Row

PACE = 5000.0
SENDERS = 5
SECONDS = 6.0
PATIENCE = 30.0  # seconds for the last line


class Lines(Thread):
    """Counts the lines of a stream, and notes when the last one came."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self.count = 0
        self.last = 0.0

    def run(self) -> None:
        for line in self._stream:
            if b'"message_sent"' in line:
                self.count += 1
                self.last = time.perf_counter()

    def wait_for(self, count: int) -> None:
        """Return once so many lines came; BenchError when they do not."""
        deadline = time.perf_counter() + PATIENCE
        while self.count < count:
            if time.perf_counter() > deadline:
                raise BenchError(f"The tail printed {self.count} of {count} messages.")
            time.sleep(0.01)


def measure(lab: Lab) -> Rows:
    """One row: how far the tail is behind when all is said."""
    with start_hobnob(lab.new_folder() / "data") as server, lab.crowd(server, SENDERS, SENDERS) as crowd:
        command = [sys.executable, "-m", "hobnob", "tail", "#lobby", "--json", "--host", f"127.0.0.1:{server.port}"]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "XDG_STATE_HOME": str(lab.new_folder())}
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            lines = Lines(process.stdout)
            lines.start()
            while lines.count == 0:  # it is there once it has printed something
                crowd.paced(10, 1)
                if process.poll() is not None:
                    raise BenchError("The tail ended at once.")
            time.sleep(0.5)  # what was said at that pace is printed by now
            seen = lines.count
            round_ = crowd.paced(PACE, 1.0 if lab.quick else SECONDS)
            ended = time.perf_counter()
            lines.wait_for(seen + round_.sent)
        finally:
            process.kill()
            process.wait()
    behind = max(0.0, lines.last - ended)
    what = f"tail of a room at {PACE:,.0f} messages a second, behind at the end"
    yield Row(what, "s", behind, max(round_.latencies_us) / 1e6, Aim("≤", 1))
