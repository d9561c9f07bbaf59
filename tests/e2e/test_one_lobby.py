"""Everybody in one lobby, on one port: real programs of every kind see the same messages in the same order."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page
from tests.e2e.clients import Client, Irssi, JsonClient, Program, WeeChat, eventually
from tests.e2e.conftest import Start

ROUNDS = 5
SAID = re.compile(r"(?P<by>[a-z0-9]+) says \d")


@dataclass(frozen=True)
class Participant:
    """Somebody in the lobby: how they speak, all that they were shown so far, and whether their own words are in it."""

    name: str
    speak: Callable[[str], object]
    shown: Callable[[], str]
    echo: bool = False

    def messages(self) -> list[str]:
        """The messages of others, or of all, as they were shown."""
        found = [match[0] for match in SAID.finditer(self.shown()) if match["by"] != self.name or self.echo]
        return [message for i, message in enumerate(found) if message not in found[:i]] if self.echo else found


def netcat(port: int, name: str) -> Participant:
    program = Program(["nc", "127.0.0.1", str(port)])
    program.type(f"\n{name}\n")
    program.until(f"Welcome, {name}")
    return Participant(name, lambda text: program.type(f"{text}\n"), lambda: program.heard)


def telnet(port: int, name: str) -> Participant:
    program = Program(["telnet", "127.0.0.1", str(port)], terminal=True)
    program.until("Escape character")
    program.type("\r")
    program.until(r"Your name\?")
    program.type(f"{name}\r")
    program.until(f"Welcome, {name}")
    return Participant(name, lambda text: program.type(f"{text}\r"), lambda: "\n".join(
        line for line in program.heard.split("\r\n") if ": " in line))  # fmt: skip


def openssl(port: int, name: str) -> Participant:
    program = Program(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}"])
    program.type(f"\n{name}\n")
    program.until(f"Welcome, {name}")
    return Participant(name, lambda text: program.type(f"{text}\n"), lambda: program.heard)


def student(port: int, name: str) -> Participant:
    client = Client(port, f"USERNAME:{name}")

    def shown() -> str:
        client.silent(0.02)
        return client.heard.decode()

    return Participant(name, lambda text: client.send(f"{name}: {text}"), shown)


def json_lines(port: int, name: str) -> Participant:
    client = JsonClient(port, name)

    def shown() -> str:
        client.silent(0.02)
        return "\n".join(re.findall(r'"message_sent","text":"([^"]+)"', client.heard.decode()))

    return Participant(name, lambda text: client.tell("send_message", room="#lobby", text=text), shown, echo=True)


def irssi(home: Path, port: int, name: str) -> Participant:
    program = Irssi(home / "irssi", port, name)
    program.until(f"{name} [")
    program.say("/window 2")
    return Participant(name, program.say, lambda: "\n".join(program.lines()))


def weechat(home: Path, port: int, name: str) -> Participant:
    program = WeeChat(home / "weechat", port, name)
    program.until("--\tChannel")
    return Participant(name, program.say, lambda: "\n".join(program.lines()))


def page_of_the_server(page: Page, port: int, name: str) -> Participant:
    """The page that the server gives, used by its labels as a person would."""
    page.goto(f"http://127.0.0.1:{port}/")
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Enter").click()
    page.locator("#account-name", has_text=name).wait_for()

    def speak(text: str) -> None:
        page.get_by_label("Your message").fill(text)
        page.get_by_label("Your message").press("Enter")

    return Participant(
        name, speak, lambda: "\n".join(page.locator("#messages li:not(.waiting) .text").all_inner_texts()), echo=True
    )


def raw_websocket(page: Page, port: int, name: str) -> Participant:
    """A few lines of JavaScript in the same Chromium."""
    page.goto(f"http://127.0.0.1:{port}/healthz")
    page.evaluate(
        """name => new Promise(done => {
            window.heard = [];
            window.socket = new WebSocket(`ws://${location.host}/ws`);
            socket.onopen = () => socket.send(JSON.stringify({do: "hello", id: 0, name}));
            socket.onmessage = ({data}) => {
                const frame = JSON.parse(data);
                if (frame.reply === 0) done();
                if (frame.event === "message_sent") heard.push(frame.text);
            };
        })""",
        name,
    )
    speak = 'text => socket.send(JSON.stringify({do: "send_message", room: "#lobby", text}))'
    return Participant(
        name, lambda text: page.evaluate(speak, text), lambda: str(page.evaluate('heard.join("\\n")')), echo=True
    )


def present(watcher: JsonClient) -> set[str]:
    """The names of who is in the lobby; not everybody is told when they are."""
    return {
        member["name"] for member in watcher.ask("list_members", room="#lobby")["members"] if member.get("attached")
    }


def sees_in_order(person: Participant, expected: list[str]) -> None:
    """Wait until somebody has seen all messages, which are then these and in this order."""
    wanted = [text for text in expected if person.echo or not text.startswith(f"{person.name} ")]
    eventually(lambda: len(person.messages()) >= len(wanted), shown=lambda: (person.name, person.shown()))
    assert person.messages() == wanted, person.name


def test_all_see_the_same_messages_in_the_same_order(
    start: Start, certificate: tuple[str, ...], chromium: Browser, tmp_path: Path
) -> None:
    port = start(*certificate).port
    watcher = JsonClient(port, "watcher")
    with chromium.new_context() as one, chromium.new_context() as other:
        people = [
            weechat(tmp_path, port, "weechat"),
            irssi(tmp_path, port, "irssi"),
            page_of_the_server(one.new_page(), port, "page"),
            raw_websocket(other.new_page(), port, "socket"),
            netcat(port, "nc1"),
            netcat(port, "nc2"),
            telnet(port, "telnet"),
            openssl(port, "openssl"),
            student(port, "bob"),
            json_lines(port, "json"),
        ]
        eventually(lambda: {person.name for person in people} <= present(watcher), shown=lambda: present(watcher))
        for i in range(ROUNDS):
            for person in people[i:] + people[:i]:
                person.speak(f"{person.name} says {i}")
        said = {f"{person.name} says {i}" for person in people for i in range(ROUNDS)}
        expected: list[str] = []
        while len(expected) < len(said):
            expected.append(watcher.event("message_sent", lambda: said.difference(expected))["text"])
        assert set(expected) == said
        for person in people:
            sees_in_order(person, expected)
        facts = [fact["text"] for fact in watcher.facts() if fact["event"] == "message_sent"]
        assert facts == expected


def test_who_comes_later_reads_what_was_said(start: Start, chromium: Browser) -> None:
    port = start().port
    Program(["sh", "-c", f"printf 'good morning\\nall of you\\n' | nc -N 127.0.0.1 {port}"]).until("Bye, ")
    person = Client(port, "\nada\n")
    person.until(r"\[\d\d:\d\d\] guest-\w+: good morning\n#\d+ \[\d\d:\d\d\] guest-\w+: all of you\n")
    with chromium.new_context() as context:
        page = context.new_page()
        page_of_the_server(page, port, "grace")
        page.get_by_text("all of you").wait_for()
        person.send("welcome, grace\n")
        page.get_by_text("welcome, grace").wait_for()
        page.reload()  # the token makes her the same person again
        page.locator("#account-name", has_text="grace").wait_for()
        page.get_by_text("welcome, grace").wait_for()
