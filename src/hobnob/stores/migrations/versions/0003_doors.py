"""Who may set topics, keys, limits and masks of rooms, and when a room was made and its topic set."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("topics", sa.Text(), nullable=False, server_default="all"))
    op.add_column("rooms", sa.Column("join_key", sa.Text(), nullable=False, server_default=""))
    op.add_column("rooms", sa.Column("most", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("rooms", sa.Column("topic_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("rooms", sa.Column("topic_at", sa.BigInteger(), nullable=True))
    op.add_column("rooms", sa.Column("created_at", sa.BigInteger(), nullable=False, server_default="0"))
    _date_rooms()
    op.create_table(
        "masks",
        sa.Column("log", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mask", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["log"], ["logs.seq"], name="masks_log_fkey"),
        sa.PrimaryKeyConstraint("log", "kind", "mask", name="masks_pkey"),
    )


def _date_rooms() -> None:
    rooms = sa.table("rooms", sa.column("log"), sa.column("created_at"))
    facts = sa.table("facts", sa.column("log"), sa.column("number"), sa.column("at"))
    first = sa.select(facts.c.at).where(facts.c.log == rooms.c.log, facts.c.number == 1).scalar_subquery()
    op.execute(sa.update(rooms).values(created_at=sa.func.coalesce(first, 0)))
