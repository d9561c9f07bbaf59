"""What a person at a terminal has before them; the scripts of `commands.py` act on it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from hobnob.gateways.gateway import House, Session
from hobnob.gateways.lines import pages
from hobnob.gateways.lines.talk import Asking, Script, ask
from hobnob.gateways.lines.wire import LinesWire, shown
from hobnob.protocol.commands import JoinRoom, ReadHistory
from hobnob.protocol.records import Member, Person, RoomState
from hobnob.protocol.replies import History, Joined

ARRIVAL_MESSAGES: Final = 10
"""Messages shown to who comes into a room."""


def places(rooms: Sequence[RoomState]) -> Asking[Sequence[RoomState]]:
    """The rooms that one can sit in, of one's own; who has left them all joins the lobby again. Raises ChatError."""
    named = [room for room in rooms if room.kind != "direct"]
    return named or [(yield from ask(JoinRoom(room="#lobby"), Joined)).room]


class Seat:
    """What a person has before them: the room they speak in, the screen they read, what they said last."""

    def __init__(self, house: House, session: Session, rooms: Sequence[RoomState], screen: LinesWire) -> None:
        self.house = house
        self.session = session
        self.screen = screen
        self.ignored: dict[str, str] = {}
        """The names of those whose words are not shown, by id."""
        self.settle(rooms)

    def settle(self, rooms: Sequence[RoomState]) -> None:
        """Be in the first of these rooms, the lobby where that is one of them."""
        self.lobby = self.room = next((room for room in rooms if room.name == "lobby"), rooms[0])
        self.last_said: dict[str, int] = {}

    @property
    def me(self) -> Person | None:
        """Who they are."""
        return self.session.person

    @property
    def confidential(self) -> bool:
        """Whether nobody on the way can read along."""
        return self.session.origin.confidential

    @property
    def here(self) -> str:
        """The name of the room, as it is shown."""
        return f"#{shown(self.room.name)}"

    @property
    def name(self) -> str:
        """Their own present name, as it is shown."""
        me = self.me
        return self.screen.name(me.id, me.name) if me else ""

    def say(self, *lines: str) -> bytes:
        """Lines for the person alone."""
        return self.screen.block(*lines)

    def turn(self, screen: LinesWire, room: RoomState) -> None:
        """Speak in `room` from now on, and read by `screen`."""
        self.room = room
        self.screen = msgspec.structs.replace(screen, here=room.id, ignored=frozenset(self.ignored))
        self.show_by(self.screen)

    def show_by(self, screen: LinesWire) -> None:
        """Have what is heard from now on shown so."""
        self.session.wire = screen

    def go_back(self) -> str:
        """Be in the lobby, out of a room that one was taken out of; where one is now, in words."""
        if self.room.id == self.lobby.id or not self.hears(self.lobby):
            return "You are in no room now. /join <room> goes into one."
        self.turn(self.screen, self.lobby)
        return f"You are in {self.here} now."

    def hears(self, room: RoomState) -> bool:
        """Whether one hears a room here."""
        return self.me is not None and self.house.role(room.id, self.me.id) is not None

    def ignore(self, people: Mapping[str, str]) -> None:
        """Show the words of these people, by id, no more, and those of all others again."""
        self.ignored = {**people}
        self.turn(self.screen, self.room)

    def attached(self) -> Sequence[Member]:
        """Who is here."""
        return self.house.attached(self.room.id)

    def present(self) -> str:
        """Who else is here."""
        me = self.me
        return pages.present(self.screen, self.attached(), me.id if me else "")

    def enter(self, rooms: Sequence[RoomState]) -> Script:
        """Arrive in the first of one's rooms, and be told of the others."""
        yield from self.arrive()
        if others := pages.elsewhere(rooms, self.room.id):
            yield self.say(*others)

    def arrive(self) -> Script:
        """Show the room one has come into, up to where its live events go on."""
        yield self.say(pages.place(self.room), self.present())
        page = yield from ask(
            ReadHistory(room=self.room.id, before=self.room.head + 1, limit=ARRIVAL_MESSAGES), History
        )
        if page.messages:
            yield self.say(*pages.history(self.screen, page.messages))
