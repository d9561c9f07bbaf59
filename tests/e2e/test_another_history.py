"""A server comes back with another history, restored or none at all, while clients are waiting for it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import Start
from tests.e2e.server import Server
from tests.e2e.shell import Shell, left

Change = Callable[[Shell, Server, Path], None]


def restored(shell: Shell, server: Server, archive: Path) -> None:
    """Put a backup in the place of what there is."""
    assert shell.run("restore", "--replace", "--data", str(server.data), str(archive)).returncode == 0


def lost(shell: Shell, server: Server, archive: Path) -> None:
    """Begin with nothing."""
    shutil.rmtree(server.data)


@pytest.mark.parametrize("change", [restored, lost])
def test_who_is_connected_goes_on_in_another_history(start: Start, tmp_path: Path, change: Change) -> None:
    server = start()
    shell = Shell(tmp_path / "state", server.port)
    assert shell.run("send", "#load", "before the backup", "--name", "ada").returncode == 0
    archive = tmp_path / "chat.tar.gz"
    assert shell.run("backup", "--data", str(server.data), str(archive)).returncode == 0
    assert shell.run("send", "#load", "after the backup", "--name", "ada").returncode == 0
    bob = shell.start("join", "--room", "#load", "--name", "bob")
    bob.until("after the backup")
    tail = shell.start("tail", "#load", "--name", "tail", "-n", "1")
    tail.until("after the backup")
    sending = shell.start("send", "#load", "--name", "robot")
    sending.type("one\n")
    bob.until("robot: one\n")
    assert server.stop()[0] == 0
    bob.until("Trying to reach the server again")
    bob.type("still here\n")
    bob.until("this is kept")
    sending.type("".join(f"{number}\n" for number in range(300)))
    change(shell, server, archive)
    start(port=server.port)
    bob.until("It has gone back to a backup, so its history is another one")
    tail.until("The server went back to a backup; from here on its new history is shown")
    bob.until("robot: 299\n")
    assert shell.run("send", "#load", "the last word", "--name", "ada").returncode == 0
    bob.until("ada: the last word\n")
    tail.until("ada: the last word\n")
    bob.type("/history 200\nbye\n")
    assert left(bob) == 0
    assert sending.process.stdin is not None
    sending.process.stdin.close()
    assert (left(sending), sending.heard) == (0, "")
    kept = shell.run("tail", "#load", "--since", "0", "--no-follow").stdout
    said = re.findall(r"\] (?:robot|bob|ada): (.*)", kept)
    assert [text for text in said if text.isdecimal()] == [str(number) for number in range(300)]
    assert said.count("still here") == 1
    assert ("before the backup" in said) == (change is restored)
    assert "after the backup" not in said
