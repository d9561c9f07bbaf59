"""A codec at work: one ordered queue of what a client said and of what it is answered.

Sends in a row go to the store without waiting for each other's commit; anything else waits for all before it,
and a codec's small talk keeps its place between them. While a hello or a join is answered (its follow-up
commands included) the live stream is held back, so what comes after it has no gap and no repeat.

Who sends more than the limits allow is slowed and not refused: the message waits here, what follows it waits behind it,
and soon the client is read no further. So nothing is lost, and the flood stays in the sender's own buffers. Where a
gateway's manner has a `backlog`, that is so for every command, and who sends on all the same has to go.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog

from hobnob.chat.limits import TooFast
from hobnob.chat.session import Session
from hobnob.gateways.gateway import Close, Codec, Link, Origin, Said
from hobnob.protocol.commands import Command, EventsSince, ReadHistory, ReadVersions, Search, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.replies import Reply

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat

MOST_UNDER_WAY = 1000
"""Sends of one client that may wait for their commit."""
MOST_SAID = 1000
"""What may wait to be done before a client is read no further."""
MOST_UNANSWERED = 256 * 1024
"""Bytes a client may send before all it said is answered, after which it is read no further; codecs hold lines too."""

SHORTEST_REST = 0.25
"""Seconds until a message that came too fast is tried again: many who wait for few tokens must not take turns all the
time."""

LONGEST_REST = 10.0
"""Seconds for which a command other than a message is kept waiting; what has to wait longer is refused."""

READING = EventsSince | ReadHistory | ReadVersions | Search
"""Commands that are answered with texts of others, and never under way beside anything else."""

COMMAND_SIZE = 512
"""Bytes that a command takes until it is done, besides its text."""

_log = structlog.get_logger()

UnderWay = tuple[Command, "asyncio.Future[Reply]"] | bytes


class Conversation:
    """See the head of this file, and the contract in gateways/gateway.py."""

    __slots__ = ("_chat", "_closed", "_codec", "_following", "_link", "_owing", "_reading", "_resting", "_said",
                 "_talked", "_unanswered", "_under_way", "_waits", "began", "session")  # fmt: skip

    def __init__(self, chat: "Chat", codec: Codec, link: Link, origin: Origin, number: int) -> None:
        self._chat = chat
        self.began = chat.loop.time()
        self._codec = codec
        self._link = link
        # These are None while there is nothing in them: an idle client costs no empty queues.
        self._said: deque[Said] | None = None
        self._following: deque[Said] | None = None
        self._under_way: deque[UnderWay] | None = None
        self._waits = False
        """An exclusive command is under way."""
        self._resting: asyncio.TimerHandle | None = None
        """A message was too fast; it is the next in its queue."""
        self._owing: asyncio.TimerHandle | None = None
        """It has said more lines than is allowed, and is read no further for a while."""
        self._talked = 0
        """Bytes of small talk, since it was counted."""
        self._unanswered = 0
        self._reading = True
        self._closed = False
        self.session = Session(chat.pace, codec.manner, codec.wire, origin, link.write, self.dismiss, number)
        self._say(codec.begin(self.session))

    @property
    def introduced(self) -> bool:
        """Whether hello was answered with a welcome."""
        return self.session.here is not None and not self.session.introducing

    @property
    def slow(self) -> bool:
        """Whether it takes nothing of what is written, or is read no further."""
        return not self._closed and (self.session.outbox.paused or not self._reading)

    def own_bytes(self) -> int:
        """About as much as is kept for this client alone: what it said that is not done, and what it has not taken."""
        said = len(self._said or ()) + len(self._following or ()) + len(self._under_way or ())
        return self._unanswered + said * COMMAND_SIZE + self.session.outbox.own_bytes() + self._link.held()

    def receive(self, data: bytes) -> None:
        """Bytes came."""
        if not self._closed:
            self._unanswered += len(data)
            self._hear(self._codec.receive(data))
            self._count(data.count(b"\n") or 1)

    def end(self) -> None:
        """No more bytes will come: finish what was said, then close."""
        if not self._closed:
            self._hear((*self._codec.end(), Close(cause="end of input")))

    def pause(self) -> None:
        """The link is full."""
        self._chat.slow[self] = None
        self.session.outbox.pause()

    def resume(self) -> None:
        """The link can take more."""
        self.session.resume()
        self._read_again()
        self._go_on()

    def dismiss(self, reason: str, code: str) -> None:
        """Say the last word and close; `code` is one of `Goodbye`."""
        if not self._closed:
            self.session.outbox.drop_rooms()
            self.session.outbox.resume()
            self._finish(reason, reason, self._last_word(reason, code))

    def _last_word(self, reason: str, code: str) -> bytes:
        try:
            return self.session.wire.farewell(reason, code)
        except Exception:  # noqa: BLE001  who cannot be told has to go all the same
            _log.exception("a last word could not be said", code=code)
            return b""

    def lost(self, reason: str) -> None:
        """The link is gone."""
        self._end_rest()
        if not self._closed:
            self._closed = True
            self._chat.leave(self.session, reason, reason)
        self._chat.closed(self)

    def _hear(self, said: Iterable[Said]) -> None:
        if self._said is None:
            self._said = deque(said)
        else:
            self._said.extend(said)
        self._go_on()

    def _go_on(self) -> None:
        """Do what was said, as far as it need not wait."""
        while not (self._closed or self._waits or self._resting or self.session.outbox.paused):
            queue = self._following or self._said
            if not queue:
                self._following = self._said = None
                break
            said = queue[0]
            if isinstance(said, SendMessage) and not said.room.startswith("@"):
                if self._under_way and len(self._under_way) >= MOST_UNDER_WAY:
                    break
                self._perform(queue)
            elif isinstance(said, bytes):
                queue.popleft()
                self._put(said)
            elif self._under_way:
                break
            elif isinstance(said, Close):
                self._finish(said.reason, said.cause)
            else:
                self._waits = self._perform(queue)
        if not (self._waits or self._following):
            self.session.release()
        self._pace_reading()

    def _perform(self, queue: deque[Said]) -> bool:
        """Do the first command of a queue; False when it is answered by then, or has to wait there."""
        command = queue.popleft()
        assert isinstance(command, Command)
        future = self._chat.perform(self.session, command)
        if future.done() and isinstance(slow := future.exception(), TooFast) and self._is_kept(command, slow.wait):
            queue.appendleft(command)
            self._resting = self._chat.loop.call_later(max(slow.wait, SHORTEST_REST), self._rested)
            return False
        if self._under_way is None:
            if future.done():
                self._answer_at_once(command, future)
                return False
            self._under_way = deque()
        self._under_way.append((command, future))
        future.add_done_callback(self._landed)
        return True

    def _is_kept(self, command: Command, wait: float) -> bool:
        """Whether what came too fast waits for its time."""
        return isinstance(command, SendMessage) or (self.session.manner.backlog > 0 and wait <= LONGEST_REST)

    def _answer_at_once(self, command: Command, future: "asyncio.Future[Reply]") -> None:
        """Answer what did not have to wait for anything; nothing else is under way beside it."""
        answers: list[bytes] = []
        self._answer(command, future, answers)
        if answers and not self._closed:
            self.session.outbox.answer(b"".join(answers))
        if self.session.last_word:
            self.dismiss(*self.session.last_word)

    def _rested(self) -> None:
        self._resting = None
        self._go_on()

    def _count(self, lines: int) -> None:
        """Small talk meets no other limit and costs as much as commands do: so every line counts, and every answer."""
        talked, self._talked = self._talked, 0
        wait = self._chat.spend(self.session, lines + talked / 1024)
        if wait and self._owing is None and not self._closed:
            self._owing = self._chat.loop.call_later(max(wait, SHORTEST_REST), self._paid)
            self._pace_reading()

    def _paid(self) -> None:
        self._owing = None
        self._pace_reading()

    def _end_rest(self) -> None:
        for timer in (self._resting, self._owing):
            if timer is not None:
                timer.cancel()
        self._resting = self._owing = None

    def _landed(self, _: "asyncio.Future[Reply]") -> None:
        """Answer what is done, in order."""
        under_way = self._under_way
        if under_way is None:
            return
        answers: list[bytes] = []
        before = len(under_way)
        while under_way:
            first = under_way[0]
            if isinstance(first, bytes):
                answers.append(first)
            elif first[1].done() and not (isinstance(first[0], READING) and self._is_too_late(first[1])):
                self._answer(first[0], first[1], answers)
            else:
                break
            under_way.popleft()
        if len(under_way) == before:  # answered already, with the one before it, or to be read again
            self._read_again()
            return
        if answers and not self._closed:
            self.session.outbox.answer(b"".join(answers))
        if not under_way:
            self._under_way = None
            if self._waits and self.session.last_word:
                self.dismiss(*self.session.last_word)
            self._waits = False
        self._go_on()

    def _is_too_late(self, read: "asyncio.Future[Reply]") -> bool:
        """Whether what was read cannot be answered now, or something was taken away in the turns since it was."""
        changed = self.session.looked_at != self._chat.removals and read.exception() is None
        return changed or self.session.outbox.paused

    def _read_again(self) -> None:
        """A page that was read and not answered, as it was too late: what it says may be deleted by now."""
        if self._under_way and not self.session.outbox.paused:
            first = self._under_way[0]
            if not isinstance(first, bytes) and isinstance(first[0], READING) and first[1].done():
                future = self._chat.perform(self.session, first[0])
                self._under_way[0] = (first[0], future)
                future.add_done_callback(self._landed)

    def _answer(self, command: Command, future: "asyncio.Future[Reply]", answers: list[bytes]) -> None:
        error = future.exception()
        if self._closed:
            return
        if error is None:
            said = self._codec.answer(command, future.result())
        elif isinstance(error, ChatError):
            said = self._codec.answer(command, error)
        else:
            raise error
        following: list[Said] = []
        for part in said:
            if isinstance(part, bytes) and not following:
                answers.append(part)
            else:
                following.append(part)
        if following:
            self._following = deque((*following, *(self._following or ())))

    def _put(self, data: bytes) -> None:
        self._talked += len(data)
        if self._under_way:
            self._under_way.append(data)
        else:
            self.session.outbox.answer(data)

    def _say(self, data: Iterable[bytes]) -> None:
        if joined := b"".join(data):
            self.session.outbox.put(joined)

    def _finish(self, reason: str, cause: str, last_word: bytes = b"") -> None:
        self._closed = True
        self._end_rest()
        outbox = self.session.outbox
        outbox.release()
        if last_word:
            outbox.put(last_word)
        outbox.flush()
        self._said = self._following = None
        try:
            self._chat.leave(self.session, reason, cause)
            outbox.flush()
        finally:
            self._link.close()

    def _pace_reading(self) -> None:
        if not (self._said or self._following or self._under_way):
            self._unanswered = 0
        rests = self._resting is not None or self._owing is not None
        much = rests or len(self._said or ()) > MOST_SAID or self._unanswered > MOST_UNANSWERED
        if much:
            self._reading = False
            self._chat.slow[self] = None
            self._link.pause_reading(self.session.manner.backlog if rests else 0)
        elif not self._reading and not self._closed:
            self._reading = True
            self._link.resume_reading()
