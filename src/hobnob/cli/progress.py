"""How far long work has come: one line on a terminal that is written over, and nothing where stderr is none."""

import sys
import time
from typing import TextIO

_EVERY = 0.1  # seconds


class ProgressLine:
    """Say `progress(what, done, total)` as often as you like; used as a context it leaves an empty line behind."""

    def __init__(self, stream: TextIO | None = None, *, shown: bool = True) -> None:
        self._stream = stream or sys.stderr
        self._shown = shown and self._stream.isatty()
        self._next = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if self._shown and now >= self._next:
            self._next = now + _EVERY
            self._stream.write(f"\r\x1b[K{what} {100 * done // max(total, 1)} %")
            self._stream.flush()

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown and self._next:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
