"""The threads that read: results, errors, whoever asked and left, and the end."""

import asyncio
import threading
from functools import partial

import pytest
from tests.unit.chat.conftest import DEADLINE

from hobnob.chat.readers import Readers


def broken() -> int:
    raise OSError("The disk is gone.")


async def test_what_was_read_and_what_failed_comes_to_who_asked() -> None:
    readers = Readers(2)
    squares = [partial(pow, n, 2) for n in range(50)]
    answers = await asyncio.gather(*map(readers.read, squares), readers.read(broken), return_exceptions=True)
    assert answers[:50] == [n * n for n in range(50)]
    assert isinstance(answers[50], OSError)
    assert await readers.read(threading.get_ident) != threading.get_ident()
    await readers.stop()


async def test_who_left_is_told_nothing_and_what_was_asked_before_the_end_is_read() -> None:
    readers = Readers(1)
    begun, gate = threading.Event(), threading.Event()

    def slow() -> bool:
        begun.set()
        return gate.wait(DEADLINE)

    left, failing, last = readers.read(slow), readers.read(broken), readers.read(lambda: "read")
    await asyncio.to_thread(begun.wait, DEADLINE)
    left.cancel()
    failing.cancel()
    gate.set()
    await readers.stop()
    assert await last == "read"
    with pytest.raises(RuntimeError):
        await readers.read(slow)


def test_a_loop_that_has_ended_is_told_nothing() -> None:
    """A thread that cannot tell what it read says nothing on stderr either."""
    begun, gate = threading.Event(), threading.Event()

    def slow() -> bool:
        begun.set()
        return gate.wait(DEADLINE)

    async def ask_and_leave() -> Readers:
        readers = Readers(1)
        assert not any(asked.done() for asked in (readers.read(slow), readers.read(broken)))
        await asyncio.to_thread(begun.wait, DEADLINE)
        return readers

    readers = asyncio.run(ask_and_leave())
    gate.set()
    readers._queue.put(None)
    readers._threads[0].join(DEADLINE)
    assert not readers._threads[0].is_alive()
