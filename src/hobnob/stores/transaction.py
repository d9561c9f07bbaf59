"""One transaction that keeps many items.

Messages are most of what is kept. Their rows, like the new state of the logs, are gathered and written together, so
that a batch of messages costs four statements; whatever reads or changes messages has the gathered ones written first.
An item is refused before anything of it is done: there is never a half of one to undo.
"""

from collections.abc import Sequence
from functools import cache

import sqlalchemy as sa

from hobnob.protocol.events import Fact, MessageSent, RoomCreated, RoomEvent
from hobnob.protocol.ids import AUDIT
from hobnob.stores import projection
from hobnob.stores.among import Among
from hobnob.stores.conditions import violation
from hobnob.stores.history import find_refs
from hobnob.stores.restrictions import may_write
from hobnob.stores.rows import NEW_FACT, FactRow, SqlLog, ref_key, to_row
from hobnob.stores.store import (
    DropRoom,
    Duplicate,
    ForgetNames,
    Item,
    Kept,
    MessageExists,
    MessageStands,
    Outcome,
    Refused,
    RightsUnchanged,
    Write,
)
from hobnob.stores.tables import facts, logs, mentions

_LOCK_LOGS = Among(
    # one order for everybody, so that nobody waits for each other
    sa.select(logs).order_by(logs.c.id).with_for_update(),
    logs.c.id,
)
_ADD_LOG = sa.insert(logs)
_INSERT_FACTS = sa.insert(facts).values({name: sa.bindparam(name) for name in NEW_FACT})
_UPDATE_LOGS = (
    sa.update(logs)
    .where(logs.c.seq == sa.bindparam("log"))
    .values({name: sa.bindparam("new_" + name) for name in ("head", "messages", "at", "rights")})
)


class Transaction:
    """See the head of this file. `erased` tells whether texts were deleted."""

    def __init__(self, connection: sa.Connection, now: int) -> None:
        self.erased = False
        self._connection = connection
        self._now = now
        self._logs: dict[str, SqlLog] = {}
        self._refs: dict[bytes, tuple[Duplicate, bytes]] = {}
        self._changed: set[str] = set()
        self._facts: list[FactRow] = []
        self._mentions: list[dict[str, str | int]] = []

    def perform(self, items: Sequence[Item]) -> list[Outcome]:
        """Do all items, in order; it remains to commit."""
        keys = [ref_key(item.by, item.ref) if item.ref is not None else None for item in items]
        self._lock_logs(items)
        self._find_refs([key for key in keys if key is not None])
        outcomes = [self._perform(item, key) for item, key in zip(items, keys, strict=True)]
        self._write_facts()
        self._write_logs()
        return outcomes

    def _lock_logs(self, items: Sequence[Item]) -> None:
        ids = {event.log for item in items for event in item.events}
        for item in items:
            for check in item.requires:
                if isinstance(check, RightsUnchanged):
                    ids.add(check.room)
                    if check.house is not None:
                        ids.add(AUDIT)
        for row in _LOCK_LOGS.execute(self._connection, sorted(ids)):
            self._logs[row.id] = SqlLog(row.seq, row.id, row.head, row.messages, row.at, row.rights)

    def _find_refs(self, keys: list[bytes]) -> None:
        self._refs = find_refs(self._connection, keys)

    def _perform(self, item: Item, key: bytes | None) -> Outcome:
        if key is not None and (known := self._refs.get(key)) is not None:
            first, digest = known
            return first if digest == item.digest else Refused("ref-reused")
        if code := self._refusal(item):
            return Refused(code)
        kept: list[Fact] = []
        for event in item.events:
            kept.append(self._append(event, None if kept else key, item.digest))
        if key is not None:
            self._refs[key] = (Duplicate(kept[0].log, kept[0].number, kept[0].at), item.digest)
        for write in item.writes:  # one may forget the very room that the ref was kept in
            self._write(write)
        return Kept(tuple(kept))

    def _refusal(self, item: Item) -> str | None:
        for condition in item.requires:
            if isinstance(condition, RightsUnchanged):  # of nearly all items, and all that most of them have
                if not self._rights_unchanged(condition):
                    return "stale"
                continue
            if isinstance(condition, MessageStands | MessageExists):
                self._write_facts()
            if code := violation(self._connection, condition, self._now):
                return code
        return self._missing_room(item)

    def _rights_unchanged(self, condition: RightsUnchanged) -> bool:
        log = self._logs.get(condition.room)
        if log is None and condition.room != AUDIT:
            return False
        if (log.rights if log is not None else 0) == condition.version:
            if condition.house is None:
                return True
            audit = self._logs.get(AUDIT)
            if (audit.rights if audit is not None else 0) == condition.house:
                return True
        return bool(condition.person) and may_write(self._connection, condition.room, condition.person, self._now)

    def _missing_room(self, item: Item) -> str | None:
        made: set[str] = set()
        for event in item.events:
            if isinstance(event, RoomCreated):
                made.add(event.room)
            elif event.log not in self._logs and isinstance(event, RoomEvent) and event.room not in made:
                return "no-such-room"
        return None

    def _append(self, event: Fact, key: bytes | None, digest: bytes) -> Fact:
        log = self._logs.get(event.log) or self._begin_log(event.log)
        fact = log.number(event, self._now)
        self._changed.add(log.id)
        self._facts.append(to_row(fact, log, key, digest if key is not None else None))
        if type(fact) is MessageSent:
            if fact.mentions:
                self._mentions += projection.mention_rows(fact.mentions, fact.by, log.seq, fact.number)
        elif (project := projection.PROJECTIONS.get(type(fact))) is not None:
            self._write_facts()
            project(self._connection, fact, log)
            self.erased = self.erased or isinstance(fact, projection.ERASING)
        return fact

    def _begin_log(self, id: str) -> SqlLog:
        row = {"id": id, "head": 0, "messages": 0, "at": 0, "rights": 0}
        inserted = self._connection.execute(_ADD_LOG, row).inserted_primary_key
        assert inserted is not None
        self._logs[id] = SqlLog(inserted[0], id)
        return self._logs[id]

    def _write(self, write: Write) -> None:
        if isinstance(write, DropRoom | ForgetNames):
            self._write_facts()
        self.erased = self.erased or isinstance(write, ForgetNames)
        dropped = projection.write(self._connection, write, self._now)
        if dropped is not None:
            self.erased = True
            self._logs.pop(dropped, None)
            self._changed.discard(dropped)
            self._refs = {key: known for key, known in self._refs.items() if known[0].log != dropped}

    def _write_facts(self) -> None:
        if self._facts:
            self._connection.exec_driver_sql(_insert_facts(self._connection.dialect), self._facts)
            self._facts = []
        if self._mentions:
            self._connection.execute(sa.insert(mentions), self._mentions)
            self._mentions = []

    def _write_logs(self) -> None:
        changed = [self._logs[log] for log in sorted(self._changed)]
        if changed:
            rows = [
                {
                    "log": log.seq,
                    "new_head": log.head,
                    "new_messages": log.count,
                    "new_at": log.at,
                    "new_rights": log.rights,
                }
                for log in changed
            ]
            self._connection.execute(_UPDATE_LOGS, rows)


@cache
def _insert_facts(dialect: sa.Dialect) -> str:
    """The statement as a driver with positional parameters takes it.

    Compiled here, since handing each row to SQLAlchemy by names takes as long as SQLite needs to insert it.
    """
    return str(_INSERT_FACTS.compile(dialect=dialect))
