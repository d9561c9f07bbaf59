"""`hobnob serve` as a process of its own, on a port that was free, with its data in a folder of the test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).parents[2]
START_WITHIN = 30.0
STOP_WITHIN = 3.0
"""Seconds after Ctrl+C or SIGTERM: what the server promises, measured where that is what a test is about."""


class Server:
    """A server with its data in `home / "data"`, if `data` says nothing else.

    `under` is a command that runs it, such as strace; `files` has what it printed.
    """

    def __init__(
        self, home: Path, *arguments: str, data: Path | None = None, port: int = 0, under: Sequence[str] = ()
    ) -> None:
        self.data = data = data or home / "data"
        self.files = Path(mkdtemp(prefix="server-", dir=home))
        run = [sys.executable, "-W", "error", "-m", "hobnob", "serve", "--data", str(data), "--port", str(port)]
        with (self.files / "out").open("w") as out, (self.files / "err").open("w") as err:
            self.process = subprocess.Popen(
                [*under, *run, *arguments],
                cwd=self.files,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def wait_until_ready(self) -> "Server":
        """Wait for what it prints at the start; from then on there is a port."""
        deadline = time.monotonic() + START_WITHIN
        while "Ctrl+C" not in (printed := (self.files / "out").read_text()):
            assert self.process.poll() is None, self.errors
            assert time.monotonic() < deadline, f"not ready in time: {printed} {self.errors}"
            time.sleep(0.01)
        self.port = int(printed.split(" on port ")[1].split(".")[0])
        return self

    @property
    def errors(self) -> str:
        """What stands on stderr so far: the log, or why it did not start."""
        return (self.files / "err").read_text()

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its key, as it printed it."""
        return (self.files / "out").read_text().split("TLS key")[1].split()[0]

    @property
    def pid(self) -> int:
        """The server's own process, also when another command runs it."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else self.process.pid

    @property
    def memory(self) -> int:
        """Bytes that are resident."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    def stop(self, number: int = signal.SIGTERM, within: float = START_WITHIN) -> tuple[int, str]:
        """Tell it to stop; the exit status and stderr. Fails when it takes longer than `within` seconds."""
        os.kill(self.pid, number)
        return self.wait(within)

    def wait(self, within: float = START_WITHIN) -> tuple[int, str]:
        """The exit status and stderr of a server that ends by itself."""
        return self.process.wait(within), self.errors

    def kill(self) -> None:
        """End it as a power cut would, as far as a process can tell."""
        if self.process.poll() is None:
            with suppress(FileNotFoundError, ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.process.wait(START_WITHIN)


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of hobnob."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SERVER_", "HOBNOB_"))}
    return kept | {"PYTHONPATH": str(ROOT / "src")} | variables
