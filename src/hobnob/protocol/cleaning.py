"""Values of a server that may not be ours, made fit to be printed: no text in them can move a cursor or hide what is.

A server cleans what it takes in, so nothing of an honest one is changed. What programs keep for themselves, their
settings, comes back as it was.
"""

import re
from typing import TypeVar, cast

import msgspec

from hobnob.protocol.events import SettingChanged
from hobnob.protocol.replies import Settings
from hobnob.protocol.text import clean, clean_line

V = TypeVar("V")

_AS_KEPT = (SettingChanged, Settings)
_ESCAPED_OR_FAR = re.compile(rb"[\\\x7f-\xff]")
"""Without any of these a frame of JSON holds plain ASCII that can be printed."""


def cleaned(value: V, frame: bytes | None = None) -> V:
    """The same value with every text in it clean. `frame` is the JSON that it was decoded from."""
    if isinstance(value, _AS_KEPT) or (frame is not None and not _ESCAPED_OR_FAR.search(frame)):
        return value
    return cast("V", _cleaned(value))


def _cleaned(value: object, *, lines: bool = False) -> object:
    """`lines`: a text may have several; anything else, such as a name, is one."""
    match value:
        case str():
            if value.isascii() and value.isprintable():
                return value
            return clean(value) if lines else clean_line(value)
        case msgspec.Struct():
            fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
            changed = {name: new for name, old in fields if (new := _cleaned(old, lines=name == "text")) is not old}
            return msgspec.structs.replace(value, **changed) if changed else value
        case tuple():
            parts = tuple(map(_cleaned, value))
            return value if all(new is old for new, old in zip(parts, value, strict=True)) else parts
        case dict():
            return {_cleaned(key): _cleaned(each) for key, each in value.items()}
    return value
