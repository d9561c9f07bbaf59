"""IRC: what a delivery costs beside one to a JSON client, and what it takes the server to let a client in.

Both crowds have a server of their own, and their rounds alternate. IRC clients take message-tags, server-time and
echo-message, as modern ones do, so that they are told as much as JSON clients are.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from bench.coming import cpu_us
from bench.fanout import ROUNDS
from bench.lab import Lab, Rows, keep_server
from bench.load import Round
from bench.table import Aim, Row

COMING = 100
"""Clients that come to one channel; with many more one would measure how many are told of each."""
WINDOW = 2
SENDERS = 50
RATE = 20  # messages a second, at rest


def measure(lab: Lab) -> Rows:
    """Rows of CPU microseconds a delivery, with JSON as the reference, and of those for a client that comes."""
    members = 100 if lab.quick else 1000
    with lab.noting(f"IRC, {members:,} members"), ExitStack() as stack:
        yield from _measure(lab, stack, members)


def _measure(lab: Lab, stack: ExitStack, members: int) -> Iterator[Row]:
    servers = [keep_server(stack, lab.hobnob()) for _ in range(2)]
    if servers[0] is None or servers[1] is None:
        return
    servers[0].settled_memory()  # all that is loaded late has been
    before = cpu_us(servers[0])
    with lab.irc_crowd(servers[0], COMING, 1):
        coming = (cpu_us(servers[0]) - before) / COMING
    what = f"IRC: connect, register, join, {COMING} clients in one channel"
    yield Row(what, "CPU µs a client", coming, None)
    irc = stack.enter_context(lab.irc_crowd(servers[0], members, SENDERS))
    json = stack.enter_context(lab.crowd(servers[1], members, SENDERS))
    rounds, seconds = (1, 1.0) if lab.quick else (ROUNDS, 2.0)
    rest = [(irc.paced(RATE, seconds), json.paced(RATE, seconds)) for _ in range(rounds)]
    yield _row(f"IRC beside JSON, fan-out to {members:,}, one message a turn", rest)
    load = [(irc.burst(WINDOW, seconds), json.burst(WINDOW, seconds)) for _ in range(rounds)]
    yield _row(f"IRC beside JSON, fan-out to {members:,}, under load", load)


def _row(what: str, rounds: list[tuple[Round, Round]]) -> Row:
    ours = median(one.cpu_a_delivery for one, _ in rounds)
    return Row(
        what, "CPU µs a delivery", ours, median(other.cpu_a_delivery for _, other in rounds), Aim("≤", 1.1, "ratio")
    )
