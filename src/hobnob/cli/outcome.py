"""How a verb ends: its exit status, and the one sentence on stderr that says why it is not 0."""

import os
import re
import sys
from contextlib import suppress

DONE, FAILED, MISTAKE, STOPPED = 0, 1, 2, 130
"""`MISTAKE` is the status of what was not even tried, `STOPPED` that of what Ctrl+C or another signal ended."""

_SECRET = re.compile(r"((?:hobnob|https?)://[^\s#]*#)[^\s'\"]+", re.IGNORECASE)
"""The part of a link that lets its reader in."""


def failed(sentence: str, status: int = FAILED) -> int:
    """Tell what went wrong, without the secrets of what was typed; the status."""
    told = _SECRET.sub(r"\1…", sentence)
    with suppress(OSError):  # nobody may be left to read it
        print(f"hobnob: {told}", file=sys.stderr)
    return status


def forget_stdout() -> None:
    """Nobody reads it, or it takes nothing: the flush at the end must not fail again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
