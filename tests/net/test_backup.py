"""Backup, restore and export beside a real server: under load, interrupted, killed, and what clients make of it."""

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.server import Server, environment
from tests.unit.stores.builders import ADA, created, happen, item, joined, keep, sent

from hobnob.cli import backup, doctor, export, restore
from hobnob.protocol.codec import encode
from hobnob.protocol.records import Person
from hobnob.stores import restore as restoring
from hobnob.stores.backup import save
from hobnob.stores.export import reading_export
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import AddPerson

WITHIN = 30.0
WINDOW = 50
QUIET = "ignore::ResourceWarning"
"""What Ctrl+C interrupts may be between opening a file and knowing of it; the process ends anyway."""

Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers on a data folder; they end with the test."""
    with ExitStack() as started:

        def begin(data: Path, *flags: str) -> Server:
            server = Server(tmp_path, *flags, data=data)
            started.callback(server.kill)
            return server.wait_until_ready()

        yield begin


def hobnob(*arguments: object, stdin: Any = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """A verb as a process of its own."""
    command = [sys.executable, "-W", "error", "-W", QUIET, "-m", "hobnob", *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment(), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=False
    )


def done(*arguments: object, stdin: Any = subprocess.DEVNULL) -> tuple[int, bytes, str]:
    """Exit status, stdout and stderr of a verb."""
    process = hobnob(*arguments, stdin=stdin)
    out, err = process.communicate(timeout=WITHIN)
    return process.returncode, out, (err or b"").decode()


class Client:
    """A client in JSON that says hello; `heard` has the frames that came while another was waited for."""

    def __init__(self, server: Server, **hello: object) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=WITHIN)
        self.lines = self.socket.makefile("rb")
        self.heard: list[dict[str, Any]] = []
        self.welcome = self.ask("hello", **hello)

    def tell(self, do: str, **fields: object) -> None:
        self.socket.sendall(json.dumps({"do": do, "id": do, **fields}).encode() + b"\n")

    def reply(self) -> dict[str, Any]:
        for line in self.lines:
            frame: dict[str, Any] = json.loads(line)
            if "reply" in frame:
                return frame
            self.heard.append(frame)
        raise AssertionError("the server ended the connection")

    def ask(self, do: str, **fields: object) -> dict[str, Any]:
        self.tell(do, **fields)
        answer = self.reply()
        assert answer.get("ok"), answer
        return answer

    def say(self, text: str) -> int:
        return int(self.ask("send_message", room="#lobby", text=text)["number"])

    def said(self) -> list[str]:
        found = self.ask("read_history", room="#lobby")["messages"]
        return [message["text"] for message in found]

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


class Load(threading.Thread):
    """Somebody who talks without end: `sent` counts what was said, `acked` what was acknowledged of it."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.client = Client(server, name="talker")
        self.sent = self.acked = 0
        self.stopping = threading.Event()
        self.first = threading.Event()

    def run(self) -> None:
        while self.acked < self.sent or not self.stopping.is_set():
            while self.sent < self.acked + WINDOW and not self.stopping.is_set():
                self.sent += 1
                self.client.tell("send_message", room="#lobby", text=f"message {self.sent - 1}")
            assert self.client.reply().get("ok")
            self.acked += 1
            if self.acked == 1000:
                self.first.set()

    def __enter__(self) -> "Load":
        self.start()
        assert self.first.wait(WITHIN)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.join()
        self.client.close()


def exported(data: Path) -> list[bytes]:
    """Every message in its present state."""
    with reading_export(data) as found:
        return [encode(message) for room in found.rooms() for message in found.messages(room)]


def backed_up(data: Path, file: Path) -> Path:
    save(data, file, force=False, program="1.0", progress=silent)
    return file


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def test_during_load_and_elsewhere(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "data")
    with Load(server) as load:
        before = load.acked
        status, _, err = done("backup", "--data", tmp_path / "data", tmp_path / "chat.tar.gz")
        after, most = load.acked, load.sent
    assert status == 0, err
    kept = int(re.findall(r"Kept ([\d,]+) messages", err)[0].replace(",", ""))
    assert before <= kept <= most
    assert after > before
    assert done("restore", "--data", tmp_path / "elsewhere", tmp_path / "chat.tar.gz")[0] == 0
    restored = exported(tmp_path / "elsewhere")
    assert len(restored) == kept
    assert restored == exported(tmp_path / "data")[:kept]
    other = Client(start(tmp_path / "elsewhere"), name="ada")
    assert other.said()[-1] == f"message {kept - 1}"
    other.close()


