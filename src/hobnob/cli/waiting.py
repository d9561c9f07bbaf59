"""Verbs that nobody watches wait for a server that is not there yet, as when both begin with the machine.

Only what passes by itself is waited for; a wrong name, address or certificate is told of at once. That there is
something to wait for is one sentence on stderr, and that it was in vain another.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from hobnob.cli.entering import connected
from hobnob.cli.outcome import failed
from hobnob.cli.remote import Remote

if TYPE_CHECKING:
    from hobnob.client.client import Client

PATIENCE = 60.0
"""Seconds that a server is waited for, if nothing else was asked for."""
_LONGEST_PAUSE = 5.0
_PASSING = frozenset({
    "connection-refused", "unreachable", "no-answer", "hung-up", "stopping", "try-again", "store-full",
    "store-unavailable",
})  # fmt: skip


@asynccontextmanager
async def awaited(where: str | None, remote: Remote, program: str, patience: float) -> AsyncIterator["Client"]:
    """As `connected`, within `patience` seconds.

    Raises:
        ClientError: there is no connection; one sentence says why.
    """
    async with AsyncExitStack() as stack:
        yield await _patiently(stack, where, remote, program, patience)


async def _patiently(
    stack: AsyncExitStack, where: str | None, remote: Remote, program: str, patience: float
) -> "Client":
    from hobnob.client.backoff import Backoff
    from hobnob.client.errors import CannotConnect

    try:
        return await stack.enter_async_context(connected(where, remote, program))
    except CannotConnect as error:
        if error.code not in _PASSING or not patience:
            raise
        absent = error
    failed(f"{absent.hint} It is waited for, {patience:g} s at most.")
    backoff = Backoff(longest=_LONGEST_PAUSE)
    try:
        async with asyncio.timeout(patience):
            while True:
                await asyncio.sleep(backoff.next())
                try:
                    return await stack.enter_async_context(connected(where, remote, program))
                except CannotConnect as error:
                    if error.code not in _PASSING:
                        raise
                    absent = error
    except TimeoutError:
        raise CannotConnect(absent.code, f"{absent.hint} It was waited for, {patience:g} s long.") from None
