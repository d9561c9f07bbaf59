"""What a terminal and the first student's client have in common: one thing at a time, in the order it was typed.

Everything but a message is a `Script`: a generator that says bytes, asks with commands, and is given their replies.
While one runs, later lines wait, as many as the conversation takes before it is answered. Messages in a row are not
waited for, but a script waits for them. So a line always finds the name, the room and the numbers that the lines
before it brought.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

from hobnob.gateways.gateway import Attach, Close, Manner, Said, Session, WireFormat
from hobnob.protocol.commands import Command, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.replies import Done, Reply

Script = Generator[Said, Reply | None, None]
R = TypeVar("R", bound=Reply)


def ask(command: Command, kind: type[R]) -> Generator[Said, Reply | None, R]:
    """Ask within a script. A refusal is raised as ChatError; who does not catch it leaves it to `Talk.refused`."""
    reply = yield command
    assert isinstance(reply, kind), f"{type(command).__name__} was answered with {type(reply).__name__}"
    return reply


class Talk:
    """Base of the two codecs. `greet`, `heard` and the others below say what is particular to each."""

    manner = Manner("lines", keeps=False, attach=Attach.LOBBY, facts=False)
    wire: WireFormat
    session: Session

    def __init__(self) -> None:
        self._lines: deque[str | None] = deque()
        self._script: Script | None = None
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

    def leave(self) -> Script:
        """End the connection, with a last word."""
        self._gone = True
        self._lines.clear()
        yield self.goodbye()
        yield Close(cause="end of input" if self._ended else "goodbye")

    def _go_on(self) -> Iterator[Said]:
        """Do what the waiting lines say, as far as it needs no answer that is still to come."""
        while self._lines and self._script is None and not self._gone:
            if not self.introduced:
                yield from self._run(self.leave() if self.leaves(self._lines[0]) else self.greet())
                continue
            meaning = self.heard(self._lines[0])
            if isinstance(meaning, SendMessage):
                self.next_line()
                self._sending += 1
                yield meaning
            elif self._sending and meaning is not None:
                return
            else:
                self.next_line()
                if meaning is not None:
                    yield from self._run(meaning)
        if self._ended and not (self._gone or self._script or self._sending):
            yield from self._run(self.leave())

    def _run(self, script: Script) -> Iterator[Said]:
        return self._advance(script, lambda: next(script))

    def _resume(self, script: Script, reply: Reply | ChatError) -> Iterator[Said]:
        if isinstance(reply, ChatError):
            return self._advance(script, lambda: script.throw(reply))
        return self._advance(script, lambda: script.send(reply))

    def _advance(self, script: Script, advance: Callable[[], Said]) -> Iterator[Said]:
        """Let a script say what it has to, up to its next question or its end."""
        try:
            said = advance()
            while not isinstance(said, Command):
                yield said
                said = next(script)
        except StopIteration:
            return
        except ChatError as error:
            yield self.refused(error)
            return
        self._script = script
        yield said
