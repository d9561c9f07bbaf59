"""What follows from facts: who may have fewer rights now, who is kept from what, what a room says of itself."""

from hobnob.protocol.events import (
    Event,
    MemberBanned,
    MemberLeft,
    MemberMuted,
    Moderated,
    RoleChanged,
    RoomChanged,
    RoomDetailChanged,
)
from hobnob.protocol.records import Restriction

_LOSING = frozenset({MemberLeft, RoleChanged, RoomChanged, MemberBanned, MemberMuted})
_LOSING_ON_THE_SERVER = frozenset({"ban", "mute", "role"})


def loses_rights(event: Event) -> bool:
    """Whether somebody may have fewer rights after this fact, so that earlier checks count no more."""
    kind = type(event)
    return kind in _LOSING or (isinstance(event, Moderated) and event.action in _LOSING_ON_THE_SERVER)


def changed_details(details: dict[str, str], fact: RoomDetailChanged) -> dict[str, str]:
    """The details of a room once one has changed."""
    others = {key: value for key, value in details.items() if key != fact.key}
    return others if fact.value is None else {**others, fact.key: fact.value}


def restriction_of(fact: Moderated) -> Restriction:
    """The ban or mute that a line of the audit log speaks of."""
    return Restriction(
        id=fact.restriction,
        kind="mute" if fact.action == "mute" else "ban",
        by=fact.by,
        by_name=fact.by_name,
        at=fact.at,
        room=fact.room,
        person=fact.person,
        person_name=fact.person_name,
        network=fact.network,
        until=fact.until,
        reason=fact.reason,
    )
