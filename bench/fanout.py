"""Fan-out: what one delivery of a message to one member of a room costs the server in CPU time.

At rest one message a turn of the loop is told to everybody, and the floor is a C server with one send() a receiver.
Under load many senders keep messages under way, and the floor is a C server that joins what a turn brought. Only
hobnob checks, numbers and commits each message, encodes its event and answers its sender; that is inside its figure.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from bench.lab import Lab, Rows, keep_server
from bench.load import Crowd, Round
from bench.table import Aim, Row

ROUNDS = 3


@dataclass(frozen=True)
class Size:
    """A room with `members` connections; of them `senders` send, each with `window` messages under way."""

    members: int
    rate: float  # messages a second, at rest
    senders: int
    window: int


SIZES = (Size(10, 100, 10, 10), Size(100, 50, 50, 2), Size(1000, 20, 50, 2))


def measure(lab: Lab) -> Rows:
    """Rows of CPU microseconds a delivery, at rest and under load, for each size of room."""
    for size in SIZES[:2] if lab.quick else SIZES:
        with lab.noting(f"fan-out to {size.members:,}"):
            yield from _measure_room(lab, size)


def _measure_room(lab: Lab, size: Size) -> Iterator[Row]:
    seconds = 1.0 if lab.quick else 2.0
    with ExitStack() as stack:
        hobnob = _hobnob_crowd(lab, stack, size)
        direct = _reference_crowd(lab, stack, size, "direct")
        coalesce = _reference_crowd(lab, stack, size, "coalesce")
        at_rest = [
            (_paced(hobnob, size, seconds), _paced(direct, size, seconds)) for _ in range(1 if lab.quick else ROUNDS)
        ]
        aim = Aim("≤", 1.25, "ratio") if size.members == 1000 else None
        yield _row(f"fan-out to {size.members:,}, one message a turn", at_rest, aim)

        under_load = [
            (_burst(hobnob, size, seconds), _burst(coalesce, size, seconds)) for _ in range(1 if lab.quick else ROUNDS)
        ]
        yield _row(f"fan-out to {size.members:,}, under load", under_load, Aim("≤", 1.5, "ratio"))

        wide = _as_wide_reference(lab, stack, size, [ours for ours, _ in under_load if ours])
        if wide:
            same_bytes = [(ours, _burst(wide, size, seconds)) for ours, _ in under_load]
            yield _row(f"fan-out to {size.members:,}, under load, equal bytes", same_bytes, None)


def _hobnob_crowd(lab: Lab, stack: ExitStack, size: Size) -> Crowd | None:
    server = keep_server(stack, lab.hobnob())
    return stack.enter_context(lab.crowd(server, size.members, size.senders)) if server else None


def _reference_crowd(lab: Lab, stack: ExitStack, size: Size, mode: str) -> Crowd | None:
    server = keep_server(stack, lab.fanout(mode))
    return stack.enter_context(lab.lines_crowd(server, size.members, size.senders)) if server else None


def _as_wide_reference(lab: Lab, stack: ExitStack, size: Size, rounds: list[Round]) -> Crowd | None:
    """A crowd whose lines have as many bytes as one of hobnob's deliveries: the floor of telling that much."""
    server = keep_server(stack, lab.fanout("coalesce")) if rounds else None
    if server is None:
        return None
    width = round(median(each.bytes_a_delivery for each in rounds)) - 1
    return stack.enter_context(lab.lines_crowd(server, size.members, size.senders, text=width))


def _paced(crowd: Crowd | None, size: Size, seconds: float) -> Round | None:
    return crowd.paced(size.rate, seconds) if crowd else None


def _burst(crowd: Crowd | None, size: Size, seconds: float) -> Round | None:
    return crowd.burst(size.window, seconds) if crowd else None


def _row(what: str, rounds: list[tuple[Round | None, Round | None]], aim: Aim | None) -> Row:
    ours = [one.cpu_a_delivery for one, _ in rounds if one]
    theirs = [other.cpu_a_delivery for _, other in rounds if other]
    return Row(what, "CPU µs a delivery", median(ours) if ours else None, median(theirs) if theirs else None, aim)
