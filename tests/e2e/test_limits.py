"""What goes by way of a pipe arrives whole and in order, where limits count and where they do not."""

import subprocess
from pathlib import Path

from tests.e2e.clients import Client, JsonClient, needed
from tests.e2e.conftest import Start
from tests.e2e.server import Server
from tests.e2e.shell import Shell

COUNTED = ("--public", "--access", "open")


def numbers(count: int) -> bytes:
    return b"".join(b"%d\n" % n for n in range(1, count + 1))


def kept(server: Server) -> list[str]:
    """The texts that the lobby has."""
    return [fact["text"] for fact in JsonClient(server.port).facts() if fact["event"] == "message_sent"]


def piped(server: Server, typed: bytes) -> None:
    """What `… | nc -N HOST PORT` does."""
    command = [needed("nc"), "-N", "127.0.0.1", str(server.port)]
    subprocess.run(command, input=typed, check=True, capture_output=True, timeout=60)


def test_a_long_log_of_this_machine_is_not_slowed(server: Server) -> None:
    piped(server, numbers(20_000))
    assert kept(server) == [str(n) for n in range(1, 20_001)]


def test_a_pasted_page_is_not_slowed(start: Start) -> None:
    """60 lines at once, as a terminal sends them, are there before the answer to what is typed next."""
    server = start(*COUNTED)
    client = Client(server.port, b"\n")
    client.until(b"Your name")
    client.send(b"ada\n")
    client.until(b"Welcome, ada")
    client.send(numbers(60) + b"/who\n")
    client.until(b"ada", within=5)
    assert kept(server) == [str(n) for n in range(1, 61)]


def test_where_limits_count_a_pipe_takes_longer_and_loses_nothing(start: Start) -> None:
    server = start(*COUNTED)
    piped(server, numbers(130))
    assert kept(server) == [str(n) for n in range(1, 131)]


def test_where_limits_count_our_own_client_waits_as_long_as_it_takes(start: Start, tmp_path: Path) -> None:
    server = start(*COUNTED)
    sent = Shell(tmp_path / "state", server.port).run("send", "#lobby", typed=numbers(130).decode())
    assert (sent.returncode, sent.stderr) == (0, "")
    assert kept(server) == [str(n) for n in range(1, 131)]
