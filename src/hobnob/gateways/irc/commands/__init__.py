"""The commands of IRC: one file per family, all of them in the table of ``command.py``."""

from hobnob.gateways.irc.commands import (
    accounts,
    capabilities,
    channels,
    history,
    listing,
    manual,
    markread,
    messages,
    metadata,
    modes,
    multiline,
    operators,
    ops,
    presence,
    redact,
    registration,
    sasl,
    search,
    server,
    services,
    who,
    whois,
)
from hobnob.gateways.irc.commands.command import COMMANDS

__all__ = [
    "COMMANDS", "accounts", "capabilities", "channels", "history", "listing", "manual", "markread", "messages",
    "metadata", "modes", "multiline", "operators", "ops", "presence", "redact", "registration", "sasl", "search",
    "server", "services", "who", "whois",
]  # fmt: skip
