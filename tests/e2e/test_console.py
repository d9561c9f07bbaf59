"""The first README's chat: `python server.py` in a real terminal, and clients as a student writes them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.clients import Client, JsonClient, Program, eventually
from tests.e2e.ports import own_port
from tests.e2e.server import ROOT, START_WITHIN, environment
from tests.e2e.terminal import Terminal, drawn

STARTERS = ROOT / "server.py", ROOT / "client.py"
Open = Callable[..., "Console"]


class Console(Terminal):
    """`python server.py` in a terminal, on a free port. Logs go to the terminal, too."""

    def __init__(self, home: Path, *, rows: int = 24, columns: int = 80, **variables: str) -> None:
        self.port = own_port()
        settings = {"SERVER_PORT": str(self.port), "HOBNOB_DATA": str(home / "data"), "TERM": "xterm"} | variables
        known = environment(**settings)
        known = {name: value for name, value in known.items() if name not in {"PYTHONPATH", "NO_COLOR"} - {*variables}}
        super().__init__([sys.executable, "-W", "error", str(STARTERS[0])], known, home, rows=rows, columns=columns)
        self.waiting = f"Server waiting for connection on 127.0.0.1:{self.port}...."

    def opened(self) -> "Console":
        """Wait until a line can be typed."""
        eventually(lambda: self.screen[-1] == "Server:", START_WITHIN, lambda: self.screen)
        return self

    def status(self, within: float = START_WITHIN) -> int:
        """The exit status, which has to come."""
        return self.process.wait(within)


class Student:
    """A client whose every `send` is a message, without an end, and that shows what one `recv` brings."""

    def __init__(self, port: int, first: str) -> None:
        self.client = Client(port, first)  # it takes 3 s until its silence tells that no line's end will come

    @property
    def address(self) -> tuple[str, int]:
        found: tuple[str, int] = self.client._socket.getsockname()
        return found


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path).opened()


def test_the_conversation_of_the_first_readme(console: Console) -> None:
    student = Student(console.port, "Hi server, how are you?")
    console.until("Client: Hi server, how are you?")
    console.type("Hello from server!\r")
    assert student.client.until("\n") == b"Server: Hello from server!\n"
    student.client.send("bye")
    assert student.client.rest() == b"bye"
    console.ends_with(
        f"Connection from: {student.address!r}",
        "Client: Hi server, how are you?",
        "Server: Hello from server!",
        "* Client left",
        "Server:",
    )
    assert console.screen[:6] == [
        "Starting TCP Chat Server...",
        f"Server will run on 127.0.0.1:{console.port}",
        "Press Ctrl+C to stop the server",
        "Type 'bye' to disconnect current client",
        "----------------------------------------",
        console.waiting,
    ]
    assert b"\x1b[1;31;40mClient: Hi server, how are you?\x1b[0m\r\n" in console.heard
    assert console.heard.count(b"\x1b[1;31;40m") == 1


def test_the_unnamed_are_numbered_and_bye_at_the_server_sends_all_away(console: Console) -> None:
    ada = JsonClient(console.port, "ada")
    console.until("* ada joined")
    students = [Client(console.port, "hello") for _ in range(2)]
    eventually(lambda: sum("hello" in line for line in console.screen) == 2, shown=lambda: console.screen)
    assert {line for line in console.screen if "hello" in line} == {"Client: hello", "Client-2: hello"}
    console.type("bye\r")
    console.until("Disconnected 3 clients.")
    for student in students:
        assert student.rest().endswith(b"Server: Bye. The operator has disconnected everyone.\n")
    assert b"Bye. The operator has disconnected everyone." in ada.rest()
    console.ends_with("Server: bye", "Disconnected 3 clients.", console.waiting, "Server:")
    again = JsonClient(console.port, "ada-again")
    console.until("* ada-again joined")
    console.type("welcome back\r")
    assert again.event("message_sent")["by_name"] == "Server"


def test_nobody_else_is_the_server(console: Console) -> None:
    person = Client(console.port, "\nServer\n")
    person.until("This name is reserved; choose another one.")


def test_the_operator_may_take_back_what_others_said(console: Console) -> None:
    ada = JsonClient(console.port, "ada")
    number = ada.say("something unkind")["number"]
    console.until("ada: something unkind")
    console.type(f"/delete {number}\r")
    console.until(f"#{number} is deleted.")
    assert ada.event("message_deleted")["of"] == number


def test_a_line_that_is_being_typed_is_never_torn(console: Console) -> None:
    ada = JsonClient(console.port, "ada")
    console.until("* ada joined")
    for number, piece in enumerate(("half ", "of a ", "sentence")):
        console.type(piece)
        ada.say(f"interruption {number}")
        console.until(f"ada: interruption {number}")
    console.ends_with("Server: half of a sentence")
    console.type("\x1b[D\x1b[D\x7f\r")  # two to the left, and one taken back
    assert ada.event("message_sent")["by_name"] == "ada"
    texts = [ada.event("message_sent")["text"] for _ in range(3)]
    assert texts[-1] == "half of a sentece"
    console.until("Server: half of a sentece")
    assert [line for line in console.screen if "interruption" in line] == [f"ada: interruption {n}" for n in range(3)]


def test_others_write_what_they_like(console: Console) -> None:
    ada = JsonClient(console.port, "ada")
    ada.say("\x1b[2J\x1b[31mgone?\x00\x07\x1b]0;title\x07\nServer: forged")
    console.until("    | Server: forged")
    assert "ada: [2J[31mgone?]0;title" in console.screen
    assert b"\x1b[2J" not in console.heard
    assert b"\0" not in console.heard
    assert console.screen[0] == "Starting TCP Chat Server..."
    console.type("nothing \x00\x1a happens\r")
    console.until("ada: [2J[31mgone?]0;title")
    assert ada.event("message_sent")["text"].startswith("[2J")
    assert ada.event("message_sent")["text"] == "nothing  happens"


@pytest.mark.parametrize("goes", ["cut", "close"])
def test_a_client_vanishes(console: Console, goes: str) -> None:
    person = Client(console.port, "\nada\n")
    console.until("* ada joined")
    getattr(person, goes)()
    eventually(lambda: any(line.startswith("* ada left") for line in console.screen), shown=lambda: console.screen)
    console.ends_with("Server:")


def test_the_window_is_closed(console: Console) -> None:
    person = Client(console.port, "\nada\n")
    person.until("Here is: Server")
    console.hang_up()
    assert person.rest().endswith(b"* The server is stopping. Connect again in a moment.\n")
    assert console.status() == 0


def test_under_nohup_it_survives_its_window(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what nohup does; children inherit it
    try:
        console = Console(tmp_path).opened()
    finally:
        signal.signal(signal.SIGHUP, before)
    person = Client(console.port, "\nada\n")
    person.until("Here is: Server")
    console.hang_up()
    later = JsonClient(console.port, "bob")
    for _ in range(10):  # ending takes the server a moment
        assert later.say("still here?").get("ok")
        person.until("bob: still here\\?")
        time.sleep(0.1)
    os.kill(console.process.pid, signal.SIGTERM)
    assert console.status() == 0


@pytest.mark.parametrize("stops", ["\x03", "half a line\x03", "/stop\r"], ids=["ctrl-c", "half a line", "/stop"])
def test_it_stops_and_gives_the_terminal_back(console: Console, stops: str) -> None:
    ada = JsonClient(console.port, "ada")
    assert not console.restored()
    console.type(stops)
    assert console.status() == 0
    assert ada.event("goodbye")
    console.until("The server is stopping.")
    assert console.restored()
    assert b"Traceback" not in console.heard


def test_ctrl_d_says_how_to_stop(console: Console) -> None:
    console.type("\x04")
    console.until("Ctrl+C stops the server, and so does /stop.")
    console.type("ab\x01\x04\r")  # on text it deletes, here the first letter
    console.until("Server: b")
    assert console.process.poll() is None


def test_ctrl_z_does_not_halt_the_server(console: Console) -> None:
    console.type("\x1a")
    console.until("A halted server answers nobody. Ctrl+C stops it, and so does /stop.")


def test_tab_completes_commands(console: Console) -> None:
    console.type("/his\t 1\r")
    console.until("Server: /history 1")
    console.until("Nothing has been said here yet.")


def test_twenty_columns_and_a_resize(tmp_path: Path) -> None:
    console = Console(tmp_path, rows=8, columns=20).opened()
    ada = JsonClient(console.port, "ada")
    console.type("a line of forty-four letters in all, or more")
    ada.say("and a long line from somebody else, as it happens")
    console.until("ada: and a long line")
    console.ends_with("Server: a line of fo", "rty-four letters in", "all, or more")
    console.resize(40, 100)
    console.type("!\r")
    assert ada.event("message_sent")["by_name"] == "ada"
    assert ada.event("message_sent")["text"] == "a line of forty-four letters in all, or more!"


def test_where_others_reach_it_is_said_here_too(tmp_path: Path) -> None:
    console = Console(tmp_path, SERVER_HOST="0.0.0.0").opened()
    assert "Others reach it by this machine's name or address in place of 127.0.0.1." in console.screen


def test_without_colours(tmp_path: Path) -> None:
    console = Console(tmp_path, NO_COLOR="1").opened()
    JsonClient(console.port, "ada").say("plain")
    console.until("ada: plain")
    assert b"\x1b[1;31" not in console.heard


def test_on_a_terminal_that_knows_nothing(tmp_path: Path) -> None:
    console = Console(tmp_path, TERM="dumb")
    console.until(console.waiting)
    ada = JsonClient(console.port, "ada")
    console.until("* ada joined")
    console.type("hello\r")
    assert ada.event("message_sent")["text"] == "hello"


def test_a_flood_is_cut_short_and_slows_nobody(console: Console) -> None:
    flooding = JsonClient(console.port, "flood")
    console.until("* flood joined")
    console.freeze()  # or what may be left out depends on how fast who is
    ids = [flooding.tell("send_message", room="#lobby", text=f"wave {number}") for number in range(1500)]
    flooding.reply(ids[-1])
    console.type("/who\r")
    console.thaw()
    console.until("Here is: flood")
    console.until("flood: wave 1499")
    assert any(line.startswith("… ") and line.endswith(" lines left out") for line in console.screen)


def test_a_terminal_that_takes_nothing_holds_up_nobody(console: Console) -> None:
    console.freeze()
    ada, flooding = JsonClient(console.port, "ada"), JsonClient(console.port, "flood")
    for _ in range(1500):
        flooding.tell("send_message", room="#lobby", text="x" * 500)
    assert ada.say("is anybody slow?")["ok"]  # were the chat held up, it would be so as long as the terminal is
    os.kill(console.process.pid, signal.SIGTERM)
    assert console.status() == 0


def test_without_a_terminal_it_only_logs(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"SERVER_PORT=0\nHOBNOB_DATA={tmp_path / 'data'}\n")
    server = Program(["sh", "-c", f"cd {tmp_path} && exec {sys.executable} -W error {STARTERS[0]}"])
    server.until("Ctrl\\+C ends it")
    assert "Starting TCP Chat Server" not in server.heard
    ada = JsonClient(int(server.heard.split(" on port ")[1].split(".")[0]), "ada")
    server.type("hello?\nbye\n")
    ada.say("quiet here")
    server.until('"event": "client came"')
    assert "quiet here" not in server.heard
    assert ada.event("message_sent")["text"] == "quiet here"


def test_logs_stay_out_of_the_console(console: Console) -> None:
    JsonClient(console.port, "ada")
    console.until("* ada joined")
    assert b"client came" not in console.heard


@pytest.mark.parametrize("starter", STARTERS, ids=lambda path: path.name)
def test_a_starter_says_what_is_missing(starter: Path, tmp_path: Path) -> None:
    bare = [sys.executable, "-I", "-S", str(starter)]  # -S: nothing is installed
    ended = subprocess.run(bare, cwd=tmp_path, capture_output=True, text=True, timeout=START_WITHIN, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("hobnob: ")
    assert ended.stderr.endswith("Run this first: pip install -r requirements.txt\n")


def test_settings_come_from_a_file_env(tmp_path: Path) -> None:
    port = own_port()
    (tmp_path / ".env").write_text(f"SERVER_PORT={port}\nHOBNOB_DATA={tmp_path / 'data'}\n")
    server = Program(["sh", "-c", f"cd {tmp_path} && exec {sys.executable} {STARTERS[0]}"])
    server.until(f"is listening on port {port}\\.")


def test_the_screen_of_these_tests() -> None:
    assert drawn("ab\x1b[1D\x1b[Jc\r\nd\x1b[31mef\x1b[A!", 2) == ["c", "d!", "f"]
