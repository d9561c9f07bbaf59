"""Every implementation of `Store`, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from tests.unit.stores.builders import furnish

from hobnob.stores.memory import MemoryStore
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import Store


@pytest.fixture(params=["memory", "sqlite"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store with nothing in it. Whatever is executed in a database has to be a statement for PostgreSQL too."""
    store: Store = MemoryStore() if request.param == "memory" else SqlStore(tmp_path / "data")
    with_postgresql = postgresql.dialect()  # type: ignore[no-untyped-call]

    def compile_elsewhere(connection: sa.Connection, statement: sa.Executable, *_: object, **__: object) -> None:
        if isinstance(statement, sa.ClauseElement):
            statement.compile(dialect=with_postgresql)

    sa.event.listen(sa.Engine, "before_execute", compile_elsewhere)
    try:
        store.open()
        yield store
        store.close()
    finally:
        sa.event.remove(sa.Engine, "before_execute", compile_elsewhere)


@pytest.fixture
def store(bare: Store) -> Store:
    """A store with Ada, Bob and Eve in the lobby; its next number is 5."""
    furnish(bare)
    return bare
