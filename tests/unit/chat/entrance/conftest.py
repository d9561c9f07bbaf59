"""A chat on each kind of store, where passwords cost next to nothing."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.unit.chat.conftest import AFAR, CLEAR, Client, VisitorCodec

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.passwords import Cost
from hobnob.chat.policy import Policy
from hobnob.gateways.gateway import Attach, Manner
from hobnob.stores.memory import MemoryStore
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import Store

CHEAP = Cost(memory=8, passes=1)
PASSWORD = "correct horse battery"


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
    return Client(chat, origin=CLEAR)


def far(chat: Chat) -> Client:
    """A client from another machine, over TLS."""
    return Client(chat, origin=AFAR)


async def registered(chat: Chat, name: str = "ada", **fields: object) -> Client:
    """Somebody who made an account just now."""
    return await Client(chat).hello(name, password=PASSWORD, register=True, **fields)


class OperatorCodec(VisitorCodec):
    """Whoever runs the server, at its console."""

    manner = Manner("console", keeps=False, attach=Attach.LOBBY, facts=False, operator=True)


async def operator(chat: Chat) -> Client:
    """Whoever runs the server."""
    return await Client(chat, OperatorCodec(chat)).hello()


async def invite(chat: Chat, **fields: object) -> str:
    """The code of an invite that whoever runs the server made."""
    maker = await operator(chat)
    code = str((await maker.done("create_invite", **fields))["code"])
    maker.leave()
    return code
