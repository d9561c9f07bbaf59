"""A chat on each kind of store, where passwords cost next to nothing."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.unit.chat.conftest import AFAR, CHEAP, OVERHEARD, PASSWORD, Client, operator

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.policy import Policy
from hobnob.stores.memory import MemoryStore
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import Store


@pytest.fixture(params=["memory", "sql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store: Store = MemoryStore() if request.param == "memory" else SqlStore(tmp_path)
    store.open()
    yield store
    store.close()


@pytest.fixture
def policy() -> Policy:
    return Policy(password_cost=CHEAP)


@pytest.fixture
async def chat(kept: Store, policy: Policy) -> AsyncIterator[Chat]:
    chat = Chat(kept, LocalBus(), policy=policy)
    await chat.open()
    yield chat
    await chat.stop("The test is over.")


def clear(chat: Chat) -> Client:
    """A client whose bytes others on the way can read."""
    return Client(chat, origin=OVERHEARD)


def far(chat: Chat) -> Client:
    """A client from another machine, over TLS."""
    return Client(chat, origin=AFAR)


async def registered(chat: Chat, name: str = "ada", **fields: object) -> Client:
    """Somebody who made an account just now."""
    return await Client(chat).hello(name, password=PASSWORD, register=True, **fields)


async def invite(chat: Chat, **fields: object) -> str:
    """The code of an invite that whoever runs the server made."""
    maker = await operator(chat)
    code = str((await maker.done("create_invite", **fields))["code"])
    maker.leave()
    return code
