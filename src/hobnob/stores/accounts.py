"""Accounts, their devices and invites as statements: what is read, what is written, and what facts make of them."""

from typing import Any, assert_never

import msgspec
import sqlalchemy as sa

from hobnob.protocol.codec import decode_fact, encode_event
from hobnob.protocol.events import (
    AccountDeleted,
    DeviceRevoked,
    DirectsChanged,
    MaskChanged,
    PersonIgnored,
    PersonInvited,
    PersonUnignored,
    ServerRoleChanged,
    TopicChanged,
)
from hobnob.protocol.ids import AUDIT
from hobnob.protocol.records import Device, Invite, Person
from hobnob.protocol.times import milliseconds, rfc3339
from hobnob.stores.naming import nameless
from hobnob.stores.rows import PERSON, Row, SqlLog
from hobnob.stores.store import (
    Account,
    AddInvite,
    AddToken,
    Blanked,
    DropInvite,
    ForgetNames,
    InviteUsable,
    NameToken,
    PersonUnchanged,
    Reachable,
    SetPassword,
    TokenKeys,
    TokenStands,
    UseInviteOnce,
    UseToken,
)
from hobnob.stores.tables import (
    deletions,
    direct_people,
    drafts,
    facts,
    ignored,
    invitations,
    invites,
    logs,
    masks,
    members,
    persons,
    rooms,
    settings,
    tokens,
)

STAFF = ("owner", "moderator")
WRITERS = (*STAFF, "speaker")

AccountWrite = (
    AddToken | NameToken | UseToken | SetPassword | AddInvite | UseInviteOnce | DropInvite | Blanked | ForgetNames
)  # fmt: skip
AccountCondition = PersonUnchanged | TokenStands | InviteUsable | Reachable

# Reading


def account(connection: sa.Connection, person: str) -> Account | None:
    """A guest or account that is not deleted."""
    row = connection.execute(
        sa.select(*PERSON.selected_columns, persons.c.password, persons.c.directs)
        .where(persons.c.id == person, persons.c.kind != "deleted")
    ).first()  # fmt: skip
    return None if row is None else Account(_person(row), row.password, row.directs)


def device(connection: sa.Connection, hash: bytes) -> tuple[Device, str] | None:
    """The device with this token, and its person's id."""
    row = connection.execute(sa.select(tokens).where(tokens.c.hash == hash)).first()
    return None if row is None else (_device(row), row.person)


def devices(connection: sa.Connection, person: str) -> list[Device]:
    """A person's devices, the last used first."""
    found = sa.select(tokens).where(tokens.c.person == person).order_by(tokens.c.used_at.desc(), tokens.c.id)
    return [_device(row) for row in connection.execute(found)]


def token_keys(connection: sa.Connection, person: str) -> list[tuple[Device, TokenKeys]]:
    """A person's devices that have keys, and these."""
    found = sa.select(tokens).where(tokens.c.person == person, tokens.c.stored_key.is_not(None)).order_by(tokens.c.id)
    return [
        (_device(row), TokenKeys(row.salt, row.iterations, row.stored_key, row.server_key))
        for row in connection.execute(found)
    ]


def _device(row: Row) -> Device:
    return Device(row.id, row.name, rfc3339(row.created_at), rfc3339(row.used_at))


def _person(row: Row) -> Person:
    return Person(row.id, row.name, row.kind, row.role)


def staff(connection: sa.Connection) -> list[Person]:
    """All owners and moderators of the server."""
    found = connection.execute(PERSON.where(persons.c.role.in_(STAFF), persons.c.kind != "deleted"))
    return sorted((_person(row) for row in found), key=lambda person: person.name.casefold())


def ignored_by(connection: sa.Connection, person: str) -> list[Person]:
    """Whom a person ignores."""
    found = connection.execute(PERSON.join(ignored, ignored.c.other == persons.c.id).where(ignored.c.person == person))
    return sorted((_person(row) for row in found), key=lambda person: person.name.casefold())


