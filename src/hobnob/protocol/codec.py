"""Values ↔ JSON, as they go over the wire and into the store.

Three shapes: ``{"do": …}`` commands, ``{"reply": …}`` replies, ``{"event": …}`` events. Unknown fields are ignored,
so that old programs understand new ones.
"""

from typing import TypeVar

import msgspec

from hobnob.protocol.commands import AnyCommand, Command, JsonId
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import AnyEvent, Event, Fact, Gap, Goodbye
from hobnob.protocol.replies import Reply, Welcome

R = TypeVar("R", bound=Reply)

MAX_CLIENT_FRAME = 64 * 1024
MAX_SERVER_FRAME = 1024 * 1024


class BadFrame(ChatError):
    """A frame that is no command. `id` is the one it carried, if that much could be read."""

    def __init__(self, code: str, hint: str | None = None, id: JsonId = None) -> None:
        super().__init__(code, hint)
        self.id = id


class BadAnswer(ValueError):
    """A frame of the other side that is no answer of a hobnob server."""


class Heading(msgspec.Struct, frozen=True):
    """What a server's frame is: an event, or the reply to a command, with the error if it was refused."""

    event: str | None = None
    reply: JsonId = None
    ok: bool = False
    error: str | None = None
    hint: str | None = None


class _Outline(msgspec.Struct):
    id: object = None
    do: object = None


_encoder = msgspec.json.Encoder()
_commands: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_facts: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(Fact)
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_outlines = msgspec.json.Decoder(_Outline)
_headings = msgspec.json.Decoder(Heading)
_event_tags = frozenset(event.__struct_config__.tag for event in AnyEvent.__args__)
_tags = frozenset(command.__struct_config__.tag for command in AnyCommand.__args__)


def decode_command(frame: bytes | str) -> Command:
    """The command in one frame.

    Raises:
        BadFrame: ``bad-json``, ``unknown-command`` or ``bad-command``, the hint naming what is wrong.
    """
    try:
        return _commands.decode(frame)
    except (RecursionError, UnicodeDecodeError):
        raise BadFrame("bad-json") from None
    except msgspec.DecodeError as error:
        raise _explain(frame, error) from None


def _explain(frame: bytes | str, error: Exception) -> BadFrame:
    try:
        outline = _outlines.decode(frame)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return BadFrame("bad-json")
    if not isinstance(outline.id, JsonId):
        return BadFrame("bad-command", "The id of a command is a string or an integer.")
    if outline.do is None:
        return BadFrame("bad-command", 'A command names what to do: {"do":"send_message", …}.', outline.id)
    if not isinstance(outline.do, str) or outline.do not in _tags:
        return BadFrame("unknown-command", id=outline.id)
    return BadFrame("bad-command", f"{outline.do}: {error}.", outline.id)


def encode_command(command: Command) -> bytes:
    """The inverse of `decode_command`, without a newline."""
    return _encoder.encode(command)


def decode_heading(frame: bytes) -> Heading:
    """What a server's frame is.

    Raises:
        BadAnswer: it is neither an event nor a reply.
    """
    try:
        heading = _headings.decode(frame)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadAnswer(str(error)) from None
    if heading.event is None and not heading.ok and heading.error is None:
        raise BadAnswer("neither an event nor a reply")
    return heading


def decode_reply(frame: bytes, reply: type[R]) -> R:
    """The reply in a frame whose heading says that the command was not refused.

    Raises:
        BadAnswer: it is no such reply.
    """
    try:
        return msgspec.json.decode(frame, type=reply)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadAnswer(str(error)) from None


def decode_known_event(frame: bytes, heading: Heading) -> AnyEvent | None:
    """The event in a frame with this heading; None for one that a newer server has and we do not know.

    Raises:
        BadAnswer: a known event lacks what belongs to it.
    """
    if heading.event not in _event_tags:
        return None
    try:
        return _events.decode(frame)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadAnswer(str(error)) from None


def encode_event(event: Event | Gap | Goodbye) -> bytes:
    """One event as a JSON object, without a newline."""
    return _encoder.encode(event)


def decode_fact(data: bytes | str) -> Fact:
    """The inverse of `encode_event` for kept events."""
    return _facts.decode(data)


def decode_event(data: bytes | str) -> AnyEvent:
    """The inverse of `encode_event`."""
    return _events.decode(data)


def encode_reply(id: JsonId, reply: Reply) -> bytes:
    """One reply as a JSON object, without a newline; what a `Welcome` says was missed is left out."""
    if isinstance(reply, Welcome) and reply.missed:
        reply = msgspec.structs.replace(reply, missed=())
    fields = _encoder.encode(reply)
    return b'{"reply":' + _encoder.encode(id) + b',"ok":true' + (b"}" if fields == b"{}" else b"," + fields[1:])


def encode_error(id: JsonId, error: ChatError) -> bytes:
    """The reply to a refused command as a JSON object, without a newline."""
    return _encoder.encode({"reply": id, "error": error.code, "hint": error.hint})


def encode(value: object) -> bytes:
    """Any value of the protocol as JSON."""
    return _encoder.encode(value)
