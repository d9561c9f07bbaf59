"""The table of commands: one handler each, its preconditions as data beside it.

A handler checks, keeps and tells, in that order; after every `await` the world may have changed. It returns the
reply, raises `ChatError`, or raises `Stale` when the store found that the check no longer held: it then runs again.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from hobnob.chat.limits import Limit
from hobnob.protocol.commands import Command
from hobnob.protocol.replies import Done, Reply
from hobnob.stores.store import Duplicate

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

C = TypeVar("C", bound=Command)
R = TypeVar("R", bound=Reply | Awaitable[Reply])


Repeat = Callable[["Chat", "Session", Duplicate], Awaitable[Reply]]

TRIES = 5
"""How often a command is checked again when what it had checked changed meanwhile."""


async def done_before(chat: "Chat", session: "Session", duplicate: Duplicate) -> Reply:
    """The reply to most repeated commands."""
    return Done(duplicate.number, duplicate.at, repeated=True)


class Handler(NamedTuple):
    """How a command is done.

    `at_once` waits for nothing, and says None where it would have to: then `function` does it, a coroutine function.
    `before_hello`: also for who has not said who they are. `confidential`: it carries a credential, so nobody may read
    along. `limit`: what it counts as. `repeat`: the answer when its ref was used before.
    """

    function: "Callable[[Chat, Session, Command], Reply | Awaitable[Reply]]"
    at_once: "Callable[[Chat, Session, Command], Reply | Awaitable[Reply] | None] | None"
    before_hello: bool
    confidential: bool
    limit: Limit | None
    repeat: Repeat


HANDLERS: dict[type[Command], Handler] = {}


class Stale(Exception):
    """What was checked changed before it was kept; check again."""


def handles(
    command: type[C], *, before_hello: bool = False, confidential: bool = False, limit: Limit | None = None,
    repeat: Repeat = done_before, at_once: "Callable[[Chat, Session, C], Reply | None] | None" = None,
) -> "Callable[[Callable[[Chat, Session, C], R]], Callable[[Chat, Session, C], R]]":  # fmt: skip
    """Enter the decorated function into the table."""

    def enter(function: "Callable[[Chat, Session, C], R]") -> "Callable[[Chat, Session, C], R]":
        quick = at_once if inspect.iscoroutinefunction(function) else function
        # the key of the table guards the argument's type
        HANDLERS[command] = Handler(function, quick, before_hello, confidential, limit, repeat)  # type: ignore[arg-type]
        return function

    return enter
