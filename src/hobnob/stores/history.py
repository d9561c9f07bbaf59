"""Reading logs and messages. Every function runs in one read transaction, so its answers fit together."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from msgspec.structs import replace

from hobnob.protocol.events import DraftChanged, Fact, MessageEdited, MessageSent
from hobnob.protocol.records import Draft, Message, Version
from hobnob.protocol.times import rfc3339
from hobnob.stores.among import Among
from hobnob.stores.conditions import LARGEST
from hobnob.stores.rows import READ_COLUMNS, Present, Row, decode_draft, decode_edit, ref_key, to_fact, to_message
from hobnob.stores.store import Duplicate
from hobnob.stores.tables import deletions, drafts, edits, facts, logs, pins, reactions

_NOTHING = Present()
_LOG = sa.select(logs.c.seq).where(logs.c.id == sa.bindparam("id"))
_REFS = Among(
    sa.select(facts.c.ref_key, facts.c.digest, logs.c.id, facts.c.number, facts.c.at).join(
        logs, logs.c.seq == facts.c.log
    ),
    facts.c.ref_key,
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
_THESE: sa.BindParameter[list[int]] = sa.bindparam("numbers", expanding=True)
_LAST_EDITS = (
    sa.select(edits.c.of, sa.func.max(edits.c.number).label("number"))
    .where(edits.c.log == sa.bindparam("log"), edits.c.of.in_(_THESE))
    .group_by(edits.c.of)
)
_EDITS = sa.select(facts.c.number, facts.c.at, facts.c.text, facts.c.data).where(_OF_LOG, facts.c.number.in_(_THESE))
_DELETED = sa.select(deletions.c.of).where(deletions.c.log == sa.bindparam("log"), deletions.c.of.in_(_THESE))
_DRAFTS = (
    sa.select(logs.c.id, facts.c.text, facts.c.data)
    .select_from(drafts)
    .join(logs, logs.c.seq == drafts.c.log)
    .join(facts, sa.and_(facts.c.log == drafts.c.own, facts.c.number == drafts.c.number))
    .where(drafts.c.person == sa.bindparam("person"))
)
_UPTO = sa.select(facts.c.number).where(_OF_LOG, facts.c.number <= sa.bindparam("upto"))
_LAST = _UPTO.order_by(facts.c.number.desc()).limit(1)
_TIME = _LAST.with_only_columns(facts.c.at)
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
    .where(reactions.c.log == sa.bindparam("log"), reactions.c.of.in_(_THESE))
    .order_by(reactions.c.number)
)
_PINS = sa.select(pins.c.of).where(pins.c.log == sa.bindparam("log"), pins.c.of.in_(_THESE))


def find_refs(connection: sa.Connection, keys: Sequence[bytes]) -> dict[bytes, tuple[Duplicate, bytes]]:
    """What was kept under these ref keys, each with its digest."""
    found = _REFS.execute(connection, keys)
    return {row.ref_key: (Duplicate(row.id, row.number, rfc3339(row.at)), row.digest) for row in found}


def kept_ref(connection: sa.Connection, by: str, ref: str) -> tuple[Duplicate, bytes] | None:
    """What a person's ref did, and its digest."""
    key = ref_key(by, ref)
    return find_refs(connection, [key]).get(key)


def heads(connection: sa.Connection, ids: Sequence[str]) -> dict[str, int]:
    """The last number of each log, 0 where nothing was kept."""
    found = connection.execute(_HEADS, {"ids": ids})
    return dict.fromkeys(ids, 0) | {row.id: row.head for row in found}


def rights(connection: sa.Connection, log: str) -> int:
    """How often somebody lost a right in a log."""
    return connection.execute(sa.select(logs.c.rights).where(logs.c.id == log)).scalar() or 0


def events_since(connection: sa.Connection, log: str, number: int, limit: int) -> tuple[list[Fact], bool]:
    """Up to `limit` facts after `number`, with present texts, and whether there are more."""
    seq = connection.execute(_LOG, {"id": log}).scalar()
    if seq is None:
        return [], False
    found = {"log": seq, "number": _bounded(number), "limit": limit + 1}
    rows = connection.execute(_FACTS_AFTER, found).all()
    events = [to_fact(row, log) for row in rows[:limit]]
    return _with_present_drafts(connection, log, _with_present_texts(connection, seq, events)), len(rows) > limit


