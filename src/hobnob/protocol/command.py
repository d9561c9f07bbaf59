"""What all commands have in common."""

import re
from typing import Annotated

import msgspec

JsonId = str | int | None
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""A number of a log, or how many: what every JSON parser and every store can hold."""


def snake_case(name: str) -> str:
    """The tag of a class on the wire: ``SendMessage`` is ``send_message``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Command(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="do", tag=snake_case, kw_only=True):
    """Base of all commands."""

    id: JsonId = None
