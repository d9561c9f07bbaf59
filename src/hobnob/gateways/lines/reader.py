"""Bytes of a terminal → lines of text, however they were split.

A line ends with LF, CR LF, CR NUL or CR. Telnet's negotiation (RFC 854, 855) is dropped, its editing functions and
the keys of a terminal without editing of its own take effect, wrong UTF-8 becomes U+FFFD. What is kept of a line
never exceeds `MAX_LINE`: a longer one is reported once and skipped to its end.
"""

import re
from collections.abc import Iterator
from typing import Final

from hobnob.protocol.text import MAX_TEXT

MAX_LINE: Final = MAX_TEXT + 512
"""Bytes of one line without its end: the longest message, and a command before it."""

TOO_LONG: Final = "This line is too long, a message holds at most 16 KiB. It was not sent; send it in pieces."
"""What is said to whoever sent more."""

INTERRUPT: Final = "\x03"
"""The line that a person's wish to stop (Ctrl+C in telnet) becomes."""

_LINE_END = re.compile(rb"(\r[\n\0]?|\n)((?:\r[\n\0]?|\n)*)")
_EDITED = re.compile("[\x08\x15\x1b\x7f]")
_EDITING = re.compile("[\x08\x15\x7f]")
_ERASE_CHARACTER = "\x08\x7f"
_CURSOR_KEYS = re.compile("\x1b(?:\\[[0-?]*+[ -/]*+[@-~]|O[ -~])")  # CSI and SS3 sequences, ECMA-48

_IAC = b"\xff"
_MAX_SUBNEGOTIATION = 512
_SUBNEGOTIATION = re.compile(rb"\xff\xfa(?:[^\xff]|\xff[^\xf0])*?\xff\xf0", re.DOTALL)
_FUNCTIONS = {
    b"\xf4": b"\x15\x03\n",  # IP, interrupt process
    b"\xf7": b"\x7f",  # EC, erase character
    b"\xf8": b"\x15",  # EL, erase line
    b"\xff": b"\xff",
}


class LineReader:
    """One connection's bytes, as lines. None stands for a line that was too long, one empty line for many in a row.

    `crlf`: the peer's first line ended with CR, so its terminal may need one to return the cursor; None before that.
    `telnet`: the peer has sent a telnet command, so it will not show one as text.
    """

    __slots__ = ("_after_cr", "_line", "_negotiation", "_skipping", "crlf", "telnet")

    def __init__(self) -> None:
        self.crlf: bool | None = None
        self.telnet = False
        self._line = bytearray()
        self._negotiation = b""
        self._skipping = False
        self._after_cr = False

    def feed(self, data: bytes) -> Iterator[str | None]:
        """The lines that `data` completes."""
        data = self._without_telnet(data)
        if self._after_cr and data:
            self._after_cr = False
            if data[0] in b"\n\0":
                data = data[1:]
        start = 0
        # Looking for a byte is a hundred times as quick as the pattern, and floods have no line ends.
        ends = _LINE_END.finditer(data) if b"\n" in data or b"\r" in data else ()
        for end in ends:
            yield from self._keep(data[start : end.start()])
            start = end.end()
            self._after_cr = start == len(data) and data.endswith(b"\r")
            if self.crlf is None:
                self.crlf = end[1] != b"\n"
            yield from self.end()
            if end[2]:
                yield ""
        yield from self._keep(data[start:])

    def end(self) -> Iterator[str]:
        """The line begun, as if it had ended here; nothing when it is empty because it was skipped."""
        line, self._line = self._line, bytearray()
        if self._skipping:
            self._skipping = False
        else:
            yield _typed(line.decode("utf-8", "replace"))

    @property
    def begun(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._line)

    def _keep(self, piece: bytes) -> Iterator[None]:
        if self._skipping:
            return
        if len(self._line) + len(piece) <= MAX_LINE:
            self._line += piece
            return
        self._line = bytearray()
        self._skipping = True
        if self.crlf is None:  # it is answered before its end is seen, with the ending that suits every terminal
            self.crlf = True
        yield None

    def _without_telnet(self, data: bytes) -> bytes:
        data = self._negotiation + data
        self._negotiation = b""
        if _IAC not in data:
            return data
        kept = bytearray()
        at = 0
        while (start := data.find(_IAC, at)) >= 0:
            kept += data[at:start]
            at = _end_of_negotiation(data, start)
            if at < 0:
                self._negotiation = data[start:]
                return bytes(kept)
            self.telnet = self.telnet or 0xF0 <= data[start + 1] < 0xFF  # a doubled IAC may be somebody's Latin-1
            kept += _meaning(data[start + 1 : at])
        return bytes(kept + data[at:])


def _end_of_negotiation(data: bytes, start: int) -> int:
    """Where the telnet command at `start` ends; -1 when it is cut short."""
    command = data[start + 1 : start + 2]
    if not command:
        return -1
    if command == b"\xfa":  # SB … IAC SE
        found = _SUBNEGOTIATION.match(data, start, start + _MAX_SUBNEGOTIATION)
        if found is not None:
            return found.end()
        return start + _MAX_SUBNEGOTIATION if len(data) >= start + _MAX_SUBNEGOTIATION else -1
    if b"\xfb" <= command <= b"\xfe":  # WILL, WON'T, DO, DON'T and an option
        return start + 3 if len(data) >= start + 3 else -1
    return start + 2 if command >= b"\xf0" else start + 1


def _meaning(command: bytes) -> bytes:
    """What a telnet command would be on a plain terminal. An IAC before ordinary bytes is somebody's Latin-1."""
    return _FUNCTIONS.get(command, b"") if command else _IAC


def _typed(line: str) -> str:
    """A line as its writer sees it: erased characters are gone, and keys that would move a cursor."""
    if not _EDITED.search(line):
        return line
    line = _CURSOR_KEYS.sub("", line)
    kept: list[str] = []
    for char in line:
        if not _EDITING.match(char):
            kept.append(char)
        elif char not in _ERASE_CHARACTER:
            kept.clear()
        elif kept:
            kept.pop()
    return "".join(kept)
