"""Coming in: what it takes the server to let IRC clients in, one beside the other and all into one room.

In the first row nobody else is told of a client, as each joins a channel where nobody is. In the others all come to
the lobby: each is told to all who are there already, and some JSON clients are there as well.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import uvloop

from bench.idle import Guest
from bench.lab import Lab, Rows, keep_server
from bench.server import BenchError, Server
from bench.table import Aim, Row

AT_ONCE = 32
ROUNDS = 20
OTHERS = 20  # JSON clients in the lobby
LIMIT = 120.0  # seconds for all that one server is asked
REST = 0.3  # seconds in which nothing more is told, after which all is


def measure(lab: Lab) -> Rows:
    """Rows of CPU microseconds a client, and of what the others are told."""
    with lab.noting("coming to IRC"), ExitStack() as stack:
        if server := keep_server(stack, lab.hobnob()):
            each = uvloop.run(_alone(server, 3 if lab.quick else ROUNDS))
            what = f"IRC: connect, register, join, {AT_ONCE} clients in as many channels"
            yield Row(what, "CPU µs a client", each, None, Aim("≤", 235, "figure"))
    crowd = 200 if lab.quick else 2000
    with lab.noting(f"{crowd:,} IRC clients in one room"), ExitStack() as stack:
        if server := keep_server(stack, lab.hobnob()):
            yield from _crowd(server, crowd)


def _crowd(server: Server, crowd: int) -> Iterator[Row]:
    came = uvloop.run(_together(server, crowd))
    what = f"{crowd:,} IRC clients come to the lobby"
    yield Row(f"{what}, each told to all", "CPU µs a client", came["coming"], None)
    yield Row(f"{what}: told to an IRC client", "bytes a coming", came["irc"], None)
    yield Row(f"{what}: told to a JSON client", "bytes a coming", came["json"], None)
    yield Row(f"half of the {crowd:,} go at once", "CPU µs a client", came["going"], None)


class Comer(Guest):
    """A client that counts what it is told."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def data_received(self, data: bytes) -> None:
        self.bytes += len(data)
        super().data_received(data)

    async def ask(self, sent: bytes, answer: bytes) -> None:
        """Send, and wait for the answer."""
        heard = self.wait_for(answer)
        self.transport.write(sent)
        await heard


async def _connect(server: Server) -> Comer:
    transport, comer = await asyncio.get_running_loop().create_connection(Comer, "127.0.0.1", server.port)
    comer.transport = transport
    return comer


async def _come(server: Server, name: str, channel: str) -> Comer:
    """An IRC client says all that it has to say at once, and is there when its PING is answered."""
    comer = await _connect(server)
    capabilities = "message-tags server-time echo-message no-implicit-names"
    lines = (f"CAP REQ :{capabilities}", f"NICK {name}", f"USER u 0 * :{name}", "CAP END", f"JOIN {channel}", "PING 1")
    await comer.ask("".join(f"{line}\r\n" for line in lines).encode(), b" PONG ")
    return comer


async def _alone(server: Server, rounds: int) -> float:
    """CPU microseconds a client, the median of rounds; the first round is not counted."""
    async with asyncio.timeout(LIMIT):
        maker = await _connect(server)
        await maker.ask(b'{"do":"hello","id":"hello","name":"maker"}\n', b'"reply":"hello"')
        for number in range(AT_ONCE):
            made = f'{{"do":"create_room","id":"{number}","name":"bench{number}"}}\n'
            await maker.ask(made.encode(), f'"reply":"{number}"'.encode())
        maker.transport.close()
        figures = []
        for turn in range(rounds + 1):
            before = cpu_us(server)
            coming = (_come(server, f"come{turn}-{number}", f"#bench{number}") for number in range(AT_ONCE))
            comers = await asyncio.gather(*coming)
            figures.append((cpu_us(server) - before) / AT_ONCE)
            await asyncio.gather(*(comer.ask(b"QUIT\r\n", b"ERROR") for comer in comers))
            for comer in comers:
                comer.transport.close()
        return median(figures[1:])


async def _together(server: Server, crowd: int) -> dict[str, float]:
    """What the coming and going of a crowd costs, and the bytes that each coming brought to who was there."""
    async with asyncio.timeout(LIMIT):
        others = [await _connect(server) for _ in range(OTHERS)]
        for number, other in enumerate(others):
            hello = f'{{"do":"hello","id":"0","name":"other{number}"}}\n'
            await other.ask(hello.encode(), b'"reply":"0"')
        first = await _come(server, "first", "#lobby")
        await _rest(others)
        told = sum(other.bytes for other in others)
        before, at_first = cpu_us(server), first.bytes
        comers: list[Comer] = []
        for start in range(0, crowd, AT_ONCE):
            names = (f"crowd{number}" for number in range(start, min(crowd, start + AT_ONCE)))
            comers += await asyncio.gather(*(_come(server, name, "#lobby") for name in names))
        await _rest([*others, first])
        came = cpu_us(server)
        heard = (sum(other.bytes for other in others) - told) / OTHERS
        for comer in comers[: crowd // 2]:
            comer.transport.abort()
        await _rest([*others, first])
        if any(comer.transport.is_closing() for comer in (first, *others, *comers[crowd // 2 :])):
            raise BenchError("The server closed a connection of those who stay.")
        return {
            "coming": (came - before) / crowd, "going": (cpu_us(server) - came) / (crowd // 2),
            "irc": (first.bytes - at_first) / crowd, "json": heard / crowd,
        }  # fmt: skip


async def _rest(comers: list[Comer]) -> None:
    """Wait until these are told no more."""
    told = -1
    while told != (now := sum(comer.bytes for comer in comers)):
        told = now
        await asyncio.sleep(REST)


def cpu_us(server: Server) -> float:
    """Microseconds of CPU time that all threads of a server have had."""
    fields = [path.read_text().split()[0] for path in Path(f"/proc/{server.pid}/task").glob("*/schedstat")]
    return sum(map(int, fields)) / 1000
