"""Coming in by an invite at the command line, with nothing but its link, or its code and one's own words."""

import re
from pathlib import Path

import pytest
from tests.e2e.conftest import Start
from tests.e2e.server import Server
from tests.e2e.shell import Shell, answers, left

LONG = "correct horse battery staple"


@pytest.fixture
def invited(start: Start) -> Server:
    """A server that asks strangers for an invite."""
    return start("--access", "invite")


@pytest.fixture
def accounts(start: Start) -> Server:
    """A server that takes in people with an account."""
    return start("--access", "accounts")


def invite(server: Server, tmp_path: Path, *words: str) -> tuple[str, str]:
    """A link for our clients, and its code."""
    done = Shell(tmp_path / "operator", server.port).run("invite", *words, "--data", str(server.data))
    assert done.returncode == 0, done
    return re.findall(r"hobnob join  '(hobnob://\S+)'", done.stdout)[0], re.findall(r"code +(\S+)", done.stdout)[0]


def test_a_link_is_all_it_takes(invited: Server, tmp_path: Path) -> None:
    shell = Shell(tmp_path / "ada", invited.port)
    refused = shell.run("join", "--name", "ada")
    assert refused.returncode == 1
    assert re.search(r"asks for an invite\..* link .*`hobnob login 127\.0\.0\.1:\d+ --name ada`", refused.stderr)
    link, code = invite(invited, tmp_path, "lobby")
    done = shell.run("join", link, "--name", "ada", typed="let in\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "ada: let in" in shell.run("tail", "lobby", "--no-follow", "--name", "ada").stdout
    again = shell.run("join", link, "--name", "ada", typed="hello again\n")  # as it stands in the shell's history
    assert (again.returncode, again.stderr) == (0, "")
    other = Shell(tmp_path / "bob", invited.port).run("join", link, "--name", "bob")
    assert (other.returncode, other.stderr.count("\n")) == (1, 1)
    assert "This invite cannot be used" in other.stderr
    assert code not in refused.stderr + other.stderr + invited.errors


def test_who_has_no_name_yet_is_asked_for_one(invited: Server, tmp_path: Path) -> None:
    link, code = invite(invited, tmp_path)
    shell = Shell(tmp_path / "ada", invited.port)
    ada = shell.start("join", link, terminal=True)
    answers(ada, ("Your name: ", "a b"), ("without spaces.*Your name: ", "ada"))
    ada.until("You are ada")
    ada.until("ada:")
    ada.type("bye\r")
    assert left(ada) == 0
    assert code not in ada.heard


def test_who_comes_back_without_a_name_is_told_theirs(invited: Server, tmp_path: Path) -> None:
    link, _ = invite(invited, tmp_path)
    shell = Shell(tmp_path / "ada", invited.port)
    assert shell.run("join", link, "--name", "Ada").returncode == 0
    refused = shell.run("join")
    assert refused.returncode == 1
    assert refused.stderr.endswith(" From here you have been ada: --name ada is you again.\n")
    ada = shell.start("join", terminal=True)
    answers(ada, ("--name ada is you again.*Invite .*: ", ""), ("Your name: ", "ADA"))
    ada.until("You are Ada")


def test_a_code_can_be_typed(invited: Server, tmp_path: Path) -> None:
    _, code = invite(invited, tmp_path)
    ada = Shell(tmp_path / "ada", invited.port).start("join", "--name", "ada", terminal=True)
    answers(ada, ("Invite .*: ", "wrong"), ("cannot be used.*Invite .*: ", code))
    ada.until("You are ada")


def test_a_newcomer_makes_the_account_that_is_asked_for(accounts: Server, tmp_path: Path) -> None:
    link, _ = invite(accounts, tmp_path)
    shell = Shell(tmp_path / "ada", accounts.port)
    refused = shell.run("join", link, "--name", "ada")
    assert refused.returncode == 1
    assert "--name ada --register`" in refused.stderr
    ada = shell.start("join", link, "--name", "ada", terminal=True)
    answers(
        ada, ("with an account.*A new password for ada: ", "ada"), ("The same again: ", "ada"),
        ("A new password for ada: .*A new password for ada: ", LONG), ("The same again: .*The same again: ", LONG),
    )  # fmt: skip
    ada.until("You are ada")
    assert LONG not in ada.heard
    elsewhere = Shell(tmp_path / "elsewhere", accounts.port)  # where nothing is known yet
    again = elsewhere.start("join", "--name", "ada", terminal=True)
    answers(again, ("Invite .*: ", ""), ("Password of ada: ", LONG))
    again.until("You are ada")


def test_a_script_registers_with_a_link(accounts: Server, tmp_path: Path) -> None:
    link, _ = invite(accounts, tmp_path)
    shell = Shell(tmp_path / "robot", accounts.port)
    shell.variables["HOBNOB_PASSWORD"] = LONG
    done = shell.run("login", link, "--name", "robot", "--register")
    assert (done.returncode, done.stderr) == (0, "")
    del shell.variables["HOBNOB_PASSWORD"]
    assert shell.run("send", "#lobby", "at work").returncode == 0
