"""Lines of standard input without holding up the event loop, whatever it is: a terminal, a pipe or a file.

A daemon thread reads, and goes no further than one piece ahead, so a long input is never in memory as a whole.
"""

import asyncio
import codecs
import os
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from contextlib import suppress
from threading import Thread

PIECE = 64 * 1024
"""Bytes that are read at once."""
LONGEST = 256 * 1024
"""Characters of a line that are kept together; the server takes far less, and says so."""


async def pieces(descriptor: int) -> AsyncIterator[bytes]:
    """What can be read, as it comes, to its end. Errors of reading end it too."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[bytes] = asyncio.Queue(1)

    def read() -> None:
        data = b"-"
        with suppress(RuntimeError, CancelledError):  # the loop has ended
            while data:
                try:
                    data = os.read(descriptor, PIECE)
                except OSError:
                    data = b""
                asyncio.run_coroutine_threadsafe(waiting.put(data), loop).result()

    Thread(target=read, name="stdin", daemon=True).start()
    while data := await waiting.get():
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
