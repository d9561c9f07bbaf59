"""One file per noun, one function per command; importing this package fills the table in ``handling.py``."""

from hobnob.chat.handlers import (
    accounts,
    details,
    devices,
    directs,
    hello,
    marks,
    messages,
    people,
    personal,
    profiles,
    reactions,
    reading,
    rooms,
    search,
)

__all__ = [
    "accounts",
    "details",
    "devices",
    "directs",
    "hello",
    "marks",
    "messages",
    "people",
    "personal",
    "profiles",
    "reactions",
    "reading",
    "rooms",
    "search",
]