def reachable(connection: sa.Connection, condition: Reachable) -> bool:
    """Whether a person takes direct messages from another."""
    person, by = condition.person, condition.by
    ignoring = sa.select(ignored.c.other).where(ignored.c.person == person, ignored.c.other == by)
    if connection.execute(ignoring).first() is not None:
        return False
    kept = connection.execute(sa.select(persons.c.kind, persons.c.directs).where(persons.c.id == person)).first()
    if kept is not None and kept.kind == "deleted":
        return False
    if condition.shared or kept is None or kept.directs != "shared":
        return True
    theirs = members.alias()
    shared = (
        sa.select(members.c.log)
        .join(theirs, theirs.c.log == members.c.log)
        .join(rooms, rooms.c.log == members.c.log)
        .join(logs, logs.c.seq == members.c.log)
        .where(members.c.person == person, theirs.c.person == by)
        .where(rooms.c.kind != "direct", logs.c.id != condition.besides)
        .limit(1)
    )
    return connection.execute(shared).first() is not None


_INVITE = (
    sa.select(invites, logs.c.id.label("room"), rooms.c.name.label("room_name"))
    .outerjoin(logs, logs.c.seq == invites.c.log)
    .outerjoin(rooms, rooms.c.log == invites.c.log)
)


def invite(connection: sa.Connection, hash: bytes) -> Invite | None:
    """The invite with this code."""
    row = connection.execute(_INVITE.where(invites.c.hash == hash)).first()
    return None if row is None else _invite(row)


def all_invites(connection: sa.Connection, room: str | None) -> list[Invite]:
    """The invites of a room, or all, newest first."""
    statement = _INVITE if room is None else _INVITE.where(logs.c.id == room)
    newest_first = statement.order_by(invites.c.created_at.desc(), invites.c.id)
    return [_invite(row) for row in connection.execute(newest_first)]


def _invite(row: Row) -> Invite:
    return Invite(
        id=row.id,
        role=row.role,
        by=row.by,
        by_name=row.by_name,
        created_at=rfc3339(row.created_at),
        room=row.room or "",
        room_name=row.room_name or "",
        uses_left=row.uses_left,
        expires_at=None if row.expires_at is None else rfc3339(row.expires_at),
    )


def invited(connection: sa.Connection, room: str, person: str) -> bool:
    """Whether a person was asked into a room."""
    there = (
        sa.select(invitations.c.person)
        .join(logs, logs.c.seq == invitations.c.log)
        .where(logs.c.id == room, invitations.c.person == person)
    )
    return connection.execute(there).first() is not None


def blanking(connection: sa.Connection) -> list[str]:
    """The deleted accounts whose messages are still to be deleted."""
    return list(connection.execute(sa.select(persons.c.id).where(persons.c.blanking)).scalars())


def messages_by(connection: sa.Connection, person: str, limit: int) -> list[tuple[str, int]]:
    """Messages of a person that are not deleted."""
    gone = sa.exists().where(deletions.c.log == facts.c.log, deletions.c.of == facts.c.number)
    found = connection.execute(
        sa.select(logs.c.id, facts.c.number)
        .join(logs, logs.c.seq == facts.c.log)
        .where(facts.c.author == person, ~gone)
        .limit(limit)
    )
    return [(row.id, row.number) for row in found]


_NAMING = (
    sa.select(facts.c.id, facts.c.number, facts.c.data, logs.c.id.label("log_id"))
    .join(logs, logs.c.seq == facts.c.log)
    .where(facts.c.id > sa.bindparam("after"), facts.c.author.is_(None), logs.c.id != AUDIT)
    .where(facts.c.data.like(sa.bindparam("within")))
    .order_by(facts.c.id)
    .limit(sa.bindparam("most"))
)


