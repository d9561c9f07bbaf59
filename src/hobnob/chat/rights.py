"""Who may do what in a room: one table, asked by the handlers before they make an event.

The store asks again, inside the transaction, whether anybody lost a right since (`RightsUnchanged`).
"""

import enum
from typing import Final

from hobnob.protocol.records import Role


class Right(enum.Enum):
    """Something one may be allowed to do in a room."""

    SPEAK = "speak"
    TOPIC = "topic"
    PIN = "pin"
    DELETE_OTHERS = "delete others' messages"


_MEMBER: Final = frozenset({Right.SPEAK, Right.TOPIC, Right.PIN})

ROLES: Final[dict[Role, frozenset[Right]]] = {
    "owner": frozenset(Right),
    "moderator": frozenset(Right),
    "member": _MEMBER,
    "guest": frozenset({Right.SPEAK}),
}


def may(role: Role, right: Right) -> bool:
    """Whether a role includes a right."""
    return right in ROLES[role]
