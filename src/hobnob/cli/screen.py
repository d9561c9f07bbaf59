"""What waits to be shown above the line that the operator types. Any thread may `put`, and none ever waits for it.

What tells of others is bounded: when more comes than a person could read, or the terminal takes nothing, the oldest of
it is left out, and a line says how much. Answers to what the operator typed are never left out.
"""

import heapq
import io
import sys
from collections import deque
from collections.abc import Callable
from itertools import count
from operator import itemgetter
from threading import Lock
from typing import Final

MOST_LINES: Final = 200
MOST_CHARACTERS: Final = 64 * 1024


class Screen:
    """See the head of this file. `news` is called when something waits after nothing did."""

    def __init__(self) -> None:
        self.news: Callable[[], None] = lambda: None
        self.closed = False
        """Nothing will be drawn any more."""
        self._lock = Lock()
        self._order = count()
        self._answers: deque[tuple[int, str]] = deque()
        self._heard: deque[tuple[int, str]] = deque()
        self._characters = 0
        self._left_out = 0

    def put(self, line: str) -> None:
        """Show an answer to the operator."""
        self._add(line, self._answers)

    def tell(self, line: str) -> None:
        """Show what others do, if there is room for it."""
        self._add(line, self._heard)

    def take(self) -> str:
        """All that waits, in lines that are ended."""
        with self._lock:
            lines = [line for _, line in heapq.merge(self._answers, self._heard, key=itemgetter(0))]
            if self._left_out:
                lines.insert(0, f"… {self._left_out:,} line{'s' if self._left_out > 1 else ''} left out")
            self._answers.clear()
            self._heard.clear()
            self._characters = self._left_out = 0
        return "".join(f"{line}\n" for line in lines)

    def _add(self, line: str, lines: deque[tuple[int, str]]) -> None:
        with self._lock:
            first = not (self._answers or self._heard)
            lines.append((next(self._order), line))
            if lines is self._heard:
                self._characters += len(line)
                self._leave_out()
        if first:
            self.news()

    def _leave_out(self) -> None:
        while len(self._heard) > MOST_LINES or (self._characters > MOST_CHARACTERS and len(self._heard) > 1):
            _, line = self._heard.popleft()
            self._characters -= len(line)
            self._left_out += 1


class ScreenStream(io.TextIOBase):
    """A stream whose lines are shown on a screen, and on stderr once that is closed: where logs go meanwhile."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def write(self, text: str) -> int:
        if self._screen.closed:
            return sys.stderr.write(text)
        for line in text.removesuffix("\n").split("\n"):
            self._screen.tell(line)
        return len(text)

    def isatty(self) -> bool:
        return True
