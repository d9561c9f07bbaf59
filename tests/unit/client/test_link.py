"""Frames out of bytes that are split anywhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.client.link import Frames

LINES = st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line), max_size=10)


@given(LINES, st.lists(st.integers(0, 200), max_size=10))
def test_frames_are_the_same_wherever_bytes_are_split(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    frames = Frames()
    found = [frame for start, end in pairwise(edges) for frame in frames.feed(data[start:end])]
    assert found == [line for line in lines if line.strip()]


@pytest.mark.parametrize("pieces", [[b"123456789\n"], [b"1234", b"56789"]])
def test_a_frame_over_the_limit_is_not_kept(pieces: list[bytes]) -> None:
    frames = Frames(limit=8)
    for piece in pieces[:-1]:
        assert frames.feed(piece) == []
    with pytest.raises(ValueError, match="too long"):
        frames.feed(pieces[-1])
