"""Running something in an event loop of its own until it is done, or until a signal cancels it.

As `asyncio.run`, but that a signal at the wrong moment does no harm: while the loop begins it waits, a second one
cancels what still clears up, and while the loop closes there is nothing left to stop. An exception in the midst of any
of that leaves things behind, of which Python tells on stderr.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterable
from typing import TypeVar

T = TypeVar("T")


def run_until_signalled(task: Callable[[], Coroutine[None, None, T]], signals: Iterable[signal.Signals]) -> T:
    """Run a task in the main thread; what it returns. One of the signals cancels it; those that are ignored stay so.

    Raises:
        CancelledError: a signal came. KeyboardInterrupt: one came at the very end.
    """
    before = {number: signal.getsignal(number) for number in signals}
    answered = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, answered)

    async def whole() -> T:
        this = asyncio.current_task()
        assert this is not None
        for number in answered:
            asyncio.get_running_loop().add_signal_handler(number, this.cancel)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        try:
            return await task()
        finally:  # a loop that closes is told of signals by a pipe that it has closed, and Python says so on stderr
            for number in answered:
                signal.signal(number, signal.SIG_IGN)
            signal.set_wakeup_fd(-1)

    try:
        with asyncio.Runner() as runner:
            return runner.run(whole())
    finally:
        for number in answered:
            signal.signal(number, before[number] or signal.SIG_DFL)  # None is one that Python knows nothing of
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
