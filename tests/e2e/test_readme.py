"""The first page: each command on it is run as it is written, but on a free port and with data of the test's own."""

import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.clients import PATIENCE, JsonClient, Program, eventually, needed
from tests.e2e.server import ROOT, START_WITHIN, Server
from tests.e2e.shell import HOBNOB, Shell, left

PAGE = (ROOT / "README.md").read_text("utf-8")
PROGRAMS = (
    "make",
    "pip",
    "python",
    "nc",
    "telnet",
    "irssi",
    "printf",
    "journalctl",
    "openssl",
    "hobnob",
    ".venv/bin/hobnob",
)


def written() -> set[str]:
    """What a reader can type: the lines of its blocks, and what stands in backquotes and has more than one word."""
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    quoted = re.findall(r"`([^`\n]+ [^`\n]*)`", re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL))
    return {line.replace("\\|", "|") for line in (*lines, *quoted) if line.split(" ")[0] in PROGRAMS}


@dataclass
class Reader:
    """Somebody who types what stands there, beside a running server with Ada in its lobby."""

    server: Server
    ada: JsonClient
    home: Path

    def types(self, command: str, *, terminal: bool = False) -> Program:
        """Start a command in a shell, in the checkout."""
        command = command.replace("8080", str(self.server.port)).replace("journalctl -f", "echo the disk is full")
        for name in ("cert.pem", "key.pem"):
            command = command.replace(name, str(self.server.data / "tls" / name))
        command = re.sub(r"(^|\| )(\.venv/bin/)?hobnob ", rf"\1{shlex.join(HOBNOB)} ", command)
        command = re.sub(r"^python ", f"{sys.executable} -W error {ROOT}/", command)
        command = re.sub(r"^pip ", f"{sys.executable} -m pip --no-input --disable-pip-version-check ", command)
        needed(shlex.split(command)[0])
        known = Shell(self.home / "state", self.server.port).variables | {"HOBNOB_DATA": str(self.server.data)}
        return Program(
            ["sh", "-c", f"cd {ROOT} && exec {command}" if "|" not in command else command], terminal=terminal, **known
        )

    def hears(self, text: str) -> None:
        """Ada hears this said."""
        while self.ada.event("message_sent")["text"] != text:
            pass


@pytest.fixture
def reader(server: Server, tmp_path: Path) -> Reader:
    return Reader(server, JsonClient(server.port, "grace"), tmp_path)


def serves(reader: Reader, command: str) -> None:
    """It is given what keeps it from everybody else's, and ended as a person would."""
    needed("make")
    own = f"--port 0 --data {reader.home / 'other'}"
    words = command.replace(' ARGS="', f' ARGS="{own} ') if "ARGS" in command else f'{command} ARGS="{own}"'
    server = reader.types(words, terminal=True)
    server.until(r"Server waiting for connection on .*Server:", START_WITHIN)
    server.type("\x03")
    assert left(server) == 0
    server.until("The server is stopping")


def in_lines(reader: Reader, command: str) -> None:
    """Press Enter, give a name, talk, leave."""
    program = reader.types(command, terminal=True)
    if command.startswith("telnet"):
        program.until("Escape character")
    program.type("\r")
    program.until(r"Your name\?")
    program.type("nick\r")
    program.until("Here is: grace")
    program.type("hello from here\r")
    reader.hears("hello from here")
    program.type("bye\r")
    program.until("Bye, nick.")


def by_irssi(reader: Reader, command: str) -> None:
    program = reader.types(f"{command} --home={reader.home / 'irssi'}", terminal=True)
    program.until("message of the day")
    program.type("/join #lobby\r")
    program.until("has joined")  # before, what is typed is not said in the channel
    program.type("hello from irssi\r")
    reader.hears("hello from irssi")


def one_line(reader: Reader, command: str) -> None:
    assert left(reader.types(command)) == 0
    reader.hears("the build is done")


def joins(reader: Reader, command: str) -> None:
    program = reader.types(command)
    program.until("Here is: grace")
    program.type("hello from a terminal\n")
    reader.hears("hello from a terminal")
    program.type("bye\n")
    assert left(program) == 0
    program.until(r"Bye, \S+\.\n\Z")


def sends(reader: Reader, command: str) -> None:
    assert left(reader.types(command)) == 0


def tails(reader: Reader, command: str) -> None:
    sends(reader, "journalctl -f | hobnob send '#log'")
    tail = reader.types(command)

    def hears() -> bool:  # until the tail is there, nothing is heard
        sends(reader, "journalctl -f | hobnob send '#log'")
        return "the disk is full" in tail.heard

    eventually(hears, PATIENCE, lambda: tail.heard)


def talks_tls(reader: Reader, command: str) -> None:
    program = reader.types(command)
    program.type("\n")
    program.until(r"Your name\?")
    program.type("nick\nhello in TLS\n")
    reader.hears("hello in TLS")


def invites(reader: Reader, command: str) -> None:
    program = reader.types(command)
    assert left(program) == 0
    program.until("invite")


def python_server(reader: Reader, command: str) -> None:
    where = f"SERVER_PORT=0 HOBNOB_DATA={reader.home / 'other'}"
    server = reader.types(f"env {where} {sys.executable} -W error {ROOT}/{command.split()[1]}")
    server.until(r"listening on port \d+", START_WITHIN)
    server.process.terminate()
    assert left(server) == 0


def installs(reader: Reader, command: str) -> None:
    """All of it is here already, so nothing is fetched."""
    program = reader.types(f"{command} --dry-run --no-index")
    assert program.process.wait(60) == 0, program.heard
    assert "Would install" not in program.heard


def runs_tests(reader: Reader, command: str) -> None:
    program = reader.types(f'{command} ARGS="--version"')
    assert program.process.wait(60) == 0, program.heard
    program.until("pytest")


def is_a_verb(reader: Reader, command: str) -> None:
    program = reader.types(f"{command} --help")
    assert left(program) == 0
    program.until("Usage: ")


RUNS: dict[str, Callable[[Reader, str], None]] = {
    "make serve": serves,
    "make test": runs_tests,
    "nc 127.0.0.1 8080": in_lines,
    "telnet 127.0.0.1 8080": in_lines,
    "irssi -c 127.0.0.1 -p 8080": by_irssi,
    "printf 'the build is done\\n' | nc -N 127.0.0.1 8080": one_line,
    "hobnob join --name ada": joins,
    "journalctl -f | hobnob send '#log'": sends,
    "hobnob tail '#log'": tails,
    "pip install -r requirements.txt": installs,
    "python server.py": python_server,
    "python client.py": joins,
    "openssl s_client -quiet -connect 127.0.0.1:8080": talks_tls,
    'make serve ARGS="--tls-cert cert.pem --tls-key key.pem"': serves,
    "make serve ARGS=\"--host '*'\"": serves,
    ".venv/bin/hobnob invite": invites,
    "hobnob serve": is_a_verb,
    "hobnob join": is_a_verb,
    "hobnob join --lines": joins,
    "hobnob invite": is_a_verb,
    "hobnob admin": is_a_verb,
}


def test_every_command_of_the_page_is_run_here() -> None:
    assert written() == RUNS.keys()


@pytest.mark.parametrize("command", RUNS)
def test_it_does_what_the_page_says(reader: Reader, command: str) -> None:
    RUNS[command](reader, command)
