"""HELP knows every command, and no line of it is too long."""

from tests.unit.gateways.irc.test_codec import lines_for

from hobnob.gateways.irc.commands import COMMANDS
from hobnob.gateways.irc.commands.manual import HELP


def test_there_is_help_on_every_command_and_no_other() -> None:
    assert HELP.keys() == COMMANDS.keys()


def test_help_is_in_order_and_short() -> None:
    assert list(HELP) == sorted(HELP)
    assert all(len(line) < 200 and line.startswith(name) for name, line in HELP.items())


def test_help_alone_names_every_command() -> None:
    first, *lines, last = lines_for(b"HELP\r\n")
    assert first.startswith(":hobnob.test 704 ada * :")
    assert all(line.startswith(":hobnob.test 705 ada * :") for line in lines)
    assert [word for line in lines for word in line.split(" :")[1].split()] == list(HELP)
    assert last == ":hobnob.test 706 ada * :End of /HELP"
