"""The operator at the server's own terminal: speaks in the lobby as `Server`, and may send everybody away.

The codec runs on a link in memory, so the console is a client like any other: what it types is checked, kept and told
like anybody's words. What others say is red, as it was in the chat that hobnob grew from; themes change that.
"""

from collections.abc import Iterable
from typing import Final, Protocol

from hobnob.gateways.gateway import Attach, House, Manner
from hobnob.gateways.lines.commands import ROOMS, TALK
from hobnob.gateways.lines.reader import TOO_LONG, LineReader
from hobnob.gateways.lines.seat import Seat
from hobnob.gateways.lines.slash import SlashCommand, Usage, run, table, with_help
from hobnob.gateways.lines.talk import Script, Talk, ask
from hobnob.gateways.lines.wire import LinesWire, shortened
from hobnob.protocol.commands import Hello, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Event, MemberAttached, MessageEdited, MessageSent, PresenceChanged
from hobnob.protocol.records import Room
from hobnob.protocol.replies import Done, Welcome

NAME: Final = "Server"
LAST_WORD: Final = "Bye. The operator has disconnected everyone."
"""What those hear who are sent away."""

HEARD: Final = "\0"
"""Begins each line that tells of others, which may be left out when there are too many. No text contains it."""

RED: Final = "\x1b[1;31;40m"
PLAIN: Final = "\x1b[0m"


class Desk(Protocol):
    """What the operator may do besides talking."""

    waiting: str
    """The line that says where the server waits for clients."""

    def send_away(self, last_word: str) -> int:
        """Disconnect every other client; how many they were."""

    def stop(self) -> None:
        """Stop the server."""


class ConsoleWire(LinesWire, frozen=True):
    """As a person is shown it. `red`: the classic theme; `colour` gives each name its own colour instead."""

    red: bool = False

    def encode(self, event: Event, room: Room | None) -> bytes:
        if _said_already(event):
            return b""
        lines = LinesWire.encode(self, event, room).decode().split("\n")[:-1]
        if self.red and isinstance(event, MessageSent | MessageEdited):
            lines = [f"{RED}{line}{PLAIN}" for line in lines]
        return self.block(*(HEARD + line for line in lines))

    def farewell(self, reason: str, code: str) -> bytes:
        return self.block("The server is stopping.")


def _said_already(event: Event) -> bool:
    """The address of one without a name has just been shown, and of those sent away the number."""
    if isinstance(event, MemberAttached):
        return event.by_name == "Client" or event.by_name.startswith("Client-")
    return isinstance(event, PresenceChanged) and event.text == LAST_WORD


THEMES: Final = {"red": ConsoleWire(red=True), "names": ConsoleWire(colour=True), "off": ConsoleWire()}


class ConsoleCodec(Talk):
    """The operator. The first line, whatever it is, only makes them enter."""

    manner = Manner("console", keeps=False, attach=Attach.LOBBY, facts=False, unnamed=NAME, operator=True)

    def __init__(self, house: House, desk: Desk, theme: str = "red") -> None:
        super().__init__()
        self.wire = self._screen = THEMES[theme]
        self._house = house
        self._desk = desk
        self._reader = LineReader()
        self._seat: Seat | None = None
        inherited = {word: command for word, command in (TALK | ROOMS).items() if word not in ("/name", "/colour")}
        own = table(
            SlashCommand("/colour red|names|off", "others in red, each name in its colour, or neither", self._colour),
            SlashCommand("/stop", "stop the server", self._stop),
        )
        self.commands = with_help(inherited | own, "disconnects everybody else")

    @property
    def prompt(self) -> str:
        """What stands before the line that is typed."""
        seat = self._seat
        return f"{NAME}: " if seat is None or seat.room is seat.lobby else f"{seat.here} {NAME}: "

    def split(self, data: bytes) -> Iterable[str | None]:
        return self._reader.feed(data)

    def rest(self) -> Iterable[str | None]:
        return ()

    def greet(self) -> Script:
        self.next_line()
        welcome = yield from ask(Hello(client="console"), Welcome)
        self._seat = Seat(self._house, self.session, welcome.rooms, self._screen)
        self._seat.turn(self._screen, self._seat.room)
        self.introduced = True

    def heard(self, line: str | None) -> SendMessage | Script | None:
        seat = self._seat
        assert seat is not None
        if line is None:
            return self._say(TOO_LONG)
        if not line.strip():
            return None
        if line.strip().lower() == "bye":
            return self._bye()
        if line.startswith("/"):
            if not line.startswith("//"):
                return run(seat, line, self.commands)
            line = line[1:]
        return SendMessage(room=seat.room.id, text=line)

    def leaves(self, line: str | None) -> bool:
        return False

    def sent(self, message: SendMessage, done: Done) -> None:
        assert self._seat is not None
        self._seat.last_said[message.room] = done.number

    def refused(self, error: ChatError) -> bytes:
        return self._screen.block(shortened(error.hint))

    def goodbye(self) -> bytes:
        return b""

    def _say(self, *lines: str) -> Script:
        yield self._screen.block(*lines)

    def _bye(self) -> Script:
        count = self._desk.send_away(LAST_WORD)
        gone = f"Disconnected {count} client{'s' if count > 1 else ''}." if count else "Nobody is connected."
        yield from self._say(gone, self._desk.waiting)

    def _colour(self, seat: Seat, words: str) -> Script:
        theme = THEMES.get(words.lower())
        if theme is None:
            raise Usage
        seat.turn(theme, seat.room)
        yield seat.say(f"The colours are set to {words.lower()}.")

    def _stop(self, seat: Seat, words: str) -> Script:
        self._desk.stop()
        yield from ()
