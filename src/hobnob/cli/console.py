"""The operator's console of `hobnob serve`: a line to type, and above it what happens.

It runs in a thread with an event loop of its own, so a terminal that takes nothing, or a flood that has to be drawn,
never holds up the chat. Between the two are a `Screen` and `call_soon_threadsafe`, nothing else. What is typed goes to
a `ConsoleCodec`, as if it came from a client. prompt_toolkit is imported in the thread: only terminals pay for it.
"""

import asyncio
import os
import signal
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Final, TextIO

import structlog

from hobnob.chat.chat import Chat
from hobnob.cli.prompting import Interrupted, draw_above, typing_line
from hobnob.cli.screen import Screen
from hobnob.gateways.gateway import Origin
from hobnob.gateways.lines.console import HEARD, ConsoleCodec
from hobnob.net.peer import Peer

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

PAUSE: Final = 0.1
"""Seconds between two drawings; what comes meanwhile is drawn together."""
CLOSE_WITHIN: Final = 0.4
"""Seconds for the last lines to be drawn, on a terminal that may take nothing."""

BANNER: Final = """\
Starting TCP Chat Server...
Server will run on {where}
Press Ctrl+C to stop the server
Type 'bye' to disconnect current client
----------------------------------------
{waiting}"""

_log = structlog.get_logger("hobnob.console")


def foreground() -> bool:
    """Whether this process may use its terminal: started with `&` it would be halted for that."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # not the terminal that controls this process, so no shell's jobs use it
        return True


class Console:
    """See the head of this file. The link of a conversation, and the operator's desk.

    It is made before the node and opened once that listens. What begins with an underscore and is `async` runs in the
    console's thread, with what it calls; the rest belongs to the chat's.
    """

    def __init__(self) -> None:
        self.screen = Screen()
        self.waiting = ""
        self._attributes = termios.tcgetattr(sys.stdin.fileno())
        self._survives = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # the node answers it itself from its start
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._closing = False

    def banner(self, host: str, port: int) -> str:
        """What stands at the top of the terminal."""
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.waiting = f"Server waiting for connection on {where}...."
        return BANNER.format(where=where, waiting=self.waiting)

    # For the node.

    def arrived(self, peer: Peer) -> None:
        """Somebody came."""
        self.screen.tell(f"Connection from: {(peer.address, peer.port)}")

    def open(self, chat: Chat, stop: Callable[[], None]) -> None:
        """Let the operator in; `stop` stops the node."""
        self._chat = chat
        self.stop = stop
        self._codec = ConsoleCodec(chat, self, "off" if os.environ.get("NO_COLOR") else "red")
        self._conversation = chat.enter(self._codec, self, Origin("console"))
        self._hear("")
        self._thread = Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Give the terminal back as it was found. What it does not take in a moment is lost."""
        self._closing = True
        self._call(self._news.set)
        if self._thread is not None:
            self._thread.join(CLOSE_WITHIN)
        if self._thread is None or not self._thread.is_alive():
            with suppress(OSError):
                print(self.screen.take(), end="", flush=True)
        self.screen.closed = True
        with suppress(OSError, termios.error):
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self._attributes)

    # For the codec.

    def send_away(self, last_word: str) -> int:
        """Disconnect all but the operator; how many they were."""
        others = [each for each in self._chat.conversations if each is not self._conversation and each.introduced]
        for conversation in others:
            conversation.dismiss(last_word, "sent-away")
        return len(others)

    # For the conversation.

    def write(self, data: bytes) -> None:
        """Show lines."""
        for line in data.decode().split("\n")[:-1]:
            if line.startswith(HEARD):
                self.screen.tell(line.removeprefix(HEARD))
            else:
                self.screen.put(line)

    def close(self) -> None:
        """Nothing more will be said or heard."""
        if not self._closing:
            self._closing = True
            self._chat.loop.call_soon(self._conversation.lost, "closed")
            self._call(self._news.set)

    def pause_reading(self, backlog: int = 0) -> None:
        """Take no further line for now."""
        self._call(self._may_read.clear)

    def resume_reading(self) -> None:
        """Take lines again."""
        self._call(self._may_read.set)

    def held(self) -> int:
        """A terminal takes what it is given."""
        return 0

    def _hear(self, line: str) -> None:
        self._conversation.receive(f"{line}\n".encode("utf-8", "replace"))

    def _call(self, function: Callable[[], None]) -> None:
        """Have something done in the console's thread, if it is there."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the thread has just ended
                self._loop.call_soon_threadsafe(function)

    # In the thread.

    def _run(self) -> None:
        try:
            # A file of its own: while this thread is held up in a write, sys.stdout could not even be closed.
            with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding) as terminal:
                asyncio.run(self._live(terminal))
        except OSError:
            self._gone()
        except Exception:  # noqa: BLE001  the guard at the edge: without a console the chat goes on
            _log.exception("the console failed; the chat goes on without it")
        finally:
            self.screen.closed = True

    async def _live(self, terminal: TextIO) -> None:
        """Draw what waits, and read lines meanwhile."""
        self._loop = asyncio.get_running_loop()
        self.screen.news = lambda: self._call(self._news.set)
        session = self._session(terminal)
        with session.input.raw_mode():  # also between two lines, or what is typed then would be echoed twice
            asking = asyncio.create_task(self._ask(session))
            try:
                while not self._closing:
                    self._draw(session)
                    await asyncio.sleep(PAUSE)
                    await self._news.wait()
                    self._news.clear()
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
            self._draw(session)

    async def _ask(self, session: "PromptSession[str]") -> None:
        try:
            while True:
                line = await session.prompt_async(set_exception_handler=False, handle_sigint=False)
                self._tell_chat(self._hear, line)
                await self._may_read.wait()
        except Interrupted:
            self._tell_chat(self.stop)
        except (EOFError, OSError):
            self._gone()
        except Exception:  # noqa: BLE001  the same guard
            _log.exception("the console cannot read; Ctrl+C stops the server")

    def _draw(self, session: "PromptSession[str]") -> None:
        """Put what waits above the typed line."""
        if text := self.screen.take():
            draw_above(session, text)

    def _gone(self) -> None:
        """The terminal is closed: the server ends with it, as any program would, unless it was started by nohup."""
        if not self._survives:
            self._tell_chat(self.stop)

    def _tell_chat(self, function: Callable[..., None], *arguments: str) -> None:
        with suppress(RuntimeError):  # its loop has just ended
            self._chat.loop.call_soon_threadsafe(function, *arguments)

    def _session(self, terminal: TextIO) -> "PromptSession[str]":
        from prompt_toolkit.completion import WordCompleter

        words = WordCompleter([*self._codec.commands], sentence=True)
        return typing_line(lambda: self._codec.prompt, words, terminal, self._keys())

    def _keys(self) -> "KeyBindings":
        from prompt_toolkit.key_binding import KeyBindings

        keys = KeyBindings()

        @keys.add("c-d")
        def _end_of_input(event: "KeyPressEvent") -> None:
            buffer = event.current_buffer
            if buffer.text:
                buffer.delete()
            else:
                self.screen.put("Ctrl+C stops the server, and so does /stop.")

        @keys.add("c-z")
        def _suspend(event: "KeyPressEvent") -> None:
            self.screen.put("A halted server answers nobody. Ctrl+C stops it, and so does /stop.")

        return keys
