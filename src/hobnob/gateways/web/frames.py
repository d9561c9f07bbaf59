"""The hobnob protocol in WebSocket frames (RFC 6455): one JSON object a text frame.

An event becomes the whole frame once, and the same bytes go to everybody: a server's frames are not masked, and nothing
is compressed, since compression would make them differ by connection.
"""

import struct
from collections.abc import Sequence

from hobnob.gateways.gateway import Attach, House, Manner, Said
from hobnob.gateways.json_lines import JsonLinesCodec, JsonLinesWire

_FINAL_TEXT = 0x81
_FINAL_BINARY = 0x82
_SHORT = struct.Struct("!BB")
_MEDIUM = struct.Struct("!BBH")
_LONG = struct.Struct("!BBQ")


def text_frame(payload: bytes) -> bytes:
    """A final, unmasked text frame (RFC 6455, 5.2)."""
    return _frame(_FINAL_TEXT, payload)


def binary_frame(payload: bytes) -> bytes:
    """The same as a binary one."""
    return _frame(_FINAL_BINARY, payload)


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return _SHORT.pack(first, size) + payload
    if size < 0x10000:
        return _MEDIUM.pack(first, 126, size) + payload
    return _LONG.pack(first, 127, size) + payload


class JsonFramesWire(JsonLinesWire, frozen=True):
    """Events as WebSocket frames."""

    def pack(self, frame: bytes) -> bytes:
        return text_frame(frame)


_FRAMES = JsonFramesWire()


class JsonFramesCodec(JsonLinesCodec):
    """One WebSocket's conversation: `receive` takes the payload of one whole message."""

    manner = Manner("web", keeps=True, attach=Attach.ALL, facts=True)

    def __init__(self, house: House) -> None:
        super().__init__(house, _FRAMES)

    def receive(self, data: bytes) -> Sequence[Said]:
        said: list[Said] = []
        self._hear(data, said)
        return said
