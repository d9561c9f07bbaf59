"""The answer to an SSH client is a version and one whole packet."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from hobnob.net.ssh import refusal


@given(st.text(max_size=300))
def test_the_packet_is_whole_and_padded(sentence: str) -> None:
    packet = refusal(sentence).removeprefix(b"SSH-2.0-hobnob\r\n")
    size, padding, kind, reason, length = struct.unpack_from("!IBBII", packet)
    assert len(packet) == 4 + size
    assert len(packet) % 8 == 0
    assert 4 <= padding < 12
    assert (kind, reason) == (1, 11)
    assert packet[14 : 14 + length].decode() == sentence
    assert len(packet) == 14 + length + 4 + padding