def test_that_the_servers_key_has_to_be_kept_besides_is_said(start: Start, tmp_path: Path) -> None:
    start(tmp_path / "data")
    key, elsewhere = (tmp_path / folder / "tls" / "key.pem" for folder in ("data", "elsewhere"))
    status, _, err = done("backup", "--data", tmp_path / "data", tmp_path / "chat.tar.gz")
    assert status == 0
    assert f"Keep {key} as well" in err
    restore = ("restore", "--replace", "--data", tmp_path / "elsewhere", tmp_path / "chat.tar.gz")
    assert f"Put the server's old key to {elsewhere} before you start it" in done(*restore)[2]
    elsewhere.parent.mkdir(mode=0o700)
    shutil.copy(key, elsewhere)
    assert "old key" not in done(*restore)[2]


def test_by_a_pipe(start: Start, tmp_path: Path) -> None:
    client = Client(start(tmp_path / "data"), name="ada")
    client.say("hello")
    client.close()
    packing = hobnob("backup", "--data", tmp_path / "data", "-")
    status, _, err = done("restore", "--data", tmp_path / "elsewhere", "-", stdin=packing.stdout)
    assert packing.stdout is not None
    packing.stdout.close()
    assert packing.stderr is not None
    packing.stderr.close()
    assert (packing.wait(WITHIN), status) == (0, 0), err
    assert exported(tmp_path / "elsewhere") == exported(tmp_path / "data")


