"""Floods: what people in one room notice of an attack on another.

Ten people talk in a room, each from an address of its own, and every delivery is timed, in quiet and, in turns, while
one other address tries 200 connections and 2,000 messages a second. Limits are on, and this machine's addresses count
as any others do (`--public`). All of it happens on one machine: the attacker's process takes its share of the cores.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bench.lab import Lab, Rows
from bench.server import ROOT, BenchError, Server, start_hobnob
from bench.table import Aim, Row, percentile

PEOPLE = 10
A_SECOND = 40.0  # messages of all people; they are under every limit
CONNECTS, MESSAGES = 200, 2000
ROUNDS, SECONDS = 4, 8.0  # longer, in all, than what the attacker's address may do at once lasts
QUICK_SECONDS = 1.0
ATTACKER = "127.6.6.6"
PATIENCE = 30.0


class Talk:
    """People who talk in a room, and how long their words took to each of them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._writers: list[asyncio.StreamWriter] = []
        self._readers: list[asyncio.Task[None]] = []
        self.waits: list[float] = []

    async def begin(self) -> None:
        """Let everybody come in."""
        for number in range(PEOPLE):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self._server.port, local_addr=(f"127.0.0.{10 + number}", 0)
            )
            writer.write(b'{"do":"hello","id":1}\n{"do":"join_room","id":2,"room":"#talk","create":true}\n')
            async with asyncio.timeout(PATIENCE):
                while b'"reply":2' not in (line := await reader.readline()):
                    if not line:
                        raise BenchError("The server let somebody in the quiet room go.")
            self._writers.append(writer)
            self._readers.append(asyncio.create_task(self._hear(reader)))

    async def talk(self, seconds: float) -> list[float]:
        """Say words at the pace; the seconds that each took to each listener. BenchError when some did not arrive."""
        self.waits = []
        loop = asyncio.get_running_loop()
        began, said = loop.time(), 0
        while (due := began + said / A_SECOND) < began + seconds:
            await asyncio.sleep(max(0.0, due - loop.time()))
            frame = {"do": "send_message", "id": said, "room": "#talk", "text": repr(time.perf_counter())}
            self._writers[said % PEOPLE].write(json.dumps(frame).encode() + b"\n")
            said += 1
        try:
            async with asyncio.timeout(PATIENCE):
                while len(self.waits) < said * PEOPLE:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        except TimeoutError as late:
            raise BenchError(f"Only {len(self.waits)} of {said * PEOPLE} deliveries came.") from late
        return self.waits

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if b'"message_sent"' in line:
                self.waits.append(time.perf_counter() - float(json.loads(line)["text"]))

    def end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        for reader in self._readers:
            reader.cancel()


def measure(lab: Lab) -> Rows:
    """Three rows: what the people in the other room notice, at the median, at p99, and what the attacker got."""
    rounds, seconds = (1, QUICK_SECONDS) if lab.quick else (ROUNDS, SECONDS)
    with start_hobnob(lab.new_folder() / "data", "--public", "--access", "open") as server:
        quiet, flooded, counted = asyncio.run(_measure(server, rounds, seconds))
    what = f"a flood of {CONNECTS} connects and {MESSAGES:,} messages a second, delivery in another room"
    yield Row(f"{what}, median", "ms", percentile(flooded, 0.5) * 1000, percentile(quiet, 0.5) * 1000)
    aim = Aim("≤", 3, "ratio")
    yield Row(f"{what}, p99", "ms", percentile(flooded, 0.99) * 1000, percentile(quiet, 0.99) * 1000, aim)
    yield Row("messages of the flood that were kept, beside those that were tried", "a second",
              counted["acknowledged"] / (rounds * seconds), counted["messages"] / (rounds * seconds))  # fmt: skip


async def _measure(server: Server, rounds: int, seconds: float) -> tuple[list[float], list[float], Counter[str]]:
    talk = Talk(server)
    await talk.begin()
    quiet: list[float] = []
    flooded: list[float] = []
    counted: Counter[str] = Counter()
    try:
        await talk.talk(1.0)  # what is loaded once does not count
        for _ in range(rounds):
            quiet += await talk.talk(seconds)
            with _attack(server, seconds + 0.5) as attack:
                flooded += await talk.talk(seconds)
                output, _ = await asyncio.to_thread(attack.communicate, timeout=PATIENCE)
            counted.update(json.loads(output.splitlines()[-1]))
    finally:
        talk.end()
    return quiet, flooded, counted


@contextmanager
def _attack(server: Server, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """The attacker, once it is at it."""
    numbers = map(str, (server.port, ATTACKER, CONNECTS, MESSAGES, seconds))
    command = [sys.executable, "-m", "bench.attack", *numbers]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                raise BenchError("The attack did not begin.")
            yield process
        finally:
            process.kill()
