"""Lines out of a descriptor, whatever comes through it."""

import asyncio
import gc
import os
import threading
import warnings
from pathlib import Path

import pytest

from hobnob.cli.typed import LONGEST, PIECE, lines, pieces


async def read(*writes: bytes) -> list[str]:
    """The lines of a pipe into which this is written."""
    here, there = os.pipe()
    try:
        for data in writes:
            os.write(there, data)
        os.close(there)
        return [line async for line in lines(here)]
    finally:
        os.close(here)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([b""], []),
        ([b"one\ntwo\r\nthree"], ["one", "two", "three"]),
        ([b"\n\n"], ["", ""]),
        ([b"a\xff\n"], ["a\ufffd"]),
        (["é\n".encode()[:1], "é\n".encode()[1:]], ["é"]),
        ([b"cut \xc3"], ["cut \ufffd"]),
    ],
)
async def test_lines(written: list[bytes], expected: list[str]) -> None:
    assert await read(*written) == expected


async def test_a_line_without_end_is_kept_in_part(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"x" * 4 * LONGEST + b"\nshort\n")
    descriptor = os.open(tmp_path / "long", os.O_RDONLY)
    first, second = [line async for line in lines(descriptor)]
    os.close(descriptor)
    assert len(first) <= LONGEST + PIECE
    assert second == "short"


@pytest.mark.parametrize("stopped", [False, True], ids=["closed", "stopping"])
def test_who_stops_reading_leaves_nothing_behind(stopped: bool) -> None:
    """What is read after it comes too late: for a loop that is closed, or for one that makes no more turn."""
    here, there = os.pipe()
    loop = asyncio.new_event_loop()
    before = threading.enumerate()

    async def first() -> bytes:
        return await anext(pieces(here))

    try:
        os.write(there, b"one")
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            assert loop.run_until_complete(first()) == b"one"
            reader = next(each for each in threading.enumerate() if each.name == "stdin" and each not in before)
            loop.run_until_complete(loop.shutdown_asyncgens())
            if not stopped:
                loop.close()
            os.write(there, b"two")
            os.close(there)
            reader.join(0.2 if stopped else 30)
            loop.close()
            gc.collect()
        assert [str(each.message) for each in warned] == []
    finally:
        loop.close()
        os.close(here)
