"""Bytes of a terminal as lines: their ends, telnet, keys, wrong UTF-8, and the limit."""

import pytest

from hobnob.gateways.lines.reader import INTERRUPT, MAX_LINE, LineReader


def lines(*pieces: bytes) -> list[str | None]:
    reader = LineReader()
    found = [line for piece in pieces for line in reader.feed(piece)]
    return [*found, *reader.end()] if reader.begun else found


def bytewise(data: bytes) -> list[str | None]:
    return lines(*(data[at : at + 1] for at in range(len(data))))


LINES: dict[str, tuple[bytes, list[str | None]]] = {
    "LF": (b"a\nb\n", ["a", "b"]),
    "CR LF": (b"a\r\nb\r\n", ["a", "b"]),
    "CR NUL, as telnet sends a bare return": (b"a\r\0b\r\0", ["a", "b"]),
    "CR": (b"a\rb\r", ["a", "b"]),
    "an empty line": (b"\r\na\n", ["", "a"]),
    "the last line without its end": (b"a\nb", ["a", "b"]),
    "negotiation": (b"\xff\xfb\x1f\xff\xfd\x03\xff\xfe\x01\xff\xfc\x01hi\n", ["hi"]),
    "negotiation inside a line": (b"h\xff\xfb\x1fi\n", ["hi"]),
    "subnegotiation with a newline in it": (b"\xff\xfa\x1f\0\x0a\0\x18\xff\xf0hi\n", ["hi"]),
    "subnegotiation with an escaped IAC": (b"\xff\xfa\x1f\xff\xff\xf0\xff\xf0hi\n", ["hi"]),
    "subnegotiation without end": (b"\xff\xfa" + b"x" * 510 + b"hi\n", ["hi"]),
    "interrupt": (b"half a line\xff\xf4\xff\xfd\x06", [INTERRUPT]),
    "erase character": (b"hix\xff\xf7\n", ["hi"]),
    "erase line": (b"xyz\xff\xf8hi\n", ["hi"]),
    "other functions": (b"\xff\xf6hi\xff\xf9\n", ["hi"]),
    "escaped IAC": (b"\xff\xff\n", ["\ufffd"]),
    "Latin-1": (b"\xffa caf\xe9\n", ["\ufffda caf\ufffd"]),
    "backspace": (b"helq\x08lo\n", ["hello"]),
    "delete": (b"helq\x7flo\n", ["hello"]),
    "backspace over a wide character": ("ä€\x7f!\n".encode(), ["ä!"]),
    "backspace too often": (b"\x08\x08hi\x7f\x7f\x7f\x7fyo\n", ["yo"]),
    "Ctrl+U": (b"nonsense\x15hi\n", ["hi"]),
    "arrow keys": (b"\x1b[Ahi\x1b[1;5D\x1bOC\n", ["hi"]),
    "broken UTF-8": (b"\xc3\n\x80\xf0\x9f\x91\n", ["\ufffd", "\ufffd\ufffd"]),
    "the longest line": (b"x" * MAX_LINE + b"\n", ["x" * MAX_LINE]),
    "a line too long": (b"x" * MAX_LINE + b"xy\nhi\n", [None, "hi"]),
    "a line too long without its end": (b"hi\n" + b"x" * (MAX_LINE + 9), ["hi", None]),
}


@pytest.mark.parametrize(("data", "found"), LINES.values(), ids=LINES.keys())
def test_bytes_are_lines_however_they_are_split(data: bytes, found: list[str | None]) -> None:
    assert lines(data) == found
    assert bytewise(data) == found


def test_many_empty_lines_are_like_one() -> None:
    assert lines(b"a\n\r\n\r\n\nb\n") == ["a", "", "b"]
    assert lines(b"\r\0\r\r\0\r", b"\nb\r", b"\n") == ["", "", "b"]


def test_half_a_negotiation_is_no_line() -> None:
    reader = LineReader()
    assert list(reader.feed(b"\xff\xfb")) == []
    assert not reader.begun


@pytest.mark.parametrize(("data", "crlf"), [(b"hi", None), (b"a\nb\r\n", False), (b"a\r\nb\n", True), (b"a\r", True)])
def test_the_first_line_tells_what_line_ends_the_peer_uses(data: bytes, crlf: bool | None) -> None:
    reader = LineReader()
    list(reader.feed(data))
    assert reader.crlf is crlf


def test_a_hundred_megabytes_without_a_newline_are_not_kept() -> None:
    reader = LineReader()
    block = b"x" * (1024 * 1024)
    assert [line for _ in range(100) for line in reader.feed(block)] == [None]
    assert not reader.begun
    assert list(reader.feed(b"\nhi\n")) == ["hi"]
