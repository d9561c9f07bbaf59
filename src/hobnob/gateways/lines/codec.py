"""People with netcat or telnet: what they type is said in the room they are in, `/word` does something else.

Nothing waits for a screen here: lines in, lines out, ended as the person's own program ends them. A person was greeted
before this codec (their first line is their name), or spoke first (their first line is said, under a guest's name), or
sent bytes without ever ending a line: then every read is a message of a program's, until a line shows a person.
"""

import dataclasses
from collections.abc import Generator, Iterable
from typing import Final

from hobnob.gateways.gateway import House, Said
from hobnob.gateways.lines.commands import COMMANDS, run
from hobnob.gateways.lines.reader import INTERRUPT, TOO_LONG, LineReader
from hobnob.gateways.lines.seat import Seat
from hobnob.gateways.lines.student import BYE, StudentWire, server_says
from hobnob.gateways.lines.talk import Script, Talk, ask
from hobnob.gateways.lines.wire import LinesWire, shortened
from hobnob.protocol.commands import Hello, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.replies import Done, Reply, Welcome

_QUESTION: Final = "Your name? (Enter for a guest name) "

GREETING: Final = f"This is hobnob, a chat. /help shows what you can do, bye leaves.\r\n{_QUESTION}".encode()
"""What a silent client is sent before anything is known of it: fixed words, and line ends that every terminal takes."""

_LEAVING = frozenset({"bye", "/bye", "/quit", INTERRUPT, "\x04"})  # the last is Ctrl+D
_LINE_ENDS = frozenset(b"\r\n")


class LinesCodec(Talk):
    """A person at a terminal. `greeted`: they have read GREETING. `raw`: their bytes have never held a line's end."""

    def __init__(self, house: House, *, greeted: bool = False, raw: bool = False) -> None:
        super().__init__()
        self._house = house
        self._greeted = greeted
        self._raw = raw
        if raw:
            self.manner = dataclasses.replace(self.manner, unnamed="Client")
        self._reader = LineReader()
        self._screen = LinesWire()
        self._seat: Seat | None = None
        self.wire = StudentWire() if raw else self._screen

    def split(self, data: bytes) -> Iterable[str | None]:
        if self._raw and _LINE_ENDS.isdisjoint(data):
            return [*self._reader.feed(data), *self._reader.end()]
        lines = list(self._reader.feed(data))
        if self._raw and lines:  # a person after all: they shall be told where they are
            self._raw = self.introduced = False
        if self._reader.crlf and not self._screen.crlf:
            self._screen = dataclasses.replace(self._screen, crlf=True)
        return lines

    def rest(self) -> Iterable[str | None]:
        return self._reader.end() if self._reader.begun else ()

    def greet(self) -> Script:
        seat = self._seat
        if seat is None:
            try:
                welcome = yield from self._hello()
            except ChatError as error:
                yield from self._not_welcome(error)
                return
            seat = self._seat = Seat(self._house, self.session, welcome.rooms, self._screen)
        self.introduced = True
        if self._raw:
            return
        seat.turn(self._screen, seat.room)
        if self._greeted:
            yield seat.say(f"Welcome, {seat.name}. /help shows what you can do, bye leaves.")
            yield from seat.arrive()
        else:
            yield seat.say(
                f"You are {seat.name} in {seat.here}. /help shows what you can do, bye leaves.", seat.present()
            )

    def _hello(self) -> Generator[Said, Reply | None, Welcome]:
        name = (self.next_line() or "").strip() if self._greeted else ""
        return (yield from ask(Hello(client="lines", name=name or None), Welcome))

    def _not_welcome(self, error: ChatError) -> Script:
        """A refused name is asked for again; whatever else is the matter, typing on would not help."""
        yield self.refused(error)
        if self._greeted and error.code.startswith("name-"):
            yield _QUESTION.encode()
        else:
            yield from self.leave()

    def heard(self, line: str | None) -> SendMessage | Script | None:
        seat = self._seat
        assert seat is not None
        if line is None:
            return self._say(TOO_LONG)
        if not line.strip():
            return None
        if self.leaves(line):
            return self.leave()
        if line.startswith("/") and not self._raw:
            if not line.startswith("//"):
                return run(seat, line, COMMANDS)
            line = line[1:]
        return SendMessage(room=seat.room.id, text=line)

    def leaves(self, line: str | None) -> bool:
        return line is not None and line.strip().lower() in _LEAVING

    def sent(self, message: SendMessage, done: Done) -> None:
        if self._seat is not None:
            self._seat.last_said[message.room] = done.number

    def refused(self, error: ChatError) -> bytes:
        return self._block(shortened(error.hint))

    def goodbye(self) -> bytes:
        if self._raw:
            return BYE
        return self._block(f"Bye, {self._seat.name}." if self._seat else "Bye.")

    def _say(self, line: str) -> Script:
        yield self._block(line)

    def _block(self, line: str) -> bytes:
        if self._raw:
            return server_says(line)
        return self._seat.say(line) if self._seat else self._screen.block(line)
