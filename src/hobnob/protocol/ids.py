"""Identifiers that are made once and never reused.

An id says what it names by its first letter and nothing else: the rest is random, so an id can be neither guessed nor
counted. Tokens are secrets and are kept only as their hash; ids and refs are not secret.
"""

import hashlib
import re
import secrets
import time

HOUSE = "house"
"""The id of the house's own log."""
AUDIT = "audit"
"""The id of the log of what moderators did."""

_RANDOM_CHARACTERS = 26
_BASE32 = bytes(b"abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in range(256))
_ROOM_ID = re.compile(r"r_[a-z2-7]{26}")
_TOKEN = re.compile(r"hb_[A-Za-z0-9_-]{32,64}")
_PERSON_ID = re.compile(r"p_[a-z2-7]{26}")


def new_room_id() -> str:
    """``r_`` and 130 random bits as 26 lowercase base32 characters (RFC 4648)."""
    return "r_" + _random_base32()


def new_person_id() -> str:
    """``p_`` and 130 random bits as 26 lowercase base32 characters (RFC 4648)."""
    return "p_" + _random_base32()


def new_device_id() -> str:
    """``d_`` and 130 random bits; it names a device's token and is no secret."""
    return "d_" + _random_base32()


def new_invite_id() -> str:
    """``i_`` and 130 random bits; it names an invite and is no secret."""
    return "i_" + _random_base32()


def new_restriction_id() -> str:
    """``x_`` and 130 random bits; it names a ban or mute."""
    return "x_" + _random_base32()


def new_invite_code() -> str:
    """A secret of 130 random bits, easy to type: 26 lowercase base32 characters. It is kept only as its hash."""
    return _random_base32()


def new_token() -> str:
    """A secret of 192 random bits, safe in URLs and headers; its prefix lets secret scanners recognise it."""
    return "hb_" + secrets.token_urlsafe(24)


def is_token(text: str) -> bool:
    """Whether the text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def token_hash(token: str) -> bytes:
    """The 32 bytes of SHA-256 under which a token is kept; any text is accepted.

    A quick hash is enough because tokens are random: there is nothing to guess.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_ref() -> str:
    """Marks one attempt to write, so that a repeated one is recognised: the time in ms, then 128 random bits, in hex.

    The time in front keeps new refs together in the store's index; refs without it work as well, at more cost.
    """
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(16)}"


def is_room_id(text: str) -> bool:
    """Whether the text has the form of a room's id."""
    return _ROOM_ID.fullmatch(text) is not None


def is_person_id(text: str) -> bool:
    """Whether the text has the form of a person's id."""
    return _PERSON_ID.fullmatch(text) is not None


def _random_base32() -> str:
    return secrets.token_bytes(_RANDOM_CHARACTERS).translate(_BASE32).decode("ascii")
