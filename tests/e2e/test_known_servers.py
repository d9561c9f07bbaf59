"""Our verbs and the servers they meet: asked about once, known by their key, left at once when it is another one.

Whoever is in between writes down what it hears, so that what was not said can be proven.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.between import Between
from tests.e2e.clients import eventually, needed
from tests.e2e.conftest import Start
from tests.e2e.server import Server
from tests.e2e.shell import Shell, left

from hobnob.protocol.links import Link

VERBS = {
    "join": ("join", "{host}", "--name", "ada"),
    "send": ("send", "#lobby", "hi", "--name", "ada", "--host", "{host}"),
    "tail": ("tail", "#lobby", "--name", "ada", "--host", "{host}"),
    "rooms": ("rooms", "--name", "ada", "--host", "{host}"),
    "search": ("search", "hi", "--name", "ada", "--host", "{host}"),
}
FAR = "192.0.2.1"
"""An address of nobody (RFC 5737), which is this machine's in a network of the test's own."""


def link(server: Server, room: str = "") -> str:
    return str(Link("127.0.0.1", server.port, key=server.fingerprint, room=room))


def remembered(shell: Shell) -> str:
    file = Path(shell.variables["XDG_STATE_HOME"]) / "hobnob" / "known_hosts"
    return file.read_text() if file.exists() else ""


@pytest.fixture
def known(start: Start, tmp_path: Path) -> tuple[Server, Shell]:
    """A server, and the shell of ada, who knows it by its key and is known to it by her token."""
    server = start()
    shell = Shell(tmp_path / "state", server.port)
    assert shell.run("send", "#lobby", "hi", "--name", "ada", "--host", link(server)).returncode == 0
    return server, shell


def token_of(shell: Shell) -> bytes:
    [file] = Path(shell.variables["XDG_STATE_HOME"]).rglob("ada.token")
    return file.read_bytes().strip()


def test_a_person_is_asked_once(shell: Shell, server: Server) -> None:
    ada = shell.start("join", "--tls", "--name", "ada", terminal=True)
    ada.until(rf"is not known here yet.*{server.fingerprint}.*\[y/N\] ")
    ada.type("y\n")
    ada.until("You are ada")
    ada.until("ada:")
    ada.type("bye\r")
    assert left(ada) == 0
    assert remembered(shell) == f"127.0.0.1:{server.port} {server.fingerprint}\n"
    again = shell.start("join", "--name", "ada", terminal=True)
    again.until("You are ada")
    assert "not known" not in again.heard


@pytest.mark.parametrize("answer", ["\n", "no\n", "\x04"], ids=repr)
def test_whoever_is_not_sure_says_nothing(shell: Shell, server: Server, answer: str) -> None:
    ada = shell.start("join", "--tls", "--name", "ada", terminal=True)
    ada.until(r"\[y/N\] ")
    ada.type(answer)
    assert left(ada) == 1
    ada.until(r"hobnob: Then nothing is sent to 127\.0\.0\.1:\d+\.")
    assert remembered(shell) == ""
    assert "client came" not in server.errors


def test_without_a_terminal_it_is_said_how_to_trust(shell: Shell, server: Server) -> None:
    refused = shell.run("send", "#lobby", "hi", "--name", "ada", "--tls")
    assert refused.returncode == 1
    [trust] = re.findall(r"--trust \S+?(?=,)", refused.stderr)
    assert shell.run("send", "#lobby", "hi", "--name", "ada", *trust.split()).returncode == 0
    assert shell.run("rooms", "--name", "ada").returncode == 0
    assert remembered(shell) == f"127.0.0.1:{server.port} {server.fingerprint}\n"


def test_a_link_leads_to_its_room_at_once(shell: Shell, server: Server) -> None:
    done = shell.run("join", link(server, room="tea"), "--name", "ada", typed="hello\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "You are in #tea" in done.stdout
    assert "ada: hello" in shell.run("tail", "tea", "--no-follow", "--name", "ada").stdout
    assert remembered(shell) == f"127.0.0.1:{server.port} {server.fingerprint}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_a_swapped_certificate_hears_nothing(
    known: tuple[Server, Shell], between: Callable[..., Between], verb: str
) -> None:
    server, shell = known
    token = token_of(shell)
    server.kill()
    attacker = between("swaps", server.port)
    done = shell.run(*(word.format(host=f"127.0.0.1:{server.port}") for word in VERBS[verb]))
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"hobnob: The key of 127\.0\.0\.1:\d+ is another one than before, .+`hobnob forget .+\n", done.stderr
    )
    assert token.decode() not in done.stderr
    eventually(lambda: attacker.all_heard(1))
    assert (attacker.handshakes, attacker.heard) == (1, b"")


@pytest.mark.parametrize("manner", ["clear", "resets", "drops"])
def test_without_tls_a_known_server_hears_nothing(
    known: tuple[Server, Shell], between: Callable[..., Between], manner: str
) -> None:
    server, shell = known
    token = token_of(shell)
    server.kill()
    attacker = between(manner, server.port)
    done = shell.run("join", f"127.0.0.1:{server.port}", "--name", "ada")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert {"clear": "does not now", "resets": "hung up when TLS began", "drops": "does not answer in TLS"}[
        manner
    ] in done.stderr
    eventually(lambda: attacker.all_heard(1))
    assert token not in attacker.heard
    assert attacker.heard[:3] in (b"\x16\x03\x01", b"")  # a ClientHello, or it hung up before
    assert b'"ada"' not in attacker.heard  # the name alone may be in a ClientHello, by chance


def test_a_server_that_was_set_up_without_tls_is_not_spoken_to_in_the_clear(
    known: tuple[Server, Shell], start: Start
) -> None:
    server, shell = known
    server.kill()
    plain = start("--tls", "off", port=server.port)
    done = shell.run("send", "#lobby", "hi", "--name", "ada")
    assert done.returncode == 1
    assert "spoke TLS before and does not now" in done.stderr
    assert shell.run("send", "#lobby", "hi", "--name", "ada", "--insecure").returncode == 1
    assert shell.run("forget", f"127.0.0.1:{plain.port}").returncode == 0
    assert shell.run("send", "#lobby", "hi", "--name", "ada").returncode == 0


def test_a_new_key_is_taken_when_the_old_one_is_forgotten(
    known: tuple[Server, Shell], start: Start, tmp_path: Path
) -> None:
    server, shell = known
    server.kill()
    other = start(data=tmp_path / "other", port=server.port)
    assert other.fingerprint in shell.run("rooms").stderr
    conflicting = shell.run("rooms", "--host", link(other))
    assert conflicting.returncode == 1
    assert "here it is known as" in conflicting.stderr
    forgotten = shell.run("forget", "127.0.0.1")
    assert forgotten.stdout == f"127.0.0.1:{server.port} is forgotten. Its key was {server.fingerprint}.\n"
    assert shell.run("rooms", "--host", link(other)).returncode == 0
    assert remembered(shell) == f"127.0.0.1:{server.port} {other.fingerprint}\n"
    nobody = shell.run("forget", "chat.example.org")
    assert (nobody.returncode, nobody.stderr) == (
        1,
        "hobnob: No key of 'chat.example.org' is known here; nothing was changed.\n",
    )


def test_what_is_secret_in_a_link_is_not_repeated(shell: Shell) -> None:
    nowhere = "hobnob://127.0.0.1:1/#invite=SECRET"
    for words in (("join", nowhere), ("join", nowhere, nowhere), ("join", f"{nowhere}&key=x"), ("rooms", nowhere)):
        done = shell.run(*words, "--name", "ada")
        assert done.returncode in (1, 2)
        assert done.stderr.startswith("hobnob: ")
        assert "SECRET" not in done.stderr


def test_another_machine_is_spoken_to_in_tls_alone(start: Start, tmp_path: Path) -> None:
    network = 'ip link set lo up && ip addr add 192.0.2.1/32 dev lo && exec "$@"'
    needed("ip")
    server = start("--host", FAR, "--access", "open", under=(needed("unshare"), "--net", "sh", "-c", network, "sh"))
    near = Shell(tmp_path / "state", server.port, under=(needed("nsenter"), "--net", "-t", str(server.process.pid)))
    rooms = ("rooms", "--name", "ada", "--host", f"{FAR}:{server.port}")
    asked = near.run(*rooms)
    assert asked.returncode == 1
    assert server.fingerprint in asked.stderr
    assert near.run(*rooms, "--trust", server.fingerprint).returncode == 0
    assert near.run(*rooms).returncode == 0
    assert "is known by its key" in near.run(*rooms, "--insecure").stderr
    near.variables["HOBNOB_PASSWORD"] = "correct horse battery"
    assert near.run("login", f"{FAR}:{server.port}", "--name", "eve", "--register").returncode == 0
    assert near.run("forget", FAR).returncode == 0
    for words in (("rooms", "--host"), ("login", "--name", "bob"), ("join", "--name", "bob", "--register")):
        secret = near.run(*words, f"{FAR}:{server.port}", "--insecure")
        assert (secret.returncode, "Leave --insecure out." in secret.stderr) == (1, True), secret
    del near.variables["HOBNOB_PASSWORD"]
    assert near.run(*rooms, "--insecure").returncode == 0
