"""The tables, alike on SQLite and PostgreSQL.

`logs` has one row a log, locked while something is added to it. `facts` is the logs themselves; all others are
projections. Every text that may be deleted some day stands in `facts.text` and nowhere else, and the rows of `facts`
are never removed, nor made longer, only emptied: SQLite's secure_delete overwrites what is deleted, but not the copies
that stay behind in a page when its rows had to move to another. The projections point to the facts instead.

Times are milliseconds since 1970; `messages` counts the messages of a log up to there. What belongs to a room points
to its log's row.
"""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_unique",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

# SQLite numbers rows by itself only in a column that is declared INTEGER; its integers have 64 bits anyway.
_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _log() -> sa.Column[int]:
    return sa.Column("log", sa.BigInteger, sa.ForeignKey("logs.seq"), nullable=False)


def _log_key() -> sa.Column[int]:
    return sa.Column("log", sa.BigInteger, sa.ForeignKey("logs.seq"), primary_key=True, autoincrement=False)


def _of_key() -> sa.Column[int]:
    return sa.Column("of", sa.BigInteger, primary_key=True, autoincrement=False)


def _number_key() -> sa.Column[int]:
    return sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False)


meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

logs = sa.Table(
    "logs",
    metadata,
    sa.Column("seq", _Serial, primary_key=True),
    sa.Column("id", sa.Text, unique=True),  # null: it was dropped
    sa.Column("head", sa.BigInteger, nullable=False),
    sa.Column("messages", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("rights", sa.BigInteger, nullable=False),
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("id", _Serial, primary_key=True),
    _log(),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("messages", sa.BigInteger, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("author", sa.Text),  # this, author_name and ref: of messages only
    sa.Column("author_name", sa.Text),
    sa.Column("ref", sa.Text),
    sa.Column("text", sa.Text),  # of messages, edits and drafts
    sa.Column("data", sa.Text),  # JSON: the whole fact, or what a message has beside its text
    sa.Column("ref_key", sa.LargeBinary),  # 22 bytes that stand for a person's ref, on the first fact of an item
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("log", "number"),
)


def _partial_index(name: str, *columns: sa.Column[Any], where: sa.ColumnElement[bool], unique: bool = False) -> None:
    """An index of some rows. PostgreSQL's option is not named before it is asked for: that loads its whole dialect."""

    def for_postgresql(table: sa.Table, connection: sa.Connection, **_: object) -> None:
        if connection.dialect.name == "postgresql":
            index.dialect_options["postgresql"]["where"] = where

    index = sa.Index(name, *columns, unique=unique, sqlite_where=where)
    sa.event.listen(facts, "before_create", for_postgresql)


_partial_index("facts_refs", facts.c.ref_key, where=facts.c.ref_key.is_not(None), unique=True)
_partial_index("facts_messages", facts.c.author, facts.c.log, facts.c.number, where=facts.c.author.is_not(None))

# The edits of message `of`, by the number of the fact that holds the text; the last one is the present text.
edits = sa.Table("edits", metadata, _log_key(), _of_key(), _number_key())

deletions = sa.Table("deletions", metadata, _log_key(), _of_key(), sa.Column("author", sa.Text, nullable=False))

reactions = sa.Table(
    "reactions",
    metadata,
    _log_key(),
    _of_key(),
    sa.Column("emoji", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

pins = sa.Table("pins", metadata, _log_key(), _of_key())

mentions = sa.Table(
    "mentions",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    _log_key(),
    _number_key(),
    sa.Index("mentions_messages", "log", "number"),
)

persons = sa.Table(
    "persons",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("skeleton", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("role", sa.Text, nullable=False, server_default="member"),
    sa.Column("password", sa.Text),  # an argon2 hash; of accounts only
    sa.Column("directs", sa.Text, nullable=False, server_default="all"),
    sa.Column("blanking", sa.Boolean, nullable=False, server_default=sa.false()),  # messages are still to be deleted
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("id", sa.Text, nullable=False, server_default=""),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("used_at", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("salt", sa.LargeBinary),  # this and the next three: `TokenKeys`, of accounts only
    sa.Column("iterations", sa.Integer),
    sa.Column("stored_key", sa.LargeBinary),
    sa.Column("server_key", sa.LargeBinary),
    sa.Index("tokens_person", "person"),
    sa.Index("tokens_id", "id"),
)

rooms = sa.Table(
    "rooms",
    metadata,
    _log_key(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, unique=True),  # null in direct rooms
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("history", sa.Text, nullable=False),
    sa.Column("direct_key", sa.LargeBinary, unique=True),  # stands for the set of people
    sa.Column("lasting", sa.Boolean, nullable=False),
    sa.Column("posting", sa.Text, nullable=False, server_default="all"),
    sa.Column("slow", sa.Integer, nullable=False, server_default="0"),
    sa.Column("topics", sa.Text, nullable=False, server_default="all"),
    sa.Column("join_key", sa.Text, nullable=False, server_default=""),
    sa.Column("most", sa.Integer, nullable=False, server_default="0"),
    sa.Column("topic_by", sa.Text, nullable=False, server_default=""),
    sa.Column("topic_at", sa.BigInteger),  # null: it has not been changed
    sa.Column("created_at", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("details", sa.Text, nullable=False, server_default="{}"),  # a JSON object of texts
)

direct_people = sa.Table(
    "direct_people",
    metadata,
    _log_key(),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
)

members = sa.Table(
    "members",
    metadata,
    _log_key(),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("read", sa.BigInteger, nullable=False),
    sa.Index("members_person", "person"),
)

# A draft is fact `number` of log `own`, the person's.
drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    _log_key(),
    sa.Column("own", sa.BigInteger, sa.ForeignKey("logs.seq"), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

masks = sa.Table(
    "masks",
    metadata,
    _log_key(),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("mask", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

# Who was asked into a room and has not joined it since.
invitations = sa.Table("invitations", metadata, _log_key(), sa.Column("person", sa.Text, primary_key=True))

invites = sa.Table(
    "invites",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("log", sa.BigInteger, sa.ForeignKey("logs.seq")),  # null: of the server
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("uses_left", sa.BigInteger),  # null: any number
    sa.Column("expires_at", sa.BigInteger),  # null: never
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

restrictions = sa.Table(
    "restrictions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("room", sa.Text, nullable=False),  # a room's id; empty: on the server
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("person_name", sa.Text, nullable=False),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger),  # null: for ever
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("restrictions_person", "person"),
)

ignored = sa.Table(
    "ignored",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("other", sa.Text, primary_key=True),
)

# What is about one room and can be removed.
OF_A_ROOM = (
    edits, deletions, reactions, pins, mentions, direct_people, members, drafts, invitations, invites, masks, rooms
)  # fmt: skip
