"""Legal names, and when two of them are the same.

A name is legal on every gateway at once: one word in a terminal, a nick or channel in IRC, a part of a path in a URL.
It is shown as it was written (in NFC), compared by its fold, and refused when its skeleton is that of a name in use.
Folding follows RFC 8265 (PRECIS UsernameCaseMapped), look-alikes and alphabets follow Unicode UTS 39.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, takewhile
from random import Random

from precis_i18n import get_profile

from hobnob.protocol.ids import is_person_id, is_room_id
from hobnob.protocol.lookalikes import mixes_scripts, skeleton

__all__ = ["NameRefused", "fold", "guest_name", "mentioned", "person_name", "room_name", "skeleton"]

MAX_CHARACTERS = 32
MAX_BYTES = 128
MAX_MENTIONS = 50
MAX_MARKS = 4  # on one letter, of those that take no room of their own (UTS 39 section 5.4)

_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo"})
_LETTERS_DIGITS_MARKS = _LETTERS | {"Nd", "Mn", "Mc"}
_NICK_SIGNS = frozenset("-_[]\\`^{}|")  # RFC 2812 "special", and the hyphen
_ROOM_SIGNS = frozenset("-_.+")

_RESERVED_PEOPLE = frozenset(
    skeleton(name) for name in ("server", "client", "system", "everyone", "here", "channel", "room", "all", "hobnob")
)

RESERVED_ROOMS = frozenset(
    {
        ".well-known", "account", "admin", "api", "assets", "auth", "avatars", "favicon.ico", "files", "health",
        "healthz", "hook", "hooks", "house", "icons", "index.html", "invite", "join", "livez", "login", "logout",
        "manifest.json", "manifest.webmanifest", "me", "metrics", "oauth", "push", "readyz", "robots.txt", "rooms",
        "search", "service-worker.js", "settings", "setup", "signup", "sitemap.xml", "static", "sw.js", "token",
        "upload", "uploads", "ws",
    }
)  # fmt: skip
"""Folded names that rooms may not have, because the web gateway answers something else under ``/name``."""

_CHARACTERS_HINT = "Use letters, digits and - _ [ ] \\ ` ^ { } | only, without spaces."
_ROOM_CHARACTERS_HINT = "Use letters, digits and - _ . + only, without spaces."
_FROM_THE_RIGHT_HINT = "Begin and end a name written from the right with letters of its own, and mix in no others."
_LENGTH_HINT = f"Choose a name of 1 to {MAX_CHARACTERS} characters and at most {MAX_BYTES} bytes."


class NameRefused(ValueError):
    """A name that may not be used: ``code`` for machines, ``hint`` says in a sentence what to do instead."""

    def __init__(self, code: str, hint: str) -> None:
        super().__init__(hint)
        self.code = code
        self.hint = hint


def person_name(text: str, *, reserved_allowed: bool = False) -> str:
    """The name of a person as it is shown: NFC, without white space around it; raises NameRefused.

    ``reserved_allowed`` lets the names pass that only the server gives out, such as ``Client-2``.
    """
    return _person_name(text.strip(), reserved_allowed)


@lru_cache(maxsize=128)
def _person_name(text: str, reserved_allowed: bool) -> str:
    """Cached, as gateways look at a name before the chat does. Refusals are not, so the keys are short."""
    name = _of_legal_length(text)
    if not all(map(_is_nick_character, name)):
        raise _invalid(_CHARACTERS_HINT)
    if not _may_begin_a_nick(name[0]):
        raise _invalid("Let the name begin with a letter.")
    key = _check_script_and_fold(name)
    if not reserved_allowed and _is_reserved_for_people(name, key):
        raise NameRefused("name-reserved", "This name is reserved; choose another one.")
    return name


def room_name(text: str) -> str:
    """The name of a room as it is shown, without the ``#`` that may stand before it; raises NameRefused."""
    name = _of_legal_length(text.strip().removeprefix("#"))
    if not all(char in _ROOM_SIGNS or unicodedata.category(char) in _LETTERS_DIGITS_MARKS for char in name):
        raise _invalid(_ROOM_CHARACTERS_HINT)
    if not (unicodedata.category(name[0]) in _LETTERS | {"Nd"} or name[0] == "_"):
        raise _invalid("Let the room's name begin with a letter or a digit.")
    if name.endswith("."):
        raise _invalid("Let the room's name end without a full stop, or links to it would lose it.")
    if _check_script_and_fold(name) in RESERVED_ROOMS:
        raise NameRefused("name-reserved", "This name is an address of the web page; choose another one for the room.")
    return name


