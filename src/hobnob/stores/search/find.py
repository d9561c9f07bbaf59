"""One search in FTS5 and the store: from the newest part to the oldest, until there is enough or time is up.

Runs in one read transaction over both files, so what it finds fits together: an index that lags behind, but present
texts, present rights, and no deleted message.
"""

import sqlite3
import time
from collections.abc import Iterator

from hobnob.protocol.records import Hit
from hobnob.protocol.search import Query, matches
from hobnob.protocol.times import rfc3339
from hobnob.protocol.words import marks
from hobnob.stores.rows import load_extras
from hobnob.stores.search import fts5
from hobnob.stores.search.search import NoSuchMessage, Page, Question, SearchTooSlow

PART = 1 << 15
"""Facts of one part of the index: quick to rebuild, and not too many to ask one after the other."""

_BEHIND = 10_000
"""Facts; an index that lacks more is still being built."""
_MOST_ROOMS = 250
"""Rooms that are named to FTS5; more are left to the join."""
_FEW = 1000
"""Messages that are pinned, or were reacted to, up to which each is looked at; where there are more, one comes soon."""
_LARGEST = 2**63 - 1

TEMPORARY = (
    "CREATE TEMP TABLE visible (log INTEGER PRIMARY KEY, since INTEGER)",
    "CREATE TEMP TABLE few (id INTEGER PRIMARY KEY)",
)
"""What `find` writes down on its connection: the rooms that the asker may see, and messages if only few can be hits."""

_MINE = """
INSERT INTO temp.visible SELECT m.log, CASE r.history WHEN 'joined' THEN m.since ELSE 1 END
FROM chat.members AS m JOIN chat.rooms AS r ON r.log = m.log WHERE m.person = ? AND (r.kind <> 'private' OR ?)
"""
_VISITED = "INSERT OR IGNORE INTO temp.visible SELECT seq, ? FROM chat.logs WHERE id = ?"
_ONLY = "DELETE FROM temp.visible WHERE log IS NOT (SELECT seq FROM chat.logs WHERE id = ?)"
_PLACE = """
SELECT f.id FROM chat.logs AS l JOIN temp.visible AS v ON v.log = l.seq
JOIN chat.facts AS f ON f.log = l.seq AND f.number >= v.since WHERE l.id = ? AND f.number = ? AND f.author IS NOT NULL
"""
_IN = "SELECT v.log, l.messages FROM temp.visible AS v JOIN chat.logs AS l ON l.seq = v.log ORDER BY v.log"
_PARTS = """
SELECT part FROM parts WHERE part <= ? AND last_at >= ? AND first_at < ? ORDER BY part DESC
"""
_HITS = """
SELECT l.id AS room, r.name, r.kind, f.log, f.number, f.at, f.author, f.author_name, f.text, f.data, (
    SELECT e.text FROM chat.edits AS d JOIN chat.facts AS e ON e.log = d.log AND e.number = d.number
    WHERE d.log = f.log AND d.of = f.number ORDER BY d.number DESC LIMIT 1
) AS edited
FROM {few}{table} CROSS JOIN chat.facts AS f ON f.id = {table}.rowid CROSS JOIN temp.visible AS v ON v.log = f.log
CROSS JOIN chat.rooms AS r ON r.log = f.log CROSS JOIN chat.logs AS l ON l.seq = f.log
WHERE {table} MATCH :match AND {table}.rowid < :end AND f.number >= v.since AND f.author IS NOT NULL
AND f.at >= :after AND f.at < :before
AND NOT EXISTS (SELECT 1 FROM chat.deletions AS d WHERE d.log = f.log AND d.of = f.number)
{further} ORDER BY {order} DESC
"""
_OF_REACTED = "AND EXISTS (SELECT 1 FROM chat.reactions AS x WHERE x.log = f.log AND x.of = f.number)"
_OF_PINNED = "AND EXISTS (SELECT 1 FROM chat.pins AS x WHERE x.log = f.log AND x.of = f.number)"
_FURTHER = {"reaction": _OF_REACTED, "pin": _OF_PINNED}
_NOTED = {"pin": "chat.pins", "reaction": "chat.reactions"}
_COLLECT = """
INSERT INTO temp.few SELECT f.id FROM (
    SELECT DISTINCT x.log, x.of FROM temp.visible AS v CROSS JOIN {noted} AS x ON x.log = v.log LIMIT ?
) AS noted CROSS JOIN chat.facts AS f ON f.log = noted.log AND f.number = noted.of
"""
_OF_FEW = "AND {table}.rowid = few.id AND few.id / :size = :part"
_PEOPLE = """
SELECT coalesce(p.name, d.name) FROM chat.direct_people AS d LEFT JOIN chat.persons AS p ON p.id = d.person
WHERE d.log = ? AND d.person <> ? ORDER BY d.place
"""