def naming(
    connection: sa.Connection, person: str, after: int, limit: int
) -> tuple[list[tuple[str, int]], int | None]:  # fmt: skip
    """See `Store.naming`."""
    rows = connection.execute(_NAMING, {"after": after, "within": f'%"{person}"%', "most": limit}).all()
    known = ((row, decode_fact(row.data)) for row in rows)
    found = [(row.log_id, row.number) for row, fact in known if nameless(fact, person) is not fact]
    return found, rows[-1].id if len(rows) == limit else None


# Conditions


def violation(connection: sa.Connection, condition: AccountCondition, now: int) -> str | None:
    """The code with which a condition refuses, None when it holds."""
    match condition:
        case PersonUnchanged(person=person, kind=kind, password=password):
            row = connection.execute(
                sa.select(persons.c.kind, persons.c.password).where(persons.c.id == person)
            ).first()
            return None if row is not None and (row.kind, row.password) == (kind, password) else "stale"
        case TokenStands(device=id, person=person):
            there = sa.select(tokens.c.id).where(tokens.c.id == id, tokens.c.person == person)
            return None if connection.execute(there).first() else "no-such-device"
        case InviteUsable(invite=id):
            row = connection.execute(sa.select(invites).where(invites.c.id == id)).first()
            usable = row is not None and row.uses_left != 0 and (row.expires_at is None or row.expires_at > now)
            return None if usable else "invite-unknown"
        case Reachable():
            return None if reachable(connection, condition) else "not-reachable"
        case _:
            assert_never(condition)


# Writing


def write(connection: sa.Connection, write: AccountWrite, now: int) -> None:
    """Do a write that is no fact."""
    match write:
        case AddToken(hash=hash, person=owner, id=id, name=name, keys=keys):
            row: dict[str, Any] = {"hash": hash, "person": owner, "id": id, "name": name}
            row |= {"created_at": now, "used_at": now}
            if keys is not None:
                row |= msgspec.structs.asdict(keys)
            connection.execute(sa.insert(tokens).values(row))
        case NameToken(device=id, name=name):
            connection.execute(sa.update(tokens).where(tokens.c.id == id).values(name=name))
        case UseToken(device=id):
            connection.execute(sa.update(tokens).where(tokens.c.id == id).values(used_at=now))
        case SetPassword(person=owner, hash=password):
            row = {"kind": "account", "password": password}
            connection.execute(sa.update(persons).where(persons.c.id == owner).values(row))
        case Blanked(person=owner):
            connection.execute(sa.update(persons).where(persons.c.id == owner).values(blanking=False))
        case ForgetNames(person=owner, facts=places):
            for log, number in places:
                _forget_names(connection, owner, log, number)
        case AddInvite() | UseInviteOnce() | DropInvite():
            _write_invite(connection, write)
        case _:
            assert_never(write)


def _forget_names(connection: sa.Connection, person: str, log: str, number: int) -> None:
    """Forget somebody's names in a fact, and in what followed from it."""
    place = sa.select(facts.c.id, facts.c.log, facts.c.data).join(logs, logs.c.seq == facts.c.log)
    row = connection.execute(place.where(logs.c.id == log, facts.c.number == number)).first()
    if row is None:  # its room is dropped
        return
    fact = nameless(decode_fact(row.data), person)
    connection.execute(sa.update(facts).where(facts.c.id == row.id).values(data=encode_event(fact).decode()))
    match fact:
        case TopicChanged():
            last = sa.and_(rooms.c.log == row.log, rooms.c.topic_at == milliseconds(fact.at))
            connection.execute(sa.update(rooms).where(last).values(topic_by=""))
        case MaskChanged():
            made = sa.and_(masks.c.log == row.log, masks.c.number == number)
            connection.execute(sa.update(masks).where(made).values(by_name=""))


