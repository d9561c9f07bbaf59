"""What a text may contain, and how it may be shown.

Text is cleaned once, on entry, and is trusted afterwards: what is kept can move no cursor, forge no line, and reorder
nothing that stands behind it. IRC formatting codes stay; each gateway shows or drops them. Nobody's words are changed.
"""

import re
import unicodedata

MAX_TEXT = 16 * 1024
"""Bytes of UTF-8 in one message; measure after cleaning, which may add closing marks."""

MAX_MARKS = 8
"""Combining marks and invisible characters in a row: more than any language needs, too few to cover other lines."""

MAX_BIDI_DEPTH = 8
"""Open embeddings and isolates at once; the Unicode algorithm itself gives up at 125."""

# What clean() removes. IRC formatting (02 03 04 0f 11 16 1d 1e 1f) is not among it.
_CONTROLS = (
    "\x00\x01\x05-\x08\x0b\x0c\x0e\x10\x12-\x15\x17-\x1c\x7f-\x84\x86-\x9f"
    "\ufeff\u206a-\u206f\ufff9-\ufffb"  # byte order mark, deprecated formatting, hidden annotations
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags and unassigned invisibles; E0100-E01EF choose a form of Han
)
_NOT_CHARACTERS = "\ud800-\udfff\ufdd0-\ufdef" + "".join(
    f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17)
)
_BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"

# Holds more than must go, so that it stays short: a long class costs 10 us for each 100 characters.
_SUSPICIOUS = re.compile(
    "[\x00\x01\x05-\x08\x0b-\x0e\x10\x12-\x15\x17-\x1c\x7f-\x9f\u2028-\u202e\u2066-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U0001fffe\U0001ffff\U0002fffe-\U0010ffff]"
)
_SUSPICIOUS_ASCII = re.compile("[\x00\x01\x05-\x08\x0b-\x0e\x10\x12-\x15\x17-\x1c\x7f]")
_NEWLINE = re.compile("\r\n?|[\x85\u2028\u2029]")
_NOT_CHARACTER = re.compile(f"[{_NOT_CHARACTERS}]")
_BIDI_CONTROL = re.compile(f"[{_BIDI_CONTROLS}]")

# A black flag and the tags that name a region make one emoji: the only tags that mean anything.
_CONTROL = re.compile(f"(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}\U000e007f)|[{_CONTROLS}]")

_FORMATTING = re.compile(
    "\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?|[\x02\x0f\x11\x16\x1d-\x1f]"
)
# Wide on purpose: it finds stretches that might hold too many marks, _limit_marks() looks closer.
_LONG_STRETCH = re.compile(rf"[^\x20-\x7e\w]{{{MAX_MARKS + 1},}}")

_EMBEDDINGS = frozenset("\u202a\u202b\u202d\u202e")
_ISOLATES = frozenset("\u2066\u2067\u2068")
_POP_EMBEDDING = "\u202c"
_FIRST_STRONG_ISOLATE = "\u2068"
_POP_ISOLATE = "\u2069"

# Every block in which letters run from the right, and every control that can make others do so.
_RIGHT_TO_LEFT = re.compile(
    f"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff\u200e\u200f{_BIDI_CONTROLS}]"
)


def clean(text: str) -> str:
    """The text as it may be kept: idempotent, and ordinary text comes back as it was.

    Line ends become ``\\n``. Control characters go, except tab and IRC formatting; what is no character becomes U+FFFD.
    Bidirectional controls are balanced within each line, and marks limited to MAX_MARKS in a row. Blank lines at the
    end go, and a text of nothing but white space becomes empty. The result may be longer than MAX_TEXT.
    """
    if (_SUSPICIOUS_ASCII if text.isascii() else _SUSPICIOUS).search(text):
        text = _NEWLINE.sub("\n", text)
        text = _NOT_CHARACTER.sub("\ufffd", text)
        text = _CONTROL.sub(r"\1", text)
        if _BIDI_CONTROL.search(text):
            text = "\n".join(map(_balance, text.split("\n")))
    if not text.isascii():
        text = _LONG_STRETCH.sub(_limit_marks, text)
    if text[-1:].isspace():
        text = _without_blank_end(text)
    return text


def clean_line(text: str) -> str:
    """As clean(), for what must be one line: newlines and tabs become spaces, none stay at either end."""
    return clean(text).replace("\n", " ").replace("\t", " ").strip(" ")


def for_terminal(text: str) -> str:
    """A cleaned text for a terminal: without IRC formatting, and each line isolated if it can run from the right.

    Isolation (UAX 9) keeps such a line from reordering the name before it or the time behind it.
    """
    text = _FORMATTING.sub("", text)
    if text.isascii():
        return text
    text = _LONG_STRETCH.sub(_limit_marks, text)  # colours may have stood between marks
    if not _RIGHT_TO_LEFT.search(text):
        return text
    return "\n".join(
        f"{_FIRST_STRONG_ISOLATE}{line}{_POP_ISOLATE}" if _RIGHT_TO_LEFT.search(line) else line
        for line in text.split("\n")
    )


def continuation(text: str, mark: str) -> list[str]:
    """The lines of a text, ``mark`` before each but the first, so that none can pass for somebody else's message."""
    first, *others = text.split("\n")
    return [first, *(mark + line for line in others)]


def _balance(line: str) -> str:
    """Give each bidirectional opener its closer in the same line, and drop closers that close nothing (UAX 9)."""
    opened: list[str] = []

    def settle(match: re.Match[str]) -> str:
        control = match[0]
        if control in _EMBEDDINGS or control in _ISOLATES:
            if len(opened) == MAX_BIDI_DEPTH:
                return ""
            opened.append(control)
            return control
        if control == _POP_EMBEDDING:
            return _closer(opened.pop()) if opened and opened[-1] in _EMBEDDINGS else ""
        if _ISOLATES.isdisjoint(opened):
            return ""
        closers = ""
        while not closers.endswith(_POP_ISOLATE):  # an isolate's end also ends the embeddings opened inside
            closers += _closer(opened.pop())
        return closers

    line = _BIDI_CONTROL.sub(settle, line)
    return line + "".join(map(_closer, reversed(opened)))


def _closer(opener: str) -> str:
    return _POP_ISOLATE if opener in _ISOLATES else _POP_EMBEDDING


def _limit_marks(stretch: re.Match[str]) -> str:
    """Keep the first MAX_MARKS of marks and invisible characters that follow each other.

    Formatting codes and bidirectional controls neither count nor end a row, or they would let it grow.
    """
    kept: list[str] = []
    row = 0
    for char in stretch[0]:
        if unicodedata.category(char) in ("Mn", "Me", "Cf"):
            if not _BIDI_CONTROL.match(char):
                row += 1
                if row > MAX_MARKS:
                    continue
        elif char in "\n\t" or not char.isascii():
            row = 0
        kept.append(char)
    return "".join(kept)


def _without_blank_end(text: str) -> str:
    words = text.rstrip()
    if not words:
        return ""
    blank = text[len(words) :]
    return words + blank.partition("\n")[0]
