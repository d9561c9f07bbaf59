"""How messages are written into SQLite's FTS5, and how a query is said in its language.

A document has two columns. `text` holds the words of the message (`protocol/words.py`; ASCII is left to FTS5, which
takes it apart in the same way and much quicker). `about` holds made-up words for what else it can be found by: ``m``
that it is one, ``r12`` its room's log, ``pabc…`` its author's id, ``n616461`` their name then in hexadecimal,
``haslink``, ``hasreply``, ``hasthread``. The table keeps no texts, only which words stand where.

Everything that comes from a person stands in quotes here or is hexadecimal, and words hold letters, digits and marks
only, so nobody can write a word of FTS5's language.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from hobnob.protocol import words
from hobnob.protocol.search import Query
from hobnob.protocol.words import Term

_ASCII = "length({0}) = length(CAST({0} AS BLOB))"
_WORDS = (
    f"CASE WHEN {_ASCII.format('text')} AND instr(text, char(3)) = 0 AND instr(text, char(4)) = 0"
    " THEN text ELSE words(text) END"
)
_NAME = f"hex(CASE WHEN {_ASCII.format('author_name')} THEN lower(author_name) ELSE words(author_name) END)"
_ABOUT = (
    f"'m r' || log || ' p' || substr(author, 3) || ' n' || {_NAME}"
    " || CASE WHEN instr(text, 'http://') OR instr(text, 'https://') THEN ' haslink' ELSE '' END"
    """ || CASE WHEN instr(data, '"reply_to":') THEN ' hasreply' ELSE '' END"""
    """ || CASE WHEN instr(data, '"thread":') THEN ' hasthread' ELSE '' END"""
)


def add_functions(connection: sqlite3.Connection) -> None:
    """Teach a connection the functions that these statements use."""
    connection.create_function("words", 1, lambda text: " ".join(words.words(text)), deterministic=True)


def create(table: str) -> str:
    """The statement that makes a table for documents."""
    tokenize = "unicode61 remove_diacritics 0 categories ''L* N* M* Co''"
    return f"CREATE VIRTUAL TABLE {table} USING fts5(text, about, content='', columnsize=0, tokenize='{tokenize}')"


def add(table: str, source: str) -> str:
    """The statement that indexes messages; `source` selects id, log, author, author_name, text and data of them."""
    return f"INSERT INTO {table}(rowid, text, about) SELECT id, {_WORDS}, {_ABOUT} FROM ({source})"  # noqa: S608


def take_out(table: str, source: str) -> str:
    """The inverse of `add`, which has to be given exactly the same."""
    return f"INSERT INTO {table}({table}, rowid, text, about) SELECT 'delete', id, {_WORDS}, {_ABOUT} FROM ({source})"  # noqa: S608


def optimize(table: str) -> str:
    """The statement that brings a table, to which nothing more will be added, into its quickest form."""
    return f"INSERT INTO {table}({table}) VALUES ('optimize')"  # noqa: S608


def match(query: Query, sender: str | None, logs: Sequence[int]) -> str:
    """A query in FTS5's language.

    `sender` is a person's id, `logs` are the rooms that come into question (all, when none is named).
    """
    parts = [f"text : {_phrase(term)}" for term in query.wanted]
    parts += [f"about : has{what}" for what in query.has if what in ("link", "reply", "thread")]
    if query.sender is not None:
        names = [f"n{_name(query.sender).encode().hex()}", *([f"p{sender[2:]}"] if sender else [])]
        parts.append(f"about : ({_any(names)})")
    if logs:
        parts.append(f"about : ({_any(f'r{log}' for log in logs)})")
    matched = " AND ".join(parts or ["about : m"])
    if query.unwanted:
        matched = f"({matched}) NOT text : ({' OR '.join(map(_phrase, query.unwanted))})"
    return matched


def _name(name: str) -> str:
    return words.name_key(name.removeprefix("@"))


def _phrase(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'


def _any(words: Iterable[str]) -> str:
    return " OR ".join(words)
