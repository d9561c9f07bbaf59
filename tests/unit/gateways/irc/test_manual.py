"""HELP knows every command, and no line of it is too long."""

from hobnob.gateways.irc.commands import COMMANDS
from hobnob.gateways.irc.commands.manual import HELP


def test_there_is_help_on_every_command_and_no_other() -> None:
    assert HELP.keys() == COMMANDS.keys()


def test_help_is_in_order_and_short() -> None:
    assert list(HELP) == sorted(HELP)
    assert all(len(line) < 200 and line.startswith(name) for name, line in HELP.items())
