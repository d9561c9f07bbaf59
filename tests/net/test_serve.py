"""`hobnob serve` as a process: how it starts, ends, and says why it does not."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CERTIFICATES = Path(__file__).parent / "certificates"
PATIENCE = 30.0
"""Seconds to start or to end; what is promised of the end is tested in tests/e2e/test_stop.py."""

Start = Callable[..., "Hobnob"]


class Hobnob:
    """A process of `hobnob` with its own data folder; stdin is nothing, stdout and stderr are pipes."""

    def __init__(self, folder: Path, *arguments: str, shell: str = 'exec "$@"', **variables: str) -> None:
        environment = {name: v for name, v in os.environ.items() if not name.startswith(("SERVER_", "HOBNOB_"))}
        environment |= {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "HOBNOB_DATA": str(folder / "data")}
        self.process = subprocess.Popen(
            ["sh", "-c", shell, "sh", sys.executable, "-W", "error", "-m", "hobnob", *arguments],
            cwd=folder,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.printed = ""

    def port(self) -> int:
        """Wait for the block at the start; the port it names."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if line.startswith("Ctrl+C"):
                break
        found = re.search(r"on port (\d+)", self.printed)
        assert found, self.end()
        return int(found[1])

    def end(self, signal_number: int | None = None) -> tuple[int, str]:
        """Send a signal, if any, and wait; the exit status and stderr."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts processes that end with the test."""
    started: list[Hobnob] = []

    def begin(*arguments: str, **variables: str) -> Hobnob:
        started.append(Hobnob(tmp_path, *arguments, **variables))
        return started[-1]

    yield begin
    for hobnob in started:
        hobnob.process.kill()
        hobnob.process.communicate()


def asked(port: int, data: bytes) -> bytes:
    """What the server answers to bytes that are followed by the end of input."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_it_listens_and_ends(start: Start, number: signal.Signals) -> None:
    hobnob = start("serve", "--port", "0")
    port = hobnob.port()
    assert f"nc 127.0.0.1 {port}" in hobnob.printed
    assert asked(port, b"hello\n")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"NICK ada\r\nUSER ada 0 * :Ada\r\n")
        assert client.recv(65536)
        status, errors = hobnob.end(number)
        last_words = b"".join(iter(lambda: client.recv(65536), b""))
    assert b"ERROR" in last_words
    assert status == 0
    assert "Traceback" not in errors
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_logs_are_lines_of_json_without_texts(start: Start) -> None:
    hobnob = start("serve", "--port", "0")
    asked(hobnob.port(), b"a very private text\n")
    status, errors = hobnob.end(signal.SIGTERM)
    logged = [json.loads(line) for line in errors.splitlines()]
    assert status == 0
    assert [line["event"] for line in logged if line["level"] == "info"] == ["client came", "client left"]
    assert "private" not in errors


def test_the_conversation_on_the_first_page(start: Start) -> None:
    page = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    commands = re.findall(r'^{"do":.*}$', page, re.MULTILINE)
    assert len(commands) == 2
    hobnob = start("serve", "--port", "0")
    heard = [json.loads(line) for line in asked(hobnob.port(), "\n".join([*commands, ""]).encode()).splitlines()]
    assert [frame["ok"] for frame in heard if "reply" in frame] == [True, True]
    assert "hi" in [frame.get("text") for frame in heard]


def test_what_was_said_is_there_after_a_restart(start: Start) -> None:
    first = start("serve", "--port", "0")
    asked(first.port(), b"remember me\n")
    assert first.end(signal.SIGINT)[0] == 0
    second = start("serve", "--port", "0")
    with socket.create_connection(("127.0.0.1", second.port()), timeout=10) as client:
        client.sendall(b"\nada\n/history\n")
        heard = b""
        while b"remember me" not in heard:
            more = client.recv(65536)
            assert more, heard
            heard += more


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
@pytest.mark.parametrize("module", ["rich", "hobnob.config", "sqlalchemy", "hobnob.chat.chat", "hobnob.node"])
def test_a_signal_during_the_start_ends_it_quietly(start: Start, number: signal.Signals, module: str) -> None:
    hobnob = start("serve", "--port", "0", PYTHONPROFILEIMPORTTIME="1")
    assert hobnob.process.stderr is not None
    assert any(line.split("|")[-1].strip() == module for line in hobnob.process.stderr)
    status, errors = hobnob.end(number)
    assert status == 0
    assert "Traceback" not in errors


def test_it_runs_without_stdin_and_stderr(start: Start) -> None:
    hobnob = start("serve", "--port", "0", shell='exec "$@" <&- 2>&-')
    assert asked(hobnob.port(), b"hello\n")
    assert hobnob.end(signal.SIGTERM) == (0, "")


def test_a_taken_port(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, errors = start("serve", "--port", str(port)).end()
    assert status == 2
    assert errors == (
        f"hobnob: Another program has port {port} on 127.0.0.1: stop it, or choose another port with --port.\n"
    )


def test_a_data_folder_in_use(start: Start) -> None:
    start("serve", "--port", "0").port()
    status, errors = start("serve", "--port", "0").end()
    assert status == 2
    assert errors.startswith("hobnob: ")
    assert "in use by another hobnob" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--host", "no-such-host.invalid", "--access", "open"], "no-such-host.invalid"),
        (["--access", "members"], "accounts"),
        (["--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"], "nowhere.pem"),
        (["--data", "/dev/null/data"], "/dev/null/data"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
    ],
    ids=["host", "access", "certificate", "data", "file"],
)
def test_why_it_does_not_start(start: Start, arguments: list[str], word: str) -> None:
    hobnob = start("serve", "--port", "0", *arguments)
    status, errors = hobnob.end()
    assert status == 2
    assert word in errors
    assert errors.startswith("hobnob: ")
    assert errors.count("\n") == 1


def test_settings_come_from_the_environment(start: Start) -> None:
    pair = {f"HOBNOB_TLS_{kind.upper()}": str(CERTIFICATES / f"{kind}.pem") for kind in ("cert", "key")}
    hobnob = start("serve", SERVER_PORT="0", SERVER_HOST="localhost", HOBNOB_NAME="teahouse", **pair)
    port = hobnob.port()
    assert f"https://127.0.0.1:{port}/" in hobnob.printed or f"https://[::1]:{port}/" in hobnob.printed
    assert "teahouse is listening" in hobnob.printed
    assert hobnob.end(signal.SIGTERM)[0] == 0
