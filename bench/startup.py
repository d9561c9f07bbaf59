"""Start-up: from the start of the process until its port accepts, on an empty data folder, and the memory it then has.

The reference is the least that a server in Python on this machine can be: a listener on uvloop and nothing else.
"""

import sys
from collections.abc import Callable
from statistics import median

from bench.lab import HERE, Lab, Rows
from bench.server import Server, free_port, start
from bench.table import Aim, Row

STARTS = 5


def measure(lab: Lab) -> Rows:
    """Rows of seconds to listening and MiB at rest."""
    times: dict[str, list[float]] = {"hobnob": [], "reference": []}
    memory: dict[str, float] = {}
    for _ in range(2 if lab.quick else STARTS):
        for who, begin in (("hobnob", lab.hobnob), ("reference", lambda: _bare_listener(lab))):
            _look_at(who, begin, times, memory)
    ours, theirs = (median(seconds) if seconds else None for seconds in times.values())
    yield Row("start to listening, empty data", "s", ours, theirs, Aim("≤", 0.5))
    yield Row("memory at rest", "MiB", memory.get("hobnob"), memory.get("reference"), Aim("≤", 80))


def _look_at(
    who: str, begin: Callable[[], Server | None], times: dict[str, list[float]], memory: dict[str, float]
) -> None:
    server = begin()
    if server is None:
        return
    with server:
        times[who].append(server.started_in)
        if who not in memory:
            memory[who] = server.settled_memory() / 1024


def _bare_listener(lab: Lab) -> Server:
    port = free_port()
    return start([sys.executable, str(HERE / "reference/listener.py"), str(port)], port, lab.new_folder())
