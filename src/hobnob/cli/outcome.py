"""How a verb ends: its exit status, and the one sentence on stderr that says why it is not 0."""

import os
import sys
from contextlib import suppress

DONE, FAILED, MISTAKE, STOPPED = 0, 1, 2, 130
"""`MISTAKE` is the status of what was not even tried, `STOPPED` that of what Ctrl+C or another signal ended."""


def failed(sentence: str, status: int = FAILED) -> int:
    """Tell what went wrong; the status."""
    with suppress(OSError):  # nobody may be left to read it
        print(f"hobnob: {sentence}", file=sys.stderr)
    return status


def forget_stdout() -> None:
    """Nobody reads it, or it takes nothing: the flush at the end must not fail again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
