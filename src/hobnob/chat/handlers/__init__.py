"""One file per noun, one function per command; importing this package fills the table in ``handling.py``."""

from hobnob.chat.handlers import (
    accounts,
    details,
    devices,
    directs,
    hello,
    marks,
    messages,
    moderation,
    people,
    personal,
    profiles,
    reactions,
    reading,
    restrictions,
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
    "moderation",
    "people",
    "personal",
    "profiles",
    "reactions",
    "reading",
    "restrictions",
    "rooms",
    "search",
]
