"""The lines gateway: people with netcat or telnet, and programs that send bare text."""

from hobnob.gateways.lines.codec import GREETING, LinesCodec
from hobnob.gateways.lines.student import StudentCodec

__all__ = ["GREETING", "LinesCodec", "StudentCodec"]
