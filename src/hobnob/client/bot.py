"""A bot: functions that are called for what happens from now on, for as long as the bot runs.

    bot = Bot("localhost:8080", name="deploybot", rooms=["#ops"])

    @bot.hears("!deploy")
    async def deploy(message):
        await message.reply(f"Deploying {message.arguments}.")

    bot.run()

What was said while it was away is no news to it, and neither is what it says itself. A function that fails is logged,
and the bot goes on. The device token is kept, so that the bot's name stays its own.
"""

import asyncio
import inspect
import logging
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, TypeVar

from hobnob.client.client import Client
from hobnob.client.connect import connect
from hobnob.client.errors import ClientError
from hobnob.client.messages import Sent
from hobnob.client.running import run_until_signalled
from hobnob.client.trust import Tls
from hobnob.protocol.events import Event, MessageSent

MOST_AT_WORK = 1000
"""Calls under way; while there are as many, what happens waits, and at the bound of its queue is not heard."""

_log = logging.getLogger("hobnob.bot")

E = TypeVar("E", bound=Event)
Result = Awaitable[object] | None


@dataclass(frozen=True, slots=True)
class BotMessage:
    """A message that a bot heard. `match` is of a regular expression, `arguments` what followed a command's word."""

    chat: Client
    event: MessageSent
    arguments: str = ""
    match: re.Match[str] | None = None

    @property
    def text(self) -> str:
        """What was said."""
        return self.event.text

    @property
    def by_name(self) -> str:
        """Who said it."""
        return self.event.by_name

    @property
    def room(self) -> str:
        """The id of the room."""
        return self.event.room

    @property
    def number(self) -> int:
        """The message's number in its room."""
        return self.event.number

    async def reply(self, text: str) -> Sent:
        """Answer it."""
        return await self.chat.reply(self, text)

    async def say(self, text: str) -> Sent:
        """Say something in its room, without reference to it."""
        return await self.chat.send(self.room, text)

    async def react(self, emoji: str) -> Sent:
        """React to it."""
        return await self.chat.react(self, emoji)


OnMessage = Callable[[BotMessage], Result]
Work = Callable[[Client], Awaitable[object]]


class Bot:
    """See the head of this file; the arguments are those of `hobnob.connect`, and the rooms to be in."""

    def __init__(
        self,
        address: str = "localhost",
        *,
        name: str,
        rooms: Iterable[str] = (),
        token: str | None = None,
        password: str | None = None,
        tls: Tls = None,
        insecure: bool = False,
        tokens: Path | None = None,
    ) -> None:
        self.chat = connect(
            address,
            name=name,
            token=token,
            password=password,
            tls=tls,
            insecure=insecure,
            tokens=tokens,
            client="hobnob-bot",
        )
        self._rooms = tuple(rooms)
        self._handlers: list[tuple[type[Event], Callable[[Any], Result]]] = []
        self._work: list[Work] = []
        self._at_work: set[asyncio.Task[None]] = set()

    def hears(self, what: str | re.Pattern[str] = "") -> Callable[[OnMessage], OnMessage]:
        """Call a function for each message that fits.

        Args:
            what: ``"!deploy"`` is a command, the first word of a message; any other text is looked for anywhere in
                it, whatever its case; a compiled regular expression is searched for; ``""`` is every message.
        """

        def register(function: OnMessage) -> OnMessage:
            def listen(event: MessageSent) -> Result:
                if event.by == self.chat.me.id or event.kind == "notice" or event.deleted:
                    return None  # notices come from programs, which would answer each other for ever
                message = _heard(self.chat, event, what)
                return None if message is None else function(message)

            self._handlers.append((MessageSent, listen))
            return function

        return register

    def on(self, kind: type[E]) -> Callable[[Callable[[E], Result]], Callable[[E], Result]]:
        """Call a function for each event of a type, the bot's own ones too."""

        def register(function: Callable[[E], Result]) -> Callable[[E], Result]:
            self._handlers.append((kind, function))
            return function

        return register

    def work(self, function: Work) -> Work:
        """Run a function with the `Client` beside the listening, from the first connection on."""
        self._work.append(function)
        return function

    def run(self) -> None:
        """Listen until Ctrl+C; end the program with one sentence when there is no use in trying any longer."""
        try:
            with suppress(KeyboardInterrupt, asyncio.CancelledError):
                if sys.platform != "win32" and current_thread() is main_thread():
                    run_until_signalled(self.serve, [signal.SIGINT])
                else:
                    asyncio.run(self.serve())
        except ClientError as error:
            sys.exit(f"{error.hint}")

    async def serve(self) -> None:
        """Listen until cancelled.

        Raises:
            ClientError: the bot cannot connect at the start, or is not let in again later.
        """
        events = self.chat.events(playback=False)  # before there is anything to miss
        async with self.chat as chat:
            try:
                for room in self._rooms:
                    await chat.join(room, create=True)  # in a new epoch the client does it again
                for work in self._work:
                    self._start(work(chat))
                async for event, _ in events:
                    await self._take(event)
            finally:
                for task in self._at_work:
                    task.cancel()
                await asyncio.gather(*self._at_work, return_exceptions=True)

    async def _take(self, event: object) -> None:
        for kind, handler in self._handlers:
            if isinstance(event, kind):
                while len(self._at_work) >= MOST_AT_WORK:
                    await asyncio.wait(self._at_work, return_when=asyncio.FIRST_COMPLETED)
                self._start(_call(handler, event))

    def _start(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(_guarded(work))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)


def _heard(chat: Client, event: MessageSent, what: str | re.Pattern[str]) -> BotMessage | None:
    """The message, if it is one that is listened for."""
    if isinstance(what, re.Pattern):
        found = what.search(event.text)
        return BotMessage(chat, event, match=found) if found else None
    if what.startswith("!"):
        word, _, rest = event.text.strip().partition(" ")
        return BotMessage(chat, event, rest.strip()) if word.casefold() == what.casefold() else None
    return BotMessage(chat, event) if what.casefold() in event.text.casefold() else None


async def _call(handler: Callable[[Any], Result], event: Event) -> None:
    result = handler(event)
    if inspect.isawaitable(result):
        await result


async def _guarded(work: Awaitable[object]) -> None:
    """One of the bot's functions may fail, and the bot goes on."""
    try:
        await work
    except ClientError as error:
        _log.warning("The bot could not do something: %s", error.hint)
    except Exception:  # noqa: BLE001  what a bot's author wrote must not end the bot
        _log.exception("A function of the bot failed; the bot goes on.")