def _write_invite(connection: sa.Connection, write: AddInvite | UseInviteOnce | DropInvite) -> None:
    match write:
        case AddInvite(hash=hash, invite=new):
            room = sa.select(logs.c.seq).where(logs.c.id == new.room).scalar_subquery() if new.room else None
            row: dict[str, Any] = {
                "id": new.id,
                "hash": hash,
                "log": room,
                "role": new.role,
                "uses_left": new.uses_left,
                "expires_at": None if new.expires_at is None else milliseconds(new.expires_at),
                "by": new.by,
                "by_name": new.by_name,
                "created_at": milliseconds(new.created_at),
            }
            connection.execute(sa.insert(invites).values(row))
        case UseInviteOnce(invite=id):
            less = sa.update(invites).where(invites.c.id == id, invites.c.uses_left.is_not(None))
            connection.execute(less.values(uses_left=invites.c.uses_left - 1))
        case DropInvite(invite=id):
            connection.execute(sa.delete(invites).where(invites.c.id == id))


# What facts make of them


def account_deleted(connection: sa.Connection, fact: AccountDeleted, _: SqlLog) -> None:
    """A person is gone; what they said stays until it is deleted message by message."""
    gone: dict[str, Any] = {"kind": "deleted", "role": "member", "password": None, "blanking": fact.blanked}
    if fact.blanked:
        gone |= {"name": "", "key": fact.by, "skeleton": fact.by}
        connection.execute(sa.update(facts).where(facts.c.author == fact.by).values(author_name=""))
        connection.execute(sa.update(direct_people).where(direct_people.c.person == fact.by).values(name=""))
    connection.execute(sa.update(persons).where(persons.c.id == fact.by).values(gone))
    _forget_drafts(connection, fact.by)
    for table in (members, tokens, settings, ignored, invitations):
        connection.execute(sa.delete(table).where(table.c.person == fact.by))
    connection.execute(sa.delete(invites).where(invites.c.by == fact.by))


def _forget_drafts(connection: sa.Connection, person: str) -> None:
    for row in connection.execute(sa.select(drafts.c.own, drafts.c.number).where(drafts.c.person == person)).all():
        draft = sa.and_(facts.c.log == row.own, facts.c.number == row.number)
        connection.execute(sa.update(facts).where(draft).values(text=""))
    connection.execute(sa.delete(drafts).where(drafts.c.person == person))


def server_role_changed(connection: sa.Connection, fact: ServerRoleChanged, _: SqlLog) -> None:
    """The person's role."""
    connection.execute(sa.update(persons).where(persons.c.id == fact.person).values(role=fact.role))


def directs_changed(connection: sa.Connection, fact: DirectsChanged, _: SqlLog) -> None:
    """From whom one takes direct messages."""
    connection.execute(sa.update(persons).where(persons.c.id == fact.by).values(directs=fact.allow))


def person_ignored(connection: sa.Connection, fact: PersonIgnored, log: SqlLog) -> None:
    """One more on the list."""
    _unignore(connection, fact.by, fact.person)
    connection.execute(sa.insert(ignored).values(person=fact.by, other=fact.person))


def person_unignored(connection: sa.Connection, fact: PersonUnignored, _: SqlLog) -> None:
    """One less."""
    _unignore(connection, fact.by, fact.person)


def _unignore(connection: sa.Connection, person: str, other: str) -> None:
    connection.execute(sa.delete(ignored).where(ignored.c.person == person, ignored.c.other == other))


def device_revoked(connection: sa.Connection, fact: DeviceRevoked, _: SqlLog) -> None:
    """Its token, or all others, are void."""
    which = tokens.c.id == fact.device if fact.device else tokens.c.id != fact.kept
    connection.execute(sa.delete(tokens).where(tokens.c.person == fact.by, which))


def person_invited(connection: sa.Connection, fact: PersonInvited, log: SqlLog) -> None:
    """They may join."""
    end_invitation(connection, log, fact.person)
    connection.execute(sa.insert(invitations).values(log=log.seq, person=fact.person))


def end_invitation(connection: sa.Connection, log: SqlLog, person: str) -> None:
    """They have joined, or are kept out."""
    connection.execute(sa.delete(invitations).where(invitations.c.log == log.seq, invitations.c.person == person))
