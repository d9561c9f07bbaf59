"""What follows from a fact, and the writes that are no facts, as statements on the tables that are read.

Each function does one kind; it runs inside the transaction that keeps the fact, after the fact's row is there.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from msgspec import json

from hobnob.protocol.consequences import changed_details
from hobnob.protocol.events import (
    AccountDeleted,
    DeviceRevoked,
    DirectsChanged,
    DraftChanged,
    Event,
    MaskChanged,
    MemberBanned,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessageUnpinned,
    Moderated,
    PersonIgnored,
    PersonInvited,
    PersonRenamed,
    PersonUnignored,
    ReactionAdded,
    ReactionRemoved,
    ReadMarked,
    RoleChanged,
    RoomChanged,
    RoomCreated,
    RoomDetailChanged,
    ServerRoleChanged,
    SettingChanged,
    TopicChanged,
)
from hobnob.protocol.names import fold, skeleton
from hobnob.protocol.times import milliseconds
from hobnob.stores import accounts, restrictions
from hobnob.stores.conditions import direct_key
from hobnob.stores.rows import Row, SqlLog, without_words
from hobnob.stores.store import AddDirectPeople, AddPerson, DropRoom, Write
from hobnob.stores.tables import (
    OF_A_ROOM,
    deletions,
    direct_people,
    drafts,
    edits,
    facts,
    logs,
    members,
    mentions,
    persons,
    pins,
    reactions,
    rooms,
    settings,
)

Project = Callable[[sa.Connection, Any, SqlLog], None]

# Made once, as visitors make rooms and leave them by the hundred, and to put a statement together costs more than to
# run it.
_ADD_ROOM = sa.insert(rooms)
_LOG: sa.BindParameter[int] = sa.bindparam("of_log")
_PASSING = (
    sa.select(rooms.c.log)
    .join(logs, logs.c.seq == rooms.c.log)
    .where(logs.c.id == sa.bindparam("room"), ~rooms.c.lasting)
)
_FORGET_ROOM = (
    *(sa.delete(table).where(table.c.log == _LOG) for table in OF_A_ROOM),
    sa.update(facts)
    .where(facts.c.log == _LOG)
    .values(dict.fromkeys(("author", "author_name", "ref", "text", "data", "ref_key", "digest"))),
    sa.update(logs).where(logs.c.seq == _LOG).values(id=None),
)


def _room_created(connection: sa.Connection, fact: RoomCreated, log: SqlLog) -> None:
    row = {
        "log": log.seq,
        "name": fact.name,
        "key": None if fact.kind == "direct" else fold(fact.name),
        "kind": fact.kind,
        "topic": fact.topic,
        "history": fact.history,
        "lasting": fact.by == "",
        "created_at": milliseconds(fact.at),
    }
    connection.execute(_ADD_ROOM, row)


def _topic_changed(connection: sa.Connection, fact: TopicChanged, log: SqlLog) -> None:
    new = {"topic": fact.topic, "topic_by": fact.by_name, "topic_at": milliseconds(fact.at)}
    connection.execute(sa.update(rooms).where(rooms.c.log == log.seq).values(new))


def _room_detail_changed(connection: sa.Connection, fact: RoomDetailChanged, log: SqlLog) -> None:
    one = rooms.c.log == log.seq
    known = connection.execute(sa.select(rooms.c.details).where(one)).scalar()
    if known is not None:
        details = json.encode(changed_details(json.decode(known, type=dict[str, str]), fact)).decode()
        connection.execute(sa.update(rooms).where(one).values(details=details))


def _member_joined(connection: sa.Connection, fact: MemberJoined, log: SqlLog) -> None:
    connection.execute(sa.update(rooms).where(rooms.c.log == log.seq, ~rooms.c.lasting).values(lasting=True))
    member = sa.and_(members.c.log == log.seq, members.c.person == fact.person)
    accounts.end_invitation(connection, log, fact.person)
    if connection.execute(sa.update(members).where(member).values(role=fact.role)).rowcount == 0:
        row = {"log": log.seq, "person": fact.person, "role": fact.role, "since": fact.number, "read": fact.number}
        connection.execute(sa.insert(members).values(row))


def _member_left(connection: sa.Connection, fact: MemberLeft, log: SqlLog) -> None:
    connection.execute(sa.delete(members).where(members.c.log == log.seq, members.c.person == fact.person))
    _forget_draft(connection, log.seq, fact.person)


def _standing(connection: sa.Connection, log: SqlLog, number: int) -> Row | None:
    gone = sa.exists().where(deletions.c.log == facts.c.log, deletions.c.of == facts.c.number)
    return connection.execute(
        sa.select(facts.c.number, facts.c.author, facts.c.data)
        .where(facts.c.log == log.seq, facts.c.number == number)
        .where(facts.c.author.is_not(None), ~gone)
    ).first()


def _message_edited(connection: sa.Connection, fact: MessageEdited, log: SqlLog) -> None:
    message = _standing(connection, log, fact.of)
    if message is None:
        _erase(connection, log.seq, [fact.number])
        return
    connection.execute(sa.insert(edits).values(log=log.seq, of=fact.of, number=fact.number))
    connection.execute(sa.delete(mentions).where(mentions.c.log == log.seq, mentions.c.number == fact.of))
    if rows := mention_rows(fact.mentions, message.author, log.seq, fact.of):
        connection.execute(sa.insert(mentions), rows)


def _message_deleted(connection: sa.Connection, fact: MessageDeleted, log: SqlLog) -> None:
    message = _standing(connection, log, fact.of)
    if message is None:
        return
    of_message = sa.select(edits.c.number).where(edits.c.log == log.seq, edits.c.of == fact.of)
    _erase(connection, log.seq, [fact.of, *connection.execute(of_message).scalars()])
    for table, number in (
        (edits, edits.c.of),
        (reactions, reactions.c.of),
        (pins, pins.c.of),
        (mentions, mentions.c.number),
    ):
        connection.execute(sa.delete(table).where(table.c.log == log.seq, number == fact.of))
    connection.execute(sa.insert(deletions).values(log=log.seq, of=fact.of, author=message.author))


def _erase(connection: sa.Connection, log: int, numbers: list[int]) -> None:
    """Empty the texts and mentions of these messages or edits."""
    for number in numbers:
        fact = sa.and_(facts.c.log == log, facts.c.number == number)
        row = connection.execute(sa.select(facts.c.author, facts.c.data).where(fact)).one()
        data = without_words(row.data, row.author)
        connection.execute(sa.update(facts).where(fact).values(text="", data=data))


def mention_rows(people: tuple[str, ...], author: str, log: int, number: int) -> list[dict[str, str | int]]:
    """Rows of `mentions`; that somebody mentions themselves is no news to them."""
    return [{"person": person, "log": log, "number": number} for person in sorted(set(people) - {author})]


def _reaction_added(connection: sa.Connection, fact: ReactionAdded, log: SqlLog) -> None:
    if _standing(connection, log, fact.of) is None:
        return
    row = {"log": log.seq, "of": fact.of, "emoji": fact.emoji, "person": fact.by}
    there = sa.select(reactions.c.number).where(*(reactions.c[name] == value for name, value in row.items()))
    if connection.execute(there).first() is None:
        connection.execute(sa.insert(reactions).values(**row, number=fact.number))


def _reaction_removed(connection: sa.Connection, fact: ReactionRemoved, log: SqlLog) -> None:
    connection.execute(
        sa.delete(reactions)
        .where(reactions.c.log == log.seq, reactions.c.of == fact.of)
        .where(reactions.c.emoji == fact.emoji, reactions.c.person == fact.by)
    )


def _message_pinned(connection: sa.Connection, fact: MessagePinned, log: SqlLog) -> None:
    _message_unpinned(connection, fact, log)
    if _standing(connection, log, fact.of) is not None:
        connection.execute(sa.insert(pins).values(log=log.seq, of=fact.of))


def _message_unpinned(connection: sa.Connection, fact: MessagePinned | MessageUnpinned, log: SqlLog) -> None:
    connection.execute(sa.delete(pins).where(pins.c.log == log.seq, pins.c.of == fact.of))


def _person_renamed(connection: sa.Connection, fact: PersonRenamed, _: SqlLog) -> None:
    connection.execute(sa.update(persons).where(persons.c.id == fact.by).values(_names(fact.name)))


def _names(name: str) -> dict[str, str]:
    return {"name": name, "key": fold(name), "skeleton": skeleton(name)}


_LOG_OF_ROOM = sa.select(logs.c.seq).where(logs.c.id == sa.bindparam("room")).scalar_subquery()
_MARK_READ = (
    sa.update(members)
    .where(members.c.log == _LOG_OF_ROOM, members.c.person == sa.bindparam("reader"))
    .values(read=sa.bindparam("upto"))
)


def _read_marked(connection: sa.Connection, fact: ReadMarked, _: SqlLog) -> None:
    connection.execute(_MARK_READ, {"room": fact.room, "reader": fact.by, "upto": fact.upto})


def _draft_changed(connection: sa.Connection, fact: DraftChanged, own: SqlLog) -> None:
    member = (
        sa.select(members.c.log)
        .join(logs, logs.c.seq == members.c.log)
        .where(logs.c.id == fact.room, members.c.person == fact.by)
    )
    room = connection.execute(member).scalar()
    if room is None:
        _empty(connection, own.seq, fact.number)
        return
    _forget_draft(connection, room, fact.by)
    if fact.text:
        row = {"person": fact.by, "log": room, "own": own.seq, "number": fact.number}
        connection.execute(sa.insert(drafts).values(row))


def _forget_draft(connection: sa.Connection, room: int, person: str) -> None:
    draft = sa.and_(drafts.c.log == room, drafts.c.person == person)
    row = connection.execute(sa.select(drafts.c.own, drafts.c.number).where(draft)).first()
    if row is not None:
        _empty(connection, row.own, row.number)
        connection.execute(sa.delete(drafts).where(draft))


def _empty(connection: sa.Connection, log: int, number: int) -> None:
    connection.execute(sa.update(facts).where(facts.c.log == log, facts.c.number == number).values(text=""))


def _setting_changed(connection: sa.Connection, fact: SettingChanged, _: SqlLog) -> None:
    connection.execute(sa.delete(settings).where(settings.c.person == fact.by, settings.c.key == fact.key))
    if fact.value is not None:
        connection.execute(sa.insert(settings).values(person=fact.by, key=fact.key, value=fact.value))


# Facts that are not here change nothing but their log; of a MessageSent the transaction itself keeps the mentions.
PROJECTIONS: dict[type[Event], Project] = {
    RoomCreated: _room_created,
    TopicChanged: _topic_changed,
    RoomDetailChanged: _room_detail_changed,
    MemberJoined: _member_joined,
    MemberLeft: _member_left,
    MessageEdited: _message_edited,
    MessageDeleted: _message_deleted,
    ReactionAdded: _reaction_added,
    ReactionRemoved: _reaction_removed,
    MessagePinned: _message_pinned,
    MessageUnpinned: _message_unpinned,
    PersonRenamed: _person_renamed,
    ReadMarked: _read_marked,
    DraftChanged: _draft_changed,
    SettingChanged: _setting_changed,
    RoleChanged: restrictions.role_changed,
    RoomChanged: restrictions.room_changed,
    MemberBanned: restrictions.member_banned,
    MaskChanged: restrictions.mask_changed,
    Moderated: restrictions.moderated,
    PersonInvited: accounts.person_invited,
    AccountDeleted: accounts.account_deleted,
    ServerRoleChanged: accounts.server_role_changed,
    DirectsChanged: accounts.directs_changed,
    PersonIgnored: accounts.person_ignored,
    PersonUnignored: accounts.person_unignored,
    DeviceRevoked: accounts.device_revoked,
}
ERASING = (MessageDeleted, DraftChanged, MemberLeft, AccountDeleted)
"""Facts after which a text may be left in free pages of the database's files."""


