"""Servers under measurement: started, found listening, looked at from outside, and ended by their own process id.

Everything listens on 127.0.0.1 and keeps its data in a folder it is given. What a server writes goes to a log file
beside that folder, and its last line is quoted when the server does not come up.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 15.0
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


class BenchError(Exception):
    """A measurement could not be made; the text is one sentence that says why."""


@dataclass(frozen=True)
class Server:
    """A running server; as a context manager it ends with the block."""

    process: subprocess.Popen[bytes]
    port: int
    started_in: float  # seconds from the start of the process to the first accepted connection

    @property
    def pid(self) -> int:
        return self.process.pid

    def memory(self) -> float:
        """Resident memory in KiB, of the process without its children."""
        resident = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return float(int(resident) * PAGE_KIB)

    def settled_memory(self, limit: float = 8.0) -> float:
        """Resident memory in KiB once it has stood still for half a second, or after `limit` seconds."""
        deadline = time.monotonic() + limit
        recent: list[float] = []
        while time.monotonic() < deadline:
            recent = [*recent[-4:], self.memory()]
            if len(recent) == 5 and max(recent) - min(recent) <= 64:
                break
            time.sleep(0.1)
        return self.memory()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def start_hobnob(data_dir: Path, *extra: str) -> Server:
    """`hobnob serve` on an own port with its data in `data_dir`; `extra` is added to the command line.

    Settings of this user's environment are left out, so that two runs measure the same; and compiled modules are kept,
    as every user's Python keeps them. BenchError when it does not listen in time.
    """
    port = free_port()
    command = [sys.executable, "-m", "hobnob", "serve", "--host", "127.0.0.1", "--port", str(port)]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HOBNOB_", "SERVER_"))}
    own["PYTHONPATH"] = str(ROOT / "src")
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    return start([*command, "--data", str(data_dir), *extra], port, data_dir.parent, own)


def start(command: Sequence[str], port: int, folder: Path, environment: dict[str, str] | None = None) -> Server:
    """Starts `command` in `folder` and waits until `port` accepts a connection."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"server-{port}.log"
    begun = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    server = Server(process, port, 0.0)
    try:
        _wait_until_listening(server, begun + START_LIMIT, log)
    except BaseException:
        server.stop()
        raise
    return Server(process, port, time.perf_counter() - begun)


def _wait_until_listening(server: Server, deadline: float, log: Path) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.001)
        if server.process.poll() is not None:
            raise BenchError(f"The server ended at once: {_last_line(log)}")
        if time.perf_counter() > deadline:
            raise BenchError(f"The server did not listen within {START_LIMIT:g} s: {_last_line(log)}")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it wrote nothing."


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
