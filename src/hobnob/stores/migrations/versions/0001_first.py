"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _logs()
    _messages()
    _rooms()


def _people() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="meta_pkey"),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("skeleton", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="persons_pkey"),
        sa.UniqueConstraint("key", name="persons_key_unique"),
        sa.UniqueConstraint("skeleton", name="persons_skeleton_unique"),
    )
    op.create_table(
        "settings",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", "key", name="settings_pkey"),
    )
    op.create_table(
        "tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="tokens_pkey"),
    )
    op.create_index("tokens_person", "tokens", ["person"], unique=False)


def _logs() -> None:
    op.create_table(
        "logs",
        sa.Column("seq", _Serial, nullable=False),
        sa.Column("id", sa.Text(), nullable=True),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("rights", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="logs_pkey"),
        sa.UniqueConstraint("id", name="logs_id_unique"),
    )
    op.create_table(
        "facts",
        sa.Column("id", _Serial, nullable=False),
        sa.Column("log", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=True),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("ref_key", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="facts_log_fkey"),
        sa.PrimaryKeyConstraint("id", name="facts_pkey"),
        sa.UniqueConstraint("log", "number", name="facts_log_number_unique"),
    )
    op.create_index(
        "facts_messages",
        "facts",
        ["author", "log", "number"],
        unique=False,
        sqlite_where=sa.text("author IS NOT NULL"),
        postgresql_where=sa.text("author IS NOT NULL"),
    )
    op.create_index(
        "facts_refs",
        "facts",
        ["ref_key"],
        unique=True,
        sqlite_where=sa.text("ref_key IS NOT NULL"),
        postgresql_where=sa.text("ref_key IS NOT NULL"),
    )


def _messages() -> None:
    op.create_table(
        "deletions",
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("of", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="deletions_log_fkey"),
        sa.PrimaryKeyConstraint("log", "of", name="deletions_pkey"),
    )
    op.create_table(
        "edits",
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("of", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="edits_log_fkey"),
        sa.PrimaryKeyConstraint("log", "of", "number", name="edits_pkey"),
    )
    op.create_table(
        "mentions",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="mentions_log_fkey"),
        sa.PrimaryKeyConstraint("person", "log", "number", name="mentions_pkey"),
    )
    op.create_index("mentions_messages", "mentions", ["log", "number"], unique=False)
    op.create_table(
        "pins",
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("of", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="pins_log_fkey"),
        sa.PrimaryKeyConstraint("log", "of", name="pins_pkey"),
    )
    op.create_table(
        "reactions",
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("of", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("emoji", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="reactions_log_fkey"),
        sa.PrimaryKeyConstraint("log", "of", "emoji", "person", name="reactions_pkey"),
    )


def _rooms() -> None:
    op.create_table(
        "direct_people",
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="direct_people_log_fkey"),
        sa.PrimaryKeyConstraint("log", "place", name="direct_people_pkey"),
    )
    op.create_table(
        "drafts",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("own", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="drafts_log_fkey"),
        sa.ForeignKeyConstraint(["own"], ["logs.seq"], name="drafts_own_fkey"),
        sa.PrimaryKeyConstraint("person", "log", name="drafts_pkey"),
    )
    op.create_table(
        "members",
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="members_log_fkey"),
        sa.PrimaryKeyConstraint("log", "person", name="members_pkey"),
    )
    op.create_index("members_person", "members", ["person"], unique=False)
    op.create_table(
        "rooms",
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("history", sa.Text(), nullable=False),
        sa.Column("direct_key", sa.LargeBinary(), nullable=True),
        sa.Column("lasting", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="rooms_log_fkey"),
        sa.PrimaryKeyConstraint("log", name="rooms_pkey"),
        sa.UniqueConstraint("direct_key", name="rooms_direct_key_unique"),
        sa.UniqueConstraint("key", name="rooms_key_unique"),
    )
