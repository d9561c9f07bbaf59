"""How a database becomes one of this version: made, migrated after a copy, or refused with one sentence."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.mock import MockConnection
from tests.unit.stores.builders import ADA, LOBBY, furnish, happen, sent

from hobnob.stores import migrations
from hobnob.stores.migrations import HEAD, upgrade
from hobnob.stores.sql import DATABASE, SqlStore
from hobnob.stores.store import StoreRefused
from hobnob.stores.tables import metadata


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = SqlStore(tmp_path / "data")
    store.open()
    furnish(store)
    happen(store, sent(ADA, "from long ago"))
    store.close()
    return tmp_path / "data"


@pytest.fixture
def empty() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def execute(folder: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        return connection.execute(statement).fetchall()


def refusal(folder: Path) -> str:
    with pytest.raises(StoreRefused) as refused:
        SqlStore(folder).open()
    return str(refused.value)


def schema(connection: sa.Connection) -> dict[str, object]:
    found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'")
    return {row.name: " ".join(str(row.sql).split()) for row in found if not row.name.startswith("sqlite_")}


def test_the_same_indexes_are_partial_on_both_databases() -> None:
    def partial(dialect: sa.Dialect) -> set[str]:
        def see(statement: sa.ExecutableDDLElement, *_: object, **__: object) -> None:
            made.append(str(statement.compile(dialect=dialect)))

        made: list[str] = []
        metadata.create_all(MockConnection(dialect, see), checkfirst=False)
        return {statement for statement in made if "INDEX" in statement and "WHERE" in statement}

    with_sqlite, with_postgresql = sqlite.dialect(), postgresql.dialect()  # type: ignore[no-untyped-call]
    assert len(partial(with_sqlite)) == 2
    assert partial(with_sqlite) == partial(with_postgresql)


def test_the_migrations_lead_to_what_the_tables_say(empty: sa.Connection) -> None:
    upgrade(empty)
    assert compare_metadata(MigrationContext.configure(empty), metadata) == []
    migrated = schema(empty)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as made:
        metadata.create_all(made)
        assert schema(made).keys() == migrated.keys()
    engine.dispose()


def test_head_is_the_last_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_an_older_database_is_copied_aside_and_migrated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_the_roof(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE roof (tiles INTEGER)")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9998'")

    monkeypatch.setattr(migrations, "HEAD", "9998")
    monkeypatch.setattr(migrations, "upgrade", raise_the_roof)
    store = SqlStore(folder)
    store.open()
    assert store.heads([LOBBY]) == {LOBBY: 5}
    store.close()
    aside = folder / f"{DATABASE}.before-9998"
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    with closing(sqlite3.connect(aside)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        assert copy.execute("SELECT text FROM facts WHERE number = 5").fetchall() == [("from long ago",)]
        assert copy.execute("SELECT name FROM sqlite_master WHERE name = 'roof'").fetchall() == []
    assert execute(folder, "SELECT version_num FROM alembic_version") == [("9998",)]


def test_a_migration_that_fails_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def collapse(connection: sa.Connection) -> None:
        connection.exec_driver_sql("DROP TABLE mentions")
        connection.exec_driver_sql("SELECT * FROM nowhere")

    monkeypatch.setattr(migrations, "HEAD", "9998")
    monkeypatch.setattr(migrations, "upgrade", collapse)
    assert "nowhere" in refusal(folder)
    assert execute(folder, "SELECT count(*) FROM mentions") == [(0,)]


def test_a_newer_database_is_refused(folder: Path) -> None:
    execute(folder, "UPDATE alembic_version SET version_num = '9999'")
    assert "newer hobnob" in refusal(folder)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    execute(tmp_path, "CREATE TABLE recipes (name TEXT)")
    assert "not one of hobnob's" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"this is no database at all, but long enough" * 100, b"SQLite format 3\0" * 300])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE).write_bytes(content)
    assert "damaged or no database" in refusal(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == content


def test_a_damaged_database_is_refused(folder: Path) -> None:
    whole = (folder / DATABASE).read_bytes()
    (folder / DATABASE).write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    assert "damaged or no database" in refusal(folder)


def test_after_a_refusal_the_folder_is_free(folder: Path) -> None:
    execute(folder, "UPDATE alembic_version SET version_num = '9999'")
    refusal(folder)
    execute(folder, f"UPDATE alembic_version SET version_num = '{HEAD}'")
    store = SqlStore(folder)
    store.open()
    store.close()
