"""What a person types to search, taken apart. Pure; any text is either understood or refused with one sentence.

    tea time          messages with both words          "tea time"    the words in this order
    tea*              words that begin so               -milk         without this word
    from:ada in:#tea before:2026-11-01 after:2026-10-01 has:link

Nothing nests, so nothing can be nested too deeply.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Final, Literal, get_args

import msgspec
from msgspec.structs import replace

from hobnob.protocol.errors import ChatError
from hobnob.protocol.words import Term, contains, fold, term

MAX_QUERY: Final = 500
"""Characters."""
MAX_TERMS: Final = 16

Has = Literal["link", "pin", "reaction", "reply", "thread"]
_HAS: Final[tuple[Has, ...]] = get_args(Has)
_FILES: Final = ("file", "files", "image", "video", "audio", "attachment")

_QUOTES = str.maketrans("“”„‟«»＂", '"""""""')  # noqa: RUF001  as telephones and word processors set them
_PART = re.compile(r'(-?)"([^"]*)"?(\*?)|([^\s"]+)')
_FILTER = re.compile(r"(-?)(from|in|before|after|has):(.*)", re.IGNORECASE)


class Query(msgspec.Struct, frozen=True):
    """What is looked for. `before` and `after` are ms since 1970: earlier than, not earlier than."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    sender: str | None = None
    room: str | None = None
    before: int | None = None
    after: int | None = None
    has: tuple[Has, ...] = ()


def parse(text: str) -> Query:
    """The query that a person typed.

    Raises:
        ChatError: ``bad-search``, the hint saying what to write instead.
    """
    if len(text) > MAX_QUERY:
        raise _refused(f"A search holds at most {MAX_QUERY} characters. Leave some words out.")
    query = Query()
    for part in _PART.finditer(text.translate(_QUOTES)):
        word = part[4]
        if word is not None and (found := _FILTER.fullmatch(word)):
            query = _filtered(query, found)
        elif word is not None:
            query = _with(query, term(word, prefix=word.endswith("*")), minus=word.startswith("-"))
        else:
            query = _with(query, term(part[2], prefix=bool(part[3])), minus=bool(part[1]))
    if query == Query(unwanted=query.unwanted):
        if query.unwanted:
            raise _refused("Say also what to find, not only what to leave out.")
        raise _refused("Search for at least one word, written with letters or digits.")
    if len(query.wanted) + len(query.unwanted) > MAX_TERMS:
        raise _refused(f"A search takes at most {MAX_TERMS} words. Leave some out.")
    return query


def matches(query: Query, text: str) -> bool:
    """Whether a text has all words that are wanted and none of the others. Its author, room and time do not count."""
    folded = fold(text)
    return all(contains(folded, each) for each in query.wanted) and not any(
        contains(folded, each) for each in query.unwanted
    )


def _with(query: Query, looked_for: Term | None, *, minus: bool) -> Query:
    if looked_for is None:
        return query
    if minus:
        return replace(query, unwanted=(*query.unwanted, looked_for))
    return replace(query, wanted=(*query.wanted, looked_for))


def _filtered(query: Query, found: re.Match[str]) -> Query:
    minus, key, value = found[1], found[2].lower(), found[3]
    if minus:
        raise _refused(f"A minus stands before words only, and {key}: is none.")
    if key == "has":
        return replace(query, has=tuple(dict.fromkeys((*query.has, _has(value.lower())))))
    name = {"from": "sender", "in": "room"}.get(key, key)
    if getattr(query, name) is not None:
        raise _refused(f"A search takes {key}: only once.")
    if key in ("before", "after"):
        return replace(query, **{name: _midnight(key, value)})
    if not value.strip("@#"):
        raise _refused(
            f"Write {'a name' if key == 'from' else 'the name of a room'} right behind {key}:, without a space."
        )
    return replace(query, **{name: value})


def _has(value: str) -> Has:
    for known in _HAS:
        if value in (known, f"{known}s", "replies" if known == "reply" else known):
            return known
    takes = f"has: takes {', '.join(_HAS[:-1])} or {_HAS[-1]}."
    raise _refused(f"Files cannot be searched for yet; {takes}" if value in _FILES else takes)


def _midnight(key: str, value: str) -> int:
    """The beginning of a day in UTC, in ms since 1970."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _refused(f"Write the day behind {key}: as year-month-day, such as 2026-11-01.") from None
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1000


def _refused(hint: str) -> ChatError:
    return ChatError("bad-search", hint)
