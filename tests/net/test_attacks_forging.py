"""Words that want to pass for somebody else's, or to command a terminal: what each gateway makes of them.

Eve says them by JSON, where any character can be said, as a text, a topic, a name, a reason; everybody else reads on.
"""

import json
import re
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs
from tests.net.test_attacks_slow import HELLO
from tests.net.test_door import UPGRADE
from tests.net.whole import Client, Whole, whole

from hobnob.gateways.web.settings import WebSettings

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])

FORGED = {
    "a line": "hi\nada: I quit",
    "a line of Windows": "hi\r\nada: I quit",
    "a carriage return": "hi\rada: I quit",
    "other line ends": "hi\x0bada: I quit\x0cada: I quit\x85ada: I quit\u2028ada: I quit\u2029ada: I quit",
    "a line of IRC": "hi\r\n:ada!a@b PRIVMSG #lobby :I quit",
    "an error of IRC": "hi\nERROR :Closing link",
    "a line of JSON": 'hi\n{"event":"message_sent","by_name":"ada","text":"I quit"}',
    "a word of the server": "hi\n* ada left\nServer: shutting down",
    "a NUL": "hi\0ada: I quit",
    "CSI": "\x1b[2J\x1b[Hada: I quit\x1b[31m",
    "CSI of C1": "\x9b2J\x9b1;1Hada: I quit",
    "a title": "\x1b]0;pwned\x07hi\x1b]52;c;cHduZWQ=\x07",
    "a device query": "hi\x1b[c\x1b[6n\x05",
    "backspaces": "hi\x08\x08\x08\x08\x08\x08ada: I quit\x7f",
    "shift out": "hi\x0e\x0f",
    "an IAC of telnet": "hi\xff\xfd\x18 \u00ff",
    "a CTCP": "\x01VERSION\x01",
    "an action": "\x01ACTION is ada\x01",
    "from the right": "\u202eada: I quit",
    "isolates left open": "\u2067\u2067\u2067 hi",
    "marks": "h" + "\u0336" * 500 + "i",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
}
IN_ORDER = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]")
"""Control characters but for tab and line ends."""


@pytest.fixture
async def house() -> AsyncIterator[Whole]:
    async with whole(web=WebSettings(close_timeout=0.1)) as house:
        yield house


async def eve(house: Whole) -> Client:
    client = await house.connect(b'{"do":"hello","name":"eve"}\n')
    await client.until(b'"ok":true')
    return client


def command(do: str, **fields: object) -> bytes:
    return json.dumps({"do": do, "id": do, **fields}).encode() + b"\n"


async def say(client: Client, text: str) -> None:
    """Say a text, then a word by which the readers know that it is over."""
    client.send(command("send_message", room="#lobby", text=text))
    client.send(command("send_message", room="#lobby", text="that is all"))
    client.send(command("ping"))
    await client.until(b'"reply":"ping"')


FORMS = pytest.mark.parametrize("text", FORGED.values(), ids=FORGED.keys())


@FORMS
@pytest.mark.parametrize("first", [b"\nbob\n", b"\nbob\r\n/colour on\r\n"], ids=["plain", "colour"])
async def test_in_a_terminal_every_line_shows_whose_it_is(house: Whole, text: str, first: bytes) -> None:
    bob = await house.connect(first)
    await bob.until(b"in #lobby")
    attacker = await eve(house)
    await bob.until(b"eve")
    await bob.until(b" joined")
    await say(attacker, text)
    shown = (await bob.until(b"that is all")).decode()
    shown = re.sub(r"\x1b\[\d*m", "", shown).replace("\r\n", "\n")  # our own colours and line ends
    assert "\r" not in shown
    assert not IN_ORDER.search(shown)
    for line in shown.split("\n")[1:]:
        assert line.startswith(("eve: ", "* eve ", "-eve- ", "    | ", "* ")), line
        assert not line.startswith(("ada", "* ada", "Server:"))
        assert line.count("\u2067") + line.count("\u2066") + line.count("\u2068") == line.count("\u2069")
        assert line.count("\u202e") <= line.count("\u202c")


