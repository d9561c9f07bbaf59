"""A hit in one line: as much of its text as fits around the first mark, in pieces that are marked or not."""

import re
from collections.abc import Iterator

from hobnob.protocol.records import Hit

_BREAKS = re.compile(r"[\n\t]")


def excerpt(hit: Hit, size: int) -> Iterator[tuple[str, bool]]:
    """Pieces of `size` characters at most in all, and whether each is marked; an ellipsis where text is left out."""
    text = _BREAKS.sub(" ", hit.text)
    first = hit.marked[0][0] if hit.marked else 0
    start = 0 if len(text) <= size else max(0, min(first - size // 3, len(text) - size))
    end = min(len(text), start + size)
    if start:
        yield "…", False
    at = start
    for begin, stop in hit.marked:
        begin, stop = max(begin, at), min(stop, end)
        if begin >= stop:
            continue
        if at < begin:
            yield text[at:begin], False
        yield text[begin:stop], True
        at = stop
    if at < end:
        yield text[at:end], False
    if end < len(text):
        yield "…", False
