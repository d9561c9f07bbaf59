"""The verbs between other programs: outputs that take nothing, readers that leave, inputs that are no text."""

import subprocess
from pathlib import Path

import pytest
from tests.e2e.server import Server
from tests.e2e.shell import HOBNOB, Shell

FULL = "hobnob: No space left on device."
READING = [("rooms",), ("tail", "'#ops'", "--no-follow"), ("search", "hello"), ("doctor",), ("--help",), ("--version",)]


@pytest.fixture
def shell(server: Server, tmp_path: Path) -> Shell:
    """A shell on the server's machine, in which output is gathered as usual before it is written."""
    shell = Shell(tmp_path / "state", server.port)
    shell.variables.pop("PYTHONUNBUFFERED", None)
    shell.variables["HOBNOB_DATA"] = str(tmp_path / "data")
    return shell


def line(shell: Shell, text: str, typed: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash; its status is that of the first program in it that fails."""
    text = text.replace("hobnob", " ".join(HOBNOB))
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", text], input=typed, env=shell.variables, capture_output=True, timeout=30
    )


@pytest.mark.parametrize("words", READING, ids=lambda words: words[0])
def test_an_output_that_takes_nothing(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.run("send", "#ops", "hello").returncode == 0
    full = line(shell, f"hobnob {' '.join(words)} >/dev/full")
    assert full.returncode == 1
    told = full.stderr.decode()
    assert told.startswith(FULL) or (words[0] == "search" and told == "hobnob: Nothing was found.\n")
    assert told.count("\n") == 1


@pytest.mark.parametrize("words", [*READING, ("serve", "--help"), ("export",)], ids=lambda words: words[0])
def test_a_reader_that_has_seen_enough(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.run("send", "#ops", typed="hello\n" * 5000).returncode == 0
    cut = line(shell, f"(hobnob {' '.join(words)}; echo $? >&2) | true")
    status = b"1" if cut.stderr.startswith(b"hobnob: Nothing was found.") else b"0"
    assert cut.stderr.removeprefix(b"hobnob: Nothing was found.\n") == status + b"\n"


def test_a_backup_whose_reader_leaves_says_that_it_is_none(shell: Shell) -> None:
    assert shell.run("send", "#ops", "hello").returncode == 0
    cut = line(shell, "hobnob backup - | true")
    assert cut.returncode == 1
    assert cut.stderr == b"hobnob: The program that reads the archive ended before it had all of it.\n"


def test_bytes_that_are_no_text_are_sent_as_far_as_they_are_lines(shell: Shell) -> None:
    sent = line(shell, "hobnob send '#ops'", b"one\n\x00\x01\n\xff\n\n\x1b[31mtwo\n")
    assert (sent.returncode, sent.stderr) == (0, b"")
    shown = line(shell, "hobnob tail '#ops' -n 3 --no-follow | sed 's/.*: //'")
    assert shown.stdout.decode().splitlines() == ["one", "\ufffd", "[31mtwo"]


@pytest.mark.parametrize("flag", ["", "--whole"])
def test_an_input_without_end_is_refused_soon(shell: Shell, flag: str) -> None:
    sent = line(shell, f"(echo first; tr '\\0' x </dev/zero) | hobnob send '#ops' {flag}")
    kept = "Nothing was kept." if flag else "1 line was kept."
    assert sent.stderr.decode().splitlines()[-1] == f"hobnob: A message holds at most 16 KiB. Send it in pieces. {kept}"
    assert sent.returncode != 0


def test_no_input_says_nothing(shell: Shell) -> None:
    sent = line(shell, "hobnob send '#ops' </dev/null")
    assert (sent.returncode, sent.stderr) == (0, b"")


@pytest.mark.parametrize("words", ["send '#a b' hi", "join --room '#a b'"])
def test_a_room_name_that_will_not_do_is_named(shell: Shell, words: str) -> None:
    told = line(shell, f"hobnob {words}").stderr.decode()
    assert told.startswith("hobnob: The room '#a b' will not do. ")
    assert told.count("\n") == 1
