"""Strangers at the door of a house that asks for invites, one for each way in: what they try, and how they come in."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from tests.e2e.clients import Client, Frame, needed
from tests.e2e.websocket import WebSocketClient

from hobnob.protocol.commands import AnyCommand

INSIDER, ROOM, TOPIC, TEXT = "Quillfeather", "pantry", "pickled walnuts", "marzipan at midnight"
"""What nobody outside may learn. The lobby's name is no secret: every house has one."""
SECRETS = tuple(secret.lower().encode() for secret in (INSIDER, ROOM, TOPIC, TEXT))
FREE = "Zephyrina"
"""A name that nobody has."""

_SAMPLES: dict[str, Any] = {
    "room": f"#{ROOM}", "person": f"@{INSIDER}", "people": [f"@{INSIDER}"], "name": INSIDER, "text": "hi", "number": 1,
    "of": 1, "emoji": "+1", "topic": "x", "query": "marzipan", "log": f"#{ROOM}", "state": "away", "key": "k",
    "value": "v", "password": "correct horse battery", "old": "x" * 9, "new": "y" * 9, "device": "d_x", "invite": "i_x",
    "code": "x" * 26, "allow": "all", "role": "owner", "seconds": 60, "on": True, "tags": {}, "keys": ["k"],
    "kind": "ban",
}  # fmt: skip


class Stranger(Protocol):
    """Somebody at the door. `head` is what a proxy puts before what they say."""

    def try_everything(self) -> bytes:
        """All that a stranger may try; what was heard."""

    def refusal_of(self, name: str) -> str:
        """What is said to who comes under a name, without the name."""

    def come_in(self, code: str) -> bytes:
        """Come in with an invite, and read; what was heard."""


def every_command() -> list[Frame]:
    """One of each command, with something for each field that it needs."""
    frames: list[Frame] = []
    for command in AnyCommand.__args__:
        fields = {
            field.name: _SAMPLES.get(field.name, "x") for field in msgspec.structs.fields(command) if field.required
        }
        frames.append({"do": command.__struct_config__.tag, **fields})
    return [frame for frame in frames if frame["do"] not in ("hello", "ping", "prove")]


class JsonStranger:
    """Speaks the hobnob protocol over TCP."""

    def __init__(self, port: int, *, tls: bool, head: bytes = b"") -> None:
        self._link = self._connect(port, tls, head)
        self.heard = b""
        self._id = 0

    def _connect(self, port: int, tls: bool, head: bytes) -> Client:
        return Client(port, head, tls=tls)

    def _send(self, frame: bytes) -> None:
        self._link.send(frame + b"\n")

    def _next(self) -> bytes:
        return self._link.until(b"\n")

    def ask(self, do: str, **fields: object) -> Frame:
        """A command's reply."""
        self._id += 1
        self._send(json.dumps({"do": do, "id": self._id, **fields}).encode())
        while True:
            said = self._next()
            self.heard += said
            frame: Frame = json.loads(said)
            if frame.get("reply") == self._id:
                return frame

    def until(self, text: str) -> bytes:
        """All that was heard before, up to a text."""
        while text.encode() not in self.heard:
            self.heard += self._next()
        return self.heard

    def rest(self) -> bytes:
        """All up to the end of the connection."""
        return self.heard + self._link.rest()

    def try_everything(self) -> bytes:
        """All that a stranger may try; what was heard."""
        for frame in every_command():
            reply = self.ask(**frame)
            assert reply.get("error") == "hello-first", (frame, reply)
        for code in (None, "", "x" * 26, "../../etc/passwd"):
            reply = self.ask("hello", name=INSIDER, invite=code)
            assert reply.get("error") in ("invite-needed", "invite-unknown"), reply
        return self.heard

    def refusal_of(self, name: str) -> str:
        """What is said to who comes under a name, without the name."""
        asked = self.ask("prove", message=f"n,,n={name},r=1")
        form = re.sub(r"(?<=[rs]=)[^,]+", "…", str(asked.pop("message")))
        proof = self.ask("prove", message="c=biws,r=1,p=AAAA")
        reply = self.ask("hello", name=name)
        said = [{**each, "reply": 0} for each in (asked, proof, reply)]
        return json.dumps([form, *said]).replace(name, "NAME")

    def come_in(self, code: str) -> bytes:
        """Come in with an invite, and read."""
        assert self.ask("hello", name="newcomer", invite=code).get("ok"), self.heard
        return json.dumps(self.ask("read_history", room="#lobby")).encode()


