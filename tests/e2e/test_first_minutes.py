"""The first minutes of whoever comes by, and of whatever else does: a clear answer, and nobody else notices."""

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser
from tests.e2e.clients import PATIENCE, Client, JsonClient, Program, eventually, needed
from tests.e2e.conftest import Start
from tests.e2e.server import Server
from tests.e2e.websocket import WebSocketClient

GREETING = b"This is hobnob, a chat. /help shows what you can do, bye leaves.\r\nYour name? (Enter for a guest name) "
GREETED_AFTER = 3.0
MEGABYTE = bytes(1_000_000).replace(b"\0", b"x")


@pytest.fixture
def ada(server: Server) -> JsonClient:
    """Somebody who must notice nothing."""
    return JsonClient(server.port, "ada")


def notices_nothing(server: Server, ada: JsonClient) -> None:
    """All that ada hears are people who come and go; she is heard; and the log has no surprise in it."""
    assert ada.say("still here")["ok"]
    told = {event["event"] for event in ada.events}
    assert told <= {"member_joined", "member_left", "member_attached", "member_detached", "presence_changed",
                    "message_sent"}  # fmt: skip
    assert "Traceback" not in server.errors
    assert '"level": "error"' not in server.errors


# People


def test_one_line_through_netcat(server: Server, ada: JsonClient) -> None:
    command = f"printf 'hello\\n' | {needed('nc')} -N 127.0.0.1 {server.port}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0
    assert ada.event("message_sent")["text"] == "hello"
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("You are guest-")
    assert last.startswith("Bye, guest-")


def test_silence_is_greeted_after_three_seconds_and_not_before(server: Server) -> None:
    began = time.monotonic()
    silent = Client(server.port)
    assert silent.silent(GREETED_AFTER - 0.3 - (time.monotonic() - began))
    silent.until(r"guest name\) ")
    assert GREETED_AFTER - 0.1 <= time.monotonic() - began < GREETED_AFTER + PATIENCE / 2
    silent.send("bob\n")
    silent.until("Welcome, bob")
    silent.until("You are in #lobby")


def test_enter_is_answered_at_once(server: Server) -> None:
    began = time.monotonic()
    person = Client(server.port, "\n")
    assert person.until(r"guest name\) ") == GREETING
    assert time.monotonic() - began < GREETED_AFTER
    person.send("\n")
    person.until("Welcome, guest-")


def test_bye_leaves(server: Server) -> None:
    for said in ("\nada\nbye\n", "bye\n", "\nbye\n", "\nada\nBYE\r\n", "\nada\n/quit\n"):
        assert re.search(rb"Bye(, ada)?\.\r?\n\Z", Client(server.port, said).rest()), said


def test_an_unknown_command_is_explained(server: Server, ada: JsonClient) -> None:
    person = Client(server.port, "\nbob\n/jion tea\n/xyzzy\n//tmp is full\n")
    person.until("There is no command /jion. Did you mean /join?")
    person.until("There is no command /xyzzy. /help lists all commands.")
    assert ada.event("message_sent")["text"] == "/tmp is full"


def test_telnet(server: Server, ada: JsonClient) -> None:
    telnet = Program(["telnet", "127.0.0.1", str(server.port)], terminal=True)
    telnet.until("Escape character")
    telnet.type("\r")
    telnet.until(r"Your name\?")
    telnet.type("grace\r")
    telnet.until("Here is: ada\r\n")
    telnet.type("héllo\r")
    message = ada.event("message_sent")
    assert (message["by_name"], message["text"]) == ("grace", "héllo")
    ada.say("welcome")
    telnet.until("ada: welcome\r\n")
    telnet.type("bye\r")
    telnet.until("Bye, grace.\r\n.*closed by foreign host")


def test_telnet_hides_a_password(start: Start) -> None:
    server = start("--access", "accounts")
    telnet = Program(["telnet", "127.0.0.1", str(server.port)], terminal=True)
    telnet.until("Escape character")
    telnet.type("\rgrace\r")
    telnet.until("Invite: ")
    command = [sys.executable, "-m", "hobnob", "invite", "--data", str(server.data)]
    telnet.type(
        subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()[-1] + "\r"
    )
    telnet.until(r"or type /telnet if this is telnet\): ")
    telnet.type("/telnet\r")
    for question in ("New password: ", "The same again: "):
        telnet.until(question + r"\Z")  # nothing but the question, and no byte that asks telnet to hide
        telnet.type("quiet as a moose\x7f\x7fuse\r")
    telnet.until("Welcome, grace")
    telnet.type("hello\r/who\r")  # what is typed afterwards is shown again
    telnet.until("hello\r\n.*You are grace in #lobby.")
    assert "moose" not in telnet.heard
    assert "quiet" not in telnet.heard


