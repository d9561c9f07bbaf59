"""IRC in WebSocket frames (IRCv3 websocket): one line a frame, without CR LF.

With the subprotocol ``text.ircv3.net`` frames are text, with ``binary.ircv3.net`` binary; who names none gets text.
"""

from typing import Final

from hobnob.gateways.gateway import House, Said
from hobnob.gateways.irc import IrcCodec
from hobnob.gateways.irc.settings import IrcSettings
from hobnob.gateways.web.frames import binary_frame, text_frame

BINARY: Final = "binary.ircv3.net"
SUBPROTOCOLS: Final = ("text.ircv3.net", BINARY)


def as_text(lines: bytes) -> bytes:
    """Lines as text frames."""
    return b"".join(map(text_frame, lines.split(b"\r\n")[:-1]))


def as_binary(lines: bytes) -> bytes:
    """Lines as binary frames."""
    return b"".join(map(binary_frame, lines.split(b"\r\n")[:-1]))


def lines_of(payload: bytes) -> list[bytes]:
    """The lines in a message of a client: one, where it keeps to the specification, but thousands find room in it."""
    return payload.removesuffix(b"\n").split(b"\n")


class IrcFramesCodec(IrcCodec):
    """One WebSocket's conversation: `receive` takes one of `lines_of`."""

    def __init__(self, house: House, settings: IrcSettings, *, binary: bool) -> None:
        super().__init__(house, settings, as_binary if binary else as_text)

    def receive(self, data: bytes) -> list[Said]:
        return super().receive(data + b"\n")
