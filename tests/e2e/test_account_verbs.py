"""Accounts at the command line: passwords that are asked for and not shown, tokens that stay, and their end."""

import json
import re
from pathlib import Path

import pytest
from tests.e2e.clients import PATIENCE
from tests.e2e.server import Server
from tests.e2e.shell import HOBNOB, Shell, answers, left
from tests.e2e.terminal import Terminal

LONG = "correct horse battery staple"
OTHER = "another horse, another staple"


@pytest.fixture
def elsewhere(server: Server, tmp_path: Path) -> Shell:
    """Another machine of the same person."""
    return Shell(tmp_path / "elsewhere", server.port)


@pytest.fixture
def ada(shell: Shell) -> Shell:
    """The shell of ada, who made an account there."""
    done = with_password(shell, LONG, "login", "--name", "ada", "--register")
    assert done.stdout.startswith("You are logged in as ada on 127.0.0.1:"), done
    return shell


def with_password(shell: Shell, password: str, *words: str) -> "Done":
    shell.variables["HOBNOB_PASSWORD"] = password
    done = shell.run(*words)
    del shell.variables["HOBNOB_PASSWORD"]
    assert password not in done.stdout + done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


class Done:
    def __init__(self, status: int, stdout: str, stderr: str) -> None:
        self.status, self.stdout, self.stderr = status, stdout, stderr

    def __repr__(self) -> str:
        return f"{self.status} {self.stdout!r} {self.stderr!r}"


def test_a_person_registers_and_is_known_from_then_on(shell: Shell, elsewhere: Shell) -> None:
    ada = shell.start("login", "--register", terminal=True)
    answers(
        ada, ("Your name: ", "ada"), ("A new password for ada: ", LONG), ("The same again: ", "a slip"),
        ("two different ones.\r\nA new password for ada: ", LONG), ("The same again: .*The same again: ", LONG),
    )  # fmt: skip
    assert left(ada) == 0
    ada.until(r"You are logged in as ada on 127\.0\.0\.1:\d+\.")
    assert LONG not in ada.heard
    assert shell.run("send", "#lobby", "it is me").returncode == 0
    assert re.search(r"\] ada: it is me\n", shell.run("tail", "#lobby", "--no-follow").stdout)
    again = elsewhere.start("join", "--name", "ada", terminal=True)
    answers(again, ("is taken.*Password of ada", "wrong"), ("is wrong.*Password of ada", LONG))
    again.until("You are ada.*ada:")
    assert LONG not in again.heard
    again.type("bye\r")
    assert left(again) == 0
    assert elsewhere.run("send", "#lobby", "here too", "--name", "ada").returncode == 0


def test_a_name_that_is_taken_by_another_gives_way(ada: Shell, elsewhere: Shell) -> None:
    other = elsewhere.start("join", "--name", "ada", terminal=True)
    answers(other, ("Password of ada", ""), ("Your name: ", "a b"), ("without spaces.*Your name: ", "eve"))
    other.until("You are eve")


def test_without_a_terminal_a_sentence_says_how(ada: Shell, elsewhere: Shell, tmp_path: Path) -> None:
    taken = elsewhere.run("send", "#lobby", "hi", "--name", "ada")
    assert taken.returncode == 1
    assert re.search(r"is taken\. .*`hobnob login 127\.0\.0\.1:\d+ --name ada`", taken.stderr)
    assert "HOBNOB_PASSWORD" in elsewhere.run("login", "--name", "ada").stderr
    assert "--name" in elsewhere.run("login").stderr
    wrong = with_password(elsewhere, OTHER, "login", "--name", "ada")
    assert (wrong.status, wrong.stderr) == (1, "hobnob: The name or the password is wrong.\n")
    nobody = with_password(elsewhere, OTHER, "login", "--name", "nobody")
    assert (nobody.status, nobody.stderr) == (wrong.status, wrong.stderr)
    (file := tmp_path / "secret").write_text(f"{LONG}\n")
    assert elsewhere.run("login", "--name", "ada", "--password-file", str(file)).returncode == 0
    assert elsewhere.run("rooms").returncode == 0


def test_a_guest_becomes_the_account(shell: Shell) -> None:
    assert shell.run("send", "#lobby", "as a guest", "--name", "ada").returncode == 0
    no_account = shell.run("login", "--name", "ada")
    assert (no_account.returncode, no_account.stderr) == (
        1,
        "hobnob: ada is no account yet. Make one: `hobnob login --register`.\n",
    )
    assert with_password(shell, LONG, "join", "--name", "ada", "--register").status == 0
    shown = shell.run("tail", "#lobby", "--json", "--since", "0", "--no-follow").stdout
    [guest] = [json.loads(line)["by"] for line in shown.splitlines() if "as a guest" in line]
    assert guest in shell.run("tail", "#lobby", "--json", "-n", "1", "--no-follow").stdout
    assert with_password(shell, LONG, "login", "--name", "ada", "--register").status == 0  # nothing is left to be done