def test_telnet_negotiation_is_no_text(server: Server, ada: JsonClient) -> None:
    Client(server.port, b"\xff\xfd\x01\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0\r\nbob\r\nh\xff\xf1i\r\n")
    assert ada.event("message_sent")["text"] == "hi"


def test_wrong_utf8_is_replaced(server: Server, ada: JsonClient) -> None:
    Client(server.port, b"\nbob\ncaf\xe9 \xc3\x28 \xed\xa0\x80!\n")
    assert ada.event("message_sent")["text"].startswith("caf\ufffd \ufffd( \ufffd")


def test_others_control_characters_never_reach_a_terminal(server: Server, ada: JsonClient) -> None:
    person = Client(server.port, "\nbob\n")
    person.until("Here is: ada")
    telnet = Client(server.port, "\r\neve\r\n")
    telnet.until("Here are: ada, bob|Here are: bob, ada")
    for text in ("a\x1b[31mred", "a\x07\x08\x7f", "a\x9b2J", "a\u202eb", "a\rada: forged", "a\nada: forged", "a\x00b"):
        ada.ask("set_presence", state="away", text=text)
        ada.ask("set_topic", room="#lobby", topic=text)
        ada.say(text)
    ada.say("the end")
    shown = (person.until("ada: the end\n") + telnet.until("ada: the end\r\n").replace(b"\r\n", b"\n")).decode()
    assert not [char for char in shown if char != "\n" and (char < " " or "\x7f" <= char <= "\x9f")]
    assert "\nada: forged" not in shown
    for line in shown.splitlines():  # what turns the direction of writing is turned back before the line ends
        opened = sum(line.count(char) for char in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
        assert opened == sum(line.count(char) for char in "\u202c\u2069"), line


def test_a_line_over_the_limit_is_refused_in_words(server: Server, ada: JsonClient) -> None:
    person = Client(server.port, "\nbob\n")
    person.until("Here is: ada")
    person.send("x" * 20_000 + "\nshort\n")
    person.until("This line is too long, a message holds at most 16 KiB. It was not sent; send it in pieces.\n")
    assert ada.event("message_sent")["text"] == "short"
    person.send("y" * (16 * 1024) + "\n")
    assert len(ada.event("message_sent")["text"]) == 16 * 1024


# Programs


def test_curl_is_told_what_this_is(server: Server) -> None:
    done = subprocess.run(
        [needed("curl"), "--silent", "--show-error", f"http://127.0.0.1:{server.port}/"],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert done.returncode == 0
    assert "is a chat server" in done.stdout
    assert f"nc 127.0.0.1 {server.port}" in done.stdout
    assert "<" not in done.stdout


@pytest.mark.parametrize("tls", [False, True])
def test_the_line_that_it_shows_says_hello(start: Start, certificate: tuple[str, ...], tls: bool) -> None:
    port = start(*certificate).port
    ada = JsonClient(port, "ada")
    words = Client(port, f"GET / HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n", tls=tls).rest().decode()
    line = words.partition("one line")[2].partition("\n")[0]
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=20)
    assert done.stdout.splitlines()[-1].startswith("Bye, guest-")
    assert ada.event("message_sent")["text"] == "hello"


def test_an_idle_browser_connection_is_used_after_the_greeting_time(server: Server, chromium: Browser) -> None:
    page = chromium.new_page()
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    address = f"http://127.0.0.1:{server.port}/"
    page.goto(address)
    page.evaluate(  # spare connections, as a browser opens them by itself when it expects to need them
        """address => { for (let i = 0; i < 3; i++) { const link = document.createElement('link');
           link.rel = 'preconnect'; link.href = address + '?' + i; if (i) link.crossOrigin = 'anonymous';
           document.head.append(link); } }""",
        address,
    )
    page.wait_for_timeout((GREETED_AFTER + 1) * 1000)
    for _ in range(3):
        response = page.reload()
        assert response is not None
        assert response.status == 200
        page.get_by_label("Your name").wait_for()
    assert not failed
    page.close()


def test_a_spare_connection_of_a_browser_is_not_greeted(server: Server) -> None:
    Client(server.port, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").until("chat server")
    spare = Client(server.port)
    assert spare.silent(GREETED_AFTER + 0.5)
    spare.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert spare.until("ok\n").startswith(b"HTTP/1.1 200 ")


def test_a_method_nobody_knows_is_answered_in_http(server: Server, ada: JsonClient) -> None:
    for line in ("BREW /tea HTTP/1.1", "NICK / HTTP/1.1", "WHO-ARE-YOU! / HTTP/1.1"):
        answer = Client(server.port, f"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n").rest()
        assert re.match(rb"HTTP/1\.[01] (40[045]|501) .*\r\n\r\n[A-Z][^<]*\.\n\Z", answer, re.DOTALL), (line, answer)
    notices_nothing(server, ada)


def test_binary_ends_without_harm(server: Server, ada: JsonClient) -> None:
    for data in (bytes(range(256)), bytes(100), b"\x16\x03\x01\x00\x05hello", b"\x80\x81\x82\n",
                 b"\r\n\r\n\x00\r\nQUIT\n!\x11\x00\x0c" + bytes(12)):  # fmt: skip
        stranger = Client(server.port, data)
        stranger.end_input()
        stranger.rest()
    notices_nothing(server, ada)


def test_ssh_is_told_that_this_is_none(server: Server) -> None:
    answer = Client(server.port, "SSH-2.0-OpenSSH_9.2\r\n").rest()
    assert answer.startswith(b"SSH-2.0-")
    assert b"hobnob does not speak SSH" in answer


# The hobnob protocol


def code_of(client: JsonClient, line: bytes, to: int | str | None = None) -> str:
    """The error code with which a line is answered."""
    client.send(line + b"\n")
    reply = client.reply(to)
    assert reply["hint"].endswith((".", "!"))
    assert "Traceback" not in reply["hint"]
    return str(reply["error"])


def test_bad_json_gets_an_error_and_the_conversation_goes_on(server: Server, ada: JsonClient) -> None:
    bob = JsonClient(server.port, "bob")
    for line in (b"{", b"[]", b"nonsense", b'{"do":"ping"', b'{"do":"p\xff"}', b'"text"', b"1", b"\x00{}",
                 b"[" * 60_000, b'{"a":' * 10_000, b'{"do":"hello","x":' + b"[" * 60_000):  # fmt: skip
        assert code_of(bob, line) in ("bad-json", "bad-command"), line[:40]
        assert bob.ask("ping")["ok"]
    assert code_of(bob, b"[" * 100_000) == "frame-too-long"
    assert code_of(bob, b'{"do":"send_message","id":1,"text":"' + b"x" * 100_000 + b'"}') == "frame-too-long"
    assert bob.ask("ping")["ok"]
    notices_nothing(server, ada)


def test_unknown_commands_fields_and_wrong_types(server: Server, ada: JsonClient) -> None:
    bob = JsonClient(server.port, "bob")
    assert bob.ask("fly")["error"] == "unknown-command"
    assert bob.ask("ping", colour="green", nested={"a": [1]})["ok"]
    wrong: list[dict[str, object]] = [
        {"room": 7, "text": "hi"}, {"room": "#lobby", "text": None}, {"room": "#lobby"}, {"room": "#lobby", "text": []},
        {"room": "#lobby", "text": "hi", "kind": "shout"}, {"room": "#lobby", "text": "hi", "ref": 5},
    ]  # fmt: skip
    for fields in wrong:
        assert bob.ask("send_message", **fields)["error"] == "bad-command", fields
    assert bob.ask("read_history", room="#lobby", limit=-1)["error"] == "bad-command"
    assert bob.ask("read_history", room="#lobby", before=10**30)["error"] == "bad-command"
    assert bob.ask("send_message", room="#lobby", text="hi", ref="short")["error"] == "bad-ref"
    assert bob.ask("send_message", room="#lobby", text="x" * 16385)["error"] == "text-too-long"
    assert bob.ask("send_message", room="#lobby", text=" \x00\x1b ")["error"] == "text-empty"
    assert code_of(bob, b'{"do":"ping","id":{}}') == "bad-command"
    assert code_of(bob, b'{"do":["ping"],"id":"x"}', "x") == "unknown-command"
    assert code_of(bob, b'{"do":"send_message","id":"x","room":"#lobby","text":"\\ud800"}') == "bad-json"
    notices_nothing(server, ada)


def test_a_reused_ref_and_names_that_are_no_good(server: Server, ada: JsonClient) -> None:
    bob = JsonClient(server.port, "bob")
    ref = "0123456789abcdef0123456789abcdef"
    first = bob.ask("send_message", room="#lobby", text="one", ref=ref)
    again = bob.ask("send_message", room="#lobby", text="one", ref=ref)
    assert (again["number"], again["repeated"]) == (first["number"], True)
    assert bob.ask("send_message", room="#lobby", text="two", ref=ref)["error"] == "ref-reused"
    for name in (
        "",
        " ",
        "a b",
        "Server",
        "Client",
        "Client-7",
        "ada",
        "\u0430da",
        "4da",
        "#x",
        "x" * 33,
        "a\x1b[1m",
        "\u202e",
    ):
        assert bob.ask("set_name", name=name)["error"].startswith("name-"), name
    assert bob.ask("create_room", name="ws")["error"].startswith("name-")
    notices_nothing(server, ada)


def test_who_speaks_no_json_at_all_is_told_and_let_go(server: Server) -> None:
    bob = JsonClient(server.port, "bob")
    bob.send("nonsense\n" * 50)
    frames = [json.loads(line) for line in bob.rest().splitlines()]
    assert {frame["error"] for frame in frames if "reply" in frame} == {"bad-json"}
    assert frames[-1]["event"] == "goodbye"


def test_a_websocket_takes_text_of_a_size(server: Server, ada: JsonClient) -> None:
    bob = WebSocketClient(server.port, "bob")
    bob.say_frame(b"nonsense")
    assert bob.reply()["error"] == "bad-json"
    bob.say_frame(b'{"do":"ping","id":2}')
    assert bob.reply()["ok"]
    bob.say_frame(b"binary", kind=2)
    assert bob.end()[1] == 1003
    big = WebSocketClient(server.port, "big")
    big.say_frame(b'{"do":"send_message","id":3,"text":"' + b"x" * 100_000 + b'"}')
    assert big.end()[1] == 1009
    notices_nothing(server, ada)


def test_who_vanishes_hurts_nobody(server: Server, ada: JsonClient) -> None:
    beginnings = (
        b"\n",
        b"NICK x\r\nUSER x 0 * :x\r\nJOIN #lobby\r\n",
        b'{"do":"hello","id":1}\n',
        b"USERNAME:s",
        b"GET /",
    )
    for i in range(200):
        Client(server.port, beginnings[i % len(beginnings)]).cut()
    notices_nothing(server, ada)
    bob = JsonClient(server.port, "bob")
    assert ada.say("anybody left?")["ok"]
    assert bob.texts("anybody left?")

    def attached() -> set[str]:
        members = ada.ask("list_members", room="#lobby")["members"]
        return {member["name"] for member in members if member.get("attached")}

    eventually(lambda: attached() == {"ada", "bob"}, shown=attached)
    notices_nothing(server, ada)


# A hundred megabytes

FLOODS = {
    "nothing known": b"",
    "lines": b"\nflood\n",
    "student": b"USERNAME:flood",
    "irc": b"NICK flood\r\nUSER flood 0 * :Flood\r\n",
    "irc, unregistered": b"NICK flood\r\nPRIVMSG #lobby :",
    "json": b'{"do":"hello","id":1,"name":"flood"}\n',
    "json, first frame": b'{"do":"hello","name":"',
    "http header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Flood: ",
    "http address": b"GET /",
    "http body": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n",
    "websocket": b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    b"\x81\xff\0\0\0\0\x05\xf5\xe1\0mask",
}


def flood(port: int, beginning: bytes) -> None:
    """Send a beginning and 100 MB without a newline, or as much of it as is taken."""
    client = Client(port, beginning)
    try:
        for _ in range(100):
            client.send(MEGABYTE)
        client.end_input()
        client.rest()
    except OSError:
        return  # it was cut, as it may be


def test_a_hundred_megabytes_without_a_newline(server: Server, ada: JsonClient) -> None:
    before = server.memory
    highest = before
    with ThreadPoolExecutor(2) as two:
        floods = [two.submit(flood, server.port, beginning) for beginning in FLOODS.values()]
        while not all(one.done() for one in floods):
            began = time.monotonic()
            assert ada.ask("ping")["ok"]
            assert time.monotonic() - began < PATIENCE / 4
            highest = max(highest, server.memory)
            time.sleep(0.02)
        for one in floods:
            one.result()
    assert highest - before < 48 * 1024 * 1024, "half of a single flood"
    notices_nothing(server, ada)
