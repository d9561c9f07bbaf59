"""The tables of docs/gateways/irc.md are complete and true: each row is shown by a test that has what it speaks of.

Conversations are paths below ``conversations/``; tests are files beside this one, or paths with ``tests/``.
"""

import re
from functools import cache
from pathlib import Path

import pytest
from tests.unit.gateways.irc.house import FakeHouse
from tests.unit.gateways.irc.test_codec import lines_for

from hobnob.gateways.irc.capabilities import CAPABILITIES
from hobnob.gateways.irc.commands import COMMANDS
from hobnob.gateways.irc.isupport import ISUPPORT
from hobnob.gateways.irc.numerics import Numeric

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
PAGE = ROOT / "docs/gateways/irc.md"
SAID_BY_CLIENT = re.compile(r"(?:\w+ )?C: (?:@\S+ )?(?P<rest>.*)")
SAID_BY_SERVER = re.compile(r"(?:\w+ )?S: (?:@\S+ )?:\S+ (?P<numeric>[0-9]{3}) ")
OF_ANY = {"263", "400", "417", "421", "451", "461"}
"""The numerics that stand above the table of commands; 263, 400 and 417 are shown by ``test_codec.py``."""
NUMBERS = re.compile(r"(\d{3})(?: to (\d{3}))?")

Row = tuple[str, ...]


def table(first: str) -> list[Row]:
    """The rows of the table whose first column has this head."""
    lines = iter(PAGE.read_text("utf-8").splitlines())
    for line in lines:
        if line.startswith(f"| {first} |"):
            break
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    return rows


COMMAND_ROWS, CAPABILITY_ROWS, TOKEN_ROWS = table("command"), table("capability"), table("token")
BAD_INPUT = table("what")


def shown_by(row: Row) -> list[Path]:
    """The files that the last cell of a row names."""
    return [file_of(name) for name in re.findall(r"`([^`]+)`", row[-1])]


def file_of(name: str) -> Path:
    """The conversation, or the file of tests, of this name; what follows after ``::`` is a test in it."""
    file = name.partition("::")[0]
    if not file.endswith(".py"):
        return HERE / "conversations" / f"{file}.txt"
    return ROOT / file if file.startswith("tests/") else HERE / file


@cache
def said(path: Path) -> tuple[str, ...]:
    """What clients say in a conversation; of a test all of its lines."""
    lines = path.read_text("utf-8").splitlines()
    if path.suffix == ".py":
        return tuple(lines)
    return tuple(match["rest"] for line in lines if (match := SAID_BY_CLIENT.fullmatch(line)))


def uses(path: Path, command: str) -> bool:
    """Whether a command is given there."""
    if path.suffix == ".py":
        return any(re.search(rf"[\"'/ ]{command}\b", line) for line in said(path))
    return any(re.match(rf"{command}\b", line) for line in said(path))


def asks(path: Path, capability: str) -> bool:
    """Whether a capability is asked for there; of a test it is enough that it speaks of it."""
    word = re.compile(rf"(?<![\w/-]){re.escape(capability)}(?![\w/-])")
    lines = said(path) if path.suffix == ".py" else [line for line in said(path) if line.startswith("CAP REQ ")]
    return any(word.search(line) for line in lines)


def names(cell: str) -> list[str]:
    """The commands of the first cell of a row: ``MODE (channel)`` is MODE."""
    return re.findall(r"[A-Z]+", cell.partition(" (")[0])


def test_every_command_has_a_row() -> None:
    assert {name for row in COMMAND_ROWS for name in names(row[0])} == COMMANDS.keys()


def test_every_capability_has_a_row() -> None:
    assert [row[0] for row in CAPABILITY_ROWS] == [f"`{name}`" for name in sorted(CAPABILITIES)]


def test_every_token_has_a_row_with_its_value() -> None:
    assert [row[0] for row in TOKEN_ROWS] == [f"`{name}`" for name in ISUPPORT]
    for row, value in zip(TOKEN_ROWS, ISUPPORT.values(), strict=True):
        if isinstance(value, str):
            assert row[1] == (f"`{value}`" if value else ""), row[0]


@pytest.mark.parametrize("row", [*COMMAND_ROWS, *CAPABILITY_ROWS], ids=lambda row: row[0])
def test_there_is_a_specification(row: Row) -> None:
    assert row[1]


@pytest.mark.parametrize("row", TOKEN_ROWS, ids=lambda row: row[0])
def test_there_is_a_specification_of_a_token(row: Row) -> None:
    assert row[2]


@pytest.mark.parametrize("row", COMMAND_ROWS, ids=lambda row: row[0])
def test_a_command_is_shown(row: Row) -> None:
    commands, paths = names(row[0]), shown_by(row)
    for path in paths:
        assert any(uses(path, command) for command in commands), f"{path.name} has nothing of {row[0]}"
    for command in commands:
        assert any(uses(path, command) for path in paths), f"nothing shows {command}"


@pytest.mark.parametrize("row", CAPABILITY_ROWS, ids=lambda row: row[0])
def test_a_capability_is_shown(row: Row) -> None:
    assert shown_by(row), "nothing shows it"
    for path in shown_by(row):
        assert asks(path, row[0].strip("`")), f"{path.name} does not ask for {row[0]}"


@pytest.mark.parametrize("row", TOKEN_ROWS, ids=lambda row: row[0])
def test_a_token_is_shown(row: Row) -> None:
    assert shown_by(row), "nothing shows it"
    token = re.compile(rf"\b{row[0].strip('`')}\b")
    for path in shown_by(row):
        assert token.search(path.read_text("utf-8")), f"{path.name} does not speak of {row[0]}"


def numerics_of(row: Row) -> set[str]:
    """The numerics that a row of the commands names."""
    ranges = ((first, last or first) for first, last in NUMBERS.findall(row[3]))
    return {f"{number:03}" for first, last in ranges for number in range(int(first), int(last) + 1)}


@cache
def numerics_shown(path: Path) -> frozenset[str]:
    """The numerics that a conversation or a test expects."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return frozenset(re.findall(r"(?<=[ '\"])[0-9]{3}(?=[ '\"])", text))
    return frozenset(match["numeric"] for line in text.splitlines() if (match := SAID_BY_SERVER.match(line)))


@pytest.mark.parametrize("row", COMMAND_ROWS, ids=lambda row: row[0])
def test_the_numerics_of_a_command_are_shown(row: Row) -> None:
    shown = frozenset[str]().union(*map(numerics_shown, shown_by(row)))
    assert sorted(numerics_of(row) - shown) == []


def test_every_numeric_is_in_the_table() -> None:
    told = set.union(*map(numerics_of, COMMAND_ROWS))
    assert told | OF_ANY == {numeric.number for numeric in Numeric} | {"900"}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_what_any_command_may_be_answered(command: str) -> None:
    rule = COMMANDS[command]
    stranger = FakeHouse().connect()
    stranger.receive(f"{command}\r\n".encode())
    if rule.registered:
        assert [line.split()[1] for line in stranger.read()] == ([] if rule.quiet else ["451"])
    if rule.params:
        assert [line.split()[1] for line in lines_for(f"{command}\r\n".encode())] == ([] if rule.quiet else ["461"])


@pytest.mark.parametrize("row", BAD_INPUT, ids=lambda row: row[0])
def test_bad_input_is_tried(row: Row) -> None:
    (name,) = re.findall(r"`([^`]+)`", row[-1])
    _, _, test = name.partition("::")
    text = file_of(name).read_text("utf-8")
    assert not test or re.search(rf"^(?:async )?def {test}\(", text, re.MULTILINE), f"{test} is not there"
