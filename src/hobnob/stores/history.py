"""Reading logs and messages. Every function runs in one read transaction, so its answers fit together."""

from collections.abc import Sequence

import sqlalchemy as sa
from msgspec.structs import replace

from hobnob.protocol.events import DraftChanged, Fact, MessageEdited
from hobnob.protocol.records import Draft, Message, Version
from hobnob.protocol.times import rfc3339
from hobnob.stores.conditions import LARGEST
from hobnob.stores.rows import READ_COLUMNS, Row, load_extras, ref_key, to_fact, to_message
from hobnob.stores.store import Duplicate
from hobnob.stores.tables import drafts, facts, logs, pins, reactions, versions

_LOG = sa.select(logs.c.seq).where(logs.c.id == sa.bindparam("id"))
_REFS = (
    sa.select(facts.c.ref_key, facts.c.digest, logs.c.id, facts.c.number, facts.c.at)
    .join(logs, logs.c.seq == facts.c.log)
    .where(facts.c.ref_key.in_(sa.bindparam("keys", expanding=True)))
)
_HEADS = sa.select(logs.c.id, logs.c.head).where(logs.c.id.in_(sa.bindparam("ids", expanding=True)))
_IS_MESSAGE = facts.c.author.is_not(None)
_OF_LOG = facts.c.log == sa.bindparam("log")
_FACTS_AFTER = (
    sa.select(*READ_COLUMNS)
    .where(_OF_LOG, facts.c.number > sa.bindparam("number"))
    .order_by(facts.c.number)
    .limit(sa.bindparam("limit"))
)
_PRESENT_TEXTS = sa.select(facts.c.number, facts.c.text, facts.c.data).where(
    _OF_LOG, facts.c.number.in_(sa.bindparam("numbers", expanding=True)), _IS_MESSAGE
)
_DRAFTS = (
    sa.select(logs.c.id, drafts.c.text, drafts.c.reply_to)
    .join(logs, logs.c.seq == drafts.c.log)
    .where(drafts.c.person == sa.bindparam("person"))
)
_MESSAGE = sa.select(*READ_COLUMNS).where(_OF_LOG, facts.c.number == sa.bindparam("number"), _IS_MESSAGE)
_MESSAGES_FROM = (
    sa.select(*READ_COLUMNS)
    .where(_OF_LOG, _IS_MESSAGE, facts.c.number >= sa.bindparam("first"))
    .order_by(facts.c.number)
    .limit(sa.bindparam("limit"))
)
_MESSAGES_BEFORE = (
    sa.select(*READ_COLUMNS)
    .where(_OF_LOG, _IS_MESSAGE, facts.c.number >= sa.bindparam("first"), facts.c.number < sa.bindparam("end"))
    .order_by(facts.c.number.desc())
    .limit(sa.bindparam("limit"))
)
_REACTIONS = (
    sa.select(reactions.c.of, reactions.c.emoji, reactions.c.person)
    .where(reactions.c.log == sa.bindparam("log"), reactions.c.of.in_(sa.bindparam("numbers", expanding=True)))
    .order_by(reactions.c.number)
)
_PINS = sa.select(pins.c.number).where(
    pins.c.log == sa.bindparam("log"), pins.c.number.in_(sa.bindparam("numbers", expanding=True))
)


def find_refs(connection: sa.Connection, keys: Sequence[bytes]) -> dict[bytes, tuple[Duplicate, bytes]]:
    """What was kept under these ref keys, each with its digest."""
    found = connection.execute(_REFS, {"keys": keys})
    return {row.ref_key: (Duplicate(row.id, row.number, rfc3339(row.at)), row.digest) for row in found}


def kept_ref(connection: sa.Connection, by: str, ref: str) -> tuple[Duplicate, bytes] | None:
    """What a person's ref did, and its digest."""
    key = ref_key(by, ref)
    return find_refs(connection, [key]).get(key)


def heads(connection: sa.Connection, ids: Sequence[str]) -> dict[str, int]:
    """The last number of each log, 0 where nothing was kept."""
    found = connection.execute(_HEADS, {"ids": ids})
    return dict.fromkeys(ids, 0) | {row.id: row.head for row in found}


