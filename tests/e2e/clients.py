"""What people and programs connect with. Every wait has a deadline, and what was heard is said when it passes."""

import json
import os
import pty
import re
import secrets
import shutil
import socket
import ssl
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from io import FileIO
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest

PATIENCE = 20.0
"""Seconds that a shared, slow machine may take for what is at once elsewhere."""

belongings = ExitStack()
"""What a test opened; it is closed when the test is over."""

T = TypeVar("T")
Frame = dict[str, Any]


def eventually(look: Callable[[], T], within: float = PATIENCE, shown: Callable[[], object] = lambda: "") -> T:
    """The first true answer of `look`; fails with what `shown` says after `within` seconds."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing in {within} s: {shown()}"
        time.sleep(0.01)
    return found


def needed(program: str) -> str:
    """The path of a program; the test is skipped where it is missing."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed; `make test` installs it where it may.")
    return path


class Client:
    """A TCP client of bytes. `heard` is all that came so far."""

    def __init__(self, port: int, said: bytes | str = b"", *, tls: bool = False, receive_buffer: int = 0) -> None:
        self.heard = b""
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(("127.0.0.1", port))
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self._socket = context.wrap_socket(self._socket)
        belongings.callback(self.close)
        if said:
            self.send(said)

    def send(self, data: bytes | str) -> None:
        """Send, as one write."""
        self._socket.sendall(data.encode() if isinstance(data, str) else data)

    def end_input(self) -> None:
        """Say nothing more."""
        self._socket.shutdown(socket.SHUT_WR)

    def read(self) -> bytes:
        """What one read brings; nothing at the end."""
        data = self._socket.recv(65536)
        self.heard += data
        return data

    def until(self, wanted: bytes | str, within: float = PATIENCE) -> bytes:
        """Read until a regular expression is found; all that was heard since the last call, up to there."""
        pattern = re.compile(wanted.encode() if isinstance(wanted, str) else wanted, re.DOTALL)
        deadline = time.monotonic() + within
        while not (found := pattern.search(self.heard)):
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self.read()
            except TimeoutError:
                data = b""
            assert data, f"no {wanted!r} within {within} s in {self.heard[-2000:]!r}"
        self._socket.settimeout(PATIENCE)
        before, self.heard = self.heard[: found.end()], self.heard[found.end() :]
        return before

    def silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        self._socket.settimeout(seconds)
        try:
            return not self.read()
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(PATIENCE)

    def rest(self) -> bytes:
        """All up to the end of the connection, including what was heard before."""
        with suppress(ConnectionError):  # a last write that the server did not read makes the end a reset
            while self.read():
                pass
        return self.heard

    def close(self) -> None:
        """Let go."""
        self._socket.close()

    def cut(self) -> None:
        """Vanish: the other side sees a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()


class JsonClient(Client):
    """A client of the hobnob protocol. `events` are those that came before a reply that was waited for."""

    def __init__(self, port: int, name: str | None = None, *, receive_buffer: int = 0, **hello: object) -> None:
        super().__init__(port, receive_buffer=receive_buffer)
        self.events: list[Frame] = []
        self._id = 0
        self.welcome = self.ask("hello", name=name, client="test", **hello)
        assert self.welcome.get("ok"), self.welcome
        self.lobby: str = self.welcome["rooms"][0]["id"]

    def tell(self, do: str, **fields: object) -> int:
        """Send a command without waiting for its reply; its id."""
        self._id += 1
        self.send(json.dumps({"do": do, "id": self._id, **fields}) + "\n")
        return self._id

    def ask(self, do: str, **fields: object) -> Frame:
        """Send a command; its reply."""
        return self.reply(self.tell(do, **fields))

    def say(self, text: str, **fields: object) -> Frame:
        """Say something in the lobby; the reply."""
        return self.ask("send_message", room="#lobby", text=text, ref=secrets.token_hex(16), **fields)

    def reply(self, to: int | str | None) -> Frame:
        """The reply to one command; events before it are kept in `events`."""
        while "reply" not in (frame := self.frame()) or frame["reply"] != to:
            self.events.append(frame)
        return frame

    def frame(self, within: float = PATIENCE) -> Frame:
        """The next frame."""
        found: Frame = json.loads(self.until(rb"\n", within))
        return found

    def event(self, name: str, shown: Callable[[], object] = lambda: "") -> Frame:
        """The next event of this name, of those kept first; fails with what `shown` says."""
        while True:
            try:
                frame = self.events.pop(0) if self.events else self.frame()
            except AssertionError as error:
                raise AssertionError(f"no {name}: {shown()}") from error
            if frame.get("event") == name:
                return frame

    def texts(self, last: str) -> list[str]:
        """The texts of all messages, in order, up to the one that is `last`."""
        texts: list[str] = []
        while not texts or texts[-1] != last:
            texts.append(self.event("message_sent")["text"])
        return texts

    def facts(self) -> list[Frame]:
        """All that is kept of the lobby, in order."""
        facts: list[Frame] = []
        more = True
        while more:
            page = self.ask("events_since", log=self.lobby, number=facts[-1]["number"] if facts else 0)
            facts += page.get("events", ())
            more = page.get("more", False)
        return facts


class Program:
    """A program that talks through its stdin and stdout, or on a terminal of its own. `heard` grows by itself."""

    def __init__(self, arguments: Sequence[str], *, terminal: bool = False, **variables: str) -> None:
        needed(arguments[0])
        self._heard = bytearray()
        environment = os.environ | {"LC_ALL": "C.UTF-8", "TERM": "xterm"} | variables
        self._pipe: int | None = None
        if terminal:
            self._pipe, side = pty.openpty()
            termios.tcsetwinsize(side, (50, 160))
            self.process = subprocess.Popen(
                arguments, stdin=side, stdout=side, stderr=side, env=environment, start_new_session=True
            )
            os.close(side)
        else:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
            )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        belongings.callback(self.end)

    @property
    def heard(self) -> str:
        """All that the program has printed so far."""
        return self._heard.decode("utf-8", "replace")

    def type(self, text: str) -> None:
        """Give it text."""
        if self._pipe is not None:
            os.write(self._pipe, text.encode())
        else:
            assert self.process.stdin is not None
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()

    def resize(self, rows: int, columns: int) -> None:
        """Give its terminal another size."""
        assert self._pipe is not None
        termios.tcsetwinsize(self._pipe, (rows, columns))

    def until(self, wanted: str, within: float = PATIENCE) -> None:
        """Wait until it has printed what a regular expression finds."""
        eventually(lambda: re.search(wanted, self.heard, re.DOTALL), within, lambda: f"{wanted!r} in {self.heard!r}")

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        if self._pipe is not None:
            os.close(self._pipe)
        else:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            with suppress(BrokenPipeError):
                self.process.stdin.close()
            self.process.stdout.close()

    def _read(self) -> None:
        source = self._pipe if self._pipe is not None else self.process.stdout
        assert source is not None
        number = source if isinstance(source, int) else source.fileno()
        with suppress(OSError):  # a terminal whose program is gone
            while data := os.read(number, 65536):
                self._heard += data


class Logged:
    """Base of an IRC client that is watched by the log it writes of #lobby."""

    def lines(self) -> list[str]:
        """What the log has of the lobby."""
        raise NotImplementedError

    def until(self, wanted: str, within: float = PATIENCE) -> None:
        """Wait until the log has a line that contains `wanted`."""
        eventually(lambda: any(wanted in line for line in self.lines()), within, lambda: (wanted, self.lines()))


