"""The first student's client: `USERNAME:bob`, then `bob: hello` and at last `bye`, each in one send without an end.

What was sent together may arrive together, so cutting it apart is best effort: before a repeated `bob: `, and before a
`bye` at the end that no word explains. The client prints whatever one `recv(1024)` brings, so it is sent little.
"""

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

import msgspec

from hobnob.gateways.gateway import House
from hobnob.gateways.lines.reader import MAX_LINE, TOO_LONG
from hobnob.gateways.lines.talk import Asking, Script, Talk, ask
from hobnob.gateways.lines.wire import LinesWire, shortened
from hobnob.protocol.commands import Hello, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Event, MessageEdited, MessageSent
from hobnob.protocol.records import Room
from hobnob.protocol.replies import Welcome

BYE: Final = b"bye"
"""The last word, as the client itself would say it: compared as it came, so nothing follows it."""

_MAX_MESSAGE = 1000
_INTRODUCTION = "USERNAME:"
_LONGEST_NAME = 64  # longer than any legal one
_NAME_AND_MESSAGE = re.compile(rf"(.{{1,{_LONGEST_NAME}}}?)(\1: .*)", re.DOTALL)
_BYE_AT_THE_END = re.compile(r"(?<=[^\s-])(?<!good)(?<!bye)bye\Z")
_MAX_NAMESAKES = 9


class StudentWire(msgspec.Struct, frozen=True):
    """What a program that only prints is shown: messages as `name: text`, and corrections."""

    echo: ClassVar[bool] = False
    crowds: ClassVar[bool] = False

    def encode(self, event: Event, room: Room | None) -> bytes:
        if not isinstance(event, MessageSent | MessageEdited):
            return b""
        data = LinesWire(here=room.id if room else "").encode(event, room)
        if len(data) <= _MAX_MESSAGE:
            return data
        return data[:_MAX_MESSAGE].decode("utf-8", "ignore").rstrip("\n").encode() + b" ...\n"

    def gap(self, room: Room | None, head: int) -> bytes | None:
        return None

    def farewell(self, reason: str, code: str) -> bytes:
        return server_says(reason) if reason else b""


def server_says(text: str) -> bytes:
    """A word of the server's own."""
    return f"Server: {shortened(text)}\n".encode()


class StudentCodec(Talk):
    """One such client. The first of its lines is its name."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.wire = StudentWire()
        self._name = ""

    def split(self, data: bytes) -> Iterator[str | None]:
        text = data[:MAX_LINE].decode("utf-8", "replace")
        if not self._name:
            self._name, text = _name_and_rest(text.removeprefix(_INTRODUCTION))
            if not self._name:
                return
            self._run_together = re.compile(rf"(?<=\S)(?={re.escape(self._name)}: )")
            yield self._name
        if len(data) > MAX_LINE:  # to cut it apart would take long, and no message is as long
            yield None
            return
        for line in text.splitlines():
            yield from self._messages(line)

    def _messages(self, text: str) -> Iterator[str]:
        for piece in self._run_together.split(text):
            message = piece.removeprefix(f"{self._name}: ")
            found = _BYE_AT_THE_END.search(message)
            if found is None:
                yield message
            else:
                yield from (message[: found.start()], found[0])

    def rest(self) -> Iterable[str]:
        return ()

    def greet(self) -> Script:
        wanted = (self.next_line() or "").strip().replace(" ", "-")
        try:
            welcome = yield from _hello(wanted)
        except ChatError as error:
            yield self.refused(error)
            yield from self.leave()
            return
        self._room = welcome.rooms[0].id
        self.introduced = True
        if welcome.you.name != wanted:
            yield server_says(f"{wanted} is not free here, you are {welcome.you.name}.")

    def heard(self, line: str | None) -> SendMessage | Script | None:
        if line is None:
            return self._say(TOO_LONG)
        if not line.strip():
            return None
        return self.leave() if self.leaves(line) else SendMessage(room=self._room, text=line)

    def leaves(self, line: str | None) -> bool:
        return line is not None and line.strip().lower() == "bye"

    def refused(self, error: ChatError) -> bytes:
        return server_says(error.hint)

    def goodbye(self) -> bytes:
        return BYE

    def _say(self, line: str) -> Script:
        yield server_says(line)


def _name_and_rest(text: str) -> tuple[str, str]:
    """The name, and what came together with it."""
    found = _NAME_AND_MESSAGE.fullmatch(text)
    if found is not None:
        return found[1], found[2]
    name, _, rest = text.partition("\n")
    return name.strip()[:_LONGEST_NAME], rest


def _hello(wanted: str) -> Asking[Welcome]:
    """Ask for the wanted name, for one like it, at last for any; such a client cannot be asked for another."""
    for name in (wanted, *(f"{wanted}-{number}" for number in range(2, _MAX_NAMESAKES + 1))):
        try:
            return (yield from ask(Hello(client="student", name=name), Welcome))
        except ChatError as error:
            if error.code not in ("name-taken", "name-lookalike"):
                if not error.code.startswith("name-"):
                    raise
                break
    return (yield from ask(Hello(client="student"), Welcome))
