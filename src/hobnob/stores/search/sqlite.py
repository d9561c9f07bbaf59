"""An index in FTS5, in a database file of its own beside the store's.

Of its own, because a file takes one writer at a time and keeping must not wait; because it can be thrown away and made
anew whenever it is missing, damaged, of another epoch or another version; and because words are forgotten by building
anew. FTS5 before SQLite 3.42 cannot erase a word for good, so the index consists of *parts*, one table for every
`PART` facts, and `tidy` rebuilds those that hold something deleted. A search goes through the parts from the newest to
the oldest and stops as soon as it has enough (`find.py`).

The documents of a part are numbered as the facts of their messages. At any time they say what the facts up to number
`indexed` said, save what is deleted; `_index_edits` relies on that.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from hobnob.stores.search import fts5
from hobnob.stores.search.find import PART, TEMPORARY, find, table
from hobnob.stores.search.search import TIME_LIMIT, IndexUnavailable, Page, Question, SearchTooSlow

BATCH = 2000
"""Facts taken over at once."""
FORGET_AFTER = 20 * 60 * 1000
"""Milliseconds from a deletion to the rebuilding of its part, so that many deletions cost one rebuilding."""

_VERSION = "1"
"""Of the tables and of how texts become words; another one has everything indexed anew."""
_READERS = 2
_STEPS = 20_000
"""Steps of SQLite between two looks at the clock."""
_BUSY_TIMEOUT = 2.0

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE parts (part INTEGER PRIMARY KEY, first_at INTEGER, last_at INTEGER, erased_at INTEGER);
CREATE TABLE dropped (log INTEGER PRIMARY KEY);
"""
_MESSAGES = """
SELECT id, log, author, author_name, text, data FROM chat.facts AS f
WHERE id BETWEEN :first AND :last AND author IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM chat.deletions AS d WHERE d.log = f.log AND d.of = f.number)
"""
_MESSAGES_SO_FAR = """
SELECT id, log, author, author_name, data, coalesce((
    SELECT e.text FROM chat.edits AS d JOIN chat.facts AS e ON e.log = d.log AND e.number = d.number
    WHERE d.log = f.log AND d.of = f.number AND e.id <= :last ORDER BY d.number DESC LIMIT 1
), f.text) AS text FROM chat.facts AS f
WHERE id BETWEEN :first AND :end AND id <= :last AND author IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM chat.deletions AS d WHERE d.log = f.log AND d.of = f.number)
"""
_TIMES = """
UPDATE parts SET first_at = min(coalesce(first_at, at.first), at.first), last_at = max(coalesce(last_at, 0), at.last)
FROM (SELECT min(at) AS first, max(at) AS last FROM chat.facts WHERE id BETWEEN :first AND :last) AS at
WHERE part = :part
"""
_MARK_ERASED = "UPDATE parts SET erased_at = coalesce(erased_at, ?) WHERE part = ?"
_WITH_TEXT = "SELECT id, log, author, author_name, data, :text AS text FROM chat.facts WHERE id = :id"
_EDITED = """
SELECT e.number, e.text, m.id, m.log, m.number AS of, m.text AS first FROM chat.facts AS e
JOIN chat.facts AS m ON m.log = e.log AND m.number = json_extract(e.data, '$.of')
JOIN chat.edits AS d ON d.log = m.log AND d.of = m.number AND d.number = e.number
WHERE e.id BETWEEN :first AND :last AND e.event = 'message_edited' AND m.author IS NOT NULL ORDER BY e.id
"""
_DELETED = """
SELECT DISTINCT m.id / :size FROM chat.facts AS e
JOIN chat.facts AS m ON m.log = e.log AND m.number = json_extract(e.data, '$.of')
WHERE e.id BETWEEN :first AND :last AND e.event = 'message_deleted'
"""
_TEXT_BEFORE = """
SELECT e.text FROM chat.edits AS d JOIN chat.facts AS e ON e.log = d.log AND e.number = d.number
WHERE d.log = ? AND d.of = ? AND d.number < ? ORDER BY d.number DESC LIMIT 1
"""


class _OfAnotherTime(Exception):
    """The index is of another history or version."""