def test_devices_are_listed_named_and_logged_out(ada: Shell, elsewhere: Shell) -> None:
    assert with_password(elsewhere, LONG, "login", "--name", "ada").status == 0
    listed = [json.loads(line) for line in ada.run("account", "devices", "--json").stdout.splitlines()]
    assert [device.get("current", False) for device in listed].count(True) == 1
    [there] = [device["id"] for device in listed if not device.get("current")]
    assert ada.run("account", "name-device", there, "the laptop").returncode == 0
    assert re.search(r"the laptop\n", ada.run("account", "devices").stdout)
    assert elsewhere.run("send", "#lobby", "so far").returncode == 0
    tail = elsewhere.start("tail", "#lobby", "-n", "1")
    tail.until("ada: so far")
    assert ada.run("account", "revoke", "the laptop").returncode == 0
    assert left(tail) == 1
    tail.until(r"hobnob: This device is logged out\. Log in again")
    after = elsewhere.run("send", "#lobby", "not me any more")
    assert (after.returncode, after.stdout) == (1, "")
    assert re.fullmatch(r"hobnob: This machine is logged out of the account ada\. .*`hobnob login .*\n", after.stderr)
    assert "not me any more" not in ada.run("tail", "#lobby", "--no-follow", "-n", "9").stdout
    missing = ada.run("account", "revoke", "d_nowhere")
    assert (missing.returncode, missing.stderr) == (1, "hobnob: You have no such device.\n")


def test_a_token_for_another_program(ada: Shell) -> None:
    assert re.search("HOBNOB_PASSWORD", ada.run("account", "add-device", "weechat").stderr)
    made = with_password(ada, LONG, "account", "add-device", "weechat")
    assert re.fullmatch(r"hb_[\w-]{32}\n", made.stdout), made
    asked = ada.start("account", "add-device", "irssi", terminal=True)
    answers(asked, ("Password of ada: ", LONG))
    asked.until(r"hb_[\w-]{32}")
    assert LONG not in asked.heard
    assert re.search(r"  weechat\n", ada.run("account", "devices").stdout)
    assert ada.run("account", "revoke", "weechat").returncode == 0


def test_who_logs_out_is_nobody_here_until_the_next_login(ada: Shell) -> None:
    assert ada.run("logout").stdout.startswith("You are logged out of ada on")
    assert ada.run("logout").stderr.startswith("hobnob: Nobody is logged in on")
    files = [path for path in Path(ada.variables["XDG_STATE_HOME"]).rglob("*") if path.is_file()]
    assert [path.name for path in files] == []
    assert ada.run("send", "#lobby", "hi", "--name", "ada").returncode == 1
    assert with_password(ada, LONG, "login", "--name", "ada").status == 0


def test_a_new_password_logs_the_others_out(ada: Shell, elsewhere: Shell, tmp_path: Path) -> None:
    assert with_password(elsewhere, LONG, "login", "--name", "ada").status == 0
    changing = ada.start("account", "password", terminal=True)
    answers(changing, ("Password of ada: ", LONG), ("A new password for ada: ", OTHER), ("The same again: ", OTHER))
    assert left(changing) == 0
    changing.until(r"The password is changed\.")
    assert ada.run("rooms").returncode == 0
    assert elsewhere.run("rooms").returncode == 1
    assert with_password(elsewhere, LONG, "login", "--name", "ada").status == 1
    assert with_password(elsewhere, OTHER, "login", "--name", "ada").status == 0
    (file := tmp_path / "new").write_text(LONG)
    assert with_password(elsewhere, OTHER, "account", "password", "--new-password-file", str(file)).status == 0
    weak = tmp_path / "weak"
    weak.write_text("short")
    refused = with_password(elsewhere, LONG, "account", "password", "--new-password-file", str(weak))
    assert (refused.status, refused.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read: No such file"), (b"", "is empty"), (b"\xff", "or is no text")],
)
def test_a_password_s_file_that_cannot_be_used(
    shell: Shell, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    done = shell.run("login", "--name", "ada", "--password-file", str(file))
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_ctrl_c_at_a_password_gives_the_terminal_back(ada: Shell, elsewhere: Shell, tmp_path: Path) -> None:
    asked = Terminal([*HOBNOB, "login", "--name", "ada"], elsewhere.variables, tmp_path)
    asked.until("Password of ada:")
    asked.type("half a pass\x03")
    assert asked.process.wait(PATIENCE) == 130
    assert b"half" not in asked.heard
    assert asked.restored()
