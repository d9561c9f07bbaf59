"""Which passwords may be chosen, and the one form of each that is hashed.

The rules follow NIST SP 800-63B: a length, a list of what is guessed first, nothing about kinds of characters and no
expiry. The form follows RFC 8265 (PRECIS OpaqueString): what looks alike on two keyboards becomes the same bytes.
"""

from functools import cache
from pathlib import Path

from precis_i18n import get_profile

SHORTEST = 8
"""Characters; a server may ask for more, and for less where it is but tried out."""
MAX_BYTES = 1024
"""Of UTF-8. Long enough for every sentence, and it bounds the work that a stranger can ask for."""
LIST = Path(__file__).with_name("common_passwords.txt")
"""Common passwords in small letters, each between two line ends; made by tools/common_passwords.py."""
LIST_ENDS = b"\n"

_BESIDE_THE_NAME = 4  # characters: ada1 is ada's name, and so is 123ada
_DIFFERENT = 4  # characters: aaaaaaaa and 12121212 are guessed early
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)
_opaque = get_profile("OpaqueString")


def prepared(password: str) -> bytes | None:
    """The bytes to hash, alike for all ways to type one password; None where it cannot be anybody's.

    At most a millisecond for the longest one.
    """
    if not password or len(password) > MAX_BYTES:
        return None
    if not (password.isascii() and password.isprintable()):  # what the profile would leave as it is
        try:
            password = _opaque.enforce(password)
        except UnicodeEncodeError:
            return None
    data = password.encode()
    return data if len(data) <= MAX_BYTES else None


def why_weak(password: str, name: str, *, shortest: int = SHORTEST) -> str | None:
    """Why `password` will not do for the person `name`: one sentence that says what to do. None when it will do."""
    if len(password) > MAX_BYTES:
        return f"Choose a password of at most {MAX_BYTES:,} bytes."
    if len(password) < shortest:
        return f"Choose a password of at least {shortest} characters; several words are easy to remember."
    data = prepared(password)
    if data is None:
        return _why_not_prepared(password)
    text = data.decode()
    if len(text) < shortest:  # composed letters count once
        return f"Choose a password of at least {shortest} characters; several words are easy to remember."
    if shortest < SHORTEST:  # all of that length can be tried one after the other anyway
        return None
    folded = text.casefold()
    if _is_mostly(name, folded):
        return "Choose a password that is not made of your name."
    if len(set(folded)) < _DIFFERENT or _runs_along_a_row(folded) or is_common(folded):
        return "Choose another password: this one is among the first that others would try."
    return None


def is_common(folded: str) -> bool:
    """Whether a password, casefolded, is on the list."""
    return LIST_ENDS not in (data := folded.encode()) and LIST_ENDS + data + LIST_ENDS in _list()


@cache
def _list() -> bytes:
    # As one piece of bytes the list takes 100 KiB, as a set ten times that, and a search takes some 10 µs.
    return LIST.read_bytes()


def _why_not_prepared(password: str) -> str:
    if len(password.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return f"Choose a password of at most {MAX_BYTES:,} bytes."
    return "Choose a password without control characters, invisible signs and joined emoji."


def _is_mostly(name: str, folded: str) -> bool:
    name = name.casefold()
    return bool(name) and name in folded and len(folded.replace(name, "")) < _BESIDE_THE_NAME


def _runs_along_a_row(folded: str) -> bool:
    return any(folded in row or folded[::-1] in row for row in _ROWS)
