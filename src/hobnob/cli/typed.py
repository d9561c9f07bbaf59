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
    """Its lines without their ends, the last one also when it has none. What is no UTF-8 becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    kept = ""
    async for data in pieces(descriptor):
        *whole, rest = (kept + decoder.decode(data)).split("\n") if b"\n" in data else (kept + decoder.decode(data),)
        for line in whole:
            yield line.removesuffix("\r")
        kept = rest[:LONGEST]
    if kept := kept + decoder.decode(b"", final=True):
        yield kept.removesuffix("\r")
