"""Lines out of a descriptor, whatever comes through it."""

import os
from pathlib import Path

import pytest

from hobnob.cli.typed import LONGEST, PIECE, lines


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