def table(part: int) -> str:
    """The name of the table that holds a part."""
    return f"part_{part}"


def find(connection: sqlite3.Connection, question: Question, deadline: float) -> Page:
    """What is found before `deadline` (`time.monotonic`); a part of it, if there is any, when that was too short.

    The connection has the store attached as `chat`, the tables of `TEMPORARY`, and a progress handler of this deadline.
    """
    _see(connection, question)
    end = _LARGEST if question.before is None else _place(connection, question.before)
    head, indexed = connection.execute(
        "SELECT coalesce(max(id), 0), (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'indexed') FROM chat.facts"
    ).fetchone()
    hits: list[Hit] = []
    more = False
    try:
        for hit in _hits(connection, question, end, head, deadline):
            if len(hits) == question.limit:
                more = True
                break
            hits.append(hit)
    except (SearchTooSlow, sqlite3.OperationalError) as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_INTERRUPT) != sqlite3.SQLITE_INTERRUPT:
            raise
        if not hits:
            raise SearchTooSlow from None
        more = True
    return Page(tuple(hits), more, partial=head - indexed > _BEHIND)


def _see(connection: sqlite3.Connection, question: Question) -> None:
    """Write down what the asker may see, of what is asked about."""
    connection.execute("DELETE FROM temp.visible")
    connection.execute(_MINE, (question.asker, question.private))
    connection.executemany(_VISITED, [(visit.since, visit.room) for visit in question.visits])
    if question.room is not None:
        connection.execute(_ONLY, (question.room,))


def _place(connection: sqlite3.Connection, message: tuple[str, int]) -> int:
    row = connection.execute(_PLACE, message).fetchone()
    if row is None:
        raise NoSuchMessage
    return int(row[0])


def _hits(connection: sqlite3.Connection, question: Question, end: int, head: int, deadline: float) -> Iterator[Hit]:
    query = question.query
    rooms = connection.execute(_IN).fetchall()
    if not rooms:
        return
    mostly = sum(messages for _, messages in rooms) * 2 > head  # to name the rooms would only take time
    match = fts5.match(query, question.sender, [] if mostly or len(rooms) > _MOST_ROOMS else [log for log, _ in rooms])
    few = _collect_few(connection, query)
    after, before = query.after or 0, _LARGEST if query.before is None else query.before
    found = {"match": match, "end": end, "after": after, "before": before, "size": PART}
    people: dict[int, tuple[str, ...]] = {}
    for (part,) in connection.execute(_PARTS, (end // PART, after, before)).fetchall():
        for row in connection.execute(_hits_in(part, query, few=few), found | {"part": part}):
            if row["kind"] == "direct" and row["log"] not in people:
                people[row["log"]] = _people(connection, row["log"], question.asker)
            if (hit := _hit(query, row, people.get(row["log"], ()))) is not None:
                yield hit
        if time.monotonic() > deadline:  # FTS5 takes no steps that the progress handler would count
            raise SearchTooSlow


def _hits_in(part: int, query: Query, *, few: bool) -> str:
    """The statement that finds the hits in a part, or those of a few messages in it."""
    documents = table(part)
    further = [_FURTHER[what] for what in query.has if what in _FURTHER]
    if not few:
        return _HITS.format(few="", table=documents, further=" ".join(further), order=f"{documents}.rowid")
    further.append(_OF_FEW.format(table=documents))
    return _HITS.format(few="temp.few AS few CROSS JOIN ", table=documents, further=" ".join(further), order="few.id")


def _collect_few(connection: sqlite3.Connection, query: Query) -> bool:
    """Write down the messages that can be hits, if they are few: to look for them among all would take too long."""
    for what, noted in _NOTED.items():
        if what in query.has:
            connection.execute("DELETE FROM temp.few")
            if connection.execute(_COLLECT.format(noted=noted), (_FEW + 1,)).rowcount <= _FEW:
                return True
    return False


def _hit(query: Query, row: sqlite3.Row, people: tuple[str, ...]) -> Hit | None:
    """The hit in a row; None when the message was edited since it was indexed, and is none any more."""
    text = row["text"] if row["edited"] is None else row["edited"]
    if row["edited"] is not None and not matches(query, text):
        return None
    return Hit(
        room=row["room"],
        room_name="" if row["kind"] == "direct" else row["name"],
        number=row["number"],
        at=rfc3339(row["at"]),
        by=row["author"],
        by_name=row["author_name"],
        text=text,
        kind=load_extras(row["data"]).kind,
        people=people,
        marked=marks(text, query.wanted),
        edited=row["edited"] is not None,
    )


def _people(connection: sqlite3.Connection, log: int, asker: str) -> tuple[str, ...]:
    return tuple(name for (name,) in connection.execute(_PEOPLE, (log, asker)))
