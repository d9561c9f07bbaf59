"""The client without ``async``: whatever is under way when its loop stops comes to an end."""

import asyncio
from threading import Event, Thread
from typing import Self, cast

import pytest

from hobnob.client.client import Client
from hobnob.client.errors import Closed
from hobnob.client.sync import SyncClient

DEADLINE = 30.0


class Patient:
    """A client that waits, and takes its time to stop waiting."""

    def __init__(self) -> None:
        self.waits, self.left = Event(), Event()

    async def __aenter__(self) -> Self:
        return self

    async def close(self) -> None:
        """Go."""

    async def wait(self) -> None:
        self.waits.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            self.left.set()


def test_who_waits_while_another_thread_closes_it_is_told() -> None:
    client, told = Patient(), Event()
    chat = SyncClient(cast(Client, client)).__enter__()

    def wait() -> None:
        with pytest.raises(Closed):
            chat.wait_for(client.wait())
        told.set()

    Thread(target=wait, daemon=True).start()
    assert client.waits.wait(DEADLINE)
    chat.close()
    assert told.wait(DEADLINE)
    assert client.left.is_set()
    with pytest.raises(Closed):
        chat.wait_for(client.wait())
