"""Power cuts, cut lines, full disks, locked databases, deaf readers: what was acknowledged stays, the others go on."""

import json
import math
import random
import re
import resource
import secrets
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest
from tests.e2e.clients import Client, Frame, JsonClient, eventually, needed
from tests.e2e.conftest import Start
from tests.e2e.cutting import CuttingProxy
from tests.e2e.server import Server
from tests.e2e.websocket import WebSocketClient

SEED = 20260
DATABASE = "hobnob.sqlite3"


def messages(facts: list[Frame]) -> dict[int, str]:
    """The texts of a log by number; fails when a number is missing or twice."""
    assert [fact["number"] for fact in facts] == list(range(1, len(facts) + 1))
    return {fact["number"]: fact["text"] for fact in facts if fact["event"] == "message_sent"}


# Power cuts


class Speaker:
    """Sends as fast as it can, some messages ahead of their acknowledgements, and notes those."""

    def __init__(self, port: int, name: str) -> None:
        self.acknowledged: dict[int, str] = {}
        self._client = JsonClient(port, name)
        self._name = name
        self.thread = Thread(target=self._talk)
        self.thread.start()

    def _talk(self) -> None:
        texts: dict[int, str] = {}
        try:
            for i in range(1_000_000):
                text = f"{self._name} {i}"
                texts[self._client.tell("send_message", room="#lobby", text=text, ref=secrets.token_hex(16))] = text
                while len(texts) > 50:
                    frame = self._client.frame()
                    if "reply" in frame:
                        self.acknowledged[frame["number"]] = texts.pop(frame["reply"])
        except (AssertionError, OSError):
            return  # the server was killed


def wait_for(speakers: list[Speaker], messages: int) -> None:
    """Wait until so many messages are acknowledged."""
    eventually(lambda: sum(len(speaker.acknowledged) for speaker in speakers) > messages)


def test_after_kill_9_under_load_every_acknowledged_message_is_there_once(start: Start) -> None:
    luck = random.Random(SEED)
    acknowledged: dict[int, str] = {}
    for round_number in range(4):
        server = start()
        speakers = [Speaker(server.port, f"s{round_number}x{i}") for i in range(3)]
        wait_for(speakers, 50)
        time.sleep(luck.random() * 0.5)
        server.kill()
        for speaker in speakers:
            speaker.thread.join(10)
            acknowledged |= speaker.acknowledged
        again = start()
        kept = messages(JsonClient(again.port).facts())
        again.kill()
        assert acknowledged.items() <= kept.items()
        assert len(set(kept.values())) == len(kept), "a message is there twice"
        for name in (f"s{round_number}x{i} " for i in range(3)):
            said = [int(text.removeprefix(name)) for text in kept.values() if text.startswith(name)]
            assert said == list(range(len(said))), "a speaker's messages are out of order"
    assert len(acknowledged) > 200


# Cut lines


class Resuming:
    """A client as docs/protocol.md tells it to be: it resumes by numbers and sends again what was not acknowledged."""

    def __init__(self, port: int, token: str, welcome: Frame) -> None:
        self.port = port
        self.heard: list[Frame] = []
        self.acknowledged: dict[str, int] = {}
        self.connections = 0
        self.ends_at: float = math.inf
        """The number of the last event that is waited for."""
        self._token = token
        self._known = {"epoch": welcome["epoch"], "me": welcome["me"], "house": welcome.get("house", 0)}
        self._rooms = {room["id"]: room["head"] for room in welcome["rooms"]}
        self._last = dict(self._rooms)

    def talk(self, texts: list[str]) -> None:
        """Say all texts, one after the other, and listen until everything is heard."""
        waiting = {secrets.token_hex(16): text for text in texts}
        while waiting or self._listens():
            try:
                self._connection(waiting)
            except (AssertionError, OSError):
                continue

    def _listens(self) -> bool:
        return bool(max(self._last.values()) < self.ends_at)

    def _connection(self, waiting: dict[str, str]) -> None:
        client = Client(self.port)
        try:
            self.connections += 1
            hello = {"do": "hello", "id": "hello", "token": self._token, **self._known, "rooms": self._last}
            client.send(json.dumps(hello) + "\n")
            sent: str | None = None
            introduced = False
            while waiting or self._listens():
                frame = json.loads(client.until(rb"\n", within=2))
                introduced = introduced or frame.get("reply") == "hello"
                self._hear(frame, waiting)
                if introduced and waiting and sent != (ref := next(iter(waiting))):
                    sent = ref
                    say = {"do": "send_message", "id": ref, "ref": ref, "room": "#lobby", "text": waiting[ref]}
                    client.send(json.dumps(say) + "\n")
        finally:
            client.close()

    def _hear(self, frame: Frame, waiting: dict[str, str]) -> None:
        if "reply" in frame:
            assert frame.get("ok"), frame
            if frame["reply"] != "hello":
                assert self.acknowledged.setdefault(frame["reply"], frame["number"]) == frame["number"]
                waiting.pop(frame["reply"], None)
        elif frame.get("room") in self._last and "number" in frame:
            self.heard.append(frame)
            self._last[frame["room"]] = frame["number"]


