"""The answer to an SSH client: our version, then a disconnect whose sentence it shows to its user (RFC 4253)."""

import struct

_BLOCK = 8
_SHORTEST_PADDING = 4
_MSG_DISCONNECT = 1
_BY_APPLICATION = 11  # SSH_DISCONNECT_BY_APPLICATION


def refusal(sentence: str) -> bytes:
    """`SSH-2.0-hobnob` and an unencrypted SSH_MSG_DISCONNECT (sections 4.2, 6 and 11.1) that says `sentence`."""
    description = sentence.encode()
    payload = (
        struct.pack("!BII", _MSG_DISCONNECT, _BY_APPLICATION, len(description)) + description + struct.pack("!I", 0)
    )
    padding = _BLOCK - (5 + len(payload)) % _BLOCK
    if padding < _SHORTEST_PADDING:
        padding += _BLOCK
    packet = struct.pack("!IB", 1 + len(payload) + padding, padding) + payload + bytes(padding)
    return b"SSH-2.0-hobnob\r\n" + packet
