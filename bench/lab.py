"""The place where one run measures: a folder that vanishes, the compiled C programs, and hobnob if it starts.

Measurements ask the lab for servers and crowds. What cannot be had here (no C compiler, no hobnob) is said once in
a note, and the figures that need it stay empty.
"""

import shutil
import subprocess
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.load import TEXT, Crowd
from bench.server import BenchError, Server, free_port, start, start_hobnob
from bench.table import Row

# What a measurement is: rows as they come. Closing it ends its servers.
Rows = Generator[Row, None, None]

HERE = Path(__file__).resolve().parent


class Lab:
    """Servers and crowds for the measurements; `quick` asks for small sizes."""

    def __init__(self, folder: Path, quick: bool) -> None:
        self.quick = quick
        self.folder = folder
        self.notes: list[str] = []
        self._numbers = count(1)
        self._programs: dict[str, Path] | None = self._compile()
        self._has_hobnob = self._try_hobnob()

    def new_folder(self) -> Path:
        """A folder of its own for one server."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        return folder

    def hobnob(self, *extra: str) -> Server | None:
        """hobnob on an empty data folder, or None when this checkout has none that starts."""
        return start_hobnob(self.new_folder() / "data", *extra) if self._has_hobnob else None

    def fanout(self, mode: str) -> Server | None:
        """The bare C server in `mode` (direct or coalesce), or None without a compiler."""
        if self._programs is None:
            return None
        port = free_port()
        return start([str(self._programs["fanout"]), mode, str(port)], port, self.new_folder())

    def crowd(
        self, server: Server, connections: int, senders: int, *, text: int = TEXT, own_rooms: bool = False
    ) -> Crowd:
        """A crowd that speaks JSON to hobnob. BenchError without a compiler."""
        return Crowd(self._load_client(), server, "json", connections, senders, text, own_rooms)

    def irc_crowd(self, server: Server, connections: int, senders: int) -> Crowd:
        """A crowd of IRC clients in one channel. BenchError without a compiler."""
        return Crowd(self._load_client(), server, "irc", connections, senders)

    def lines_crowd(self, server: Server, connections: int, senders: int, *, text: int = TEXT) -> Crowd:
        """A crowd that sends bare lines to a reference. BenchError without a compiler."""
        return Crowd(self._load_client(), server, "lines", connections, senders, text)

    @contextmanager
    def noting(self, what: str) -> Iterator[None]:
        """Turns a BenchError of the block into a note, so that the rest is still measured."""
        try:
            yield
        except BenchError as error:
            self.notes.append(f"{what} was not measured. {error}")

    def _load_client(self) -> Path:
        if self._programs is None:
            raise BenchError("The load client needs a C compiler.")
        return self._programs["load"]

    def _compile(self) -> dict[str, Path] | None:
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            self.notes.append("There is no C compiler (gcc) here, so what needs the C programs was not measured.")
            return None
        programs = {}
        for name, source in (("fanout", HERE / "reference/fanout.c"), ("load", HERE / "load.c")):
            programs[name] = self.folder / name
            command = [compiler, "-O2", "-o", str(programs[name]), str(source)]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                self.notes.append(f"{source.name} does not compile here: {result.stderr.strip().splitlines()[0]}")
                return None
        return programs

    def _try_hobnob(self) -> bool:
        try:
            start_hobnob(self.new_folder() / "data").stop()
        except BenchError as error:
            self.notes.append(f"hobnob was not measured. {error}")
            return False
        return True


@contextmanager
def open_lab(quick: bool) -> Iterator[Lab]:
    """A lab in a new temporary folder (TMPDIR chooses the disk), removed at the end."""
    with TemporaryDirectory(prefix="hobnob-bench-") as folder:
        yield Lab(Path(folder), quick)


def keep_server(stack: ExitStack, server: Server | None) -> Server | None:
    """Enters `server` into `stack`, if there is one."""
    return stack.enter_context(server) if server else None
