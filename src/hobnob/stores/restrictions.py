"""Bans, mutes and the audit log as statements."""

import sqlalchemy as sa

from hobnob.protocol.codec import decode_fact
from hobnob.protocol.events import MaskChanged, MemberBanned, Moderated, RoleChanged, RoomChanged
from hobnob.protocol.ids import AUDIT
from hobnob.protocol.names import fold
from hobnob.protocol.records import Restriction
from hobnob.protocol.times import milliseconds, rfc3339
from hobnob.stores.accounts import STAFF, WRITERS, end_invitation
from hobnob.stores.rows import SqlLog
from hobnob.stores.tables import facts, logs, masks, members, persons, restrictions, rooms

# What facts make of them


def moderated(connection: sa.Connection, fact: Moderated, _: SqlLog) -> None:
    """A ban or mute begins or ends."""
    if fact.action in ("unban", "unmute"):
        connection.execute(sa.delete(restrictions).where(restrictions.c.id == fact.restriction))
    elif fact.action in ("ban", "mute"):
        row = {
            "id": fact.restriction,
            "kind": fact.action,
            "room": fact.room,
            "person": fact.person,
            "person_name": fact.person_name,
            "network": fact.network,
            "until": None if fact.until is None else milliseconds(fact.until),
            "reason": fact.reason,
            "by": fact.by,
            "by_name": fact.by_name,
            "at": milliseconds(fact.at),
        }
        connection.execute(sa.insert(restrictions).values(row))


def role_changed(connection: sa.Connection, fact: RoleChanged, log: SqlLog) -> None:
    """A member's role."""
    member = sa.and_(members.c.log == log.seq, members.c.person == fact.person)
    connection.execute(sa.update(members).where(member).values(role=fact.role))


def room_changed(connection: sa.Connection, fact: RoomChanged, log: SqlLog) -> None:
    """What a room is."""
    new = {
        "name": fact.name,
        "key": fold(fact.name),
        "kind": fact.kind,
        "history": fact.history,
        "posting": fact.posting,
        "slow": fact.slow,
        "topics": fact.topics,
        "join_key": fact.key,
        "most": fact.limit,
    }
    connection.execute(sa.update(rooms).where(rooms.c.log == log.seq).values(new))


def mask_changed(connection: sa.Connection, fact: MaskChanged, log: SqlLog) -> None:
    """A mask begins or ends."""
    same = sa.and_(masks.c.log == log.seq, masks.c.kind == fact.kind, masks.c.mask == fact.mask)
    connection.execute(sa.delete(masks).where(same))
    if fact.on:
        row = {"log": log.seq, "kind": fact.kind, "mask": fact.mask, "number": fact.number, "by_name": fact.by_name}
        connection.execute(sa.insert(masks).values(**row, at=milliseconds(fact.at)))


def member_banned(connection: sa.Connection, fact: MemberBanned, log: SqlLog) -> None:
    """An invitation counts no more."""
    end_invitation(connection, log, fact.person)


# Conditions

_person: sa.BindParameter[str] = sa.bindparam("person")
_room: sa.BindParameter[str] = sa.bindparam("room")
_restricted = sa.exists().where(
    restrictions.c.person == _person,
    restrictions.c.room.in_(["", _room]),
    sa.or_(restrictions.c.until.is_(None), restrictions.c.until > sa.bindparam("now")),
)
_MAY_WRITE = (
    sa.select(members.c.since)
    .join(logs, logs.c.seq == members.c.log)
    .join(rooms, rooms.c.log == members.c.log)
    .join(persons, persons.c.id == members.c.person)
    .where(logs.c.id == _room, members.c.person == _person, ~_restricted)
    .where(sa.or_(rooms.c.posting == "all", members.c.role.in_(WRITERS), persons.c.role.in_(STAFF)))
)


def may_write(connection: sa.Connection, room: str, person: str, now: int) -> bool:
    """Whether a kept person is a member who may write."""
    return connection.execute(_MAY_WRITE, {"room": room, "person": person, "now": now}).first() is not None


# Reading


def all_restrictions(connection: sa.Connection) -> list[Restriction]:
    """All bans and mutes that were not ended, oldest first."""
    rows = connection.execute(sa.select(restrictions).order_by(restrictions.c.at, restrictions.c.id))
    return [
        Restriction(
            id=row.id,
            kind=row.kind,
            by=row.by,
            by_name=row.by_name,
            at=rfc3339(row.at),
            room=row.room,
            person=row.person,
            person_name=row.person_name,
            network=row.network,
            until=None if row.until is None else rfc3339(row.until),
            reason=row.reason,
        )
        for row in rows
    ]


def audit(
    connection: sa.Connection, *, room: str | None, before: int | None, limit: int
) -> tuple[list[Moderated], bool]:
    """A page of the audit log, newest first; and whether there are more."""
    statement = (
        sa.select(facts.c.number, facts.c.data)
        .join(logs, logs.c.seq == facts.c.log)
        .where(logs.c.id == AUDIT)
        .order_by(facts.c.number.desc())
    )
    if before is not None:
        statement = statement.where(facts.c.number < before)
    found: list[Moderated] = []
    for row in connection.execute(statement):
        fact = decode_fact(row.data)
        if not isinstance(fact, Moderated) or (room is not None and fact.room != room):
            continue
        if len(found) == limit:
            return found, True
        found.append(fact)
    return found, False