def write(connection: sa.Connection, write: Write, now: int) -> str | None:
    """Do a write that is no fact; the id of the room that was dropped, if one was."""
    match write:
        case AddPerson(person=person):
            row = {"id": person.id, "kind": person.kind, "role": person.role, "created_at": now, **_names(person.name)}
            connection.execute(sa.insert(persons).values(row))
        case AddDirectPeople():
            _add_direct_people(connection, write)
        case DropRoom(room=room):
            seq = connection.execute(_PASSING, {"room": room}).scalar()
            if seq is not None:
                drop_room(connection, seq)
                return room
        case _:
            accounts.write(connection, write, now)
    return None


def _add_direct_people(connection: sa.Connection, write: AddDirectPeople) -> None:
    seq = connection.execute(sa.select(logs.c.seq).where(logs.c.id == write.room)).scalar()
    if seq is None:
        return
    key = direct_key(person.id for person in write.people)
    connection.execute(sa.update(rooms).where(rooms.c.log == seq).values(direct_key=key))
    rows = [
        {"log": seq, "place": place, "person": person.id, "name": person.name, "kind": person.kind}
        for place, person in enumerate(write.people)
    ]
    connection.execute(sa.insert(direct_people), rows)


def drop_room(connection: sa.Connection, seq: int) -> None:
    """Forget a room and its log. The rows of facts stay, empty; see `tables.py`."""
    for statement in _FORGET_ROOM:
        connection.execute(statement, {"of_log": seq})