def events_since(connection: sa.Connection, log: str, number: int, limit: int) -> tuple[list[Fact], bool]:
    """Up to `limit` facts after `number`, with present texts, and whether there are more."""
    seq = connection.execute(_LOG, {"id": log}).scalar()
    if seq is None:
        return [], False
    found = {"log": seq, "number": _bounded(number), "limit": limit + 1}
    rows = connection.execute(_FACTS_AFTER, found).all()
    events = [to_fact(row, log) for row in rows[:limit]]
    return _with_present_drafts(connection, log, _with_present_texts(connection, seq, events)), len(rows) > limit


def _with_present_texts(connection: sa.Connection, seq: int, events: list[Fact]) -> list[Fact]:
    edited = {event.of for event in events if isinstance(event, MessageEdited)}
    if not edited:
        return events
    found = connection.execute(_PRESENT_TEXTS, {"log": seq, "numbers": sorted(edited)})
    present = {row.number: (row.text, load_extras(row.data).mentions) for row in found}

    def fill(event: Fact) -> Fact:
        if not isinstance(event, MessageEdited):
            return event
        text, mentions = present.get(event.of, ("", ()))
        return replace(event, text=text, mentions=mentions)

    return [fill(event) for event in events]


def _with_present_drafts(connection: sa.Connection, person: str, events: list[Fact]) -> list[Fact]:
    if not any(isinstance(event, DraftChanged) for event in events):
        return events
    found = connection.execute(_DRAFTS, {"person": person})
    present = {row.id: Draft(row.text, row.reply_to) for row in found}

    def fill(event: Fact) -> Fact:
        if not isinstance(event, DraftChanged):
            return event
        draft = present.get(event.room, Draft(""))
        return replace(event, text=draft.text, reply_to=draft.reply_to)

    return [fill(event) for event in events]


def message(connection: sa.Connection, room: str, number: int) -> Message | None:
    """A message in its present state."""
    seq = connection.execute(_LOG, {"id": room}).scalar()
    if seq is None:
        return None
    rows = connection.execute(_MESSAGE, {"log": seq, "number": _bounded(number)}).all()
    return next(iter(_messages(connection, room, seq, rows)), None)


def page(
    connection: sa.Connection,
    room: str,
    *,
    before: int | None,
    after: int | None,
    around: int | None,
    limit: int,
    since: int,
) -> tuple[list[Message], bool]:
    """A page of messages, oldest first, and whether there are more in the direction asked for."""
    seq = connection.execute(_LOG, {"id": room}).scalar()
    if seq is None:
        return [], False

    def earlier(end: int, limit: int) -> tuple[list[Row], bool]:
        found = {"log": seq, "first": _bounded(since), "end": _bounded(end), "limit": limit + 1}
        rows = list(connection.execute(_MESSAGES_BEFORE, found))
        return rows[:limit][::-1], len(rows) > limit

    def later(first: int, limit: int) -> tuple[list[Row], bool]:
        found = {"log": seq, "first": _bounded(max(first, since)), "limit": limit + 1}
        rows = list(connection.execute(_MESSAGES_FROM, found))
        return rows[:limit], len(rows) > limit

    if after is not None:
        rows, more = later(after + 1, limit)
    elif around is not None:
        first, more_before = earlier(around, limit // 2)
        last, more_after = later(around, limit - len(first))
        rows, more = first + last, more_before or more_after
    else:
        rows, more = earlier(LARGEST if before is None else before, limit)
    return _messages(connection, room, seq, rows), more


def _messages(connection: sa.Connection, room: str, seq: int, rows: Sequence[Row]) -> list[Message]:
    numbers = [row.number for row in rows]
    if not numbers:
        return []
    of_these = {"log": seq, "numbers": numbers}
    reacted: dict[int, dict[str, tuple[str, ...]]] = {}
    for row in connection.execute(_REACTIONS, of_these):
        emojis = reacted.setdefault(row.of, {})
        emojis[row.emoji] = (*emojis.get(row.emoji, ()), row.person)
    pinned = set(connection.execute(_PINS, of_these).scalars())
    return [to_message(row, room, reacted.get(row.number, {}), row.number in pinned) for row in rows]


def earlier_texts(connection: sa.Connection, room: str, number: int) -> list[Version]:
    """What an edited message said before, oldest first."""
    found = connection.execute(
        sa.select(versions.c.number, versions.c.at, versions.c.text)
        .join(logs, logs.c.seq == versions.c.log)
        .where(logs.c.id == room, versions.c.of == _bounded(number))
        .order_by(versions.c.number)
    )
    return [Version(row.number, rfc3339(row.at), row.text) for row in found]


def _bounded(number: int) -> int:
    return max(-1, min(number, LARGEST))
