"""A server as a process of its own, and clients of it whose tokens are the test's."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.clients import belongings
from tests.e2e.ports import own_port
from tests.e2e.server import Server

from hobnob.client.address import Address
from hobnob.client.backoff import Backoff
from hobnob.client.client import Client
from hobnob.client.dialing import open_link
from hobnob.client.identity import Identity
from hobnob.client.link import Link
from hobnob.client.tokens import token_file

HOST = "127.0.0.1"
Start = Callable[..., Server]
Come = Callable[..., Client]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers, the same data and another process if it is called again; their ports stay the test's."""
    with belongings:

        def begin(*arguments: str, **options: Any) -> Server:
            server = Server(tmp_path, *arguments, **({"port": own_port()} | options))
            belongings.callback(server.kill)
            return server.wait_until_ready()

        yield begin


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server for all tests of a file."""
    server = Server(tmp_path_factory.mktemp("server"))
    yield server.wait_until_ready().port
    server.kill()


@pytest.fixture
def come(tmp_path: Path) -> Come:
    """A client that tries again at once."""

    def made(port: int, name: str) -> Client:
        async def dial() -> Link:
            return await open_link(Address(HOST, port))

        file = token_file(Address(HOST), name, tmp_path / "tokens")
        return Client(dial, Identity(name), where=f"{HOST}:{port}", file=file, backoff=Backoff(0.001, 0.05))

    return made
