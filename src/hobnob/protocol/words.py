"""Texts as words: what a search compares, alike for what was said and for what is asked.

Case, diacritics and the width of letters make no difference. Chinese, Japanese, Thai and their neighbours write no
spaces, so a run of them becomes its pairs of neighbouring characters and, at the end, the last character alone: every
part of two characters or more is then a sequence of words, and a single character the beginning of one.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, pairwise

import msgspec

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = f"([{_UNSPACED}]+)|[^ {_UNSPACED}]+"
_LETTER = f"[^ {_UNSPACED}]"
_REST_OF_WORD = f"[^ {_UNSPACED}]*"
_CLUSTER = re.compile(".[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", re.DOTALL)
_FORMATTING = re.compile("\x03[0-9]{1,2}(?:,[0-9]{1,2})?|\x04[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?")

# Accents of Latin, Greek and Cyrillic letters, points of Hebrew and Arabic ones.
_DIACRITIC = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u065f\u0670]")
_ZERO_WIDTH_SPACE = "\u200b"
_MOST_FOLDED = 20_000

MOST_MARKS = 100


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """One of the above: a class of such ranges takes milliseconds, which a start has no use for."""
    return re.compile(pattern)


class _Folding(dict[int, str]):
    """For `str.translate`: what each character is compared as; a space where it separates words."""

    def __missing__(self, code: int) -> str:
        if len(self) > _MOST_FOLDED:  # somebody sends all of Unicode
            self.clear()
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        folded = unicodedata.normalize("NFC", _DIACRITIC.sub("", folded))
        self[code] = "".join(map(_of_a_word, folded))
        return self[code]


def _of_a_word(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] in "LNM" or category == "Co":
        return char
    return "" if category == "Cf" and char != _ZERO_WIDTH_SPACE else " "


_FOLDING = _Folding()


class Term(msgspec.Struct, frozen=True):
    """Words that follow each other; with `prefix` the last one may go on.

    `pattern` is a regular expression for the same in a folded text, except that it may find a part of a word.
    """

    words: tuple[str, ...]
    prefix: bool
    pattern: str


def fold(text: str) -> str:
    """A text as it is compared: its letters folded, a space for everything between words."""
    return unicodedata.normalize("NFKC", _unformatted(text)).translate(_FOLDING)


def words(text: str) -> list[str]:
    """The words of a text, in order."""
    return _words(fold(text))


def name_key(name: str) -> str:
    """What is equal for two spellings of one name; quick for ASCII."""
    return name.lower() if name.isascii() else " ".join(words(name))


def term(text: str, *, prefix: bool = False) -> Term | None:
    """What to look for when somebody asks for `text`; None when there is no letter and no digit in it."""
    folded = fold(text)
    runs = list(_compiled(_RUN).finditer(folded))
    if not runs:
        return None
    last = runs[-1]
    if last[1] is None:
        return Term(tuple(_words(folded)), prefix, _pattern(runs))
    # The last character alone would say that the run ends here; a single one is where some pair begins.
    found = _words(folded[: last.end()])
    return Term(tuple(found if len(last[0]) == 1 else found[:-1]), len(last[0]) == 1, _pattern(runs))


def contains(folded: str, term: Term) -> bool:
    """Whether a folded text contains a term."""
    return next(_places(folded, term), None) is not None


def marks(text: str, terms: Iterable[Term]) -> tuple[tuple[int, int], ...]:
    """Where the terms stand in a text: (start, end) in characters, in order, apart; `MOST_MARKS` at most."""
    text = _unformatted(text)
    folded = unicodedata.normalize("NFKC", text).translate(_FOLDING)
    origins: list[tuple[int, int]] | None = None
    if not _is_as_long(text):
        folded, origins = _traced(text)
    ranges = sorted(place for term in terms for place in islice(_places(folded, term), MOST_MARKS))
    if origins is not None:
        ranges = [(origins[start][0], origins[end - 1][1]) for start, end in ranges]
    return _merged(ranges)[:MOST_MARKS]


def _places(folded: str, term: Term) -> Iterator[tuple[int, int]]:
    """Where a term stands in a folded text, from left to right; none lies within a word, or ends in one."""
    pattern = re.compile(term.pattern)
    letter = _compiled(_LETTER)
    at = 0
    while (found := pattern.search(folded, at)) is not None:
        start, end = found.span()
        begins = start == 0 or not (letter.match(folded, start) and letter.match(folded, start - 1))
        ends = not (letter.match(folded, end - 1) and letter.match(folded, end))
        if begins and (ends or term.prefix):
            if not ends:
                end = _compiled(_REST_OF_WORD).match(folded, end).end()  # type: ignore[union-attr]  # it matches nothing, too
            yield start, end
            at = end
        else:
            at = start + 1


def _unformatted(text: str) -> str:
    """Without the digits of IRC colours, which would join the word behind them; as long as before."""
    return _FORMATTING.sub(lambda code: " " * len(code[0]), text)


def _words(folded: str) -> list[str]:
    found: list[str] = []
    for run in _compiled(_RUN).finditer(folded):
        if run[1] is None:
            found.append(run[0])
        else:
            found += [run[0][at : at + 2] for at in range(len(run[0]))]
    return found


def _pattern(runs: Sequence[re.Match[str]]) -> str:
    pattern = re.escape(runs[0][0])
    for before, run in pairwise(runs):
        changes = (before[1] is None) != (run[1] is None)  # the scripts change, so nothing need stand between
        pattern += (" *" if changes else " +") + re.escape(run[0])
    return pattern


def _is_as_long(text: str) -> bool:
    """Whether each character of a text is folded to exactly one."""
    if text.isascii():
        return True
    return unicodedata.is_normalized("NFKC", text) and all(len(_FOLDING[ord(char)]) == 1 for char in set(text))


def _traced(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and of each of its characters where it comes from."""
    pieces: list[str] = []
    origins: list[tuple[int, int]] = []
    for cluster in _CLUSTER.finditer(text):
        folded = unicodedata.normalize("NFKC", cluster[0]).translate(_FOLDING)
        pieces.append(folded)
        origins += [cluster.span()] * len(folded)
    return "".join(pieces), origins


def _merged(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
