"""What a terminal and the first student's client have in common: one thing at a time, in the order it was typed.

Everything but a message is a `Script`: a generator that says bytes, asks the house with commands and the person with
questions, and is given their replies and lines. While one runs, later lines wait, as many as the conversation takes
before it is answered. Messages in a row are not waited for, but a script waits for them. So a line always finds the
name, the room and the numbers that the lines before it brought.

A line that may have been meant as a password, when none is asked for any more, is never said (`Hush`).
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from hobnob.gateways.gateway import Attach, Close, Manner, Said, Session, WireFormat
from hobnob.protocol.commands import Command, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.replies import Done, Reply


class Question(msgspec.Struct, frozen=True):
    """Yielded by a script: ask the person, whose next line is sent into it. `secret`: nobody is to see it typed."""

    words: str
    secret: bool = False


class Hush(msgspec.Struct, frozen=True):
    """Yielded by a script that ends without the secret it is for: the next line may be that one, and is not said."""


NOT_SAID: Final = "Your last line was not said, as it may have been a password. Type it again to say it."
"""What is told of such a line."""

R = TypeVar("R", bound=Reply)
T = TypeVar("T")
Step = Said | Question | Hush
Answer = Reply | str | None
Asking = Generator[Step, Answer, T]
"""A script, or a part of one, that comes to a result."""
Script = Asking[None]


class GaveUp(Exception):
    """The person answered a question with an empty line."""


def ask(command: Command, kind: type[R]) -> Asking[R]:
    """Ask the house within a script. A refusal is raised as ChatError; what is not caught is left to `Talk.refused`."""
    reply = yield command
    assert isinstance(reply, kind), f"{type(command).__name__} was answered with {type(reply).__name__}"
    return reply


def ask_person(words: str, *, secret: bool = False) -> Asking[str]:
    """Ask the person within a script; what they typed, as they typed it. Raises GaveUp."""
    line = yield Question(words, secret)
    assert isinstance(line, str)
    if not line.strip():
        raise GaveUp
    return line


class Talk:
    """Base of the two codecs. `greet`, `heard` and the others below say what is particular to each."""

    manner = Manner("lines", keeps=False, attach=Attach.LOBBY, facts=False)
    wire: WireFormat
    session: Session

    def __init__(self) -> None:
        self._lines: deque[str | None] = deque()
        self._script: Script | None = None
        self._question: Question | None = None
        self._hushed = False
        self._sending = 0
        self._ended = False
        self._gone = False
        self.introduced = False

    # What each codec says for itself.

    def split(self, data: bytes) -> Iterable[str | None]:
        """The lines that bytes complete; None for one that was too long."""
        raise NotImplementedError

    def rest(self) -> Iterable[str | None]:
        """The line that the end of input completes."""
        raise NotImplementedError

    def greet(self) -> Script:
        """How the first line makes a stranger introduced. It takes that line with `next_line`, if it is the name."""
        raise NotImplementedError

    def asking(self, question: Question) -> bytes:
        """How a question is put. Only for who has scripts that ask any."""
        raise NotImplementedError

    def asked(self, question: Question) -> bytes:
        """What is said once it is answered."""
        return b""

    def aside(self, question: Question, line: str | None) -> bool:
        """Whether a line is no answer, but says how the question is to be put: then it is put again."""
        return False

    def hushed(self) -> bytes:
        """How it is told that a line was not said. Only for who has scripts that hush."""
        raise NotImplementedError

    def heard(self, line: str | None) -> SendMessage | Script | None:
        """What a line means: a message, something to do, or nothing."""
        raise NotImplementedError

    def sent(self, message: SendMessage, done: Done) -> None:
        """A message was kept."""

    def refused(self, error: ChatError) -> bytes:
        """How a refusal is said."""
        raise NotImplementedError

    def leaves(self, line: str | None) -> bool:
        """Whether a line says that its writer goes."""
        raise NotImplementedError

    def goodbye(self) -> bytes:
        """The last word to somebody who leaves."""
        raise NotImplementedError

    # The contract.

    def begin(self, session: Session) -> Iterable[bytes]:
        self.session = session
        return ()

    def receive(self, data: bytes) -> Iterator[Said]:
        if self._gone:
            return
        self._lines.extend(self.split(data))
        yield from self._go_on()

    def end(self) -> Iterator[Said]:
        if self._gone:
            return
        self._lines.extend(self.rest())
        self._ended = True
        yield from self._go_on()

    def answer(self, command: Command, reply: Reply | ChatError) -> Iterator[Said]:
        script, self._script = self._script, None
        if script is not None:
            yield from self._resume(script, reply)
        else:
            self._sending -= 1
            if isinstance(reply, ChatError):
                yield self.refused(reply)
            elif isinstance(command, SendMessage) and isinstance(reply, Done):
                self.sent(command, reply)
        yield from self._go_on()

    # For scripts.

    def next_line(self) -> str | None:
        """Take the oldest line that waits."""
        return self._lines.popleft()

    def put_back(self, line: str | None) -> None:
        """Let a line be the next one again."""
        self._lines.appendleft(line)

    def leave(self) -> Script:
        """End the connection, with a last word."""
        yield self.goodbye()
        yield Close(cause="end of input" if self._ended else "goodbye")

    def _go_on(self) -> Iterator[Said]:
        """Do what the waiting lines say, as far as it needs no answer that is still to come."""
        while self._lines and not self._waits and not self._gone:
            if self._question is not None:
                yield from self._take_answer(self._question)
            elif not self.introduced:
                yield from self._run(self.leave() if self.leaves(self._lines[0]) else self.greet())
            else:
                meaning = self.heard(self._lines[0])
                if self._sending and meaning is not None and not isinstance(meaning, SendMessage):
                    return
                self.next_line()
                yield from self._do(meaning)
        if self._ended and not (self._gone or self._waits or self._sending):
            yield from self._run(self.leave())

    @property
    def _waits(self) -> bool:
        """Whether a script waits for the house."""
        return self._script is not None and self._question is None

    def _do(self, meaning: SendMessage | Script | None) -> Iterator[Said]:
        if meaning is None:
            return
        hushed, self._hushed = self._hushed, False
        if not isinstance(meaning, SendMessage):
            yield from self._run(meaning)
        elif hushed:
            yield self.hushed()
        else:
            self._sending += 1
            yield meaning

    def _take_answer(self, question: Question) -> Iterator[Said]:
        script, line = self._script, self.next_line()
        assert script is not None
        if self.aside(question, line):
            yield self.asking(question)
            return
        self._script = self._question = None
        if said := self.asked(question):
            yield said
        if self.leaves(line):
            script.close()
            yield from self._run(self.leave())
        else:
            yield from self._advance(script, lambda: script.send(line or ""))

    def _run(self, script: Script) -> Iterator[Said]:
        return self._advance(script, lambda: next(script))

    def _resume(self, script: Script, reply: Reply | ChatError) -> Iterator[Said]:
        if isinstance(reply, ChatError):
            return self._advance(script, lambda: script.throw(reply))
        return self._advance(script, lambda: script.send(reply))

    def _advance(self, script: Script, advance: Callable[[], Step]) -> Iterator[Said]:
        """Let a script say what it has to, up to its next question or its end."""
        try:
            step = advance()
            while not isinstance(step, Command | Question):
                if isinstance(step, Hush):
                    self._hushed = True
                else:
                    yield from self._put(step)
                step = next(script)
        except StopIteration:
            return
        except ChatError as error:
            yield self.refused(error)
            return
        self._script = script
        if isinstance(step, Question):
            self._question = step
            yield self.asking(step)
        else:
            yield step

    def _put(self, said: bytes | Close) -> Iterator[Said]:
        if isinstance(said, Close):
            self._gone = True
            self._lines.clear()
        yield said
