"""Reading people and rooms. Functions run in one read transaction, so answers fit together; `names_taken` in none."""

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from msgspec import json

from hobnob.protocol.names import NameRefused, fold
from hobnob.protocol.records import Mask, Person, Room, RoomListing, RoomState
from hobnob.protocol.replies import Unread
from hobnob.protocol.times import rfc3339
from hobnob.stores import conditions
from hobnob.stores.among import Among
from hobnob.stores.conditions import direct_key
from hobnob.stores.rows import PERSON, Row, decode_draft
from hobnob.stores.store import DETAIL, Membership, RoomEntry
from hobnob.stores.tables import (
    deletions,
    direct_people,
    drafts,
    facts,
    invitations,
    logs,
    masks,
    members,
    mentions,
    persons,
    rooms,
    settings,
)

# People


def person_where(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Person | None:
    """The one person, if any, for whom the condition holds."""
    row = connection.execute(PERSON.where(condition)).first()
    return None if row is None else Person(row.id, row.name, row.kind, row.role)


def person(connection: sa.Connection, id: str) -> Person | None:
    """A person by id."""
    return person_where(connection, persons.c.id == id)


def person_by_name(connection: sa.Connection, name: str) -> Person | None:
    """A person by name; None too when no name is like this."""
    key = _fold(name)
    return None if key is None else person_where(connection, sa.and_(persons.c.key == key, persons.c.kind != "deleted"))


def names_taken(connection: sa.Connection, names: Sequence[str]) -> dict[str, str]:
    """``name-taken`` or ``name-lookalike`` by name; without those that are free or illegal."""
    return conditions.names_taken(connection, [name for name in names if _fold(name) is not None])


def name_keys(connection: sa.Connection, limit: int) -> list[tuple[str, str]]:
    """The fold and the skeleton of names, those of deleted accounts too: what they said may still have them."""
    asked = sa.select(persons.c.key, persons.c.skeleton).limit(limit)
    return [(row.key, row.skeleton) for row in connection.execute(asked)]


def settings_of(connection: sa.Connection, person: str) -> dict[str, str]:
    """All settings of a person."""
    found = connection.execute(sa.select(settings.c.key, settings.c.value).where(settings.c.person == person))
    return {row.key: row.value for row in found}


_DETAILS = Among(sa.select(settings.c.person, settings.c.key, settings.c.value), settings.c.person)


def details_of(connection: sa.Connection, people: Sequence[str]) -> dict[str, dict[str, str]]:
    """What each person tells of themselves."""
    found: dict[str, dict[str, str]] = {}
    for row in _DETAILS.execute(connection, people):
        if row.key.startswith(DETAIL):
            found.setdefault(row.person, {})[row.key.removeprefix(DETAIL)] = row.value
    return found


def _fold(name: str) -> str | None:
    try:
        return fold(name)
    except NameRefused:
        return None


# Rooms

_ROOM = sa.select(
    rooms.c.log,
    logs.c.id,
    rooms.c.name,
    rooms.c.kind,
    rooms.c.topic,
    rooms.c.history,
    rooms.c.lasting,
    rooms.c.posting,
    rooms.c.slow,
    rooms.c.topics,
    rooms.c.join_key,
    rooms.c.most,
    rooms.c.topic_by,
    rooms.c.topic_at,
    rooms.c.created_at,
    rooms.c.details,
    logs.c.head,
    logs.c.messages,
    logs.c.rights,
).join(logs, logs.c.seq == rooms.c.log)

# Of kept people the present name and kind, of visitors those that were written down.
_DIRECT_PEOPLE = (
    sa.select(
        direct_people.c.log,
        direct_people.c.person,
        sa.func.coalesce(persons.c.name, direct_people.c.name).label("name"),
        sa.func.coalesce(persons.c.kind, direct_people.c.kind).label("kind"),
        sa.func.coalesce(persons.c.role, "member").label("role"),
    )
    .outerjoin(persons, persons.c.id == direct_people.c.person)
    .order_by(direct_people.c.log, direct_people.c.place)
)


def _people(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> dict[int, tuple[Person, ...]]:
    found: defaultdict[int, tuple[Person, ...]] = defaultdict(tuple)
    for row in connection.execute(_DIRECT_PEOPLE.where(condition)):
        found[row.log] += (Person(row.person, row.name, row.kind, row.role),)
    return found


# Made once: a room that becomes live takes several of these, and each costs more to put together than to ask.
_ROOM_BY_ID = _ROOM.where(logs.c.id == sa.bindparam("sought"))
_ROOM_BY_KEY = _ROOM.where(rooms.c.key == sa.bindparam("sought"))
_ROOM_OF_PEOPLE = _ROOM.where(rooms.c.direct_key == sa.bindparam("sought"))


def _room_where(
    connection: sa.Connection, found_by: "sa.Select[*tuple[object, ...]]", sought: str | bytes
) -> RoomEntry | None:
    row = connection.execute(found_by, {"sought": sought}).first()
    if row is None:
        return None
    people = _people(connection, direct_people.c.log == row.log) if row.kind == "direct" else {}
    room = Room(
        row.id, row.name, row.kind, row.topic, row.history, people.get(row.log, ()), row.posting, row.slow,
        row.topics, row.join_key, row.most, row.topic_by, _time(row.topic_at), _time(row.created_at),
        json.decode(row.details, type=dict[str, str]),
    )  # fmt: skip
    return RoomEntry(room, row.head, row.messages, row.rights, row.lasting)


def _time(ms: int | None) -> str:
    return rfc3339(ms) if ms else ""


_MASKS = (
    sa.select(masks)
    .join(logs, logs.c.seq == masks.c.log)
    .where(logs.c.id == sa.bindparam("room"))
    .order_by(masks.c.number)
)


def masks_of(connection: sa.Connection, room: str) -> list[Mask]:
    """The masks of a room, the oldest first."""
    found = connection.execute(_MASKS, {"room": room})
    return [Mask(row.kind, row.mask, row.by_name, rfc3339(row.at)) for row in found]


def invitations_of(connection: sa.Connection, person: str) -> list[RoomListing]:
    """The rooms that a person was asked into and has not joined, by name."""
    found = connection.execute(
        sa.select(logs.c.id, rooms.c.name, rooms.c.kind, rooms.c.topic)
        .join(rooms, rooms.c.log == logs.c.seq)
        .join(invitations, invitations.c.log == logs.c.seq)
        .where(invitations.c.person == person)
    )
    listings = [RoomListing(row.id, row.name, row.kind, row.topic) for row in found]
    return sorted(listings, key=lambda listing: fold(listing.name))


def room(connection: sa.Connection, id: str) -> RoomEntry | None:
    """A room by id."""
    return _room_where(connection, _ROOM_BY_ID, id)


def room_by_name(connection: sa.Connection, name: str) -> RoomEntry | None:
    """A room by name; None too when no name is like this."""
    key = _fold(name)
    return None if key is None else _room_where(connection, _ROOM_BY_KEY, key)


def direct_room(connection: sa.Connection, people: Sequence[str]) -> RoomEntry | None:
    """The direct room of exactly these people."""
    return _room_where(connection, _ROOM_OF_PEOPLE, direct_key(people))


def public_rooms(connection: sa.Connection) -> list[RoomListing]:
    """The directory, by name as names compare."""
    of_room = sa.select(sa.func.count()).where(members.c.log == rooms.c.log).scalar_subquery()
    statement = (
        sa.select(
            logs.c.id,
            rooms.c.name,
            rooms.c.key,
            rooms.c.topic,
            rooms.c.topic_at,
            rooms.c.created_at,
            logs.c.messages,
            of_room.label("members"),
        )
        .join(logs, logs.c.seq == rooms.c.log)
        .where(rooms.c.kind == "public")
    )
    found = sorted(connection.execute(statement), key=lambda row: str(row.key))  # databases sort texts differently
    return [
        RoomListing(
            id=row.id,
            name=row.name,
            kind="public",
            topic=row.topic,
            members=row.members,
            count=row.messages,
            topic_at=_time(row.topic_at),
            created_at=_time(row.created_at),
        )
        for row in found
    ]


_MEMBERS = (
    sa.select(*PERSON.selected_columns, members.c.role.label("room_role"), members.c.since)
    .join(members, members.c.person == persons.c.id)
    .join(logs, logs.c.seq == members.c.log)
    .where(logs.c.id == sa.bindparam("room"))
)


def members_of(connection: sa.Connection, room: str) -> list[Membership]:
    """All kept members of a room, by id."""
    found = connection.execute(_MEMBERS, {"room": room})
    memberships = [Membership(Person(row.id, row.name, row.kind, row.role), row.room_role, row.since) for row in found]
    return sorted(memberships, key=lambda membership: membership.person.id)


# A member's rooms, and what is unread in them

_me: sa.BindParameter[str] = sa.bindparam("person")
_later = sa.and_(facts.c.log == members.c.log, facts.c.number > members.c.read)
_count_at_mark = (
    sa.select(facts.c.messages)
    .where(facts.c.log == members.c.log, facts.c.number <= members.c.read)
    .order_by(facts.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
_own = sa.select(sa.func.count()).select_from(facts).where(_later, facts.c.author == _me).scalar_subquery()
_deleted = (
    sa.select(sa.func.count())
    .select_from(deletions)
    .where(deletions.c.log == members.c.log, deletions.c.of > members.c.read, deletions.c.author != _me)
    .scalar_subquery()
)
_mentions = (
    sa.select(sa.func.count())
    .select_from(mentions)
    .where(mentions.c.person == _me, mentions.c.log == members.c.log, mentions.c.number > members.c.read)
    .scalar_subquery()
)
_draft = facts.alias("draft")
_ROOMS_OF = (
    _ROOM.add_columns(
        members.c.role,
        members.c.read,
        (logs.c.messages - sa.func.coalesce(_count_at_mark, 0) - _own - _deleted).label("unread"),
        _mentions.label("mentions"),
        _draft.c.text,
        _draft.c.data,
    )
    .join(members, members.c.log == rooms.c.log)
    .outerjoin(drafts, sa.and_(drafts.c.log == members.c.log, drafts.c.person == members.c.person))
    .outerjoin(_draft, sa.and_(_draft.c.log == drafts.c.own, _draft.c.number == drafts.c.number))
    .where(members.c.person == _me)
)


def rooms_of(connection: sa.Connection, person: str) -> list[RoomState]:
    """All rooms of a person, by id."""
    mine = sa.select(members.c.log).where(members.c.person == person)
    people = _people(connection, direct_people.c.log.in_(mine))
    rows = connection.execute(_ROOMS_OF, {"person": person})
    return sorted((_room_state(row, people.get(row.log, ())) for row in rows), key=lambda state: state.id)


def _room_state(row: Row, people: tuple[Person, ...]) -> RoomState:
    return RoomState(
        id=row.id,
        name=row.name,
        kind=row.kind,
        topic=row.topic,
        history=row.history,
        people=people,
        role=row.role,
        head=row.head,
        count=row.messages,
        read=row.read,
        unread=row.unread,
        mentions=row.mentions,
        draft=None if row.text is None else decode_draft(row.data, row.text),
        posting=row.posting,
        slow=row.slow,
        topic_by=row.topic_by,
        topic_at=_time(row.topic_at),
    )


def unread(connection: sa.Connection, person: str, room: str) -> Unread | None:
    """What a member has unread in one room."""
    row = connection.execute(_ROOMS_OF.where(logs.c.id == room), {"person": person}).first()
    return None if row is None else Unread(room, row.read, row.unread, row.mentions)
