"""The conditions of items, checked inside the transaction that keeps them.

All but RightsUnchanged: the transaction has the logs it speaks of at hand.
"""

import hashlib
from collections.abc import Iterable
from typing import assert_never

import sqlalchemy as sa
from msgspec import json

from hobnob.protocol.names import fold, skeleton
from hobnob.stores import accounts
from hobnob.stores.among import Among
from hobnob.stores.store import (
    DetailsBelow,
    DirectFree,
    InviteUsable,
    IsMember,
    MessageExists,
    MessageStands,
    NameFree,
    NotMember,
    PersonUnchanged,
    Reachable,
    RoomNameFree,
    SettingsBelow,
    TokenStands,
)
from hobnob.stores.tables import deletions, facts, logs, members, persons, rooms, settings

Checked = (
    NameFree | RoomNameFree | MessageStands | MessageExists | NotMember | IsMember | DirectFree | SettingsBelow
    | DetailsBelow | accounts.AccountCondition
)  # fmt: skip

LARGEST = 2**63 - 1
"""The largest integer of a column. Who asks for a larger number means one that is not there."""


def direct_key(people: Iterable[str]) -> bytes:
    """16 bytes that stand for a set of people."""
    return hashlib.blake2b(" ".join(sorted(set(people))).encode(), digest_size=16).digest()


def violation(connection: sa.Connection, condition: Checked, now: int) -> str | None:
    """The code with which a condition refuses at `now`, None when it holds."""
    match condition:
        case MessageStands(room=room, number=number):
            return _message_gone(connection, room, number)
        case MessageExists(room=room, number=number):
            return "bad-number" if _message_gone(connection, room, number) == "bad-number" else None
        case IsMember(room=room, person=person):
            return None if _is_member(connection, room, person) else "not-a-member"
        case NotMember(room=room, person=person):
            return "stale" if _is_member(connection, room, person) else None
        case NameFree(name=name, person=person):
            return name_clash(connection, name, person)
        case RoomNameFree(name=name, room=room):
            named = connection.execute(_NAMED, {"key": fold(name)}).scalars()
            return "room-taken" if set(named) - {room} else None
        case DirectFree(people=people):
            key = direct_key(people)
            found = connection.execute(sa.select(rooms.c.log).where(rooms.c.direct_key == key)).first()
            return "stale" if found else None
        case SettingsBelow(person=person, key=name, limit=limit):
            return _too_many_settings(connection, person, name, limit)
        case DetailsBelow(room=room, key=name, limit=limit):
            return _too_many_details(connection, room, name, limit)
        case PersonUnchanged() | TokenStands() | InviteUsable() | Reachable():
            return accounts.violation(connection, condition, now)
        case _:
            assert_never(condition)


# Made once: what is asked of all who come and of each room that is made costs more to put together than to ask.
_NAMED = sa.select(logs.c.id).join(rooms, rooms.c.log == logs.c.seq).where(rooms.c.key == sa.bindparam("key"))
_KEYS = Among(sa.select(persons.c.key), persons.c.key)
_SKELETONS = Among(sa.select(persons.c.skeleton), persons.c.skeleton)
_CLASH = sa.select(persons.c.key).where(
    sa.or_(persons.c.key == sa.bindparam("key"), persons.c.skeleton == sa.bindparam("skeleton")),
    persons.c.id != sa.bindparam("person"),
)


def name_clash(connection: sa.Connection, name: str, person: str) -> str | None:
    """``name-taken`` or ``name-lookalike`` when somebody other than `person` has the name."""
    key = fold(name)
    asked = {"key": key, "skeleton": skeleton(name), "person": person}
    found = connection.execute(_CLASH, asked).scalars().all()
    return ("name-taken" if key in found else "name-lookalike") if found else None


def names_taken(connection: sa.Connection, names: Iterable[str]) -> dict[str, str]:
    """The same of several names, whoever has them, for those that are not free; outside of any transaction."""
    looks = {name: (fold(name), skeleton(name)) for name in names}
    keys, skeletons = (list(dict.fromkeys(look)) for look in zip(*looks.values(), strict=True)) if looks else ([], [])
    taken = {key for (key,) in _KEYS.execute_alone(connection, keys)}
    alike = {found for (found,) in _SKELETONS.execute_alone(connection, skeletons)}
    return {
        name: "name-taken" if key in taken else "name-lookalike"
        for name, (key, look) in looks.items()
        if key in taken or look in alike
    }


_MEMBER = (
    sa.select(members.c.since)
    .join(logs, logs.c.seq == members.c.log)
    .where(logs.c.id == sa.bindparam("room"), members.c.person == sa.bindparam("person"))
)

_MESSAGE = (
    sa.select(deletions.c.of)
    .select_from(facts)
    .join(logs, logs.c.seq == facts.c.log)
    .outerjoin(deletions, sa.and_(deletions.c.log == facts.c.log, deletions.c.of == facts.c.number))
    .where(logs.c.id == sa.bindparam("room"), facts.c.number == sa.bindparam("number"), facts.c.author.is_not(None))
)


def _is_member(connection: sa.Connection, room: str, person: str) -> bool:
    return connection.execute(_MEMBER, {"room": room, "person": person}).first() is not None


def _message_gone(connection: sa.Connection, room: str, number: int) -> str | None:
    found = connection.execute(_MESSAGE, {"room": room, "number": min(number, LARGEST)}).first()
    if found is None:
        return "bad-number"
    return None if found.of is None else "deleted"


def _too_many_settings(connection: sa.Connection, person: str, key: str, limit: int) -> str | None:
    keys = connection.execute(sa.select(settings.c.key).where(settings.c.person == person)).scalars().all()
    return None if key in keys or len(keys) < limit else "too-many"


def _too_many_details(connection: sa.Connection, room: str, key: str, limit: int) -> str | None:
    asked = sa.select(rooms.c.details).join(logs, rooms.c.log == logs.c.seq).where(logs.c.id == room)
    details = json.decode(connection.execute(asked).scalar() or "{}", type=dict[str, str])
    return None if key in details or len(details) < limit else "too-many"
