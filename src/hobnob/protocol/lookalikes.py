"""When two names look the same, and when one name mixes alphabets: Unicode UTS 39.

Names in ASCII never load the Unicode tables, which takes some 20 ms the first time another name comes. The data are the
JSON files of the package confusable_homoglyphs, read directly because its own functions offer no skeleton.
"""

import pkgutil
import unicodedata
from bisect import bisect_right
from functools import cache, lru_cache

import msgspec

_ASCII_LOOKALIKES = str.maketrans({"I": "l", "1": "l", "|": "l", "0": "O", "m": "rn", "M": "rn", "`": "'"})
_LEFT_TO_RIGHT_MARK = "\u200e"  # stands around right-to-left characters in the data

# The script combinations that UTS 39 section 5.2 calls highly restrictive, beside a single script.
_COMBINABLE = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
_NEUTRAL = frozenset({"COMMON", "INHERITED"})


class _Lookalike(msgspec.Struct, gc=False):
    c: str


class _Scripts(msgspec.Struct):
    iso_15924_aliases: list[str]
    code_points_ranges: list[tuple[int, int, int, int]]


def skeleton(name: str) -> str:
    """The key that look-alike names share (UTS 39 section 4), without regard to case.

    Takes a name as it is shown, not its fold: a capital I looks like l, a small i does not, so ``Karl`` and ``Kari``
    stay two people while ``KarI`` is refused. It is for comparing only and may itself be no legal name.
    """
    if name.isascii():
        key = name.translate(_ASCII_LOOKALIKES).lower()
        return name if key == name else key  # kept once
    return _skeleton(name)


@lru_cache(maxsize=4096)
def _skeleton(name: str) -> str:
    before = ""
    while before != name:  # folding may uncover another look-alike; a second round settles nearly all
        before = name
        shown = unicodedata.normalize("NFD", name).translate(_lookalikes())
        name = unicodedata.normalize("NFD", shown.casefold())
    return name


def mixes_scripts(name: str) -> bool:
    """Whether the letters or the digits come from writing systems that people do not write together."""
    if name.isascii():
        return False
    zeros = {ord(char) - unicodedata.decimal(char) for char in name if char.isdecimal()}
    if len(zeros) > 1:
        return True
    scripts = {_script_by_character(char) for char in name} - _NEUTRAL
    return len(scripts) > 1 and not any(scripts <= allowed for allowed in _COMBINABLE)


@cache
def _lookalikes() -> dict[int, str]:
    """Every character that looks like something else, and what it looks like.

    The data list each pair in both directions. A source is always a single character and has one prototype, so an entry
    with several partners, or of several characters, is a prototype; of a lone pair the smaller one is taken.
    """
    data = msgspec.json.decode(_read("confusables.json"), type=dict[str, list[_Lookalike]])
    found: dict[int, str] = {}
    pairs: list[tuple[str, str]] = []
    for shown, partners in data.items():
        key = shown.replace(_LEFT_TO_RIGHT_MARK, "")
        if len(key) > 1 or len(partners) > 1:
            for partner in partners:
                source = partner.c.replace(_LEFT_TO_RIGHT_MARK, "")
                if len(source) == 1:
                    found[ord(source)] = key
        else:
            pairs.append((key, partners[0].c.replace(_LEFT_TO_RIGHT_MARK, "")))
    for one, other in pairs:
        if len(other) == 1 and found.get(ord(one)) != other and found.get(ord(other)) != one:
            found[ord(max(one, other))] = min(one, other)
    return found


@cache
def _script_ranges() -> list[tuple[int, int, str]]:
    data = msgspec.json.decode(_read("categories.json"), type=_Scripts)
    return [(first, last, data.iso_15924_aliases[alias]) for first, last, alias, _ in data.code_points_ranges]


@lru_cache(maxsize=4096)
def _script_by_character(char: str) -> str:
    ranges = _script_ranges()
    place = bisect_right(ranges, ord(char), key=lambda entry: entry[0]) - 1
    _, last, script = ranges[place]
    return script if ord(char) <= last else "UNKNOWN"


def _read(file: str) -> bytes:
    content = pkgutil.get_data("confusable_homoglyphs", file)
    assert content is not None, "packages are installed as files"
    return content