@pytest.mark.timeout(120)
def test_two_hundred_cuts_and_three_power_cuts_leave_no_gap_and_no_repeat(start: Start) -> None:
    luck = random.Random(SEED)
    server = start()
    client = JsonClient(server.port, "resuming")
    proxy = CuttingProxy(server.port, 200, luck, 1500)
    resuming = Resuming(proxy.port, client.welcome["token"], client.welcome)
    texts = [f"resuming {i}" for i in range(400)]
    thread = Thread(target=resuming.talk, args=(texts,))
    thread.start()
    others: list[str] = []
    other = JsonClient(server.port, "other")
    for kills_to_come in (3, 2, 1, 0):
        while proxy.cuts_left > 50 * kills_to_come:
            others.append(other.say(f"other {len(others)}")["ok"] and f"other {len(others)}")
            time.sleep(0.005)
        if kills_to_come:
            server.kill()
            server = start(port=server.port)
            other = JsonClient(server.port, f"other{kills_to_come}")
    eventually(lambda: len(resuming.acknowledged) >= len(texts), 60, lambda: resuming.acknowledged)
    resuming.ends_at = last = other.say("the last word")["number"]
    other.say("after it")  # lets the client, which waits for a frame, see that it has heard all
    thread.join(20)
    assert not thread.is_alive()
    proxy.close()
    assert proxy.cuts_left == 0
    facts = other.facts()
    heard = [fact for fact in resuming.heard if fact["number"] <= last]
    first = heard[0]["number"]
    assert [fact["number"] for fact in heard] == list(range(first, last + 1)), "a gap, or a repeat"
    assert heard == facts[first - 1 : last]
    kept = messages(facts)
    assert [text for text in kept.values() if text.startswith("resuming ")] == texts
    assert {kept[number] for number in resuming.acknowledged.values()} == set(texts)
    assert set(others) <= set(kept.values())


# Kept before told


def test_the_wal_is_synced_before_anybody_is_told(start: Start, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "trace=fdatasync,fsync,sendto,write,writev,sendmsg"
    server = start(under=(needed("strace"), "-f", "-y", "-s", "4000", "-e", calls, "-o", str(trace)))
    ada, bob = JsonClient(server.port, "ada"), JsonClient(server.port, "bob")
    words = [f"word{i:04}" for i in range(20)]
    for word in words:
        ada.say(word)
        bob.texts(word)
    assert server.stop()[0] == 0
    synced: list[int] = []
    told: dict[str, list[int]] = {word: [] for word in words}
    for at, line in enumerate(trace.read_text(errors="replace").splitlines()):
        if re.search(r"fdatasync(\(.*-wal>\)| resumed.*) += 0", line):
            synced.append(at)
        for word in re.findall(r"<socket:.*(word\d{4})", line):
            told[word].append(at)
        for reply in re.findall(r'<socket:.*\\"reply\\":(\d+),\\"ok\\":true,\\"number\\"', line):
            told[words[int(reply) - 2]].append(at)  # 1 was hello
    before = 0
    for lines in told.values():
        assert len(lines) > 1, "bob's event or ada's reply was not seen"
        assert any(before < at < min(lines) for at in synced), "told before it was kept"
        before = max(lines)


# A store that cannot write


class FullDisk:
    """A file system of 6 MiB, which is filled."""

    code = "store-full"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def begin(self, server: Server) -> None:
        with self._ballast.open("wb", buffering=0) as ballast, suppress(OSError):
            while ballast.write(bytes(4096)):
                pass

    def end(self, server: Server) -> None:
        self._ballast.unlink()


class FileLimit:
    """A limit for the size of the server's files, which every system has."""

    code = "store-full"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, server: Server) -> None:
        size = (self.folder / "data" / f"{DATABASE}-wal").stat().st_size
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def end(self, server: Server) -> None:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class LockedDatabase:
    """Somebody's own program that has begun to write to the database."""

    code = "store-unavailable"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, server: Server) -> None:
        self._other = sqlite3.connect(self.folder / "data" / DATABASE, isolation_level=None, timeout=20)
        self._other.execute("BEGIN IMMEDIATE")

    def end(self, server: Server) -> None:
        self._other.close()


Fault = FullDisk | FileLimit | LockedDatabase


