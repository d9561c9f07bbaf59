"""How long, as people write it: ``90``, ``10m``, ``1h30m``, ``2 days``, ``forever``."""

import re
from typing import Final

FOREVER: Final = 0
"""Seconds; so the commands that take a time say it."""
LONGEST: Final = 10 * 365 * 24 * 3600
"""Seconds; whoever wants more means for ever."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"([0-9]{1,9})\s*(s|m|h|d|w)?(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?\s*", re.IGNORECASE)
_FOREVER: Final = frozenset({"forever", "ever", "always", "never", "0"})


def parse_duration(text: str) -> int | None:
    """The seconds that a text means, `FOREVER` for a time without end; None when it is no time.

    A number without a unit is minutes.
    """
    text = text.strip().lower()
    if text in _FOREVER:
        return FOREVER
    seconds, at = 0, 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or (part[2] is None and part[0] != text):
            return None
        seconds += int(part[1]) * _UNITS[part[2] or "m"]
        at = part.end()
    return seconds if 0 < seconds <= LONGEST else None


def say_duration(seconds: int) -> str:
    """The same in words, in the two largest units: ``1 hour 30 minutes``; ``for ever`` where it has no end."""
    if seconds == FOREVER:
        return "for ever"
    words: list[str] = []
    for unit, size in (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count and len(words) < 2:
            words.append(f"{count} {unit}{'s' * (count > 1)}")
    return " ".join(words)
