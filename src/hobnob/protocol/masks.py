"""Masks: patterns of people, as IRC writes them, in which ``*`` stands for anything and ``?`` for one character.

A person is ``name!~u@host`` for a mask. The host is made of the person's id, so it is the same under every name and
says nothing of an address. ``account:name`` stands for who is logged in to such an account. Case does not count.

Matching takes at most the mask's length times the text's, whatever stands in them; no regular expression is made.
"""

from hobnob.protocol.errors import ChatError
from hobnob.protocol.records import Person

MAX_MASK = 150
"""Characters of a mask."""

ACCOUNT = "account:"
USER = "~u"
"""What stands for everybody's user name: nobody has proved one."""


def host(person: str) -> str:
    """The host that is shown for a person, by id: 50 of its random bits."""
    return f"{person[2:12]}.hobnob"


def mask_of(person: str, name: str) -> str:
    """What masks are compared with: ``name!~u@host`` of a person by id and name, which who is deleted may not have."""
    return f"{name or '*'}!{USER}@{host(person)}"


def checked_mask(text: str) -> str:
    """A mask with all its parts: ``ada`` is ``ada!*@*``, ``u@h`` is ``*!u@h``. Raises ChatError: ``mask-invalid``."""
    text = text.strip()
    if not text or len(text) > MAX_MASK or not text.isprintable() or any(char in " ,:" for char in _checkable(text)):
        raise ChatError("mask-invalid")
    if text.startswith(ACCOUNT):
        return text
    name, has_user, rest = text.partition("!")
    if not has_user and "@" in text:
        name, rest = "", text
    user, _, place = rest.partition("@")
    return f"{name or '*'}!{user or '*'}@{place or '*'}"


def _checkable(text: str) -> str:
    return text.removeprefix(ACCOUNT) or " "


def fits(mask: str, person: Person) -> bool:
    """Whether a person is meant by a mask."""
    if mask.startswith(ACCOUNT):
        return person.kind == "account" and matches(mask.removeprefix(ACCOUNT), person.name)
    return matches(mask, mask_of(person.id, person.name))


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
