"""The verbs that talk to a server, as people and scripts run them: real processes, pipes and terminals."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.clients import PATIENCE, JsonClient, eventually
from tests.e2e.conftest import Start
from tests.e2e.server import ROOT, Server
from tests.e2e.shell import HOBNOB, Shell, left

from hobnob.cli.search import MARK
from hobnob.gateways.lines.console import PLAIN, RED

LINES = 20_000
HOST_FIRST = ("join", "forget", "login", "logout")
"""Verbs whose first word is the server."""


# send and tail


def test_what_is_sent_is_there_for_tail(shell: Shell) -> None:
    assert shell.run("send", "#ops", "the build is done", "--name", "robot").returncode == 0
    assert shell.run("send", "ops", typed="one\n\ntwo").returncode == 0
    assert shell.run("send", "#ops", "--whole", typed="three\nfour\n").returncode == 0
    shown = shell.run("tail", "#ops", "-n", "4", "--no-follow")
    assert shown.stderr == ""
    lines = [re.sub(r"^\[\d\d:\d\d\] (robot|guest-\w+): ", "", line) for line in shown.stdout.splitlines()]
    assert [line for line in lines if not line.startswith("[")] == [
        "the build is done",
        "one",
        "two",
        "three",
        "    | four",
    ]
    printed = shell.run("tail", "ops", "--json", "--since", "0", "--no-follow").stdout.splitlines()
    events = [json.loads(line) for line in printed]
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))


def test_a_name_stays_ones_own(shell: Shell) -> None:
    for _ in range(2):
        assert shell.run("send", "#ops", "hi", "--name", "robot").returncode == 0
    events = [
        json.loads(line) for line in shell.run("tail", "#ops", "--json", "-n", "2", "--no-follow").stdout.splitlines()
    ]
    assert len({event["by"] for event in events if event["event"] == "message_sent"}) == 1


def test_everything_arrives_once_and_in_order_although_the_server_is_killed(start: Start, tmp_path: Path) -> None:
    server = start()
    shell = Shell(tmp_path / "state", server.port)
    assert shell.run("send", "#load", "begin").returncode == 0
    tail = shell.start("tail", "#load", "--json", "--since", "0")
    tail.until("begin")
    numbers = [f"{number}\n" for number in range(LINES)]
    sending = subprocess.Popen(
        [*HOBNOB, "send", "#load"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=shell.variables, text=True
    )
    assert sending.stdin is not None
    sending.stdin.writelines(numbers[: LINES // 2])  # the others come later, or it might be done before the kill
    sending.stdin.flush()
    tail.until('"text":"3000"')
    server.kill()
    start(port=server.port)
    _, errors = sending.communicate("".join(numbers[LINES // 2 :]), timeout=60)
    assert (sending.returncode, errors) == (0, "")
    tail.until(f'"text":"{LINES - 1}"')
    events = [json.loads(line) for line in tail.heard.splitlines() if line.endswith("}")]
    assert [event["text"] for event in events if event["event"] == "message_sent"] == [
        "begin",
        *map(str, range(LINES)),
    ]
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))


def test_a_pipe_and_a_tail_may_begin_before_the_server(start: Start, tmp_path: Path) -> None:
    before = start()
    before.kill()
    shell = Shell(tmp_path / "state", before.port)
    tail, sending = shell.start("tail", "#lobby", "--json"), shell.start("send", "#lobby")
    for program in (tail, sending):
        program.until(r"\Ahobnob: Nothing listens at [^\n]+ It is waited for, 60 s at most.\n")
    start(port=before.port)

    def hears() -> bool:  # until the tail is there, nothing is heard
        sending.type("early\n")
        return '"text":"early"' in tail.heard

    eventually(hears, PATIENCE, lambda: tail.heard)
    assert sending.heard.count("\n") == tail.heard.count("waited") == 1


@pytest.mark.parametrize("words", [("send", "#ops", "hi"), ("send", "#ops"), ("tail", "#ops")])
def test_a_server_is_not_waited_for_for_ever(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell.run(*words, "--host", "127.0.0.1:1", "--timeout", "0.2", typed="one\n")
    assert (done.returncode, done.stdout) == (1, "")
    nobody = "hobnob: Nothing listens at 127.0.0.1:1. Is the server running, and is this its port?"
    assert done.stderr.splitlines() == [
        f"{nobody} It is waited for, 0.2 s at most.",
        f"{nobody} It was waited for, 0.2 s long.",
    ]


def test_the_status_tells_when_the_server_stays_away(start: Start, tmp_path: Path) -> None:
    server = start()
    shell = Shell(tmp_path / "state", server.port)
    sending = shell.start("send", "#ops", "--timeout", "4")  # no shorter than a busy server takes for an answer
    sending.type("one\n")
    JsonClient(server.port, "ada").ask("join_room", room="#ops", create=True)
    eventually(lambda: "one" in shell.run("tail", "#ops", "--no-follow").stdout)
    server.kill()
    sending.type("two\n")
    assert left(sending) == 1
    sending.until(
        r"hobnob: The server has not answered for 4 s. 1 line was kept, and for 1 more there is no answer yet"
    )


def test_a_message_that_is_too_long_is_refused_in_a_sentence(shell: Shell) -> None:
    done = shell.run("send", "#ops", typed="short\n" + "x" * 40_000 + "\n")
    assert done.returncode == 1
    assert re.fullmatch(r"hobnob: .+ 1 line was kept\.\n", done.stderr)


def test_tail_ends_quietly_with_its_reader(shell: Shell) -> None:
    shell.run("send", "#ops", typed="1\n2\n3\n4\n5\n")
    command = f"{' '.join(HOBNOB)} tail '#ops' -n 5 | head -n 3"
    done = subprocess.run(["sh", "-c", command], env=shell.variables, capture_output=True, text=True, timeout=30)
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == ""


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("--host", "127.0.0.1:1"), 1, "Nothing listens at 127.0.0.1:1."),
        (("--host", "a b"), 2, "'a b' is no address."),
        (("--host", "localhost:http"), 2, "has no port"),
        (("--host", "no-such-host.invalid"), 1, "is not known here"),
        (("--name", "a b"), 1, "The name 'a b' will not do."),
        (("--tls",), 1, "is not known here yet"),
        (("--trust", "sha256:00"), 1, "64 hexadecimal digits"),
        (("--trust", "/no/such/file"), 1, "no certificates that can be read"),
    ],
)
def test_a_mistake_is_one_sentence(shell: Shell, arguments: tuple[str, ...], status: int, sentence: str) -> None:
    done = shell.run("rooms", *arguments)
    assert done.returncode == status, done
    assert done.stderr.startswith("hobnob: ")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words", [("send", "#ops", "hi"), ("tail", "#ops", "--no-follow"), ("join",), ("search", "hi")]
)
def test_every_verb_says_that_nobody_is_there(shell: Shell, words: tuple[str, ...]) -> None:
    nowhere = ("127.0.0.1:1",) if words == ("join",) else ("--host", "127.0.0.1:1")
    done = shell.run(*words, *nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "hobnob: Nothing listens at 127.0.0.1:1. Is the server running, and is this its port?\n"


def test_who_answers_without_being_hobnob(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        running = shell.start("rooms", "--host", f"127.0.0.1:{other.getsockname()[1]}")
        stranger, _ = other.accept()
        stranger.sendall(b"220 mail.example.org\r\n")
        assert left(running) == 1
        stranger.close()
    running.until(r"\Ahobnob: What answers at 127.0.0.1:\d+ is no hobnob server")


# rooms and search


def test_rooms_and_search(shell: Shell) -> None:
    shell.run("send", "#ops", "the deployment failed", "--name", "robot")
    listed = shell.run("rooms")
    assert re.search(r"^#ops +\d+ here +1 messages$", listed.stdout, re.MULTILINE)
    found = eventually(lambda: shell.run("search", "deployment", "--name", "robot").stdout)
    assert re.fullmatch(r"#ops \d+ \[[-\d]{10} [:\d]{5}\] robot: the deployment failed\n", found)
    nothing = shell.run("search", "unheard")
    assert (nothing.returncode, nothing.stderr) == (1, "hobnob: Nothing was found.\n")


@pytest.mark.parametrize(("no_colour", "marks"), [("", (MARK, PLAIN)), ("1", ("*", "*"))], ids=["colour", "NO_COLOR"])
def test_hits_are_marked_for_people(shell: Shell, no_colour: str, marks: tuple[str, str]) -> None:
    shell.run("send", "#ops", "the deployment failed", "--name", "robot")
    eventually(lambda: shell.run("search", "deployment", "--name", "robot").stdout)
    shell.variables["NO_COLOR"] = no_colour
    shell.start("search", "deployment", "--name", "robot", terminal=True).until(
        re.escape(f"robot: the {marks[0]}deployment{marks[1]} failed\r\n")
    )


# join


def test_times_are_those_of_this_machine(shell: Shell) -> None:
    shell.run("send", "#tea", "green", "--name", "robot")
    shown = []
    for zone in ("UTC", "XXX-5:30"):
        shell.variables["TZ"] = zone
        shown.append(shell.run("join", "--room", "#tea", "--name", "ada").stdout)
    assert all(re.search(r"^-- [-\d]{10} --$", text, re.MULTILINE) for text in shown)
    utc, here = (minutes(text) for text in shown)
    assert here - utc in (330, 330 - 24 * 60)


def minutes(text: str) -> int:
    """The first time in a history."""
    found = re.search(r"\[(\d\d):(\d\d)\]", text)
    assert found
    return int(found[1]) * 60 + int(found[2])


def test_two_people_in_two_terminals(shell: Shell) -> None:
    ada, bob = shell.start("join", "--name", "ada", terminal=True), shell.start("join", "--name", "bob", terminal=True)
    ada.until("You are ada")
    ada.until("ada:")
    bob.until("bob:")
    bob.type("hello\r")
    ada.until(re.escape(f"{RED}bob: hello{PLAIN}"))
    ada.type("\x1b[200~two\nlines\x1b[201~")
    ada.until("lines")
    ada.type("\r")
    bob.until(re.escape(f"{RED}ada: two{PLAIN}\r\n{RED}    | lines{PLAIN}"))
    ada.type("/jo\t")
    ada.until("/join")
    ada.type("tea\r")
    ada.until("You are in #tea")
    ada.type("bye\r")
    assert left(ada) == 0
    ada.until(r"Bye, ada\.\r\n\Z")
    bob.type("\x04")
    assert left(bob) == 0
    bob.until(r"Bye, bob\.\r\n\Z")


def test_rooms_are_made_and_people_asked_in_and_sent_away(shell: Shell) -> None:
    ada, bob = shell.start("join", "--name", "ada", terminal=True), shell.start("join", "--name", "bob", terminal=True)
    ada.until("ada:")
    bob.until("bob:")
    ada.type("/room new den\r")
    ada.until("This room is new, and private")
    ada.type("/invite bob\r")
    ada.until("bob is invited to #den")
    bob.until(r"\* ada invites you to #den\. /join den goes there\.")
    bob.type("/join den\r")
    bob.until("You are in #den")
    bob.type("/kick ada\r")
    bob.until("You may not do this here|not")
    ada.type("/role bob guest\r/mute bob 1h too loud\r/kick bob enough\r/audit #den\r")
    bob.until(r"\* ada made bob a guest of the room")
    bob.until(r"\* ada muted bob, until .{16} UTC \(too loud\)")
    bob.until(r"\* ada removed bob \(enough\)")
    ada.until(r"ada: kick bob in #den \(enough\)")


def test_a_pasted_text_for_one_alone_is_not_said_to_everybody(shell: Shell, server: Server) -> None:
    bob = JsonClient(server.port, "bob")
    ada = shell.start("join", "--name", "ada", terminal=True)
    ada.until("ada:")
    ada.type("\x1b[200~/msg bob two\nlines\x1b[201~")
    ada.until("lines")
    ada.type("\r")
    ada.until("ada -> bob: two lines")
    ada.type("\x1b[200~/tmp is\nfull\x1b[201~")
    ada.until("full")
    ada.type("\r")
    assert bob.texts(last="/tmp is\nfull") == ["two\nlines", "/tmp is\nfull"]


def test_a_password_that_nobody_asked_for_is_not_said(shell: Shell, server: Server) -> None:
    bob = JsonClient(server.port, "bob")
    done = shell.run("join", "--name", "ada", typed="/login ada\ncorrect horse\nhello\n")
    assert (
        "In a shell of this machine, with the same server: hobnob login --name <name>\nYour last line was not said"
        in done.stdout
    )
    assert bob.event("message_sent")["text"] == "hello"


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl+C", "Ctrl+D"])
def test_a_key_leaves_at_once(shell: Shell, key: str) -> None:
    ada = shell.start("join", "--name", "ada", terminal=True)
    ada.until("ada:")
    ada.type(key)
    assert left(ada) == 0
    ada.until("Bye, ada")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_leaves(shell: Shell, number: int) -> None:
    ada = shell.start("join", "--name", "ada", terminal=True)
    ada.until("ada:")
    os.kill(ada.process.pid, number)
    assert left(ada) == 0


def test_join_in_a_pipe_is_plain_lines(shell: Shell, server: Server) -> None:
    ada = JsonClient(server.port, "ada")
    done = shell.run("join", "--name", "bob", typed="good morning\n//tmp is full\n/who\n")
    assert done.returncode == 0
    assert ada.event("message_sent")["text"] == "good morning"
    assert ada.event("message_sent")["text"] == "/tmp is full"
    assert "Here is: ada\n" in done.stdout
    assert done.stdout.endswith("Bye, bob.\n")
    assert "\x1b" not in done.stdout + done.stderr


def test_others_escape_sequences_stay_out(shell: Shell, server: Server) -> None:
    bob = shell.start("join", "--name", "bob")
    bob.until("You are in")
    JsonClient(server.port, "ada").say("\x1b[2Jclear\nbob: forged")
    bob.until(r"ada: \[2Jclear\n    \| bob: forged\n")


def test_who_is_removed_from_a_room_speaks_in_the_lobby(shell: Shell, server: Server) -> None:
    ada = JsonClient(server.port, "ada")
    ada.ask("create_room", name="tea")
    bob = shell.start("join", "--name", "bob", "--room", "tea")
    bob.until("You are in #tea")
    ada.ask("kick", room="#tea", person="@bob", reason="too loud")
    bob.until(r"\* ada removed bob \(too loud\)\nYou belong to #tea no more\. You are in #lobby now\.\n")
    bob.type("here, then\n/join tea\n/leave\n/who\n")
    bob.until(r"You left #tea\.\n(?!You belong).*You are bob in #lobby\.\n")
    assert ada.event("message_sent")["text"] == "here, then"
    bob.type("bye\n")
    assert left(bob) == 0


def test_who_is_removed_from_another_room_is_told_from_which(shell: Shell, server: Server) -> None:
    ada = JsonClient(server.port, "ada")
    ada.ask("create_room", name="tea")
    bob = shell.start("join", "--name", "bob", "--room", "tea")
    bob.until("You are in #tea")
    bob.type("/join lobby\n")
    bob.until("You are in #lobby")
    ada.ask("kick", room="#tea", person="@bob", reason="too loud")
    bob.until(r"\n#tea \* ada removed bob \(too loud\)\n")


def test_what_is_typed_meanwhile_is_said_once_after_a_restart(start: Start, tmp_path: Path) -> None:
    server = start()
    shell = Shell(tmp_path / "state", server.port)
    bob = shell.start("join", "--name", "bob")
    bob.until("You are in")
    server.kill()
    bob.until(r"Trying to reach the server again")
    bob.type("still here\n")
    bob.until("this is kept")
    again = start(port=server.port)
    bob.until("Connected again")
    ada = JsonClient(again.port, "ada")
    eventually(lambda: [fact.get("text") for fact in ada.facts()].count("still here") == 1)
    bob.type("bye\n")
    assert left(bob) == 0
    assert [fact.get("text") for fact in ada.facts()].count("still here") == 1


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_what_could_not_be_said_is_shown_at_the_end(start: Start, tmp_path: Path, terminal: bool) -> None:
    server = start()
    bob = Shell(tmp_path / "state", server.port).start("join", "--name", "bob", terminal=terminal)
    bob.until("bob:" if terminal else "You are in")
    server.kill()
    bob.until("Trying")
    bob.type("lost\rbye\r" if terminal else "lost\nbye\n")
    assert left(bob) == 1
    bob.until(r"1 line may not have been said:\r?\n  lost\r?\n\Z")


def test_what_was_typed_is_shown_when_one_is_not_let_in_again(start: Start, tmp_path: Path) -> None:
    another = start(data=tmp_path / "another")
    JsonClient(another.port, "bob")  # who is somebody else there
    another.stop()
    server = start()
    bob = Shell(tmp_path / "state", server.port).start("join", "--name", "bob")
    bob.until("You are in")
    server.kill()
    bob.until("Trying")
    bob.type("one\ntwo\n")
    bob.until("this is kept.*\n.*this is kept")
    start(data=tmp_path / "another", port=server.port)
    assert left(bob) == 1
    bob.until(r"hobnob: 2 lines may not have been said:\n  one\n  two\nhobnob: [^\n]+\n\Z")
    assert "Bye" not in bob.heard


def test_unread_messages_are_told_of(shell: Shell, server: Server) -> None:
    assert shell.run("join", "--name", "bob", typed="hi\n").returncode == 0
    ada = JsonClient(server.port, "ada")
    for text in ("one", "two"):
        assert ada.say(text)["ok"]
    shown = shell.run("join", "--name", "bob").stdout
    assert re.search(r"-- 2 new since [-\d]{10} [:\d]{5} --\n", shown)
    assert "ada: two" in shown
    assert " new " not in shell.run("join", "--name", "bob").stdout


def test_a_narrow_terminal_that_is_resized(shell: Shell) -> None:
    ada = shell.start("join", "--name", "ada", terminal=True)
    ada.until("ada:")
    for columns in (20, 7, 200):
        ada.resize(10, columns)
        ada.type("a long line, longer than twenty columns\r")
    ada.type("/history 5\r")
    ada.until(r"#\d+ \[[\d:]+\] ada: a long line, longer than twenty columns")
    ada.type("bye\r")
    assert left(ada) == 0


# The help


def examples(text: str) -> Iterator[str]:
    """The command lines in a help's examples."""
    for line in text.split("Examples:")[1].split("\n\n")[0].splitlines():
        if "hobnob" in line:
            yield re.split(r"\s{3,}", line.strip())[0]