class WebSocketStranger(JsonStranger):
    """The same in frames."""

    def _connect(self, port: int, tls: bool, head: bytes) -> Client:
        link = Client(port, head, tls=tls)
        link.send(
            f"GET /ws HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert b" 101 " in link.until("\r\n\r\n")
        self._frames = WebSocketClient.over(link)
        return link

    def _send(self, frame: bytes) -> None:
        self._frames.say_frame(frame)

    def _next(self) -> bytes:
        return self._frames.text()


class IrcStranger:
    """An IRC client."""

    COMMANDS = (
        "LIST", f"NAMES #{ROOM}", f"WHO #{ROOM}", "WHO *", f"WHOIS {INSIDER}", f"WHOWAS {INSIDER}", f"ISON {INSIDER}",
        f"USERHOST {INSIDER}", f"MONITOR + {INSIDER}", f"JOIN #{ROOM}", f"TOPIC #{ROOM}", f"MODE #{ROOM}",
        f"CHATHISTORY LATEST #{ROOM} * 10", "SEARCH marzipan", "LUSERS", "STATS u", f"PRIVMSG {INSIDER} :hi",
        f"PRIVMSG #{ROOM} :hi", "AWAY :x", f"INVITE {INSIDER} #{ROOM}", f"METADATA {INSIDER} LIST",
        f"PRIVMSG NickServ :INFO {INSIDER}", "MARKREAD #lobby", "HELP", "INFO", "LINKS",
    )  # fmt: skip

    def __init__(self, port: int, *, tls: bool, head: bytes = b"") -> None:
        self._port, self._tls, self._head = port, tls, head

    def _register(self, name: str, *first: str) -> Client:
        lines = [*first, f"NICK {name}", f"USER {name} 0 * :{name}"]
        return Client(self._port, self._head + "".join(f"{line}\r\n" for line in lines).encode(), tls=self._tls)

    def try_everything(self) -> bytes:
        first = Client(self._port, self._head + b"CAP LS 302\r\n", tls=self._tls)
        first.send("".join(f"{line}\r\n" for line in self.COMMANDS))
        first.send("PING :done\r\n")
        heard = first.until("PONG[^\n]*done")
        for code in ("", "x" * 26):
            heard += self._register(INSIDER, *([f"PASS {code}"] if code else [])).rest().replace(INSIDER.encode(), b"")
        return heard.replace(f"JOIN #{ROOM}".encode(), b"")

    def refusal_of(self, name: str) -> str:
        return self._register(name).rest().decode().replace(name, "NAME")

    def come_in(self, code: str) -> bytes:
        client = self._register("newcomer", f"PASS {code}")
        client.send(
            "JOIN #lobby\r\nCAP REQ :batch draft/chathistory\r\nCHATHISTORY LATEST #lobby * 10\r\nPING :done\r\n"
        )
        return client.until("PONG[^\n]*done")


class LinesStranger:
    """Somebody with netcat."""

    def __init__(self, port: int, *, tls: bool, head: bytes = b"") -> None:
        self._port, self._tls, self._head = port, tls, head

    def _say(self, *lines: str) -> Client:
        client = Client(self._port, self._head + b"\n", tls=self._tls)
        client.until("name")
        client.send("".join(f"{line}\n" for line in lines))
        return client

    def try_everything(self) -> bytes:
        tried = ("/rooms", "/who", "/history", "/search marzipan", f"/join {ROOM}", f"/msg {INSIDER} hi", "x" * 26)
        return self._say(INSIDER, *tried, "bye").rest().replace(INSIDER.encode(), b"")

    def refusal_of(self, name: str) -> str:
        return self._say(name, "", "bye").rest().decode().replace(name, "NAME")

    def come_in(self, code: str) -> bytes:
        client = self._say("newcomer", code)
        client.until("newcomer")
        client.send("/history\n/me done\n")
        return client.until("newcomer done")


class CurlStranger:
    """Programs that speak HTTP: there is nothing to chat with but the WebSocket, so they learn how to come in."""

    PATHS = (
        "/", "/rooms", "/history", f"/{ROOM}", "/search?q=marzipan", "/api", "/files/1", "/healthz", "/ws", "/hook/x",
        "/static/chat.js", "/%2e%2e/%2e%2e/etc/passwd", "/metrics",
    )  # fmt: skip

    def __init__(self, port: int, *, tls: bool, head: bytes = b"") -> None:
        self._at = f"http{'s' if tls else ''}://localhost:{port}"

    def _curl(self, *arguments: str) -> bytes:
        command = [needed("curl"), "-sk", "--path-as-is", "-m", "20", *arguments]
        return subprocess.run(command, capture_output=True, check=True, env=os.environ | {"no_proxy": "*"}).stdout

    def try_everything(self) -> bytes:
        heard = b"".join(self._curl(self._at + path) for path in self.PATHS)
        heard += self._curl("-X", "POST", "-d", f"NICK {INSIDER}\r\nLIST\r\n", self._at + "/")
        return heard + self._curl("-X", "DELETE", f"{self._at}/rooms/{ROOM}").replace(ROOM.encode(), b"")

    def refusal_of(self, name: str) -> str:
        return self._curl("-A", name, f"{self._at}/people/{name}").decode().replace(name, "NAME")

    def come_in(self, code: str) -> bytes:
        raise NotImplementedError("There is nothing to chat with by HTTP alone.")


STRANGERS: dict[str, Callable[..., Stranger]] = {
    "lines": LinesStranger,
    "json": JsonStranger,
    "irc": IrcStranger,
    "websocket": WebSocketStranger,
    "curl": CurlStranger,
}
