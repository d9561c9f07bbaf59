"""Who is removed or banned hears and reads nothing more at once, on a connection that was open, by every gateway."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Protocol

import pytest
from tests.e2e.clients import Client, JsonClient
from tests.e2e.conftest import Start
from tests.e2e.server import Server, environment
from tests.e2e.strangers import JsonStranger, WebSocketStranger

ROOM = "den"
BEFORE, AFTER, MARK = "acorns in autumn", "beechnuts in winter", "a mark in the lobby"


class Member(Protocol):
    """Mallory, by one gateway, in the lobby and in the room."""

    def until(self, text: str) -> bytes:
        """Hear until a text; what was heard."""

    def look_for_it(self) -> bytes:
        """Try to read the room by all means that there are; what was heard."""

    def rest(self) -> bytes:
        """All up to the end of the connection."""


class LinesMember:
    """With netcat."""

    def __init__(self, port: int, *, tls: bool = False, head: bytes = b"") -> None:
        self._link = Client(port, head + b"\n", tls=tls)
        self._link.until("name")
        self._link.send(f"mallory\n/join {ROOM}\n")
        self._link.until(f"#{ROOM}")
        self._link.send("/me is in\n")
        self._link.until("is in")

    def until(self, text: str) -> bytes:
        return self._link.until(text)

    def look_for_it(self) -> bytes:
        self._link.send(f"/join {ROOM}\n/history\n/history #1\n/search beechnuts\n/join lobby\n/me looked\n")
        return self._link.until("looked")

    def rest(self) -> bytes:
        return self._link.rest()


class IrcMember:
    """With an IRC client."""

    def __init__(self, port: int, *, tls: bool = False, head: bytes = b"") -> None:
        self._link = Client(port, head + b"NICK mallory\r\nUSER mallory 0 * :m\r\n", tls=tls)
        self._link.send(f"CAP REQ :message-tags batch draft/chathistory\r\nJOIN #lobby,#{ROOM}\r\nPING :in\r\n")
        self._link.until("PONG[^\n]*in\r")

    def until(self, text: str) -> bytes:
        return self._link.until(text)

    def look_for_it(self) -> bytes:
        self._link.send(
            f"JOIN #{ROOM}\r\nCHATHISTORY LATEST #{ROOM} * 10\r\nNAMES #{ROOM}\r\nTOPIC #{ROOM}\r\nSEARCH beechnuts\r\n"
            f"PRIVMSG #{ROOM} :hello\r\nPING :looked\r\n"
        )
        return self._link.until("PONG[^\n]*looked")

    def rest(self) -> bytes:
        return self._link.rest()


class JsonMember:
    """With the hobnob protocol."""

    stranger: type[JsonStranger] = JsonStranger

    def __init__(self, port: int, *, tls: bool = False, head: bytes = b"") -> None:
        self._client = self.stranger(port, tls=tls, head=head)
        assert self._client.ask("hello", name="mallory")["ok"]
        self._room: str = self._client.ask("join_room", room=f"#{ROOM}")["room"]["id"]

    def until(self, text: str) -> bytes:
        return self._client.until(text)

    def look_for_it(self) -> bytes:
        said = [
            self._client.ask("join_room", room=self._room),
            self._client.ask("read_history", room=self._room),
            self._client.ask("read_history", room=self._room, around=1),
            self._client.ask("events_since", log=self._room, number=0),
            self._client.ask("search", query="beechnuts"),
            self._client.ask("search", query="beechnuts", room=self._room),
            self._client.ask("read_versions", room=self._room, of=1),
            self._client.ask("list_members", room=self._room),
            self._client.ask("send_message", room=self._room, text="hello"),
        ]
        return json.dumps(said).encode()

    def rest(self) -> bytes:
        return self._client.rest()


class WebSocketMember(JsonMember):
    """The same in a browser's socket."""

    stranger = WebSocketStranger


MEMBERS: dict[str, Callable[..., Member]] = {
    "lines": LinesMember, "irc": IrcMember, "json": JsonMember, "websocket": WebSocketMember,
}  # fmt: skip


@pytest.fixture
def ada(server: Server) -> JsonClient:
    """Who stays, and goes on talking."""
    ada = JsonClient(server.port, "ada")
    assert ada.ask("create_room", name=ROOM)["ok"]
    assert ada.ask("send_message", room=f"#{ROOM}", text=BEFORE)["ok"]
    return ada


def admin(server: Server, *arguments: str) -> None:
    """What the operator does about it."""
    command = [sys.executable, "-m", "hobnob", "admin", *arguments]
    subprocess.run(command, env=environment(HOBNOB_DATA=str(server.data)), check=True, timeout=60, capture_output=True)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("gateway", MEMBERS)
def test_who_is_banned_from_a_room(server: Server, ada: JsonClient, gateway: str, tls: bool) -> None:
    mallory = MEMBERS[gateway](server.port, tls=tls)
    admin(server, "ban", "mallory", "--room", ROOM)
    assert ada.ask("send_message", room=f"#{ROOM}", text=AFTER)["ok"]
    assert ada.say(MARK)["ok"]
    heard = mallory.until(MARK) if gateway != "lines" else b""  # a person in lines is in one room at a time
    heard += mallory.look_for_it()
    assert AFTER.encode() not in heard
    assert BEFORE.encode() not in heard
    assert b"hello" not in json.dumps(ada.ask("read_history", room=f"#{ROOM}")).encode()


@pytest.mark.parametrize("gateway", MEMBERS)
def test_who_is_banned_from_the_server(start: Start, gateway: str) -> None:
    server = start("--access", "open", "--trusted-proxies", "127.0.0.1/32")
    ada = JsonStranger(server.port, tls=False, head=_from("203.0.113.7"))
    assert ada.ask("hello", name="ada")["ok"]
    assert ada.ask("create_room", name=ROOM)["ok"]
    mallory = MEMBERS[gateway](server.port, head=_from("198.51.100.9"))
    admin(server, "ban", "mallory", "--reason", "for good reason")
    assert ada.ask("send_message", room=f"#{ROOM}", text=AFTER)["ok"]
    heard = mallory.rest()
    assert b"for good reason" in heard
    assert AFTER.encode() not in heard


def _from(address: str) -> bytes:
    """What a proxy says of somebody from afar: a visitor's ban is one of their address, and never of this machine's."""
    return f"PROXY TCP4 {address} 127.0.0.1 40000 8080\r\n".encode()
