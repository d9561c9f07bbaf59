"""Lines of IRC: parsing, formatting, and cutting a stream into them; no state of a client.

The format is that of the Modern IRC Client Protocol (modern.ircdocs.horse, "Message Format") with the tags of IRCv3
message-tags. Nothing that is encoded here can hold a second line: NUL, CR and LF are dropped from every parameter, and
a body is cut at `MAX_BODY` bytes, between characters.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

MAX_BODY = 510
"""Bytes of a line after its tags, without CR LF (RFC 2812 section 2.3)."""

MAX_CLIENT_TAGS = 4094
"""Bytes of the tags a client may send, without the ``@`` and the space (IRCv3 message-tags)."""

MAX_LINE = 8191
"""Bytes before LF that are kept while a line is not complete."""

_LINE_BREAKING = re.compile(r"[\r\n\0]")
_ESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_TO_ESCAPE = re.compile(r"[; \\\r\n\0]")
_ESCAPED = str.maketrans({";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n", "\0": None})


_NO_TAGS: Mapping[str, str] = MappingProxyType({})


class Message(NamedTuple):
    """One line. A tag without a value has the value ``""``, which means the same."""

    command: str
    params: tuple[str, ...] = ()
    source: str = ""
    tags: Mapping[str, str] = _NO_TAGS


def parse(line: str) -> Message | None:
    """The message of a line without its end, its command in capitals; None when it has no command."""
    tags: dict[str, str] = {}
    if line.startswith("@"):
        text, _, line = line[1:].partition(" ")
        tags = _parse_tags(text)
    line = line.lstrip(" ")
    source = ""
    if line.startswith(":"):
        source, _, line = line[1:].partition(" ")
        line = line.lstrip(" ")
    command, _, rest = line.partition(" ")
    return Message(command.upper(), _parse_params(rest), source, tags) if command else None


def _parse_tags(text: str) -> dict[str, str]:
    pairs = (tag.partition("=") for tag in text.split(";"))
    return {key: re.sub(r"\\(.?)", _unescape, value) for key, _, value in pairs if key}


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[1])


def _parse_params(rest: str) -> tuple[str, ...]:
    rest = rest.lstrip(" ")
    if rest.startswith(":"):
        return (rest[1:],)
    middles, colon, last = rest.partition(" :")
    params = [param for param in middles.split(" ") if param]
    return (*params, last) if colon else tuple(params)


def encode(message: Message) -> bytes:
    """The bytes of a message, with CR LF. A parameter that cannot stand before others becomes ``*``."""
    body = cut(_format_body(message).encode("utf-8", "replace"), MAX_BODY) + b"\r\n"
    return encode_tags(message.tags) + body if message.tags else body


def encode_tags(tags: Mapping[str, str]) -> bytes:
    """Tags as they stand at the beginning of a line, with the space after them; nothing for none."""
    if not tags:
        return b""
    text = ";".join(_format_tag(key, value) for key, value in tags.items())
    return f"@{text} ".encode("utf-8", "replace")


def _format_tag(key: str, value: str) -> str:
    if _TO_ESCAPE.search(value):
        value = value.translate(_ESCAPED)
    return f"{key}={value}" if value else key


def _format_body(message: Message) -> str:
    body = _join(message, message.params)
    if _LINE_BREAKING.search(body):
        body = _join(message, [_LINE_BREAKING.sub("", param) for param in message.params])
    return body


def _join(message: Message, params: Sequence[str]) -> str:
    head = f":{message.source} {message.command}" if message.source else message.command
    if not params:
        return head
    last = params[-1]
    if len(params) == 1:
        return f"{head} {last}" if _may_be_middle(last) else f"{head} :{last}"
    middles = [param if _may_be_middle(param) else "*" for param in params[:-1]]
    # A text is marked as one even where it is a single word: simple programs look for the colon.
    return f"{head} {' '.join(middles)} :{last}"


def _may_be_middle(param: str) -> bool:
    return param != "" and not param.startswith(":") and " " not in param


def ctcp(what: str, text: str) -> str:
    """A question or an answer from program to program."""
    return f"\x01{what} {text}\x01" if text else f"\x01{what}\x01"


def cut(data: bytes, size: int) -> bytes:
    """The beginning of UTF-8 text, at most `size` bytes, no character cut in two."""
    if len(data) <= size:
        return data
    while size and data[size] & 0xC0 == 0x80:
        size -= 1
    return data[:size]


def pieces(line: str, size: int) -> Iterator[str]:
    """A text in pieces of at most `size` bytes (at least 4), after a space where there is one near the end."""
    data = line.encode("utf-8", "replace")
    while len(data) > size:
        piece = cut(data, size)
        space = data.rfind(b" ", size * 3 // 4, len(piece))
        if space > 0:
            piece = data[: space + 1]
        data = data[len(piece) :]
        yield piece.decode()
    if data:
        yield data.decode()


def packed(words: Iterable[str], size: int) -> Iterator[str]:
    """Words joined by spaces, in texts of at most `size` bytes, each of at least one word."""
    text, used = "", 0
    for word in words:
        length = len(word.encode())
        if text and used + 1 + length > size:
            yield text
            text, used = "", 0
        text, used = (f"{text} {word}", used + 1 + length) if text else (word, length)
    if text:
        yield text


class LineBuffer:
    """Cuts a stream of bytes into lines. A line that is too long is reported once and never kept."""

    __slots__ = ("_rest", "_skipping")

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that `data` completes, without their ends, NUL and CR dropped; None for one over `MAX_LINE`."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest
        for line in lines:
            if self._skipping:
                self._skipping = False
            elif len(line) > MAX_LINE:
                yield None
            else:
                yield line.translate(None, b"\0\r")
        if self._skipping:
            self._rest = b""
        elif len(rest) > MAX_LINE:
            self._rest = b""
            self._skipping = True
            yield None
