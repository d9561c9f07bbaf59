"""What the moderators of a room say of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("details", sa.Text(), nullable=False, server_default="{}"))