def test_a_client_is_right_again_after_a_restore(start: Start, tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "chat.tar.gz"
    server = start(data)
    client = Client(server, name="ada")
    client.say("before")
    assert done("backup", "--data", data, file)[0] == 0
    last = client.say("forgotten")
    client.close()
    assert done("restore", "--data", data, "--replace", file)[0] == 1  # the server runs
    assert server.stop()[0] == 0
    assert done("restore", "--data", data, "--replace", file)[0] == 0
    room = client.welcome["rooms"][0]["id"]
    known = {"epoch": client.welcome["epoch"], "rooms": {room: last}, "me": client.welcome["me"]}
    server = start(data)
    again = Client(server, token=client.welcome["token"], **known)
    assert again.welcome["you"]["id"] == client.welcome["you"]["id"]
    assert again.welcome["epoch"] != client.welcome["epoch"]
    assert again.welcome["rooms"][0]["head"] < last
    assert again.said() == ["before"]
    assert again.say("after") <= last
    again.close()
    assert server.stop()[0] == 0
    resumed = Client(start(data), token=client.welcome["token"], epoch=again.welcome["epoch"])
    assert resumed.welcome["epoch"] == again.welcome["epoch"]
    assert resumed.said() == ["before", "after"]
    resumed.close()


def furnished(data: Path, *texts: str) -> Path:
    """A data folder in which this was said in the lobby, with no server."""
    ada, store = Person(ADA.id, "ada"), SqlStore(data)
    store.open()
    keep(store, item(created(), writes=(AddPerson(ada),)), item(joined(ada)))
    happen(store, *(sent(ada, text) for text in texts))
    store.close()
    return data


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A data folder that takes a moment to back up and to restore."""
    return furnished(tmp_path / "data", *(f"{n} {os.urandom(6000).hex()}" for n in range(300)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_an_interrupted_backup_leaves_nothing(large: Path, tmp_path: Path, number: int) -> None:
    (backups := tmp_path / "backups").mkdir()
    told = 0, b""
    for _ in range(20):  # again, where it was done before this machine let us interrupt it
        process = hobnob("backup", "--data", large, backups / "chat.tar.gz")
        until(lambda: any(backups.iterdir()))
        process.send_signal(number)
        _, err = process.communicate(timeout=WITHIN)
        told = process.returncode, err
        if process.returncode != 0:
            break
        (backups / "chat.tar.gz").unlink()
    assert told == (130, b"hobnob: Stopped; nothing was changed.\n")
    assert list(backups.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
@pytest.mark.parametrize("stage", ["locked", "unpacking", "aside"])
def test_an_interrupted_restore_loses_nothing(large: Path, tmp_path: Path, number: int, stage: str) -> None:
    file = backed_up(large, tmp_path / "chat.tar.gz")
    before = exported(large)
    reached: dict[str, Callable[[], bool]] = {
        "locked": lambda: bool((large / "hobnob.lock").read_text()),
        "unpacking": lambda: (large / "restoring" / "hobnob.sqlite3").exists(),
        "aside": lambda: any(large.glob("before-restore-*")),
    }
    (large / "hobnob.lock").write_text("")
    process = hobnob("restore", "--replace", "--data", large, file)
    until(lambda: reached[stage]() or process.poll() is not None)
    process.send_signal(number)
    process.communicate(timeout=WITHIN)
    assert exported(large) == before  # the old one or the restored one, which are alike; never none or half
    with file.open("rb") as stream:
        restoring.restore(stream, large, replace=True, progress=silent)
    assert exported(large) == before
    assert not (large / "restoring").exists()


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.0005)


def test_who_stops_reading_an_export_is_no_error(large: Path) -> None:
    process = hobnob("export", "--data", large)
    assert process.stdout is not None
    assert process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(WITHIN) == 0


@pytest.mark.parametrize("flags", [(), ("--tls", "required")], ids=" ".join)
def test_the_doctor_knows_a_running_server(start: Start, tmp_path: Path, flags: tuple[str, ...]) -> None:
    server = start(tmp_path / "data", *flags)
    status, out, err = done("doctor", "--data", tmp_path / "data", "--port", server.port)
    assert (status, err) == (0, ""), out
    assert f"a hobnob answers on 127.0.0.1 port {server.port}" in out.decode()
    assert f"process {server.pid}" in out.decode()


def examples() -> list[list[str]]:
    lines = [(verb, line.strip()) for verb in (backup, restore, export, doctor) for line in verb.EXAMPLES.splitlines()]
    return [
        [verb.__name__.rpartition(".")[2], re.split(r" {3,}", line)[0]]
        for verb, line in lines
        if line.startswith(("hobnob ", "ssh "))
    ]


@pytest.mark.parametrize(("verb", "command"), examples(), ids=lambda value: str(value))
def test_the_examples_of_the_help(tmp_path: Path, verb: str, command: str) -> None:
    """Each as it stands, in a shell; `ssh` runs its command here, and the other disk is a folder."""
    programs, usual = tmp_path / "programs", tmp_path / "usual"
    programs.mkdir()
    _program(programs / "hobnob", f'exec {sys.executable} -W error -m hobnob "$@"')
    _program(programs / "ssh", 'shift; exec sh -c "$*"')
    _program(programs / "jq", "exec cat")
    furnished(usual, "hello")
    backed_up(usual, tmp_path / "chat.tar.gz")
    if verb == "restore" and "--replace" not in command:
        usual.rename(tmp_path / "moved")
    if verb == "backup":
        (tmp_path / "chat.tar.gz").unlink()
    settings = environment(
        HOBNOB_DATA=str(usual), SERVER_PORT="0", PATH=f"{programs}:{os.environ['PATH']}", TMPDIR=str(tmp_path)
    )
    if "--data" in command:
        del settings["HOBNOB_DATA"]
    script = command.replace("/mnt/disk", str(tmp_path)).replace("--port 9000", "--port 0")
    found = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script], cwd=tmp_path, env=settings, capture_output=True, timeout=WITHIN
    )
    assert found.returncode == 0, found.stderr


def _program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def test_what_a_strangers_archive_says_takes_over_no_terminal(tmp_path: Path) -> None:
    backed_up(furnished(tmp_path / "data", "hello"), tmp_path / "chat.tar.gz")
    with tarfile.open(tmp_path / "chat.tar.gz") as archive:
        parts = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    manifest = json.loads(parts["manifest.json"]) | {"made_at": "\x1b[2J\x9b2Jyesterday"}
    with tarfile.open(tmp_path / "strange.tar.gz", "w:gz", format=tarfile.GNU_FORMAT) as archive:
        for name, content in (parts | {"manifest.json": json.dumps(manifest).encode()}).items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    status, _, err = done("restore", "--data", tmp_path / "elsewhere", tmp_path / "strange.tar.gz")
    assert status == 0, err
    assert "yesterday" in err
    assert [sign for sign in err if sign != "\n" and not sign.isprintable()] == []
