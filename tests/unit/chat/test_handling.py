"""The table of commands."""

from hobnob.chat import handlers as handlers
from hobnob.chat.handling import HANDLERS
from hobnob.protocol.commands import AnyCommand


def test_every_command_is_done_by_somebody() -> None:
    assert set(AnyCommand.__args__) == set(HANDLERS)


def test_what_a_stranger_may_do_is_said_in_one_line() -> None:
    allowed = {command.__name__ for command, handler in HANDLERS.items() if handler.before_hello}
    assert allowed == {"Hello", "Ping", "Prove"}
