"""By what the token of a device is proved without being sent (SCRAM, RFC 5802)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("salt", sa.LargeBinary(), nullable=True))
    op.add_column("tokens", sa.Column("iterations", sa.Integer(), nullable=True))
    op.add_column("tokens", sa.Column("stored_key", sa.LargeBinary(), nullable=True))
    op.add_column("tokens", sa.Column("server_key", sa.LargeBinary(), nullable=True))
