"""Every implementation of `Index`, with the store it belongs to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.stores.builders import furnish

from hobnob.stores.memory import MemoryStore
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import Store


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store with Ada, Bob and Eve in the lobby."""
    store: Store = MemoryStore() if request.param == "memory" else SqlStore(tmp_path / "data")
    store.open()
    furnish(store)
    yield store
    store.close()
