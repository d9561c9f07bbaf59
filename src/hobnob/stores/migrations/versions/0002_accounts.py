"""Accounts, devices, invites, roles, bans and mutes."""

import sqlalchemy as sa
from alembic import op

from hobnob.protocol.ids import new_device_id

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _columns()
    _invites()
    _restrictions()


def _columns() -> None:
    op.add_column("persons", sa.Column("role", sa.Text(), nullable=False, server_default="member"))
    op.add_column("persons", sa.Column("password", sa.Text(), nullable=True))
    op.add_column("persons", sa.Column("directs", sa.Text(), nullable=False, server_default="all"))
    op.add_column("persons", sa.Column("blanking", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("tokens", sa.Column("id", sa.Text(), nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("name", sa.Text(), nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("used_at", sa.BigInteger(), nullable=False, server_default="0"))
    _name_tokens()
    op.create_index("tokens_id", "tokens", ["id"], unique=False)
    op.add_column("rooms", sa.Column("posting", sa.Text(), nullable=False, server_default="all"))
    op.add_column("rooms", sa.Column("slow", sa.Integer(), nullable=False, server_default="0"))


def _name_tokens() -> None:
    tokens = sa.table("tokens", sa.column("hash"), sa.column("id"), sa.column("created_at"), sa.column("used_at"))
    connection = op.get_bind()
    for token in connection.execute(sa.select(tokens.c.hash)).scalars().all():
        named = {"id": new_device_id(), "used_at": tokens.c.created_at}
        connection.execute(sa.update(tokens).where(tokens.c.hash == token).values(named))


def _invites() -> None:
    op.create_table(
        "invitations",
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="invitations_log_fkey"),
        sa.PrimaryKeyConstraint("log", "person", name="invitations_pkey"),
    )
    op.create_table(
        "invites",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("log", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("uses_left", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="invites_log_fkey"),
        sa.PrimaryKeyConstraint("id", name="invites_pkey"),
        sa.UniqueConstraint("hash", name="invites_hash_unique"),
    )


def _restrictions() -> None:
    op.create_table(
        "restrictions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="restrictions_pkey"),
    )
    op.create_index("restrictions_person", "restrictions", ["person"], unique=False)
    op.create_table(
        "ignored",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", "other", name="ignored_pkey"),
    )
