"""A real program on a terminal of its own, and what a person would see there.

The screen is drawn from the bytes, with the few control sequences that a line editor uses; any other fails the test.
"""

import os
import pty
import re
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from select import select
from threading import Event, Thread

from tests.e2e.clients import PATIENCE, belongings, eventually

_SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|[^\x1b]", re.DOTALL)


class Terminal:
    """A program that finds a terminal on all its streams, which also controls it (so Ctrl+C and hanging up work)."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, *, rows: int = 24, columns: int = 80
    ) -> None:
        self._heard = bytearray()
        self.columns = columns
        self._side, side = pty.openpty()
        termios.tcsetwinsize(side, (rows, columns))
        self.settings = termios.tcgetattr(side)
        self.process = subprocess.Popen(
            arguments, env=environment, cwd=cwd, pass_fds=[side], preexec_fn=lambda: os.login_tty(side)
        )
        self._other = side  # kept, so that the settings can be looked at when the program is gone
        self._reading = Event()
        self._reading.set()
        self._over = False
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        belongings.callback(self.end)

    @property
    def heard(self) -> bytes:
        """All bytes that the program has written so far."""
        return bytes(self._heard)

    @property
    def screen(self) -> list[str]:
        """The lines a person sees, those that scrolled away too; the last one is where the cursor is, or below."""
        return drawn(self.heard.decode("utf-8", "replace"), self.columns)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._side, text.encode())

    def until(self, wanted: str, within: float = PATIENCE) -> None:
        """Wait until a line on the screen is `wanted`."""
        eventually(lambda: wanted in self.screen, within, lambda: "\n".join([wanted, "is not in", *self.screen]))

    def ends_with(self, *lines: str) -> None:
        """Wait until these are the last lines on the screen."""
        eventually(lambda: self.screen[-len(lines) :] == [*lines], shown=lambda: "\n".join(self.screen))

    def resize(self, rows: int, columns: int) -> None:
        """Drag the window's corner."""
        self.columns = columns
        termios.tcsetwinsize(self._side, (rows, columns))

    def freeze(self) -> None:
        """Take nothing of what is written from now on, as a terminal behind a dead connection."""
        self._reading.clear()

    def thaw(self) -> None:
        """Take it again."""
        self._reading.set()

    def restored(self) -> bool:
        """Whether the terminal is set as the program found it."""
        return termios.tcgetattr(self._other) == self.settings

    def hang_up(self) -> None:
        """Close the window."""
        self._end_reading()
        for side in (self._other, self._side):
            os.close(side)

    def end(self) -> None:
        """End the program, whatever it does."""
        self.process.kill()
        self.process.wait()
        if not self._over:
            self.hang_up()

    def _end_reading(self) -> None:
        self._over = True
        self._reading.set()
        self._reader.join(PATIENCE)

    def _read(self) -> None:
        """Never within a read when nothing is there: a side that is being read cannot be hung up."""
        while not self._over:
            self._reading.wait()
            if select([self._side], [], [], 0.02)[0]:
                self._heard += os.read(self._side, 65536)


def drawn(text: str, columns: int) -> list[str]:
    """The lines that are on a screen of this width after `text`, without white space at their ends."""
    screen = _Screen(columns)
    for found in _SEQUENCE.finditer(text):
        if found[3]:
            screen.obey(found[3], found[1] + found[2])
        else:
            screen.put(found[0])
    return ["".join(line).rstrip() for line in screen.rows]


class _Screen:
    """A screen as high as it needs to be, with a cursor."""

    def __init__(self, columns: int) -> None:
        self.rows: list[list[str]] = [[]]
        self._columns = columns
        self._row = self._column = 0
        self._wrap = True

    def obey(self, kind: str, numbers: str) -> None:
        """Take a control sequence (ECMA-48) that ends with `kind`."""
        count = int(numbers) if numbers.isdecimal() else 1
        if kind == "A":
            self._row = max(0, self._row - count)
        elif kind == "C":
            self._column = min(self._columns - 1, self._column + count)
        elif kind == "D":
            self._column = max(0, min(self._column, self._columns - 1) - count)
        elif kind == "J":
            del self.rows[self._row][self._column :], self.rows[self._row + 1 :]
        elif kind == "K":
            del self.rows[self._row][self._column :]
        elif kind in "hl" and numbers == "?7":
            self._wrap = kind == "h"
        else:
            assert kind in "hlm", f"this screen does not know {numbers}{kind}"

    def put(self, character: str) -> None:
        """Take a character, or one that moves the cursor."""
        if character == "\n":
            self._go_to(self._row + 1)
        elif character == "\r":
            self._column = 0
        elif character == "\b":
            self._column = max(0, self._column - 1)
        else:
            assert character.isprintable(), f"this screen does not know {character!r}"
            if self._column == self._columns and self._wrap:
                self._column = 0
                self._go_to(self._row + 1)
            line = self.rows[self._row]
            self._column = min(self._column, self._columns - 1)
            line.extend(" " * (self._column + 1 - len(line)))
            line[self._column] = character
            self._column += 1

    def _go_to(self, row: int) -> None:
        self._row = row
        self.rows.extend([] for _ in range(row + 1 - len(self.rows)))
