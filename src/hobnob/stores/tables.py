"""The tables, alike on SQLite and PostgreSQL.

`logs` has one row a log, locked while something is added to it. `facts` is the log itself; a message's row also holds
its present state, so that the most common write is one insert. A fact that is no message is kept whole as JSON in
`data`, without what may have to be erased later (texts of edits and drafts). All other tables are projections.

Times are milliseconds since 1970; `messages` counts the messages of a log up to there. What belongs to a room points
to its log's row.
"""

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
    sa.Column("id", sa.Text, nullable=False, unique=True),
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
    sa.Column("author", sa.Text),  # this and what follows up to `text`: of messages only
    sa.Column("author_name", sa.Text),
    sa.Column("ref", sa.Text),
    sa.Column("text", sa.Text),
    sa.Column("data", sa.Text),  # JSON: the whole fact, or what else a message has
    sa.Column("ref_key", sa.LargeBinary),  # 16 bytes that stand for a person's ref, on the first fact of an item
    sa.Column("digest", sa.LargeBinary),
    sa.Column("edit", sa.BigInteger),  # number of the fact that gave a message its present text, when it was edited
    sa.Column("edited_at", sa.BigInteger),
    sa.Column("deletion", sa.BigInteger),  # number of the fact that deleted a message
    sa.UniqueConstraint("log", "number"),
)

_HAS_REF = facts.c.ref_key.is_not(None)
_IS_MESSAGE = facts.c.author.is_not(None)
_IS_DELETED = facts.c.deletion.is_not(None)

sa.Index("facts_refs", facts.c.ref_key, unique=True, sqlite_where=_HAS_REF, postgresql_where=_HAS_REF)
sa.Index(
    "facts_messages",
    facts.c.author,
    facts.c.log,
    facts.c.number,
    sqlite_where=_IS_MESSAGE,
    postgresql_where=_IS_MESSAGE,
)
sa.Index("facts_deleted", facts.c.log, facts.c.number, sqlite_where=_IS_DELETED, postgresql_where=_IS_DELETED)

versions = sa.Table(
    "versions",
    metadata,
    _log_key(),
    sa.Column("of", sa.BigInteger, primary_key=True, autoincrement=False),
    _number_key(),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)

reactions = sa.Table(
    "reactions",
    metadata,
    _log_key(),
    sa.Column("of", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("emoji", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

pins = sa.Table("pins", metadata, _log_key(), _number_key())

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
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("tokens_person", "person"),
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

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    _log_key(),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("reply_to", sa.Text),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# What is about one room, in an order in which it can be deleted.
OF_A_ROOM = (versions, reactions, pins, mentions, direct_people, members, drafts, facts, rooms)