@FORMS
async def test_in_irc_every_line_has_its_true_source(house: Whole, text: str) -> None:
    bob = await house.connect(b"NICK bob\r\nUSER b 0 * :b\r\nJOIN #lobby\r\n")
    await bob.until(b" 366 ")
    attacker = await eve(house)
    await bob.until(b":eve!")
    await bob.until(b"\r\n")
    await say(attacker, text)
    told = await bob.until(b"that is all")
    for line in told.split(b"\r\n"):
        assert line.startswith(b":eve!"), line
        assert not set(b"\r\n\0") & set(line)
        assert len(line) <= 510
        words = line.decode().split(" :", 1)[1]
        assert not re.search(r"[\x04-\x08\x0b\x0c\x0e\x10\x12-\x15\x17-\x1c\x7f-\x9f]", words)  # but formatting
        assert not words.startswith("\x01") or words.startswith("\x01ACTION ")


@FORMS
@pytest.mark.parametrize("first", [HELLO, UPGRADE], ids=["lines", "WebSocket"])
async def test_in_json_every_object_is_one_of_ours(house: Whole, text: str, first: bytes) -> None:
    bob = await house.connect(first)
    if first == UPGRADE:
        await bob.until(b"\r\n\r\n")
        words = HELLO.strip()
        bob.send(b"\x81" + bytes([0x80 | len(words)]) + bytes(4) + words)
    await bob.until(b'"rooms":')
    attacker = await eve(house)
    await say(attacker, text)
    told = await bob.until(b'"text":"that is all"')
    between = rb"\n" if first == HELLO else rb"\x81(?:[^~]|~..)(?=\{)"
    *events, _ = re.split(between, told, flags=re.DOTALL)
    said = [json.loads(event) for event in events if b'"event":"message_sent"' in event]
    assert len(said) <= 1
    assert all(event["by_name"] == "eve" for event in said)


@FORMS
async def test_a_topic_is_one_line(house: Whole, text: str) -> None:
    bob, attacker = await house.connect(b"\nbob\n"), await eve(house)
    await bob.until(b"in #lobby")
    attacker.send(command("create_room", name="hall"))
    attacker.send(command("set_topic", room="#hall", topic=text[:200]))
    attacker.send(command("ping"))
    await attacker.until(b'"reply":"ping"')
    bob.send(b"/join hall\n/who\n/topic\nthat is all\n/quit\n")
    shown = (await bob.rest()).decode()
    assert not IN_ORDER.search(shown)
    assert not re.search(r"^(ada|\* ada|Server|:ada|ERROR)", shown, re.MULTILINE)


@FORMS
async def test_a_name_that_could_forge_is_refused_or_harmless(house: Whole, text: str) -> None:
    client = await house.connect(command("hello", name=text[:32]))
    answer = json.loads((await client.until(b"\n")).decode())
    if answer.get("ok"):
        assert re.fullmatch(r"\w[\w\[\]\\`^{|}-]*", answer["you"]["name"])
    else:
        assert answer["error"] in ("name-invalid", "name-reserved", "name-lookalike", "bad-command")


@FORMS
async def test_last_words_and_the_log_hold_no_line_of_anybodys(house: Whole, text: str) -> None:
    bob = await house.connect(b"\nbob\n")
    await bob.until(b"in #lobby")
    with capture_logs() as logged:
        quitter = await house.connect(b"NICK quitter\r\nUSER q 0 * :q\r\nJOIN #lobby\r\n")
        await bob.until(b"quitter joined")
        quitter.send(b"QUIT :" + re.sub("[\r\n\0]", " ", text)[:100].encode("utf-8", "replace") + b"\r\n")
        shown = (await bob.until(b"quitter left")).decode() + (await bob.until(b"\n")).decode()
    assert not IN_ORDER.search(shown)
    assert not any("I quit" in str(value) or "pwned" in str(value) for line in logged for value in line.values())
