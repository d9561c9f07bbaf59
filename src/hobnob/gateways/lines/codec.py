"""People with netcat or telnet: what they type is said in the room they are in, `/word` does something else.

Nothing waits for a screen here: lines in, lines out, ended as the person's own program ends them. A person was greeted
before this codec (their first line is their name), or spoke first (their first line is said, under a guest's name), or
sent bytes without ever ending a line: then every read is a message of a program's, until a line shows a person.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from hobnob.gateways.gateway import House, Session
from hobnob.gateways.lines.arriving import NAME, Arrival
from hobnob.gateways.lines.commands import COMMANDS
from hobnob.gateways.lines.hearing import recall
from hobnob.gateways.lines.reader import INTERRUPT, TOO_LONG, LineReader
from hobnob.gateways.lines.seat import Seat, places
from hobnob.gateways.lines.slash import SlashCommand, run, table
from hobnob.gateways.lines.student import BYE, StudentWire, server_says
from hobnob.gateways.lines.talk import NOT_SAID, Asking, Question, Script, Talk, ask
from hobnob.gateways.lines.wire import LinesWire, because, shortened
from hobnob.protocol.commands import Hello, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import MemberLeft
from hobnob.protocol.records import Room, RoomState
from hobnob.protocol.replies import Done, Welcome

GREETING: Final = f"This is hobnob, a chat. /help shows what you can do, bye leaves.\r\n{NAME}".encode()
"""What a silent client is sent before anything is known of it: fixed words, and line ends that every terminal takes."""

TELNET: Final = "/telnet"
"""What a person types to say that their program is telnet, which most do not show by themselves."""

_HIDE: Final = b"\xff\xfb\x01"  # IAC WILL ECHO (RFC 857): the peer leaves showing what is typed to us, and we do not
_SHOW: Final = b"\xff\xfc\x01"  # IAC WON'T ECHO

_LEAVING = frozenset({"bye", "/bye", "/quit", "/exit", INTERRUPT, "\x04"})  # the last is Ctrl+D
_LINE_ENDS = frozenset(b"\r\n")


class LinesCodec(Talk):
    """A person at a terminal. `greeted`: they have read GREETING. `raw`: their bytes have never held a line's end."""

    def __init__(self, house: House, *, greeted: bool = False, raw: bool = False) -> None:
        super().__init__()
        self._house = house
        self._greeted = greeted
        self._raw = raw
        if raw:
            self.manner = msgspec.structs.replace(self.manner, unnamed="Client")
        self._reader = LineReader()
        self._screen = LinesWire()
        self._seat: Seat | None = None
        self._commands = COMMANDS | table(
            SlashCommand(TELNET, "hide passwords as you type them, in telnet", self._speaks_telnet, "account")
        )
        self.wire = StudentWire() if raw else self._screen

    def begin(self, session: Session) -> Iterable[bytes]:
        session.removed = self._removed
        return super().begin(session)

    def _removed(self, event: MemberLeft, room: Room) -> bytes:
        """What they are told who are taken out of a room; they speak in the lobby from then on."""
        by = self._screen.name(event.by, event.by_name)
        told = f"* {by} removed you from #{shortened(room.name)}{because(event.reason)}"
        if self._raw:
            return server_says(told.removeprefix("* "))
        if self._seat is None or self._seat.room.id != room.id:
            return self._block(told)
        return self._seat.say(told, self._seat.go_back())

    def split(self, data: bytes) -> Iterable[str | None]:
        if self._raw and _LINE_ENDS.isdisjoint(data):
            return [*self._reader.feed(data), *self._reader.end()]
        lines = list(self._reader.feed(data))
        if self._raw and lines:  # a person after all: they shall be told where they are
            self._raw = self.introduced = False
        if self._reader.crlf and not self._screen.crlf:
            self._screen = msgspec.structs.replace(self._screen, crlf=True)
        return lines

    def rest(self) -> Iterable[str | None]:
        return self._reader.end() if self._reader.begun else ()

    def greet(self) -> Script:
        seat = self._seat
        rooms: Sequence[RoomState] = ()
        if seat is None:
            try:
                rooms = yield from places((yield from self._hello()).rooms)
            except ChatError as error:
                yield self.refused(error)
                yield from self.leave()
                return
            seat = self._seat = Seat(self._house, self.session, rooms, self._screen)
        self.introduced = True
        if self._raw:
            return
        seat.turn(self._screen, seat.room)
        yield from recall(seat)
        if self._greeted:
            yield seat.say(f"Welcome, {seat.name}. /help shows what you can do, bye leaves.")
            yield from seat.enter(rooms)
        else:
            yield seat.say(
                f"You are {seat.name} in {seat.here}. /help shows what you can do, bye leaves.", seat.present()
            )

    def _hello(self) -> Asking[Welcome]:
        """Come in. Who was not asked for a name has spoken at once, and what they said is said once they are in."""
        if self._raw:
            return (yield from ask(Hello(client="lines"), Welcome))
        first = self.next_line()
        arrival = Arrival(self._screen.block, confidential=self.session.origin.confidential)
        is_for_the_door = first is not None and (self._greeted or arrival.wishes(first.strip()))
        welcome = yield from arrival.come_in((first or "") if is_for_the_door else "")
        if not is_for_the_door:
            self.put_back(first)
        return welcome

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
                return run(seat, line, self._commands)
            line = line[1:]
        return SendMessage(room=seat.room.id, text=line)

    def leaves(self, line: str | None) -> bool:
        return line is not None and line.strip().lower() in _LEAVING

    def sent(self, message: SendMessage, done: Done) -> None:
        if self._seat is not None:
            self._seat.last_said[message.room] = done.number

    def refused(self, error: ChatError) -> bytes:
        return self._block(self._in_the_clear() if error.code == "not-confidential" else shortened(error.hint))

    def _in_the_clear(self) -> str:
        """Why something is refused that others on the way could read, and how to come back."""
        at = self._house.reached_at()
        why = "Passwords, invites and private rooms need an encrypted connection, and this one is not."
        if at is None:
            return f"{why} Leave, and come back to the same host and port in TLS, as openssl s_client speaks it."
        if not at.key:
            return f"{why} This server offers none: ask whoever runs it for another way."
        host = f"[{at.host}]" if ":" in at.host else at.host
        return f"{why} Leave, and come back in TLS: openssl s_client -quiet -connect {host}:{at.port}"

    def hushed(self) -> bytes:
        return self._block(NOT_SAID)

    def asking(self, question: Question) -> bytes:
        if not question.secret:
            return question.words.encode()
        if self._reader.telnet:
            return f"{question.words}: ".encode() + _HIDE
        hide = f", or type {TELNET} if this is telnet" if self._reader.crlf else ""
        return f"{question.words} (your screen shows it as you type{hide}): ".encode()

    def asked(self, question: Question) -> bytes:
        if not (question.secret and self._reader.telnet):
            return b""
        return _SHOW + self._screen.block("")  # the line's end was not shown either

    def aside(self, question: Question, line: str | None) -> bool:
        if not question.secret or line is None or line.strip().lower() != TELNET:
            return False
        self._reader.telnet = True
        return True

    def goodbye(self) -> bytes:
        if self._raw:
            return BYE
        return self._block(f"Bye, {self._seat.name}." if self._seat else "Bye.")

    def _speaks_telnet(self, seat: Seat, words: str) -> Script:
        self._reader.telnet = True
        yield seat.say("Passwords are hidden from now on as you type them, if this is telnet.")

    def _say(self, line: str) -> Script:
        yield self._block(line)

    def _block(self, line: str) -> bytes:
        if self._raw:
            return server_says(line)
        return self._seat.say(line) if self._seat else self._screen.block(line)
