"""A loop of its own for a task that signals cancel, at whatever moment they come."""

import asyncio
import signal

import pytest

from hobnob.client.running import run_until_signalled

SIGNALS = [signal.SIGINT, signal.SIGTERM]


async def waits() -> None:
    await asyncio.Event().wait()


async def interrupted() -> None:
    signal.raise_signal(signal.SIGINT)
    await waits()


def test_what_a_task_says_is_returned_and_signals_are_as_before() -> None:
    async def task() -> int:
        return 7

    before = [signal.getsignal(number) for number in SIGNALS]
    assert run_until_signalled(task, SIGNALS) == 7
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & {*SIGNALS}


def test_a_signal_cancels_the_task() -> None:
    with pytest.raises(asyncio.CancelledError):
        run_until_signalled(interrupted, SIGNALS)


def test_a_signal_while_the_loop_begins_cancels_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    make = asyncio.new_event_loop

    def slowly() -> asyncio.AbstractEventLoop:
        signal.raise_signal(signal.SIGINT)
        return make()

    monkeypatch.setattr("asyncio.events.new_event_loop", slowly)
    with pytest.raises(asyncio.CancelledError):
        run_until_signalled(waits, SIGNALS)


def test_a_second_signal_is_no_exception_in_the_midst_of_clearing_up() -> None:
    cleared = []

    async def task() -> None:
        try:
            await interrupted()
        finally:
            signal.raise_signal(signal.SIGINT)
            cleared.append("here")

    with pytest.raises(asyncio.CancelledError):
        run_until_signalled(task, SIGNALS)
    assert cleared == ["here"]


def test_a_signal_that_is_ignored_stays_so() -> None:
    async def task() -> int:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0)
        return 7

    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        assert run_until_signalled(task, SIGNALS) == 7
    finally:
        signal.signal(signal.SIGTERM, before)
