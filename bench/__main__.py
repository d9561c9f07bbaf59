"""Runs the measurements and prints one table. Usage: python -m bench [--quick] [NAME ...]; `--help` has the names.

The run is bounded in time: what is not measured by then is left out and said so. The exit code tells whether the
programs ran, never whether the figures please.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing

from bench import backup, coming, durable, fanout, flood, idle, irc, logins, machine, search, startup, tail
from bench.lab import Lab, Rows, open_lab
from bench.table import Row, markdown

TIME_LIMIT = 360  # seconds after which no further row is begun; a row takes at most about a minute
OPEN_FILES = 8192

MEASUREMENTS: dict[str, Callable[[Lab], Rows]] = {
    "startup": startup.measure,
    "idle": idle.measure,
    "fanout": fanout.measure,
    "irc": irc.measure,
    "coming": coming.measure,
    "durable": durable.measure,
    "search": search.measure,
    "tail": tail.measure,
    "logins": logins.measure,
    "flood": flood.measure,
    "backup": backup.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures what `arguments` name (everything, when they name nothing) and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure hobnob beside references.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}; all without any")
    parser.add_argument("--quick", action="store_true", help="small sizes and one round, to see that all works")
    chosen = parser.parse_args(arguments)
    for name in chosen.names:
        if name not in MEASUREMENTS:
            parser.error(f"there is no measurement {name!r}; choose from {', '.join(MEASUREMENTS)}")
    _allow_open_files()
    with open_lab(chosen.quick) as lab:
        print(*(f"- {fact}" for fact in machine.facts(lab.folder)), sep="\n", end="\n\n", flush=True)
        rows = _measure(lab, chosen.names or list(MEASUREMENTS))
        print(markdown(rows))
        if lab.notes:
            print("", *(f"- {note}" for note in lab.notes), sep="\n")
    return 0 if rows else 1


def _measure(lab: Lab, names: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    deadline = time.monotonic() + TIME_LIMIT
    for name in names:
        with lab.noting(f"The rest of {name}"), closing(MEASUREMENTS[name](lab)) as measurement:
            for row in measurement:
                rows.append(row)
                print(f"{row.what}: done", file=sys.stderr, flush=True)
                if time.monotonic() > deadline:
                    lab.notes.append(f"The run was ended after {TIME_LIMIT} s; what is missing was not measured.")
                    return rows
    return rows


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())
