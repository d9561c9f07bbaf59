"""How a server ends, and why it does not begin: for every client a last word, for the operator one sentence."""

import json
import os
import signal
import socket
import time
from pathlib import Path
from threading import Thread

import pytest
from tests.e2e.clients import Client, JsonClient, eventually
from tests.e2e.conftest import Start
from tests.e2e.server import START_WITHIN, STOP_WITHIN, Server
from tests.e2e.websocket import WebSocketClient

CTRL_C_AND_SIGTERM = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
STOPPING = b"The server is stopping. Connect again in a moment."
GOODBYE = {"event": "goodbye", "text": STOPPING.decode(), "code": "stopping"}


def stopped_in_time(server: Server, number: int = signal.SIGTERM, within: float = STOP_WITHIN) -> tuple[int, str]:
    """Tell it to stop, as is promised; its exit status and stderr. What it waited for a processor does not count."""
    pid = server.process.pid
    before, began = _queued(pid), time.monotonic()
    os.kill(pid, number)
    eventually(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT), START_WITHIN)
    took = time.monotonic() - began - (_queued(pid) - before)
    assert took < within
    return server.wait()


def _queued(pid: int) -> float:
    """Seconds that a process was ready to run and had no processor; also of one that has ended."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


@CTRL_C_AND_SIGTERM
def test_everyone_gets_a_last_word(start: Start, certificate: tuple[str, ...], number: int) -> None:
    server = start(*certificate)
    person = Client(server.port, "\nada\n")
    person.until("Nobody else is here|Here (is|are)")
    encrypted = Client(server.port, "\ntls\n", tls=True)
    encrypted.until("Here (is|are)")
    student = Client(server.port, "USERNAME:bob")
    person.until("bob joined")
    program = JsonClient(server.port, "carl")
    irc = Client(server.port, "NICK dora\r\nUSER dora 0 * :Dora\r\nJOIN #lobby\r\n")
    irc.until(" 366 ")
    web = WebSocketClient(server.port, "emil")
    pages = [Client(server.port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", tls=tls) for tls in (False, True)]
    for page in pages:
        page.until("ok\n")
    undecided = Client(server.port)
    JsonClient(server.port, "fay")  # let in after the one before
    status, errors = stopped_in_time(server, number)
    assert status == 0
    assert "Traceback" not in errors
    for people in (person, encrypted):
        assert people.rest().endswith(b"* " + STOPPING + b"\n")
    assert student.rest().endswith(b"Server: " + STOPPING + b"\n")
    assert json.loads(program.rest().splitlines()[-1]) == GOODBYE
    assert irc.rest().splitlines()[-1].startswith(b"ERROR :")
    assert STOPPING in irc.heard
    said, code = web.end()
    assert json.loads(said[-1]) == GOODBYE
    assert code in (1000, 1001)
    assert [client.rest() for client in (undecided, *pages)] == [b""] * 3


@CTRL_C_AND_SIGTERM
def test_two_hundred_clients_and_one_who_never_reads(start: Start, number: int) -> None:
    server = start()
    JsonClient(server.port, "deaf", receive_buffer=4096)
    speaker = JsonClient(server.port, "speaker")
    text = "x" * 8000
    for _ in range(40):  # more than a socket takes, less than would cut a client
        speaker.say(text)
    clients = [JsonClient(server.port, f"c{i}") for i in range(198)]
    status, errors = stopped_in_time(server, number)
    assert status == 0
    assert "Traceback" not in errors
    for client in clients:
        assert json.loads(client.rest().splitlines()[-1]) == GOODBYE


@CTRL_C_AND_SIGTERM
def test_what_was_acknowledged_before_the_end_is_there(start: Start, number: int) -> None:
    server = start()
    speakers = [JsonClient(server.port, f"speaker{i}") for i in range(3)]
    acknowledged: dict[int, str] = {}

    def talk(speaker: JsonClient) -> None:
        try:
            for i in range(100_000):
                text = f"{speaker.welcome['you']['name']} {i}"
                reply = speaker.say(text)
                if not reply.get("ok"):
                    assert reply["error"] == "stopping"
                    return
                acknowledged[reply["number"]] = text
        except (AssertionError, OSError):
            assert b"goodbye" in speaker.heard or any(e["event"] == "goodbye" for e in speaker.events)

    threads = [Thread(target=talk, args=(speaker,)) for speaker in speakers]
    for thread in threads:
        thread.start()
    eventually(lambda: len(acknowledged) >= 100, shown=lambda: acknowledged)
    assert stopped_in_time(server, number)[0] == 0
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    facts = JsonClient(start().port).facts()
    assert [fact["number"] for fact in facts] == list(range(1, len(facts) + 1))
    kept = {fact["number"]: fact["text"] for fact in facts if fact["event"] == "message_sent"}
    assert acknowledged.items() <= kept.items()
    assert len(set(kept.values())) == len(kept)


def test_stopping_twice_is_stopping(server: Server) -> None:
    person = Client(server.port, "\nada\n")
    person.until("Nobody else")
    os.kill(server.pid, signal.SIGINT)
    status, errors = stopped_in_time(server, signal.SIGINT)
    assert status == 0
    assert "Traceback" not in errors


def refused(tmp_path: Path, *arguments: str, data: Path | None = None, port: int = 0) -> str:
    """The one sentence with which a server does not start."""
    server = Server(tmp_path, *arguments, data=data, port=port)
    status, errors = server.wait()
    assert status == 2
    assert errors.startswith("hobnob: ")
    assert errors.endswith(".\n")
    assert errors.count("\n") == 1
    return errors


def test_a_taken_port(server: Server, tmp_path: Path) -> None:
    assert str(server.port) in refused(tmp_path, data=tmp_path / "other", port=server.port)


def test_a_data_folder_in_use(server: Server, tmp_path: Path) -> None:
    assert str(server.data) in refused(tmp_path, data=server.data)


def test_a_certificate_without_its_key(tmp_path: Path, certificate: tuple[str, ...]) -> None:
    assert "--tls-key" in refused(tmp_path, *certificate[:2])
    (tmp_path / "key.pem").unlink()
    assert "key.pem" in refused(tmp_path, *certificate)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert str(file) in refused(tmp_path, data=file)
    assert str(file) in refused(tmp_path, data=file / "below")
    assert "/proc/hobnob" in refused(tmp_path, data=Path("/proc/hobnob"))


def test_the_port_is_free_again_at_once(start: Start) -> None:
    server = start()
    JsonClient(server.port)
    assert stopped_in_time(server)[0] == 0
    assert start(port=server.port).port == server.port
    with pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", server.port))


def test_stopping_is_quick_when_nobody_is_there(server: Server) -> None:
    assert stopped_in_time(server, within=STOP_WITHIN / 2)[0] == 0
