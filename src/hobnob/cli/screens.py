"""Where a person's chat is seen and typed: a terminal with a line that nothing tears, or a pipe."""

import asyncio
import sys
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from hobnob.cli.chatting import Chatting
from hobnob.cli.prompting import Interrupted, draw_above, typing_line
from hobnob.cli.typed import lines

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completion
    from prompt_toolkit.document import Document

PAUSE = 0.05
"""Seconds between two drawings; what comes meanwhile is drawn together."""


class Pipe:
    """Plain lines: no cursor is moved, nothing is coloured."""

    def show(self, text: str) -> None:
        """Print whole lines."""
        sys.stdout.write(text)
        sys.stdout.flush()

    async def read(self, chatting: Chatting) -> None:
        """Take lines until there are no more, or one says goodbye."""
        async for line in lines(sys.stdin.fileno()):
            if await chatting.take(line):
                return

    def close(self) -> None:
        """Nothing is to be given back."""


class Terminal:
    """A line to type, with history and completion; what happens is drawn above it."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._session: PromptSession[str] | None = None
        self._raw = ExitStack()
        self._timer: asyncio.TimerHandle | None = None

    def show(self, text: str) -> None:
        """Draw whole lines, soon."""
        self._waiting.append(text)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._draw)

    async def read(self, chatting: Chatting) -> None:
        """Take lines until one says goodbye, or Ctrl+C or Ctrl+D does. A pasted text is one line, with its breaks."""
        await chatting.arrived.wait()
        session = self._session = self._begin(chatting)
        self._raw.enter_context(session.input.raw_mode())  # also between two lines, or keys would be echoed twice
        with suppress(EOFError, Interrupted):
            while True:
                self._draw()
                line = await session.prompt_async(set_exception_handler=False, handle_sigint=False)
                if await chatting.take(line):
                    return

    def close(self) -> None:
        """Draw what is left, and give the terminal back as it was."""
        with suppress(OSError):  # it may be gone
            self._draw()
            self._raw.close()

    def _draw(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        text, session = "".join(self._waiting), self._session
        self._waiting.clear()
        if not text:
            return
        if session is None:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        draw_above(session, text)

    def _begin(self, chatting: Chatting) -> "PromptSession[str]":
        from prompt_toolkit.completion import Completer, Completion

        class Words(Completer):
            def get_completions(self, document: "Document", event: "CompleteEvent") -> "Iterable[Completion]":
                length, words = chatting.completions(document.text_before_cursor)
                return [Completion(word, start_position=-length) for word in words]

        return typing_line(lambda: chatting.prompt, Words(), sys.stdout)
