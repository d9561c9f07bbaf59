"""The commands of IRC: one file per family, all of them in the table of ``command.py``."""

from hobnob.gateways.irc.commands import (
    capabilities,
    channels,
    messages,
    multiline,
    queries,
    redact,
    registration,
    search,
)
from hobnob.gateways.irc.commands.command import COMMANDS

__all__ = [
    "COMMANDS", "capabilities", "channels", "messages", "multiline", "queries", "redact", "registration", "search",
]  # fmt: skip
