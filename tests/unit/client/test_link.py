"""Frames out of bytes that are split anywhere, and what TLS may be asked for."""

import ssl
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.client.errors import CannotConnect
from hobnob.client.link import Frames, tls_context

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


def test_a_fingerprint_replaces_trust() -> None:
    context, fingerprint = tls_context("SHA256:" + "ab:" * 31 + "AB")
    assert context is not None
    assert context.verify_mode is ssl.CERT_NONE
    assert fingerprint == bytes([0xAB]) * 32


def test_the_system_is_trusted_by_default() -> None:
    context, fingerprint = tls_context(True)
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert fingerprint is None


@pytest.mark.parametrize("tls", ["sha256:abc", Path("/nowhere/ca.pem"), "/nowhere/ca.pem"])
def test_what_cannot_be_trusted_is_said(tls: str | Path) -> None:
    with pytest.raises(CannotConnect) as refused:
        tls_context(tls)
    assert refused.value.code == "not-trusted"
