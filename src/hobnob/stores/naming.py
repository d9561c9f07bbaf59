"""A fact without the names of one person, as who deletes their account may wish.

A fact keeps who did what by id; beside each ``x`` that is a person stands their name then, as ``x_name``.
"""

from typing import TypeVar

from msgspec.structs import replace

from hobnob.protocol.events import Fact, MessageSent, PersonRenamed

F = TypeVar("F", bound=Fact)

_NAME = "_name"


def nameless(fact: F, person: str) -> F:
    """The same fact where it has no name of theirs. Of a message the store itself knows whose it is."""
    if isinstance(fact, MessageSent):
        return fact
    named = [name for name in fact.__struct_fields__ if name.endswith(_NAME) and getattr(fact, name)]
    gone = [name for name in named if getattr(fact, name.removesuffix(_NAME), "") == person]
    if isinstance(fact, PersonRenamed) and fact.by == person and fact.name:
        gone.append("name")
    return replace(fact, **dict.fromkeys(gone, "")) if gone else fact
