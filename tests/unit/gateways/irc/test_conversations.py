"""Every file in ``conversations/`` is played: ``C:`` is what the client sends, ``S:`` what it gets, in order.

Several clients have a name before it (``bob C:``). ``…`` at the end of an ``S:`` line stands for anything. ``\\xNN`` is
a byte. Several lines of ISUPPORT in a row count as one. Each file is played line by line, byte by byte, and with
neighbouring lines of a client in one chunk.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.gateways.irc.house import FakeClient, FakeHouse

FILES = sorted(Path(__file__).with_name("conversations").glob("*.txt"))
LINE = re.compile(r"(?:(?P<who>\w+) )?(?P<side>[CS]):(?: (?P<text>.*))?")
ISUPPORT = re.compile(r"(@\S+ )?:\S+ 005 ")
COUNTS = re.compile(r"(@\S+ )?:hobnob\.test (25[1-5]|26[56]) ")
BYTE = re.compile(rb"\\x([0-9a-f]{2})")

Said = tuple[str, str, str]
Step = Said | tuple[str, bytes]
Pace = Callable[[list[Said]], Iterator[Step]]


def script(path: Path) -> Iterator[Said]:
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("--"):
            match = LINE.fullmatch(line)
            assert match, f"{path.name}: {line}"
            yield match["who"] or "", match["side"], match["text"] or ""


def as_bytes(text: str) -> bytes:
    return BYTE.sub(lambda match: bytes([int(match[1], 16)]), text.encode()) + b"\r\n"


def merged(lines: list[str], last: str = "") -> list[str]:
    """Lines with those of ISUPPORT in a row as one, and those of LUSERS after them: what comes with every welcome.

    How many there are depends on the length of the table.
    """
    found: list[str] = []
    in_row = ISUPPORT.match(last) is not None
    for line in lines:
        in_row = ISUPPORT.match(line) is not None or (in_row and COUNTS.match(line) is not None)
        if not (in_row and (COUNTS.match(line) or ISUPPORT.match(found[-1] if found else last))):
            found.append(line)
    return found


def by_line(said: list[Said]) -> Iterator[Step]:
    for who, side, text in said:
        yield (who, as_bytes(text)) if side == "C" else (who, side, text)


def by_byte(said: list[Said]) -> Iterator[Step]:
    for who, side, text in said:
        if side == "S":
            yield who, side, text
        else:
            yield from ((who, bytes([byte])) for byte in as_bytes(text))


def by_chunk(said: list[Said]) -> Iterator[Step]:
    """What a client says before anybody else does comes at once; what it gets comes after all of it."""
    chunk, speaker, later = b"", "", []
    for who, side, text in said:
        if side == "S":
            later.append((who, side, text))
        elif who == speaker or not chunk:
            speaker, chunk = who, chunk + as_bytes(text)
        else:
            yield speaker, chunk
            yield from later
            speaker, chunk, later = who, as_bytes(text), []
    yield speaker, chunk
    yield from later


@pytest.mark.parametrize("pace", [by_line, by_byte, by_chunk])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_conversation(path: Path, pace: Pace) -> None:
    house = FakeHouse()
    clients: dict[str, FakeClient] = {}
    inboxes: dict[str, list[str]] = {}
    for step in pace(list(script(path))):
        who = step[0]
        client = clients.get(who) or clients.setdefault(who, house.connect())
        if len(step) == 2:
            client.receive(step[1])
            continue
        inbox = inboxes.setdefault(who, [])
        inbox += merged(client.read())
        assert inbox, f"{who} gets nothing, but should: {step[2]}"
        line, expected = inbox.pop(0), as_bytes(step[2]).decode()[:-2]
        if expected.endswith("…"):
            assert line[: len(expected) - 1] == expected[:-1]
        else:
            assert line == expected
    left = {who: inboxes.get(who, []) + client.read() for who, client in clients.items()}
    assert not any(left.values()), left


def test_there_are_conversations() -> None:
    assert FILES