class Irssi(Logged):
    """irssi from the system's packages, in a terminal and a home of its own."""

    def __init__(
        self, home: Path, port: int, nick: str, password: str = "", *, mechanism: str = "PLAIN", pinned: str = ""
    ) -> None:
        """With a password it logs in by SASL, to the account that is called like the nick.

        `pinned` is the SHA-256 of the server's certificate, in hexadecimal: then it speaks TLS, to nobody else.
        """
        home.mkdir()
        self._log = home / "lobby.log"
        sasl = f'sasl_mechanism = "{mechanism}"; sasl_username = "{nick}"; sasl_password = "{password}";'
        sasl = sasl if password else ""
        pin = ":".join(pinned[at : at + 2] for at in range(0, len(pinned), 2)).upper()
        tls = f'use_tls = "yes"; tls_verify = "no"; tls_pinned_cert = "{pin}";' if pinned else ""
        (home / "config").write_text(
            f'servers = ({{ address = "127.0.0.1"; port = "{port}"; chatnet = "here"; autoconnect = "yes"; {tls} }});\n'
            f'chatnets = {{ here = {{ type = "IRC"; nick = "{nick}"; {sasl} }}; }};\n'
            'channels = ({ name = "#lobby"; chatnet = "here"; autojoin = "yes"; });\n'
            f'settings = {{ core = {{ real_name = "{nick}"; user_name = "{nick}"; nick = "{nick}"; }};\n'
            # Lines that it reads at once are no paste to ask about: whoever types is faster than a busy machine.
            '  "irc/core" = { cmd_queue_speed = "10msec"; }; "fe-text" = { paste_verify_line_count = "0"; }; };\n'
            f'logs = {{ "{self._log}" = {{ auto_open = "yes"; level = "ALL"; items = ({{ type = "TARGET";'
            ' name = "#lobby"; }); }; };\n'
        )
        self._program = Program(["irssi", f"--home={home}"], terminal=True, HOME=str(home))

    def say(self, text: str) -> None:
        """Type a line in the lobby's window."""
        self._program.type(f"{text}\r")

    def lines(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines() if self._log.exists() else []

    def screen(self) -> str:
        """All that was drawn."""
        return self._program.heard


class WeeChat(Logged):
    """WeeChat without a screen, driven by its FIFO."""

    def __init__(
        self, home: Path, port: int, nick: str, password: str = "", *, mechanism: str = "plain", pinned: str = ""
    ) -> None:
        """With a password it logs in by SASL, to the account that is called like the nick.

        `pinned` is the SHA-256 of the server's certificate, in hexadecimal: then it speaks TLS, to nobody else.
        """
        home.mkdir()
        self._home = home
        sasl = f" -sasl_mechanism={mechanism} -sasl_username={nick} -sasl_password={password}" if password else ""
        # What is called tls in newer ones was called ssl; either takes its own word for it and passes over the other.
        tls = f"-ssl -ssl_fingerprint={pinned} -tls -tls_fingerprint={pinned}" if pinned else "-notls"
        commands = (
            "/set logger.file.flush_delay 0;/set logger.file.path ${weechat_data_dir};"
            "/set irc.server_default.anti_flood_prio_high 0;/set fifo.file.path ${weechat_runtime_dir}/fifo;"
            f"/server add here 127.0.0.1/{port} {tls} -nicks={nick} -autojoin=#lobby{sasl};/connect here"
        )
        self._fifo: FileIO | None = None
        self._program = Program(["weechat-headless", "--dir", str(home), "--run-command", commands], HOME=str(home))

    def command(self, text: str) -> None:
        """Give a command, or say something, in the lobby's buffer."""
        if self._fifo is None:
            fifo = eventually(lambda: [*self._home.rglob("fifo")], shown=lambda: self._program.heard)
            # It stays open: at its end WeeChat opens it anew, and what was written just before is lost. For reading
            # too, or a WeeChat that is gone would be waited for.
            self._fifo = fifo[0].open("r+b", buffering=0)
            belongings.callback(self._fifo.close)
        self._fifo.write(f"irc.here.#lobby *{text}\n".encode())

    say = command

    def everywhere(self) -> str:
        """What all its logs have."""
        return "\n".join(log.read_text(errors="replace") for log in sorted(self._home.rglob("*.weechatlog")))

    def lines(self) -> list[str]:
        logs = list(self._home.rglob("irc.here.#lobby.weechatlog"))
        return logs[0].read_text(errors="replace").splitlines() if logs else []
