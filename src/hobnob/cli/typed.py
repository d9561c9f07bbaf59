"""Lines of standard input without holding up the event loop, whatever it is: a terminal, a pipe or a file.

A daemon thread reads, and goes no further than one piece ahead, so a long input is never in memory as a whole.
"""

import asyncio
import codecs
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from threading import Semaphore, Thread

PIECE = 64 * 1024
"""Bytes that are read at once."""
LONGEST = 256 * 1024
"""Characters of a line that are kept together; the server takes far less, and says so."""


async def pieces(descriptor: int) -> AsyncIterator[bytes]:
    """What can be read, as it comes, to its end. Errors of reading end it too."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[bytes] = asyncio.Queue()
    turns = Semaphore(1)

    def read() -> None:
        data = b"-"
        with suppress(RuntimeError):  # the loop has ended, and nobody waits for this
            while data:
                turns.acquire()
                try:
                    data = os.read(descriptor, PIECE)
                except OSError:
                    data = b""
                # A coroutine would be left behind, never awaited, by a loop that stops just now.
                loop.call_soon_threadsafe(waiting.put_nowait, data)

    Thread(target=read, name="stdin", daemon=True).start()
    while data := await waiting.get():
        turns.release()
        yield data


async def lines(descriptor: int) -> AsyncIterator[str]:
    """Its lines without their ends, the last one also when it has none. What is no UTF-8 becomes U+FFFD.

    Of a line that is longer than `LONGEST`, the beginning is given at once, and the rest is left out.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    kept, given = "", False
    async for data in pieces(descriptor):
        *ended, begun = decoder.decode(data).split("\n")
        for rest in ended:
            if not given:
                yield (kept + rest).removesuffix("\r")
            kept, given = "", False
        if not given:
            kept += begun
            if len(kept) > LONGEST:
                yield kept
                kept, given = "", True
    if kept := "" if given else kept + decoder.decode(b"", final=True):
        yield kept.removesuffix("\r")
