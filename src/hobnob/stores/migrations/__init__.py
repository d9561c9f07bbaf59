"""The versions of the database's schema, and how an older one becomes the present one.

A new revision is a file ``versions/<four digits>_<words>.py`` whose number is one more than `HEAD`, which is then
raised; `tables.py` says the same in the end (a test compares the two). A new database is made from `tables.py`
directly, because loading Alembic takes longer than the whole rest of starting.
"""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from hobnob.stores.store import StoreRefused
from hobnob.stores.tables import metadata

HEAD = "0005"
"""The revision that this program reads and writes."""

_revisions = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))


def migrate(connection: sa.Connection, copy_aside: Callable[[str], None]) -> bool:
    """Bring the schema to `HEAD`, in the connection's transaction; whether there was a database before.

    `copy_aside` is called with `HEAD` before a database that holds something is changed. Raises StoreRefused when the
    database was written by a newer program.
    """
    found = _revision(connection)
    if found is None:
        metadata.create_all(connection)
        _revisions.create(connection)
        connection.execute(sa.insert(_revisions).values(version_num=HEAD))
    elif found > HEAD:
        raise StoreRefused(
            f"The database was written by a newer hobnob (its revision is {found}, this one knows {HEAD})."
            " Install that one."
        )
    elif found < HEAD:
        copy_aside(HEAD)
        upgrade(connection)
    return found is not None


def _revision(connection: sa.Connection) -> str | None:
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        return None
    if _revisions.name not in tables:
        raise StoreRefused("The database is not one of hobnob's. Move it away, or choose another folder with --data.")
    found: str = connection.execute(sa.select(_revisions.c.version_num)).scalar_one()
    return found


def upgrade(connection: sa.Connection, revision: str = HEAD) -> None:
    """Run the migrations up to a revision, in the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