class SqliteIndex:
    """An `Index` in the file `path` over the store in the file `store`, whose history is called `epoch`.

    Nothing is opened before it is needed. `clock` gives ms since 1970.
    """

    def __init__(
        self, path: Path, store: Path, epoch: str, clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._path = path
        self._store = store
        self._epoch = epoch
        self._clock = clock
        self._writing = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._damaged = False
        self._indexed = 0

    def index_more(self) -> bool:
        with self._writing, self._in_words():
            writer = self._ready()
            head: int = writer.execute("SELECT coalesce(max(id), 0) FROM chat.facts").fetchone()[0]
            if head <= self._indexed:
                return False
            first, part = self._indexed + 1, (self._indexed + 1) // PART
            last = min(head, self._indexed + BATCH, (part + 1) * PART - 1)
            with _transaction(writer):
                self._index(writer, part, first, last)
            self._indexed = last
            if last % PART == PART - 1:
                writer.execute(fts5.optimize(table(part)))
            return last < head

    def search(self, question: Question, limit: float = TIME_LIMIT) -> Page:
        deadline = time.monotonic() + limit
        with self._in_words():
            if self._writer is None or self._damaged:
                with self._writing:
                    self._ready()
            readers = self._readers
            try:
                reader = readers.get(timeout=limit)
            except Empty:
                raise SearchTooSlow from None
            try:
                reader.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
                with _transaction(reader, "BEGIN"):
                    return find(reader, question, deadline)
            finally:
                reader.set_progress_handler(None, 0)
                readers.put(reader)

    def tidy(self) -> None:
        with self._writing, self._in_words():
            writer = self._ready()
            with _transaction(writer):
                self._mark_dropped_rooms(writer)
            due = self._clock() - FORGET_AFTER
            parts = [row[0] for row in writer.execute("SELECT part FROM parts WHERE erased_at <= ?", (due,))]
        for part in parts:
            with self._writing, self._in_words():  # once for each, so that indexing goes on in between
                self._rebuild(self._ready(), part)

    def close(self) -> None:
        """Let go of the files."""
        with self._writing:
            self._disconnect()

    # Opening

    def _ready(self) -> sqlite3.Connection:
        """The connection that writes, to an index of this history."""
        if self._damaged:
            self._throw_away()
        if self._writer is None:
            try:
                self._connect()
            except (sqlite3.Error, _OfAnotherTime) as error:
                if not _is_damage(error):
                    raise
                self._throw_away()
                self._connect()
        assert self._writer is not None
        return self._writer

    def _connect(self) -> None:
        writer = self._connection()
        try:
            if not writer.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                self._create(writer)
            meta = dict(writer.execute("SELECT key, value FROM meta"))
            if (meta["epoch"], meta["version"]) != (self._epoch, _VERSION):
                raise _OfAnotherTime
            self._indexed = int(meta["indexed"])
        except BaseException:
            writer.close()
            raise
        for _ in range(_READERS):
            reader = self._connection()
            reader.row_factory = sqlite3.Row
            for statement in TEMPORARY:
                reader.execute(statement)
            self._readers.put(reader)
        self._writer = writer

    def _connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, _BUSY_TIMEOUT, isolation_level=None, check_same_thread=False, cached_statements=1000, uri=True
        )
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("ATTACH ? AS chat", (f"{self._store.absolute().as_uri()}?mode=ro",))
        fts5.add_functions(connection)
        return connection

    def _create(self, writer: sqlite3.Connection) -> None:
        with _transaction(writer):
            for statement in _SCHEMA.strip().split("\n"):
                writer.execute(statement)
            meta = {"epoch": self._epoch, "version": _VERSION, "indexed": "0"}
            writer.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())

    def _throw_away(self) -> None:
        """Begin with nothing; `index_more` will read the whole store again."""
        self._disconnect()
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        self._damaged = False

    def _disconnect(self) -> None:
        readers, self._readers = self._readers, SimpleQueue()
        with suppress(Empty):
            while True:  # those at work are closed when nobody knows them any more
                readers.get_nowait().close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self._damaged = self._damaged or _is_damage(error)
            raise IndexUnavailable(str(error)) from error

    # Indexing

    def _index(self, writer: sqlite3.Connection, part: int, first: int, last: int) -> None:
        range_ = {"first": first, "last": last, "size": PART}
        if not writer.execute("SELECT 1 FROM parts WHERE part = ?", (part,)).fetchone():
            writer.execute(fts5.create(table(part)))
            writer.execute("INSERT INTO parts (part) VALUES (?)", (part,))
        writer.execute(fts5.add(table(part), _MESSAGES), range_)
        writer.execute(_TIMES, {**range_, "part": part})
        self._index_edits(writer, range_)
        erased = [(self._clock(), row[0]) for row in writer.execute(_DELETED, range_)]
        writer.executemany(_MARK_ERASED, erased)
        writer.execute("UPDATE meta SET value = ? WHERE key = 'indexed'", (str(last),))

    @staticmethod
    def _index_edits(writer: sqlite3.Connection, range_: dict[str, int]) -> None:
        """Put the new words in the place of the old ones, which FTS5 has to be told again."""
        for number, text, fact, log, of, first_text in writer.execute(_EDITED, range_).fetchall():
            earlier = writer.execute(_TEXT_BEFORE, (log, of, number)).fetchone()
            documents = table(fact // PART)
            said = earlier[0] if earlier else first_text
            writer.execute(fts5.take_out(documents, _WITH_TEXT), {"id": fact, "text": said})
            writer.execute(fts5.add(documents, _WITH_TEXT), {"id": fact, "text": text})

    # Forgetting

    @staticmethod
    def _mark_dropped_rooms(writer: sqlite3.Connection) -> None:
        """Nothing in the logs tells that a room was dropped; its own log is gone."""
        dropped = writer.execute(
            "SELECT seq FROM chat.logs WHERE id IS NULL AND seq NOT IN (SELECT log FROM dropped)"
        ).fetchall()
        for (log,) in dropped:
            parts = writer.execute("SELECT DISTINCT id / ? FROM chat.facts WHERE log = ?", (PART, log)).fetchall()
            writer.executemany(_MARK_ERASED, [(0, part) for (part,) in parts])
            writer.execute("INSERT INTO dropped VALUES (?)", (log,))

    def _rebuild(self, writer: sqlite3.Connection, part: int) -> None:
        first = part * PART
        with _transaction(writer):
            writer.execute(f"DROP TABLE {table(part)}")
            writer.execute(fts5.create(table(part)))
            so_far = {"first": first, "end": first + PART - 1, "last": self._indexed}
            writer.execute(fts5.add(table(part), _MESSAGES_SO_FAR), so_far)
            writer.execute("UPDATE parts SET erased_at = NULL WHERE part = ?", (part,))
        writer.execute("PRAGMA main.wal_checkpoint(TRUNCATE)")


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _is_damage(error: BaseException) -> bool:
    """Whether the file is to be thrown away."""
    code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
    return isinstance(error, _OfAnotherTime) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
