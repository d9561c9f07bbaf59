"""The table of commands: beside each function stands what has to hold before it runs.

A command is a generator of `Steps`: it yields bytes for its client and commands for the chat. A yielded command gives
the reply back when it is answered, or raises the `ChatError` it was refused with; one that is not caught is said to the
client by the table of ``numerics.py``. So the parts of ``JOIN #a,#b`` stand in one loop, and nothing blocks.
"""

from collections.abc import Callable, Generator
from typing import Final

import msgspec

from hobnob.gateways.gateway import Close, Said
from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.wire import error as error_line
from hobnob.protocol.errors import ChatError
from hobnob.protocol.replies import Reply

NOBODY: Final = "You could not come in as that account. Connect again."
"""Said where a change of persons was stopped half-way: by a ban at the same moment, or a device that was revoked."""

Steps = Generator[Said, Reply | None, None]
Run = Callable[[Client, Message], Steps]


class Rule(msgspec.Struct, frozen=True):
    """A command and its preconditions.

    `params`: how many it needs. `registered`: only for clients that are. `settled`: sends before it
    have to be answered first, too. `quiet`: its errors are never answered (RFC 2812 section 3.3.2).
    """

    run: Run
    params: int
    registered: bool
    settled: bool
    quiet: bool


COMMANDS: Final[dict[str, Rule]] = {}


def handles(
    name: str, *, params: int = 0, registered: bool = True, settled: bool = True, quiet: bool = False
) -> Callable[[Run], Run]:
    """Put a function into the table; see `Rule`."""

    def enter(run: Run) -> Run:
        COMMANDS[name] = Rule(run, params, registered, settled, quiet)
        return run

    return enter


def guarded(client: Client, command: str, target: str, steps: Steps, *, quiet: bool = False) -> Steps:
    """Steps whose refusal is said to the client and ends nothing but them, unless it is nobody any more after them."""
    try:
        yield from steps
    except ChatError as error:
        if not quiet:
            yield client.refusal(error, command, target)
    if client.registered and client.session.person is None:
        yield error_line(NOBODY)
        yield Close(NOBODY)
