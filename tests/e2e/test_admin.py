"""`hobnob admin`, `invite` and `owner-link` at a running server, as its operator types them in a shell."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable

import pytest
from tests.e2e.clients import JsonClient, eventually
from tests.e2e.conftest import Start
from tests.e2e.server import Server, environment
from tests.e2e.strangers import JsonStranger

from hobnob.protocol.links import parse_link

Hobnob = Callable[..., str]


@pytest.fixture
def hobnob(server: Server) -> Hobnob:
    """Runs a verb at the server; what it printed. `fails`: it is to end with one sentence, which is returned."""

    def run(*arguments: str, fails: bool = False) -> str:
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-m", "hobnob", *arguments],
            env=environment(HOBNOB_DATA=str(server.data)), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert (ended.returncode != 0) == fails, ended
        if fails:
            assert ended.stderr.startswith("hobnob: ")
            assert ended.stderr.count("\n") == 1
        return ended.stderr if fails else ended.stdout

    return run


def gone(client: JsonClient) -> str:
    """The last word to a client whose connection ends."""
    words: str = client.event("goodbye")["text"]
    client.rest()
    return words


def test_a_ban_ends_the_connection_and_keeps_them_out(server: Server, hobnob: Hobnob) -> None:
    mallory = JsonClient(server.port, "mallory")
    hobnob("admin", "ban", "mallory", "--for", "2h", "--reason", "spam")
    assert "spam" in gone(mallory)
    again = JsonStranger(server.port, tls=False)
    assert again.ask("hello", token=mallory.welcome["token"])["error"] == "banned"
    assert "mallory" in hobnob("admin", "bans")
    hobnob("admin", "unban", "mallory")
    assert again.ask("hello", token=mallory.welcome["token"])["ok"]
    assert hobnob("admin", "bans") == "Nobody is banned or muted.\n"


def test_who_is_muted_reads_and_does_not_write(server: Server, hobnob: Hobnob) -> None:
    eve = JsonClient(server.port, "eve")
    hobnob("admin", "mute", "eve")
    assert eve.say("hi")["error"] == "muted"
    hobnob("admin", "unmute", "eve")
    assert eve.say("hi")["ok"]


def test_a_kick_takes_somebody_out_of_a_room(server: Server, hobnob: Hobnob) -> None:
    ada, bob = JsonClient(server.port, "ada"), JsonClient(server.port, "bob")
    room = ada.ask("create_room", name="tea")["room"]["id"]
    assert bob.ask("join_room", room=room)["ok"]
    hobnob("admin", "kick", "tea", "bob", "--reason", "enough")
    assert bob.event("member_left")["reason"] == "enough"
    assert bob.ask("send_message", room=room, text="hi")["error"] == "not-a-member"


def test_roles_rooms_and_doors(server: Server, hobnob: Hobnob) -> None:
    ada = JsonClient(server.port, "ada")
    assert ada.ask("register", password="correct horse battery")["ok"]
    hobnob("admin", "role", "ada", "moderator")
    assert ada.ask("read_audit")["ok"]
    ada.ask("create_room", name="news")
    hobnob("admin", "room", "news", "--posting", "moderators", "--slow", "10s")
    assert ada.event("room_changed")["posting"] == "moderators"
    hobnob("admin", "doors", "close", "--for", "1h")
    assert JsonStranger(server.port, tls=False).ask("hello", name="new")["error"] == "doors-closed"
    hobnob("admin", "doors", "open")
    assert JsonStranger(server.port, tls=False).ask("hello", name="new")["ok"]


def test_a_message_is_deleted_and_the_log_says_who_did(server: Server, hobnob: Hobnob) -> None:
    eve = JsonClient(server.port, "eve")
    number = eve.say("something bad")["number"]
    hobnob("admin", "delete", "lobby", str(number))
    assert eve.event("message_deleted")["of"] == number
    lines = hobnob("admin", "audit").splitlines()
    assert "delete" in lines[-1]
    assert "Server" in lines[-1]
    told = [json.loads(line) for line in hobnob("admin", "audit", "--json").splitlines()]
    assert told[-1]["action"] == "delete"
    assert "something bad" not in str(told)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("admin", "ban", "nobody-here"), "Nobody of this name"),
        (("admin", "kick", "no-such-room", "ada"), "no such room"),
        (("admin", "ban", "203.0.113.0/99"), "address or a network"),
        (("admin", "ban", "ada", "--for", "a while"), "such as 30s"),
        (("admin", "room", "lobby"), "Say what to change"),
        (("admin", "uninvite", "i_nothing"), "no such invite"),
        (("admin", "audit", "--data", "/nonexistent"), "No server runs on"),
        (("invite", "no-such-room"), "no such room"),
        (("invite", "--address", "a b"), "no address"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(hobnob: Hobnob, arguments: tuple[str, ...], part: str) -> None:
    assert part in hobnob(*arguments, fails=True)


def test_an_invite_lets_somebody_in_and_can_be_taken_back(start: Start) -> None:
    server = start("--access", "invite")
    hobnob = _at(server)
    printed = hobnob("invite", "--uses", "2").splitlines()
    browser, ours, code = (line.split()[-1] for line in printed)
    link, web = parse_link(ours), parse_link(browser)
    assert link is not None
    assert web is not None
    assert (link.invite, web.invite, link.port) == (code, code, server.port)
    assert link.key
    newcomer = JsonStranger(server.port, tls=False)
    assert newcomer.ask("hello", name="ada", invite=code)["ok"]
    [listed] = [line for line in hobnob("admin", "invites").splitlines() if "as member" in line]
    hobnob("admin", "uninvite", listed.split()[0])
    assert JsonStranger(server.port, tls=False).ask("hello", name="bob", invite=code)["error"] == "invite-unknown"
    named = hobnob("invite", "--address", "chat.example.org:443").splitlines()[0]
    assert "https://chat.example.org:443/#invite=" in named


def test_the_first_owner_is_made_by_a_link_that_is_kept_safe(start: Start) -> None:
    server = start()
    kept = server.data / "owner-link"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    printed = (server.files / "out").read_text()
    assert str(kept) in printed
    assert "invite=" not in printed + server.errors
    first = parse_link(kept.read_text().strip())
    assert first is not None
    hobnob = _at(server)
    link = parse_link(hobnob("owner-link").split()[1])
    assert link is not None
    account = {"password": "correct horse battery", "register": True}
    ada = JsonStranger(server.port, tls=False)
    assert ada.ask("hello", name="ada", **account, invite=first.invite)["error"] == "invite-unknown"
    assert ada.ask("hello", name="ada", invite=link.invite)["error"] == "account-needed"
    assert ada.ask("hello", name="ada", **account, invite=link.invite)["you"]["role"] == "owner"
    again = JsonStranger(server.port, tls=False)
    assert again.ask("hello", name="bob", **account, invite=link.invite)["error"] == "invite-unknown"
    server.stop()
    second = start()
    assert "owner of this server" not in (second.files / "out").read_text()
    eventually(lambda: not kept.exists())


def _at(server: Server) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "hobnob", *arguments],
            env=environment(HOBNOB_DATA=str(server.data)), capture_output=True, text=True, timeout=60, check=True,
        ).stdout  # fmt: skip

    return run