@pytest.mark.parametrize("verb", ["join", "send", "tail", "rooms", "search", "forget", "login", "logout", "account"])
def test_every_example_of_the_help_is_understood(shell: Shell, verb: str) -> None:
    shown = shell.run(verb, "--help")
    assert shown.returncode == 0
    found = [*examples(shown.stdout)]
    assert found
    for line in found:
        ours = re.search(r"hobnob( [^|]+)", line)
        assert ours
        nowhere = "" if verb in HOST_FIRST else " --host 127.0.0.1:1"
        nowhere += " --timeout 0.1" if verb in ("send", "tail") else ""
        command = f"{' '.join(HOBNOB)}{ours[1]}{nowhere}".replace("key=…", f"key={'k' * 43}")
        done = subprocess.run(
            ["sh", "-c", re.sub(r"chat\.example\.org(:\d+)?|localhost:8080", "127.0.0.1:1", command)],
            env=shell.variables, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode in (0, 1), (line, done.stderr)


# The docs


def sessions(page: str) -> Iterator[tuple[str, str]]:
    """Command lines and what they print, in the order of a page's console blocks."""
    for block in re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, printed = step.partition("\n")
            yield line, printed


def without_times(text: str) -> str:
    return re.sub(r"\d\d:\d\d\]", "..]", re.sub(r"\d{4}-\d\d-\d\d", "....", text))


def test_what_the_page_shows_is_what_is_printed(shell: Shell, tmp_path: Path) -> None:
    (program := tmp_path / "hobnob").write_text(f'#!/bin/sh\nexec {" ".join(HOBNOB)} "$@"\n')
    program.chmod(0o700)
    variables = shell.variables | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    steps = [*sessions((ROOT / "docs/cli.md").read_text())]
    assert len(steps) > 5
    for line, shown in steps:

        def printed(line: str = line) -> str:
            done = subprocess.run(["sh", "-c", line], env=variables, capture_output=True, text=True, timeout=30)
            return without_times(done.stdout + done.stderr)

        if "search" in line:  # the index follows within a second
            eventually(lambda: printed() == without_times(shown), PATIENCE, printed)  # noqa: B023  it is called at once
        else:
            assert printed() == without_times(shown), line