@pytest.fixture(params=[FullDisk, FileLimit, LockedDatabase])
def fault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fault]:
    if request.param is not FullDisk:
        yield request.param(tmp_path)
        return
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("This user may not mount a small file system; the limit for files stands in for it.")
    try:
        yield FullDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_store_that_cannot_write_refuses_and_recovers(start: Start, fault: Fault) -> None:
    server = start(data=fault.folder / "data")
    ada = JsonClient(server.port, "ada")
    bob = JsonClient(server.port, "bob")
    person = Client(server.port, "\neve\n")
    person.until("Here are: ada, bob")
    irc = Client(server.port, "NICK dora\r\nUSER dora 0 * :Dora\r\nJOIN #lobby\r\n")
    irc.until(" 366 ")
    before = [ada.say(f"before {i} {'x' * 2000}") for i in range(50)]
    assert all(reply["ok"] for reply in before)

    fault.begin(server)
    while "error" not in (refused := ada.say("during" + "y" * 8000)):
        pass
    assert refused["error"] == fault.code
    assert refused["hint"].endswith("Nothing was sent; try again later.")
    person.send("z" * 8000 + "\n")
    person.until("The server('s disk is full| cannot write).*Nothing was sent; try again later.\n")
    irc.send(f"PRIVMSG #lobby :{'w' * 400}\r\n" * 20)
    irc.until("Nothing was sent; try again later.\r\n")
    assert ada.ask("read_history", room="#lobby", limit=1)["ok"]
    assert ada.ask("ping")["ok"]

    fault.end(server)
    assert eventually(lambda: ada.say("after").get("number"))
    ada_heard = bob.texts("after")
    kept = messages(ada.facts())
    assert list(kept.values()) == ada_heard, "told and kept differ"
    assert {reply["number"] for reply in before} <= kept.keys()
    assert refused.get("number") is None
    assert server.stop()[0] == 0
    again = start(data=fault.folder / "data")
    assert messages(JsonClient(again.port).facts()) == kept
    assert again.stop()[0] == 0


# Deaf readers


def read_when_cut(server: Server, client: Client) -> None:
    """Read nothing until the server has given up on two clients, then all that it still says."""
    eventually(lambda: server.errors.count('"client left"') > 1, 60)
    client.rest()


def test_deaf_readers_are_cut_or_caught_up_and_nobody_notices(server: Server) -> None:
    ada, bob = JsonClient(server.port, "ada"), JsonClient(server.port, "bob")
    late = JsonClient(server.port, "late", receive_buffer=4096)
    deaf = JsonClient(server.port, "deaf", receive_buffer=4096)
    web = WebSocketClient(server.port, "web", receive_buffer=4096)
    person = Client(server.port, "\neve\n", receive_buffer=32_768)
    irc = Client(server.port, "NICK dora\r\nUSER dora 0 * :Dora\r\nJOIN #lobby\r\n", receive_buffer=32_768)
    irc.until(" 366 ")
    readers = [Thread(target=read_when_cut, args=(server, client)) for client in (person, irc)]
    for reader in readers:
        reader.start()
    before = server.memory
    slowest = 0.0
    count = 500
    for i in range(count):
        began = time.monotonic()
        number = ada.say(f"{i} {'x' * 15_000}")["number"]
        slowest = max(slowest, time.monotonic() - began)
        while bob.event("message_sent")["number"] != number:
            pass
        ada.events.clear()
    assert slowest < 2
    assert server.memory - before < 32 * 1024 * 1024
    last = ada.say("the end")["number"]

    for reader in readers:
        reader.join(20)
    assert re.search(rb"\* [^\n]*\.\n\Z", person.heard), person.heard[-300:]
    assert re.search(rb"\nERROR :[^\n]*\r\n\Z", irc.heard), irc.heard[-300:]
    while json.loads(web.text())["event"] != "gap":
        pass
    numbers: list[int] = []
    gaps = 0
    while not numbers or numbers[-1] < last:
        frame = late.events.pop(0) if late.events else late.frame()
        if frame.get("event") == "gap":
            gaps += 1
            while numbers[-1] < frame["head"]:
                page = late.ask("events_since", log=late.lobby, number=numbers[-1], limit=frame["head"] - numbers[-1])
                numbers += [fact["number"] for fact in page["events"]]
        elif "number" in frame and frame.get("room") == late.lobby:
            numbers.append(frame["number"])
    assert gaps
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert ada.ask("ping")["ok"]
    deaf.cut()
    assert "Traceback" not in server.errors


def test_why_it_does_not_start_on_a_database(server: Server, tmp_path: Path) -> None:
    assert server.stop()[0] == 0
    database = server.data / DATABASE
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, errors = Server(tmp_path).wait()
        assert status == 2
        assert errors == f"hobnob: {database} is held by another program. Close that program and start again.\n"
    database.write_bytes(b"no database" * 1000)
    status, errors = Server(tmp_path).wait()
    assert status == 2
    assert errors.startswith(f"hobnob: {database} is damaged or no database (")
    assert errors.count("\n") == 1
