"""Our verbs at a server that means harm: whatever it says, no terminal is taken over, and nobody sees a traceback."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.shell import Shell, left

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\r\x08evil"
ME, BOB = "p_" + "a" * 26, "p_" + "b" * 26
ROOM = {"id": "r_" + "l" * 26, "name": f"lobby{EVIL}", "kind": "public", "topic": EVIL, "head": 9, "unread": 3}
YOU = {"id": ME, "name": f"ada{EVIL}", "kind": "guest"}
SAID = {"room": ROOM["id"], "number": 9, "count": 9, "at": EVIL, "by": BOB, "by_name": EVIL, "text": EVIL}
MEMBER = {"id": BOB, "name": EVIL, "attached": True}
LISTED = {**ROOM, "members": 1, "count": 9, "attached": 1}
ANSWERS: dict[str, dict[str, Any]] = {
    "hello": {"you": YOU, "epoch": "e", "server": EVIL, "version": EVIL, "rooms": [ROOM], "token": "hb_" + "x" * 32},
    "join_room": {"room": ROOM},
    "list_rooms": {"rooms": [LISTED]},
    "list_members": {"room": ROOM["id"], "members": [MEMBER]},
    "read_history": {"room": ROOM["id"], "messages": [SAID]},
    "events_since": {"events": [{"event": "message_sent", **SAID}], "head": 9},
    "search": {"hits": [{**SAID, "room_name": EVIL, "marked": [[0, 3]]}]},
    "list_devices": {"devices": [{"id": EVIL, "name": EVIL, "created_at": EVIL, "used_at": EVIL}]},
}


def _speak(connected: socket.socket) -> None:
    """Answer every command in the words above; what has none there is refused in such words."""
    with suppress(OSError), connected, connected.makefile("rb") as lines:  # the client goes when it has had enough
        for line in lines:
            command = json.loads(line)
            answer = ANSWERS.get(command["do"])
            said = {"error": EVIL, "hint": EVIL} if answer is None else {"ok": True, **answer}
            frames = [{"reply": command["id"], **said}]
            if command["do"] == "hello":
                frames.append({"event": "topic_changed", **SAID, "number": 10, "topic": EVIL})
            connected.sendall(b"".join(json.dumps(frame, ensure_ascii=False).encode() + b"\n" for frame in frames))


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connected, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=_speak, args=(connected,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield Shell(tmp_path / "state", listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


VERBS = [
    ("join",),
    ("send", "#lobby", "hello"),
    ("tail", "#lobby", "-n", "3", "--no-follow"),
    ("tail", "#lobby", "-n", "3", "--no-follow", "--json"),
    ("search", "evil"),
    ("search", "evil", "--json"),
    ("rooms",),
    ("rooms", "--json"),
    ("account", "devices"),
    ("account", "password"),
    ("login", "--name", "ada", "--password-file", "/dev/null"),
]


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_nothing_that_a_server_says_takes_over_the_terminal(shell: Shell, verb: tuple[str, ...]) -> None:
    done = shell.run(*verb, typed="hello\n/who\n/rooms\n/search evil\n/history\nbye\n")
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert said.strip()
    assert [sign for sign in said if sign != "\n" and not sign.isprintable()] == []


def test_nor_in_the_terminal_itself(shell: Shell) -> None:
    joined = shell.start("join", "--theme", "none", terminal=True)
    joined.until("You are ")
    joined.until("evil: ")
    joined.type("/rooms\n")
    joined.until("evil  1 here")
    joined.type("bye\n")
    assert left(joined) == 0
    for sequence in ("\x1b]0;owned", "\x07", "\x1b[2J", "\x9b31m", "\x7f"):
        assert sequence not in joined.heard
