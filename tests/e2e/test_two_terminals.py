"""`python server.py` and `python client.py` in two terminals, talking with each other."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.clients import PATIENCE, eventually
from tests.e2e.server import environment
from tests.e2e.terminal import Terminal
from tests.e2e.test_console import STARTERS, Console

from hobnob.gateways.lines.console import PLAIN, RED

ADA = "ada"


class JoinTerminal(Terminal):
    """`python client.py` in a terminal, as ada or without a name. Its settings come from .env in its folder."""

    def __init__(self, home: Path, port: int, name: str | None = ADA) -> None:
        self.name = name or "Client"
        home.mkdir()
        (home / ".env").write_text(f"SERVER_HOST=127.0.0.1\nSERVER_PORT={port}\n")
        known = environment(XDG_STATE_HOME=str(home), TERM="xterm")
        known = {name: value for name, value in known.items() if name not in ("PYTHONPATH", "NO_COLOR")}
        super().__init__(
            [sys.executable, "-W", "error", str(STARTERS[1]), *(["--name", name] if name else [])], known, home
        )

    def opened(self) -> "JoinTerminal":
        """Wait until a line can be typed."""
        self.shows(lambda screen: screen[-1] == f"{self.name}:")
        return self

    def shows(self, look: Callable[[list[str]], bool]) -> None:
        """Wait until the screen looks like that."""
        eventually(lambda: look(self.screen), PATIENCE, lambda: self.screen)


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """The server's terminal."""
    return Console(tmp_path).opened()


@pytest.fixture
def client(console: Console, tmp_path: Path) -> JoinTerminal:
    """The client's terminal."""
    return JoinTerminal(tmp_path / "ada", console.port).opened()


def test_who_gives_no_name_is_called_as_ever(console: Console, tmp_path: Path) -> None:
    first = JoinTerminal(tmp_path / "first", console.port, None).opened()
    first.type("Hi server, how are you?\r")
    said = f"{RED}Client: Hi server, how are you?{PLAIN}".encode()
    eventually(lambda: said in console.heard, PATIENCE, lambda: console.heard)
    console.type("Hello from server!\r")
    answer = f"{RED}Server: Hello from server!{PLAIN}".encode()
    eventually(lambda: answer in first.heard, PATIENCE, lambda: first.heard)
    second = JoinTerminal(tmp_path / "second", console.port, None)
    second.name = "Client-2"
    second.opened().type("me too\r")
    eventually(lambda: b"Client-2: me too" in console.heard, PATIENCE, lambda: console.heard)


def test_the_two_talk_in_red(console: Console, client: JoinTerminal) -> None:
    client.type("Hi server, how are you?\r")
    eventually(
        lambda: f"{RED}{ADA}: Hi server, how are you?{PLAIN}".encode() in console.heard, PATIENCE, lambda: console.heard
    )
    console.type("Hello from server!\r")
    eventually(
        lambda: f"{RED}Server: Hello from server!{PLAIN}".encode() in client.heard, PATIENCE, lambda: client.heard
    )
    client.shows(
        lambda screen: screen[-3:] == [f"{ADA}: Hi server, how are you?", "Server: Hello from server!", f"{ADA}:"]
    )


def test_what_arrives_does_not_tear_the_typed_line(console: Console, client: JoinTerminal) -> None:
    client.type("half a li")
    client.shows(lambda screen: screen[-1] == f"{ADA}: half a li")
    console.type("one\r")
    client.shows(lambda screen: screen[-2:] == ["Server: one", f"{ADA}: half a li"])
    client.type("ne\r")
    eventually(lambda: f"{ADA}: half a line" in console.screen, PATIENCE, lambda: console.screen)


def test_ctrl_z_leaves_for_the_shell_and_fg_comes_back(console: Console, tmp_path: Path) -> None:
    known = environment(XDG_STATE_HOME=str(tmp_path), TERM="xterm", PS1="> ")
    shell = Terminal(["/bin/sh", "-i"], known, tmp_path)
    shell.type(f"{sys.executable} {STARTERS[1]} 127.0.0.1:{console.port} --name {ADA}\n")
    shell.ends_with("ada:")
    shell.type("half a li\x1a")
    shell.ends_with(">")
    shell.type("fg\n")
    shell.ends_with("ada: half a li")
    shell.type("ne\r")
    console.until("ada: half a line")
    shell.type("bye\r")
    shell.ends_with("Bye, ada.", ">")


def test_bye_from_the_client(console: Console, client: JoinTerminal) -> None:
    client.type("bye\r")
    assert client.process.wait(PATIENCE) == 0
    client.shows(lambda screen: f"Bye, {ADA}." in screen)
    eventually(lambda: any(line.startswith(f"* {ADA} left") for line in console.screen), shown=lambda: console.screen)


def test_bye_from_the_server(console: Console, client: JoinTerminal) -> None:
    console.type("bye\r")
    assert client.process.wait(PATIENCE) == 0
    client.shows(lambda screen: "Bye. The operator has disconnected everyone." in screen)
    eventually(lambda: console.waiting in console.screen[-3:], shown=lambda: console.screen)


def test_the_loss_of_the_client(console: Console, client: JoinTerminal) -> None:
    os.kill(client.process.pid, signal.SIGKILL)
    eventually(lambda: any(line.startswith(f"* {ADA} left") for line in console.screen), shown=lambda: console.screen)


def test_the_loss_of_the_server(console: Console, client: JoinTerminal) -> None:
    os.kill(console.process.pid, signal.SIGKILL)
    client.shows(lambda screen: any("Trying to reach the server again" in line for line in screen))
    client.type("\x03")
    assert client.process.wait(PATIENCE) == 0
    client.shows(lambda screen: f"Bye, {ADA}." in screen)