def _present(connection: sa.Connection, seq: int, numbers: Collection[int]) -> dict[int, Present]:
    """What has become of those of these messages that were edited or deleted."""
    if not numbers:
        return {}
    last = {row.number: row.of for row in connection.execute(_LAST_EDITS, {"log": seq, "numbers": list(numbers)})}
    present: dict[int, Present] = {}
    for row in connection.execute(_EDITS, {"log": seq, "numbers": list(last)}) if last else ():
        present[last[row.number]] = Present(row.text, decode_edit(row.data).mentions, row.at)
    for of in connection.execute(_DELETED, {"log": seq, "numbers": list(numbers)}).scalars():
        present[of] = Present(deleted=True)
    return present


def _with_present_texts(connection: sa.Connection, seq: int, events: list[Fact]) -> list[Fact]:
    numbers = {event.number for event in events if isinstance(event, MessageSent)}
    numbers |= {event.of for event in events if isinstance(event, MessageEdited)}
    present = _present(connection, seq, numbers)

    def fill(event: Fact) -> Fact:
        if isinstance(event, MessageEdited):
            now = present.get(event.of, _NOTHING)
            return replace(event, text=now.text, mentions=now.mentions)
        if isinstance(event, MessageSent) and event.number in present:
            now = present[event.number]
            edited = now.edited_at is not None
            tags = {} if now.deleted else event.tags
            return replace(event, text=now.text, mentions=now.mentions, tags=tags, edited=edited, deleted=now.deleted)
        return event

    return [fill(event) for event in events]


def _with_present_drafts(connection: sa.Connection, person: str, events: list[Fact]) -> list[Fact]:
    if not any(isinstance(event, DraftChanged) for event in events):
        return events
    found = connection.execute(_DRAFTS, {"person": person})
    present = {row.id: decode_draft(row.data, row.text) for row in found}

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


def number_at(connection: sa.Connection, log: str, at: int) -> int:
    """The last number of a log at a time, in some twenty looks: times never go back in a log, and need no index."""
    seq = connection.execute(_LOG, {"id": log}).scalar()
    low, high = 0, connection.execute(_LAST, {"log": seq, "upto": LARGEST}).scalar() or 0
    while low < high:
        middle = (low + high + 1) // 2
        then = connection.execute(_TIME, {"log": seq, "upto": middle}).scalar()
        if then is None or then <= at:
            low = middle
        else:
            high = middle - 1
    return low


def page_after(
    connection: sa.Connection, room: str, number: int, limit: int, author: str | None = None
) -> tuple[list[Message], bool]:
    """The first `limit` messages after a number, of one author or of all, and whether there are more."""
    seq = connection.execute(_LOG, {"id": room}).scalar()
    if seq is None:
        return [], False
    statement = _MESSAGES_FROM if author is None else _MESSAGES_FROM.where(facts.c.author == author)
    found = {"log": seq, "first": number + 1, "limit": limit + 1}
    rows = connection.execute(statement, found).all()
    return _messages(connection, room, seq, rows[:limit]), len(rows) > limit


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
    present = _present(connection, seq, numbers)
    return [
        to_message(row, room, present.get(row.number), reacted.get(row.number, {}), row.number in pinned)
        for row in rows
    ]


def earlier_texts(connection: sa.Connection, room: str, number: int) -> list[Version]:
    """What an edited message said before, oldest first."""
    seq = connection.execute(_LOG, {"id": room}).scalar()
    if seq is None:
        return []
    of = _bounded(number)
    edited = sa.select(edits.c.number).where(edits.c.log == seq, edits.c.of == of)
    if not (numbers := sorted(connection.execute(edited).scalars())):
        return []
    texts = (
        sa.select(facts.c.number, facts.c.at, facts.c.text)
        .where(facts.c.log == seq, sa.or_(facts.c.number == of, facts.c.number.in_(edited)))
        .where(facts.c.number < numbers[-1])
        .order_by(facts.c.number)
    )
    return [Version(row.number, rfc3339(row.at), row.text) for row in connection.execute(texts)]


def _bounded(number: int) -> int:
    return max(-1, min(number, LARGEST))
