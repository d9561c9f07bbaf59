"""Questions to whoever sits at the terminal, on stderr, so that stdout stays what the verb is for."""

import asyncio
import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

MOST_BYTES = 4096
"""Of an answer; a terminal gives no longer lines."""


def can_ask() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def ask(question: str, *, secret: bool = False) -> str:
    """The line that is typed in answer, without its end. With `secret`, it is not shown.

    Raises:
        EOFError: Ctrl+D was typed, or the terminal is gone.
    """
    descriptor = sys.stdin.fileno()
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def read() -> None:
        try:
            data = os.read(descriptor, MOST_BYTES)  # a whole line, as a terminal gives them
        except OSError:
            data = b""
        if answer.done():
            return
        if data:
            answer.set_result(data.decode("utf-8", "replace").removesuffix("\n"))
        else:
            answer.set_exception(EOFError())

    with _echo(descriptor, shown=not secret):
        print(question, end="", file=sys.stderr, flush=True)
        asyncio.get_running_loop().add_reader(descriptor, read)
        try:
            return await answer
        finally:
            asyncio.get_running_loop().remove_reader(descriptor)
            if secret or not answer.done():
                print(file=sys.stderr, flush=True)


@contextmanager
def _echo(descriptor: int, *, shown: bool) -> Iterator[None]:
    """Without `shown`, what is typed meanwhile is not echoed. The terminal is given back as it was."""
    before = termios.tcgetattr(descriptor)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    try:
        if not shown:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
