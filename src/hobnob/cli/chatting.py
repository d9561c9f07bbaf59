"""One person's chat in lines: what is typed becomes messages and commands, and what happens lines. No terminal here.

Words after `/` are the scripts of the lines gateway, so they are spelled and answered alike wherever one types them; a
script's questions go over the connection. Messages in a row are not waited for, but a script waits for them.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from msgspec.structs import replace

from hobnob.cli.tail import local
from hobnob.client.client import Client
from hobnob.client.errors import ClientError, Refused
from hobnob.client.mirror import Room
from hobnob.client.subscription import Disconnected, Happening, Reconnected, Subscription
from hobnob.gateways.lines.commands import ROOMS, TALK
from hobnob.gateways.lines.console import PLAIN, RED
from hobnob.gateways.lines.hearing import HEARING, recall
from hobnob.gateways.lines.seat import Seat
from hobnob.gateways.lines.slash import SlashCommand, run, table, with_help
from hobnob.gateways.lines.talk import NOT_SAID, Hush, Script
from hobnob.gateways.lines.wire import LinesWire, shortened, shown
from hobnob.protocol import account_commands as a
from hobnob.protocol import commands as c
from hobnob.protocol import moderation_commands as m
from hobnob.protocol import replies as r
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Event, InvitedToRoom, MessageEdited, MessageSent, RoomLost
from hobnob.protocol.ids import new_ref
from hobnob.protocol.records import Member, Person, RoomState
from hobnob.protocol.records import Room as RoomRecord

LEAVING: Final = frozenset({"bye", "/bye", "/quit", "/exit"})
LAST_WORDS_WITHIN = 5.0
"""Seconds for what was typed last to be kept, when one leaves."""
MOST_WAITING = 500
"""Lines that are typed or piped in before the first of them is kept; then the reading waits."""
MARK_EVERY = 2.0
"""Seconds between two notes of how far one has read."""


def _elsewhere(verb: str) -> Callable[[Seat, str], Script]:
    """What the command line does: a password has its own prompt there, and the token its file."""

    def tell(seat: Seat, words: str) -> Script:
        yield seat.say(f"In a shell of this machine, with the same server: {verb}")
        yield Hush()

    return tell


_ACCOUNT: Final = table(
    SlashCommand("/register", "keep your name for good", _elsewhere("hobnob login --register"), "account"),
    SlashCommand("/login", "be somebody else", _elsewhere("hobnob login --name <name>"), "account"),
    SlashCommand("/logout", "let this machine forget who you are", _elsewhere("hobnob logout"), "account"),
    SlashCommand("/password", "change your password", _elsewhere("hobnob account password"), "account"),
    SlashCommand("/devices", "where you are logged in", _elsewhere("hobnob account devices"), "account"),
    SlashCommand("/account", "be gone for good", _elsewhere("hobnob account delete"), "account"),
)
COMMANDS: Final = with_help(TALK | _ACCOUNT | HEARING | ROOMS, "leaves")
_REPLIES: Final[dict[type[c.Command], type[r.Reply]]] = {
    c.SetName: r.Done, c.JoinRoom: r.Joined, c.LeaveRoom: r.Done, c.ListRooms: r.Rooms, c.SendMessage: r.Done,
    c.SetTopic: r.Done, c.ReadHistory: r.History, c.EditMessage: r.Done, c.DeleteMessage: r.Done, c.React: r.Done,
    c.SetPresence: r.Reply, c.Search: r.Found, c.ListMembers: r.Members, c.CreateRoom: r.Joined,
    a.CreateInvite: r.InviteMade, a.ListIgnored: r.Ignored,
    a.ListInvites: r.Invites, m.ListRestrictions: r.Restrictions, m.ReadAudit: r.Audit,
}  # fmt: skip
"""What the commands of scripts are answered with."""


class Wire(LinesWire, frozen=True):
    """The lines gateway's wording, by this machine's clock; `red` shows what others say in the classic colour."""

    clock: ClassVar[str] = ""
    red: bool = False

    def moment(self, at: str) -> str:
        return f"{local(at):%Y-%m-%d %H:%M}"

    def encode(self, event: Event, room: RoomRecord | None) -> bytes:
        lines = LinesWire.encode(self, event, room).decode().split("\n")[:-1]
        if self.red and isinstance(event, MessageSent | MessageEdited):
            lines = [f"{RED}{line}{PLAIN}" for line in lines]
        return self.block(*lines)


THEMES: Final = {"classic": Wire(red=True), "names": Wire(colour=True), "none": Wire()}


class Place(Seat):
    """What the person has before them. The mirror says who is there, not a house."""

    def __init__(self, client: Client, room: RoomState, screen: LinesWire) -> None:
        self.client = client
        self.sit(screen, room)

    def sit(self, screen: LinesWire, room: RoomState) -> None:
        """Be in a history of which nothing is known yet."""
        lobby = self.client.rooms.get("#lobby")
        self.lobby = lobby.state() if lobby else room
        self.last_said = {}
        self.ignored = {}
        self.turn(screen, room)

    @property
    def me(self) -> Person:
        return self.client.me

    def show_by(self, screen: LinesWire) -> None:
        """What is heard is asked by `Chatting` to be shown."""

    def attached(self) -> Sequence[Member]:
        room = self.client.rooms.get(self.room.id)
        return [member for member in room.members.values() if member.attached] if room else []


class Chatting:
    """See the head of this file. `show` takes whole lines."""

    def __init__(self, client: Client, show: Callable[[str], None], theme: str) -> None:
        self._client = client
        self._show = show
        self._theme = THEMES[theme]
        self._typed: asyncio.Queue[str] = asyncio.Queue(1)
        self._doing = self._taking = ""
        self._sending: dict[asyncio.Task[None], str] = {}
        self._unanswered: list[str] = []
        self._turns = asyncio.Semaphore(MOST_WAITING)
        self._public: set[str] = set()
        self._mine: set[str] = set()
        self._hushed = False
        """The next line may be a password, and is not said."""
        self._unmarked = asyncio.Event()
        self.arrived = asyncio.Event()
        """It is shown where one is."""
        self._events: Subscription
        self.seat: Place

    @property
    def prompt(self) -> str:
        """What stands before the line that is typed."""
        here = "" if self.seat.room.id == self.seat.lobby.id else f"{self.seat.here} "
        return f"{here}{shown(self._client.me.name)}: "

    @property
    def farewell(self) -> str:
        """The last line of who leaves."""
        return f"Bye, {shown(self._client.me.name)}."

    async def begin(self, room: str | None) -> None:
        """Enter; `live` goes on from here. Raises ClientError."""
        self.seat = Place(self._client, await self._enter(room), self._theme)
        self._say(f"You are {self.seat.name}. /help shows what you can do, bye leaves.")

    async def _enter(self, room: str | None) -> RoomState:
        client = self._client
        if room is None:
            entered = client.rooms.get("#lobby") or await client.join("#lobby")
        elif room.startswith("@"):
            entered = await client.direct(*room.split())
        else:
            entered = await client.join(room, create=True)
        found = (await client.follow(entered)).state()
        self._events = client.events()  # from the very number up to which the arrival shows what was said
        return found

    async def _enter_again(self) -> None:
        """Be in the same room of another history, or in the lobby if that cannot be."""
        room, me = self.seat.room, self._client.me.name
        names = [f"@{person.name}" for person in room.people if person.name != me]
        try:
            entered = await self._enter(" ".join(names) if room.kind == "direct" else f"#{room.name}")
        except Refused as refused:
            self._say(shortened(refused.hint))
            entered = await self._enter(None)
        self.seat.sit(self.seat.screen, entered)
        await self._run(self.seat.arrive())

    async def _arrive(self) -> None:
        """Show where one is and what is new."""
        await self._run(recall(self.seat))
        rooms = self._client.rooms
        if entered := rooms.get(self.seat.room.id):
            if entered.unread:
                since = await self._read_at(entered)
                self._say(f"-- {entered.unread} new{since} --")
            await self._run(self.seat.arrive())
        others = [room for room in rooms.values() if room.unread and room.name and room is not entered]
        if others:
            self._say(f"-- new elsewhere: {', '.join(f'#{shortened(room.name)} {room.unread}' for room in others)} --")
        await self._perform(c.ListRooms())  # their names can be completed
        self._unmarked.set()
        self.arrived.set()

    async def take(self, line: str) -> bool:
        """Do what a line says, after those before it; whether it says goodbye."""
        if line.strip().lower() in LEAVING:
            return True
        if line.strip():
            if not self._client.connected:
                self._say("* There is no connection right now; this is kept and goes out as soon as there is.")
            self._taking = line
            await self._typed.put(line)
            self._taking = ""
        return False

    def completions(self, text: str) -> tuple[int, list[str]]:
        """How many characters before the cursor may be replaced, and by what."""
        before, _, word = text.rpartition(" ")
        if not before and word.startswith("/"):
            known = [each.word + " " * (each.usage != each.word) for each in COMMANDS.values()]
            return len(word), [command for command in known if command.startswith(word.lower())]
        begun = word.casefold()
        if word.startswith("#") or before in ("/join", "/leave"):
            begun = f"#{begun.removeprefix('#')}"
            known = [f"#{name}" for name in self._public | {room.name for room in self._client.rooms.values()} if name]
        else:
            here = self._client.rooms.get(self.seat.room.id)
            people = [member.name for member in here.members.values()] if here else []
            known = [f"@{name}" if word.startswith("@") else name for name in people]
        return len(word), sorted(name for name in known if begun and name.casefold().startswith(begun))

    async def live(self) -> None:
        """Hear and speak, until the server sends everyone away. Raises ClientError when there is no way back."""
        tasks = [asyncio.create_task(each()) for each in (self._hear, self._speak, self._mark)]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in ended:
            task.result()

    def unsaid(self) -> list[str]:
        """What was typed and may not have been said; ask once, at the end."""
        waiting = [] if self._typed.empty() else [self._typed.get_nowait()]
        return [*self._unanswered, *self._sending.values(), *filter(None, (self._doing, *waiting, self._taking))]

    async def leave(self) -> None:
        """Let what was typed go out, for a moment, while `live` goes on."""
        try:
            async with asyncio.timeout(LAST_WORDS_WITHIN if self._client.connected else 0):
                await self.arrived.wait()
                await self._typed.join()
                await self._all_sent()
                await self._client.mark_read(self.seat.room.id)
        except (TimeoutError, ClientError):
            pass

    async def _hear(self) -> None:
        while await self._hear_history():
            await self._enter_again()

    async def _hear_history(self) -> bool:
        """Show what happens; whether another history has begun, and not the end been told."""
        async for event, _ in self._events:
            if isinstance(event, Disconnected) and event.code == "sent-away":
                self._say(event.hint)
                break
            if line := self._told(event):
                self._show(line)
            if isinstance(event, Reconnected) and event.new_epoch:
                return True
        return False

    def _told(self, event: Happening) -> str:
        """A happening in lines; empty for what is one's own, or no news."""
        match event:
            case Disconnected():
                return f"* {event.hint} Trying to reach the server again.\n"
            case Reconnected():
                news = " It has gone back to a backup, so its history is another one." if event.new_epoch else ""
                return f"* Connected again.{news}\n"
            case RoomLost(room=self.seat.room.id) if not self._doing.startswith(
                "/leave"
            ):  # who leaves is led on by that
                return self._back_to_lobby()
            case Event():
                if self._is_own(event):
                    return ""
                self._unmarked.set()
                rooms = self._client.rooms
                room = rooms.get(event.log) or rooms.former.get(event.log)
                return self.seat.screen.encode(event, record(room) if room else None).decode()
        return ""

    def _back_to_lobby(self) -> str:
        """Be in the lobby, out of a room that one belongs to no more."""
        gone, lobby = self.seat.here, self._client.rooms.get("#lobby")
        if lobby is None:
            return f"You belong to {gone} no more. /join <room> goes into another one.\n"
        self.seat.turn(self.seat.screen, lobby.state())
        return f"You belong to {gone} no more. You are in {self.seat.here} now.\n"

    def _is_own(self, event: Event) -> bool:
        ref = getattr(event, "ref", None)
        if ref in self._mine:
            self._mine.discard(ref)
            return True
        return event.by == self._client.me.id and not isinstance(event, MessageSent | MessageEdited | InvitedToRoom)

    async def _speak(self) -> None:
        await self._arrive()
        while True:
            self._doing = await self._typed.get()
            await self._obey(self._doing)
            self._doing = ""
            self._typed.task_done()

    async def _obey(self, line: str) -> None:
        hushed, self._hushed = self._hushed, False
        if _is_command(line):
            await self._all_sent()
            await self._run(run(self.seat, line, COMMANDS))
            return
        if hushed:
            self._say(NOT_SAID)
            return
        await self._turns.acquire()
        text = line[1:] if line.startswith("//") else line
        task = asyncio.create_task(self._send(line, text))
        self._sending[task] = line
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._turns.release()
        if not task.cancelled():
            del self._sending[task]

    async def _send(self, line: str, text: str) -> None:
        here = self.seat.room.id
        room = self._client.rooms.get(here)
        ref = f"#{room.name}" if room and room.name else here  # in another history only its name may be known
        try:
            done = await self._perform(c.SendMessage(room=ref, text=text))
        except Refused as refused:
            self._say(shortened(refused.hint))
        except ClientError as error:
            self._unanswered.append(line)
            if self._client.connected:  # only this one is given up
                self._say(shortened(error.hint))
        else:
            assert isinstance(done, r.Done)
            self.seat.last_said[here] = done.number

    async def _all_sent(self) -> None:
        while self._sending:
            await asyncio.wait({*self._sending})

    async def _run(self, script: Script) -> None:
        """Run a script to its end: its bytes are shown, its questions asked."""
        reply: r.Reply | None = None
        error: ChatError | None = None
        try:
            while True:
                said = script.throw(error) if error else script.send(reply)
                reply = error = None
                if isinstance(said, bytes):
                    self._show(said.decode())
                elif isinstance(said, Hush):
                    self._hushed = True
                elif isinstance(said, c.Command):
                    try:
                        reply = await self._perform(said)
                    except Refused as refused:
                        error = ChatError(refused.code, refused.hint)
                    except ClientError as given_up:
                        if not self._client.connected:
                            raise
                        error = ChatError(given_up.code, given_up.hint)  # only this one
        except StopIteration:
            pass
        except ChatError as refusal:
            self._say(shortened(refusal.hint))

    async def _perform(self, command: c.Command) -> r.Reply:
        if getattr(command, "ref", "") is None:
            ref = new_ref()
            self._mine.add(ref)
            command = replace(command, ref=ref)
        reply = await self._client.perform(command, _REPLIES.get(type(command), r.Reply))
        if isinstance(reply, r.Rooms):
            self._public = {room.name for room in reply.rooms if room.name}
        if isinstance(reply, r.Joined):
            await self._client.follow(reply.room.id)
            self._unmarked.set()
        return reply

    async def _mark(self) -> None:
        """Note on the server, now and then, that what is shown is read."""
        while True:
            await self._unmarked.wait()
            await asyncio.sleep(MARK_EVERY)
            self._unmarked.clear()
            try:
                await self._client.mark_read(self.seat.room.id)
            except Refused:  # one does not belong to it any more
                continue

    async def _read_at(self, room: Room) -> str:
        """Since when: the time of the last message that one has read, if there is one."""
        page = await self._client.perform(c.ReadHistory(room=room.id, before=room.read + 1, limit=1), r.History)
        return f" since {self.seat.screen.moment(page.messages[-1].at)}" if page.messages else ""

    def _say(self, line: str) -> None:
        self._show(f"{line}\n")


def _is_command(line: str) -> bool:
    """Whether a line is no message. A pasted text may begin with a path, so there it takes a word that is known."""
    if not line.startswith("/") or line.startswith("//"):
        return False
    return "\n" not in line or line.split(maxsplit=1)[0].lower() in COMMANDS


def record(room: Room) -> RoomRecord:
    """A room of the mirror as those have it who only hear of it."""
    return RoomRecord(id=room.id, name=room.name, kind=room.kind, topic=room.topic, people=room.people)
