"""A connection that comes back: hello, resume, and every command done exactly once.

Commands that were not answered are sent again after a reconnect, in their order and with the same ref. In a new epoch
the rooms that were entered here are entered again before that, as the server may know of nothing. The reading never
waits for anybody, so replies always come through; who hears keeps what it cannot take in a bounded queue.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from msgspec.structs import replace

from hobnob.client.backoff import Backoff
from hobnob.client.errors import CannotConnect, ClientError, Closed, Refused
from hobnob.client.identity import LOGGED_OUT, NAME_GONE, Identity
from hobnob.client.link import Link
from hobnob.client.positions import Positions
from hobnob.protocol.account_commands import ChangePassword, DeleteAccount, LogIn, Register, UseInvite
from hobnob.protocol.cleaning import cleaned
from hobnob.protocol.codec import (
    MAX_CLIENT_FRAME,
    Heading,
    decode_heading,
    decode_known_event,
    decode_reply,
    encode_command,
)
from hobnob.protocol.commands import Command, Hello, JoinRoom, OpenDirect, Ping
from hobnob.protocol.errors import HINTS
from hobnob.protocol.events import AnyEvent, Goodbye, RoomLost
from hobnob.protocol.ids import new_ref
from hobnob.protocol.replies import Joined, Reply, Welcome
from hobnob.protocol.text import clean_line

HELLO_WITHIN = 10.0
"""Seconds for the answer to hello."""
QUIET = 30.0
"""Seconds without a word, after which the server is asked for a sign of life, and given as long again."""
MOST_WAITING = 1000
"""Commands that may be without an answer; further ones wait for their turn, in order."""
MOST_CONNECTIONS = 20
"""In a row that may break without an answer; then the first command is given up, as it may be what breaks them."""
MOST_OF_HINT = 1000
"""Characters of a hint or a last word."""
TRIES = 3
"""Times that a command is sent on one connection when the server cannot tell whether it was kept."""

_PASSING = frozenset(
    {"stopping", "try-again", "store-full", "store-unavailable", "unknown-outcome", "internal", "busy", "too-fast"}
)
_TRIED_AGAIN = _PASSING | {
    "host-unknown", "connection-refused", "unreachable", "no-answer", "not-hobnob", "hung-up",
}  # fmt: skip
"""Whoever answers in the clear where there was TLS is not among them, nor one that shows another key."""

_SECRET = (LogIn, Register, ChangePassword, DeleteAccount, UseInvite)
"""Commands that say a password or an invite."""

R = TypeVar("R", bound=Reply)
Dial = Callable[[], Awaitable[Link]]


class Listener(Protocol):
    """Who hears a connection. These are plain functions that do not wait."""

    def welcomed(self, welcome: Welcome, *, again: bool, new_epoch: bool) -> None:
        """Hello was answered; what was missed follows. `new_epoch`: nothing that was known counts any more."""
        ...

    def joined(self, reply: Joined) -> None:
        """A room is heard from here on."""
        ...

    def heard(self, event: AnyEvent) -> None:
        """An event that was not heard before."""
        ...

    def lost(self, hint: str, code: str) -> None:
        """The connection broke, or the server ended it for what `code` of `Goodbye` says; it will be back."""
        ...

    def ended(self, error: ClientError) -> None:
        """There will be no connection any more."""
        ...


@dataclass(slots=True)
class _Waiting:
    """A command without an answer yet."""

    frame: bytes
    settle: Callable[[bytes], Reply]
    future: "asyncio.Future[Reply]"
    sent: int = 0


class Connection:
    """See the head of this file. `positions` says how far the logs were heard."""

    def __init__(
        self, dial: Dial, identity: Identity, listener: Listener, *, where: str, backoff: Backoff | None = None
    ) -> None:
        self.positions = Positions()
        self.identity = identity
        self._dial = dial
        self._listener = listener
        self._where = where
        self._backoff = backoff or Backoff()
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._entered: dict[str, Command] = {}
        self._turns = asyncio.Semaphore(MOST_WAITING)
        self._link: Link | None = None
        self._confidential = False
        self._early: list[bytes] = []
        self._goodbye: Goodbye | None = None
        self._fruitless = 0
        self._task: asyncio.Task[None] | None = None
        self._error: ClientError | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a connection right now."""
        return self._link is not None

    async def open(self) -> Welcome:
        """Connect and say hello, once.

        Raises:
            CannotConnect: one sentence says why.
        """
        welcome = await self._meet(again=False)
        self._task = asyncio.create_task(self._live(), name=f"hobnob connection to {self._where}")
        return welcome

    async def close(self) -> None:
        """Drop the connection. Whoever waits for an answer gets `Closed`."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._end(Closed())

    async def perform(self, command: Command, reply: type[R]) -> R:
        """Have a command done, over as many connections as it takes; its reply.

        When this is cancelled, the command is not sent again, but it may have been done.

        Raises:
            Refused: the server said no.
            Closed: there will be no answer.
        """
        async with self._turns:
            if self._error is not None:
                raise self._error
            if isinstance(command, _SECRET) and not self._confidential:
                raise Refused("not-confidential", HINTS["not-confidential"])
            number = next(self._ids)
            waiting = self._prepare(number, command, reply)
            self._waiting[number] = waiting
            try:
                if self._link is not None:
                    await self._send(self._link, waiting)
                answer = await waiting.future
            finally:
                self._waiting.pop(number, None)
        assert isinstance(answer, reply)
        self._remember(command, answer)
        return answer

    def _remember(self, command: Command, answer: Reply) -> None:
        """Note what brings one into a room again where its id may mean nothing."""
        if not isinstance(answer, Joined):
            return
        name = answer.room.name
        if isinstance(command, OpenDirect):
            self._entered[answer.room.id] = replace(command, ref=None)
        elif name:
            self._entered[answer.room.id] = JoinRoom(room=f"#{name}", create=getattr(command, "create", False))

    def _prepare(self, id: int, command: Command, reply: type[R]) -> _Waiting:
        changes: dict[str, object] = {"id": id}
        if getattr(command, "ref", "") is None:  # only what is kept has a ref
            changes["ref"] = new_ref()
        frame = encode_command(replace(command, **changes))
        if len(frame) > MAX_CLIENT_FRAME:
            raise Refused("frame-too-long", HINTS["frame-too-long"])
        return _Waiting(
            frame,
            lambda answer: cleaned(decode_reply(answer, reply), answer),
            asyncio.get_running_loop().create_future(),
        )

    async def _send(self, link: Link, waiting: _Waiting) -> None:
        waiting.sent += 1
        link.write(waiting.frame)
        with suppress(OSError):  # the reading side notices too, and it is sent again
            await link.drain()

    async def _meet(self, *, again: bool) -> Welcome:
        """Connect and say hello; the connection is used from here on."""
        link = await self._dial()
        try:
            welcome = await self._introduce(link)
        except BaseException:
            link.close()
            raise
        new_epoch = again and welcome.epoch != self.positions.epoch
        gaps = self.positions.welcome(welcome)
        self.identity.welcomed(welcome)
        self._goodbye = None
        self._link, self._confidential = link, link.confidential
        self._listener.welcomed(welcome, again=again, new_epoch=new_epoch)
        for gap in gaps:
            self._listener.heard(gap)
        if new_epoch:
            self._enter_again()
        self._send_again(link)
        return welcome

    def _enter_again(self) -> None:
        """Put this before what waits, which may be meant for these rooms. What is refused is not there any more."""
        entered, self._entered = self._entered, {}
        entering: dict[int, _Waiting] = {}
        for command in entered.values():
            number = next(self._ids)
            entering[number] = waiting = self._prepare(number, command, Joined)
            waiting.future.add_done_callback(partial(self._entered_again, number, command))
        self._waiting = entering | self._waiting

    def _entered_again(self, number: int, command: Command, answer: "asyncio.Future[Reply]") -> None:
        self._waiting.pop(number, None)
        if not answer.cancelled() and answer.exception() is None:
            self._remember(command, answer.result())

    def _send_again(self, link: Link) -> None:
        waiting = [waiting for waiting in self._waiting.values() if not waiting.future.done()]
        self._fruitless = self._fruitless + 1 if waiting else 0
        if self._fruitless >= MOST_CONNECTIONS:
            self._fruitless = 0
            waiting.pop(0).future.set_exception(
                Closed("no-answer", f"{self._where} hung up again and again without an answer to this.")
            )
        for each in waiting:
            each.sent = 1
            link.write(each.frame)

    async def _introduce(self, link: Link) -> Welcome:
        identity = self.identity
        by_token = identity.by_token()
        try:
            return await self._hello(link, by_token or identity.by_name())
        except Refused as refused:
            if by_token is None or refused.code != "token-unknown" or not (identity.remembered and identity.name):
                raise CannotConnect(refused.code, refused.hint) from None
        if identity.kind == "account" and not identity.password:
            raise CannotConnect("token-unknown", LOGGED_OUT)
        if self._goodbye and self._goodbye.code == "logged-out" and not identity.password:
            raise CannotConnect("token-unknown", NAME_GONE)  # by the name alone, one would be somebody else
        identity.token = None
        try:  # the server has forgotten us, so what we came with first is all that is left
            return await self._hello(link, identity.by_name())
        except Refused as refused:
            raise CannotConnect(refused.code, refused.hint) from None

    async def _hello(self, link: Link, hello: Hello) -> Welcome:
        """One hello and its answer; what came behind it is kept for later."""
        if self.identity.is_secret(hello) and not link.confidential:
            raise CannotConnect("not-confidential", HINTS["not-confidential"])
        positions = self.positions
        known = positions.last
        hello = replace(
            hello, id=0, epoch=positions.epoch, me=known.get(positions.me), house=known.get("house"),
            rooms=positions.rooms(),
        )  # fmt: skip
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                link.write(encode_command(hello))
                await link.drain()
                first, *self._early = await link.read()
            heading = decode_heading(first)
            if heading.event is not None and isinstance(event := decode_known_event(first, heading), Goodbye):
                code = event.code if event.code == "tls-required" else "stopping"  # which does not end by waiting
                raise CannotConnect(code, _sentence(event.text))
            if heading.error is not None:
                raise _refused(heading)
            return cleaned(decode_reply(first, Welcome), first)
        except TimeoutError:
            raise CannotConnect("no-answer", f"{self._where} takes connections but does not answer.") from None
        except (EOFError, OSError):
            raise CannotConnect("hung-up", f"{self._where} hung up before it answered. Try again later.") from None
        except ValueError:  # BadAnswer too
            raise CannotConnect(
                "not-hobnob", f"What answers at {self._where} is no hobnob server. Check the port; does it need TLS?"
            ) from None

    async def _live(self) -> None:
        """Listen, come back, listen, until closed or until there is no use in it."""
        error: ClientError = Closed()
        try:
            while True:
                began = asyncio.get_running_loop().time()
                hint = await self._listen()
                self._drop()
                if asyncio.get_running_loop().time() - began > self._backoff.longest:
                    self._backoff.reset()
                self._listener.lost(hint, self._goodbye.code if self._goodbye else "")
                await self._come_back()
        except CannotConnect as refusal:
            error = refusal
        finally:
            self._end(error)

    async def _come_back(self) -> None:
        while True:
            await asyncio.sleep(self._backoff.next())
            try:
                self.identity.remembered = True
                await self._meet(again=True)
                return
            except CannotConnect as error:
                if error.code not in _TRIED_AGAIN:
                    raise

    async def _listen(self) -> str:
        """Hear frames until the connection is gone; a sentence that says why."""
        link = self._link
        assert link is not None
        asked = False
        frames, self._early = self._early, []
        try:
            while True:
                for frame in frames:
                    self._hear(frame)
                quiet = asyncio.timeout(QUIET)
                try:
                    async with quiet:
                        frames, asked = await link.read(), False
                except TimeoutError:
                    if asked or not quiet.expired():
                        return f"{self._where} gave no sign of life."
                    frames, asked = [], True
                    link.write(encode_command(Ping(id=0)))
        except (EOFError, OSError):
            return _sentence(self._goodbye.text) if self._goodbye else f"The connection to {self._where} broke."
        except ValueError:
            return f"{self._where} said something that cannot be understood."

    def _hear(self, frame: bytes) -> None:
        heading = decode_heading(frame)
        if heading.event is None:
            self._settle(heading, frame)
            return
        event = cleaned(decode_known_event(frame, heading), frame)
        if isinstance(event, Goodbye):
            self._goodbye = event
        elif event is not None and self.positions.take(event):
            if isinstance(event, RoomLost):
                self._entered.pop(event.room, None)
            self._listener.heard(event)

    def _settle(self, heading: Heading, frame: bytes) -> None:
        """Hand an answer to the one that waits for it, if it still does."""
        waiting = self._waiting.get(heading.reply) if isinstance(heading.reply, int) else None
        if waiting is None or waiting.future.done():
            return
        self._fruitless = 0
        self._backoff.reset()
        if heading.error == "stopping":
            return  # it was not done, and goes out again with the next connection
        if heading.error == "unknown-outcome" and waiting.sent < TRIES and self._link is not None:
            waiting.sent += 1
            self._link.write(waiting.frame)
        elif heading.error is not None:
            waiting.future.set_exception(_refused(heading))
        else:
            reply = waiting.settle(frame)
            if isinstance(reply, Joined):
                self.positions.joined(reply.room)
                self._listener.joined(reply)
            waiting.future.set_result(reply)

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _end(self, error: ClientError) -> None:
        if self._error is not None:
            return
        self._error = error
        self._drop()
        for waiting in self._waiting.values():
            if not waiting.future.done():
                waiting.future.set_exception(error)
        self._listener.ended(error)


def _refused(heading: Heading) -> Refused:
    code = heading.error or "internal"
    return Refused(code, _sentence(heading.hint or HINTS.get(code, f"The server refused this: {code}.")))


def _sentence(text: str) -> str:
    """What a server says, which may not be ours: in one line, and moving no cursor when it is printed."""
    return clean_line(text[:MOST_OF_HINT])