def fold(name: str) -> str:
    """The key under which two names are one: RFC 8265 UsernameCaseMapped, idempotent; raises NameRefused.

    Takes a name without its ``#`` or ``@``. A name that is its own key is returned itself, so that it is kept once.
    """
    if len(name) > 4 * MAX_CHARACTERS:  # keeps the cache small too
        raise _invalid(_LENGTH_HINT)
    if name.isascii() and name.isprintable() and name and " " not in name:
        key = name.lower()  # what the profile does to ASCII, at a hundredth of the cost
        return name if key == name else key
    return _fold(name)


@lru_cache(maxsize=4096)
def _fold(name: str) -> str:
    """Cached, but for refusals."""
    try:
        return _USERNAME.enforce(name)
    except UnicodeEncodeError as refusal:
        if "bidi" in refusal.reason:
            raise _invalid(_FROM_THE_RIGHT_HINT) from None
        raise _invalid("Leave out characters that are no plain letters or digits of a living alphabet.") from None


def same_name(one: str, other: str) -> bool:
    """Whether two texts are the same name; what can be no name is nobody's."""
    try:
        return fold(one) == fold(other)
    except NameRefused:
        return False


def guest_name(random: Random | None = None) -> str:
    """A random legal name such as ``guest-k7wq``; it may be taken, then draw again (130,000 names)."""
    draw = random or secrets.SystemRandom()
    return "guest-" + "".join(draw.choices(_GUEST_CHARACTERS, k=4))


def mentioned(text: str) -> list[str]:
    """The names written ``@name`` at the beginning of a word, each spelling once and in order, at most MAX_MENTIONS.

    They need not be anybody's: compare their folds. E-mail addresses and URLs mention nobody, and marks that end a
    sentence rather than a name do not belong to it.
    """
    if "@" not in text:
        return []
    found: dict[str, None] = {}
    for candidate in islice(_after_at_signs(text), _MAX_MENTION_TRIES):
        name = _name_at_start(candidate)
        if name and len(name) <= MAX_CHARACTERS:
            found[name] = None
    return list(found)[:MAX_MENTIONS]


# None of these can be taken for another, neither read nor said: no l 1 i, o 0, m n, v, s 5, z 2, b 6 8, g 9.
_GUEST_CHARACTERS = "acdefhjkpqrtuwxy347"
_USERNAME = get_profile("UsernameCaseMapped")
_AT_NAME = re.compile(r"(?<![\w@.+/=&%#?~:-])@([^\s@]{1,64})")
_MAX_MENTION_TRIES = 4 * MAX_MENTIONS  # a text of at signs alone would take 10 ms
_AFTER_A_NAME = "-`|\\"
_CLOSING = {"]": "[", "}": "{"}


def _after_at_signs(text: str) -> Iterator[str]:
    for word in text.split():
        if "@" in word and "://" not in word:
            for match in _AT_NAME.finditer(word):
                yield match[1]


def _of_legal_length(text: str) -> str:
    if len(text) > MAX_BYTES:
        raise _invalid(_LENGTH_HINT)
    name = unicodedata.normalize("NFC", text)
    if not 1 <= len(name) <= MAX_CHARACTERS or len(name.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _invalid(_LENGTH_HINT)
    return name


def _check_script_and_fold(name: str) -> str:
    if _stacks_marks(name):
        raise _invalid("Put fewer accents on one letter.")
    if mixes_scripts(name):
        raise _invalid("Write the name in one alphabet.")
    key = fold(name)
    if is_person_id(key) or is_room_id(key):
        raise _invalid("This looks like an internal id; choose another name.")
    return key


def _stacks_marks(name: str) -> bool:
    if name.isascii():
        return False
    row = 0
    for char in unicodedata.normalize("NFD", name):
        row = row + 1 if unicodedata.category(char) == "Mn" else 0
        if row > MAX_MARKS:
            return True
    return False


def _is_reserved_for_people(name: str, key: str) -> bool:
    looks_like = {skeleton(name), skeleton(key)}
    if looks_like & _RESERVED_PEOPLE:
        return True
    return any(look.startswith(("client-", "server-")) or look.endswith("serv") for look in looks_like)


def _is_nick_character(char: str) -> bool:
    return char in _NICK_SIGNS or unicodedata.category(char) in _LETTERS_DIGITS_MARKS


def _may_begin_a_nick(char: str) -> bool:
    return (char in _NICK_SIGNS and char != "-") or unicodedata.category(char) in _LETTERS


def _name_at_start(text: str) -> str:
    name = "".join(takewhile(_is_nick_character, text))
    while name and (name[-1] in _AFTER_A_NAME or _closes_what_stands_before(name)):
        name = name[:-1]
    return unicodedata.normalize("NFC", name) if name and _may_begin_a_nick(name[0]) else ""


def _closes_what_stands_before(name: str) -> bool:
    opening = _CLOSING.get(name[-1])
    return opening is not None and name.count(name[-1]) > name.count(opening)


def _invalid(hint: str) -> NameRefused:
    return NameRefused("name-invalid", hint)
