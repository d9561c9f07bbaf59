"""The JSON gateway: the hobnob protocol, one JSON object a line, ended by LF or CR LF.

Bytes are split wherever the network likes. A line over the limit is answered once and skipped without being kept, so a
connection never holds more than one frame. No command is special here but hello: its welcome brings what was missed.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import msgspec

from hobnob.gateways.gateway import Attach, Close, House, Manner, Said, Session, WireFormat
from hobnob.protocol.codec import MAX_CLIENT_FRAME, BadFrame, decode_command, encode_error, encode_event, encode_reply
from hobnob.protocol.commands import Command
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Event, Gap, Goodbye
from hobnob.protocol.ids import HOUSE
from hobnob.protocol.records import Room
from hobnob.protocol.replies import Reply, Welcome

MAX_BAD_FRAMES = 20
"""Frames in a row that are no command; who sends more speaks another language."""


class JsonLinesWire(msgspec.Struct, frozen=True):
    """Events as lines of JSON. Another framing of the same objects overrides `pack` alone."""

    crowds: ClassVar[bool] = False
    echo: bool = True

    def pack(self, frame: bytes) -> bytes:
        """One encoded object as it goes over the wire."""
        return frame + b"\n"

    def encode(self, event: Event, room: Room | None) -> bytes:
        return self.pack(encode_event(event))

    def gap(self, room: Room | None, head: int) -> bytes:
        return self.pack(encode_event(Gap(head=head, room=room.id) if room else Gap(head=head, log=HOUSE)))

    def farewell(self, reason: str, code: str) -> bytes:
        return self.pack(encode_event(Goodbye(reason, code)))


_LINES = JsonLinesWire()


class JsonLinesCodec:
    """One connection of a JSON client. Every gateway's codec is given the house; JSON needs nothing of it."""

    manner = Manner("json", keeps=True, attach=Attach.ALL, facts=True)
    wire: WireFormat

    def __init__(self, house: House, wire: JsonLinesWire = _LINES) -> None:
        self.wire = self._wire = wire
        self._kept = bytearray()
        self._skipping = False
        self._bad_frames = 0

    def begin(self, session: Session) -> Iterable[bytes]:
        return ()

    def receive(self, data: bytes) -> Sequence[Said]:
        said: list[Said] = []
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines:
            if self._skipping:
                del lines[0]
                self._skipping = False
            elif self._kept:
                lines[0] = bytes(self._kept) + lines[0]
                self._kept.clear()
            for line in lines:
                self._hear(line, said)
        if rest and not self._skipping:
            self._keep(rest, said)
        return said

    def end(self) -> Sequence[Said]:
        said: list[Said] = []
        self._hear(bytes(self._kept), said)
        self._kept.clear()
        return said

    def answer(self, command: Command, reply: Reply | ChatError) -> Sequence[bytes]:
        pack = self._wire.pack
        if isinstance(reply, ChatError):
            return (pack(encode_error(command.id, reply)),)
        if isinstance(reply, Welcome) and reply.missed:
            return (pack(encode_reply(command.id, reply)), *(pack(encode_event(event)) for event in reply.missed))
        return (pack(encode_reply(command.id, reply)),)

    def _keep(self, rest: bytes, said: list[Said]) -> None:
        """Keep half a line, or answer and forget it once it is longer than a frame may be."""
        if len(self._kept) + len(rest) > MAX_CLIENT_FRAME:
            self._kept.clear()
            self._skipping = True
            self._refuse(BadFrame("frame-too-long"), said)
        else:
            self._kept += rest

    def _hear(self, frame: bytes, said: list[Said]) -> None:
        """Append what one frame says; white space says nothing, and nothing is heard after too many bad frames."""
        if not frame or frame.isspace() or self._bad_frames > MAX_BAD_FRAMES:
            return
        if len(frame) > MAX_CLIENT_FRAME:
            self._refuse(BadFrame("frame-too-long"), said)
            return
        try:
            said.append(decode_command(frame))
            self._bad_frames = 0
        except BadFrame as error:
            self._refuse(error, said)

    def _refuse(self, error: BadFrame, said: list[Said]) -> None:
        said.append(self._wire.pack(encode_error(error.id, error)))
        self._bad_frames += 1
        if self._bad_frames > MAX_BAD_FRAMES:
            said += (
                self._wire.farewell("Too many frames in a row were no commands of this protocol.", "bad-frames"),
                Close("bad frames", "bad frames"),
            )


class OperatorCodec(JsonLinesCodec):
    """One connection of the admin socket: the same language, as whoever runs the server. They are in no room."""

    manner = Manner("admin", keeps=False, attach=Attach.NOTHING, facts=False, unnamed="Server", operator=True)
