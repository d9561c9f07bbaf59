"""Masks: texts in which ``*`` stands for anything and ``?`` for one character, compared without regard to case.

Matching takes at most the mask's length times the text's, whatever stands in them; no regular expression is made.
"""


def matches(mask: str, text: str) -> bool:
    """Whether a mask stands for a text."""
    mask, text = mask.casefold(), text.casefold()
    at = place = 0
    star, taken = -1, 0  # the last star that was met, and how much of the text it has taken
    while place < len(text):
        if at < len(mask) and mask[at] == "*":
            star, taken = at, place
            at += 1
        elif at < len(mask) and mask[at] in ("?", text[place]):
            at += 1
            place += 1
        elif star >= 0:
            taken += 1
            at, place = star + 1, taken
        else:
            return False
    return not mask[at:].strip("*")


def is_mask(text: str) -> bool:
    """Whether a text may stand for several."""
    return "*" in text or "?" in text
