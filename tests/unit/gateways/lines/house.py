"""A chat of one client in memory, and a driver for its codec: what the tests of the lines gateway speak to."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec.structs import replace

from hobnob.gateways.gateway import Close, Codec, Conversation, Here, Link, Origin, Said, Session, WireFormat
from hobnob.gateways.lines import LinesCodec, StudentCodec
from hobnob.protocol import links
from hobnob.protocol.account_commands import (
    ChangePassword,
    CreateInvite,
    DeleteAccount,
    Ignore,
    ListDevices,
    ListIgnored,
    ListInvites,
    LogIn,
    LogOut,
    Register,
    Unignore,
)
from hobnob.protocol.commands import (
    Command,
    CreateRoom,
    DeleteMessage,
    EditMessage,
    Hello,
    JoinRoom,
    LeaveRoom,
    ListRooms,
    React,
    ReadHistory,
    Search,
    SendMessage,
    SetName,
)
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Event, MemberLeft, Moderated, RoomChanged
from hobnob.protocol.moderation_commands import ChangeRoom, ListRestrictions, ReadAudit
from hobnob.protocol.names import NameRefused, person_name, room_name
from hobnob.protocol.records import (
    Device,
    HistoryRule,
    Invite,
    Member,
    Message,
    Person,
    PersonKind,
    Role,
    Room,
    RoomKind,
    RoomListing,
    RoomState,
)
from hobnob.protocol.replies import (
    Audit,
    Devices,
    Done,
    Found,
    History,
    Ignored,
    InviteMade,
    Invites,
    Joined,
    Registered,
    Reply,
    Restrictions,
    Rooms,
    Welcome,
)
from hobnob.protocol.text import clean

ADA = Member(id="p_ada", name="ada", attached=True, state="online")


CODE = "abcdefghijklmnopqrstuvwx23"
INVITE = Invite(
    "i_aaaabbbbcccc", "member", "p_ada", "ada", "2026-11-22T09:00:00.000Z", uses_left=1,
    expires_at="2026-11-29T09:00:00.000Z",
)  # fmt: skip
GONE = "You are not here any more."
Access = Literal["open", "invite", "accounts"]


def strong(password: str) -> str:
    if len(password) < 8:
        raise ChatError("password-weak")
    return password


class Client:
    """A session as the chat keeps it."""

    def __init__(self, wire: WireFormat) -> None:
        self.person: Person | None = None
        self.wire = wire
        self.origin = Origin("127.0.0.1")
        self.introducing = False
        self.reads: dict[str, int] | None = None
        self.echo: Callable[[Event, Room | None, bytes], bytes] | None = None
        self.renamed: Callable[[RoomChanged, Room], bytes] | None = None
        self.removed: Callable[[MemberLeft, Room], bytes] | None = None


class FakeHouse:
    """A chat of one client, in memory: enough rules to answer what the lines gateway asks."""

    name = "hobnob"
    version = "0"

    def __init__(self) -> None:
        self.reached_at: Callable[[], links.Link | None] = lambda: links.Link("chat.example.org", 8080, key="the key")
        self.taken = {"ada", "bobby"}
        self.rooms = {"lobby": RoomState(id="r_lobby", name="lobby", kind="public", topic="Anything goes")}
        self.said: list[Message] = []
        self.done: list[Command] = []
        self.refusing: ChatError | None = None
        self.access: Access = "open"
        self.invites = {CODE}
        self.passwords = {"ada": "correct horse"}
        self.devices = (
            Device("d_aaaabbbbcccc", "phone", "2026-11-01T08:00:00.000Z", "2026-11-22T09:30:00.000Z"),
            Device("d_aaddbbbbcccc", "", "2026-11-02T08:00:00.000Z", "2026-11-20T10:00:00.000Z"),
        )
        self.audit: tuple[Moderated, ...] = ()
        self.ignored: tuple[Person, ...] = ()
        self.own: tuple[RoomState, ...] | None = None
        self.unnamed: str | None = None
        self.client: Client | None = None
        self.hear("ada", "good morning")

    def hear(self, name: str, text: str, room: str = "r_lobby") -> int:
        number = len(self.said) + 1
        at = f"2026-11-22T09:{number % 60:02}:00.000Z"
        message = Message(room=room, number=number, count=number, at=at, by=f"p_{name}", by_name=name, text=text)
        self.said.append(message)
        return number

    def enter(self, codec: Codec, link: Link, origin: Origin) -> Conversation:
        raise NotImplementedError

    def perform(self, session: Session, command: Command) -> asyncio.Future[Reply]:
        raise NotImplementedError

    def role(self, room: str, person: str) -> Role | None:
        return None

    def here(self, person: str) -> Here | None:
        return None

    def named(self, name: str) -> Here | None:
        return None

    def live_room(self, room: str) -> Room | None:
        return None

    def attached(self, room: str) -> Sequence[Member]:
        client = self.client
        assert client is not None
        me = [Member(id=client.person.id, name=client.person.name, attached=True)] if client.person else []
        return [ADA, *me] if room == "r_lobby" else me

    def answer(self, client: Client, command: Command) -> Reply | ChatError:
        self.client = client
        self.done.append(command)
        if self.refusing is not None:
            return self.refusing
        try:
            return self.reply(client, command)
        except NameRefused as refused:
            return ChatError(refused.code, refused.hint)
        except ChatError as error:
            return error

    def room(self, room: str) -> RoomState:
        for state in self.rooms.values():
            if room in (state.id, f"#{state.name}"):
                return state
        raise ChatError("no-such-room")

    def reply(self, client: Client, command: Command) -> Reply:
        match command:
            case Hello():
                return self.hello(client, command)
            case Ignore() | Unignore() | ListIgnored():
                return self.hearing(client, command)
            case Register() | LogIn() | LogOut() | ChangePassword() | DeleteAccount() | ListDevices():
                return self.account(client, command)
            case SetName():
                client.person = Person(id="p_me", name=person_name(command.name), kind="visitor")
                return Done()
            case JoinRoom():
                return self.join(command)
            case SendMessage():
                return self.send(client, command)
            case Search():
                return Found()
            case ReadHistory():
                messages = [message for message in self.said if message.room == self.room(command.room).id]
                return History(room=command.room, messages=tuple(messages[-command.limit :]))
            case ListRooms():
                return self.list()
            case EditMessage() | DeleteMessage() | React() if command.of > len(self.said):
                raise ChatError("bad-number")
            case LeaveRoom():
                self.room(command.room)
        return self.moderation(command)

    def hearing(self, client: Client, command: Command) -> Reply:
        if client.person is None or client.person.kind == "visitor":
            raise ChatError("not-kept")
        if isinstance(command, Ignore | Unignore):
            eve = Person(id="p_eve", name="eve")
            assert command.person == "@eve"
            self.ignored = (eve,) if isinstance(command, Ignore) else ()
        return Ignored(self.ignored)

    def moderation(self, command: Command) -> Reply:
        match command:
            case CreateInvite():
                return InviteMade(INVITE, CODE, f"hobnob://h:8080/#invite={CODE}", f"https://h:8080/#invite={CODE}")
            case ListInvites():
                return Invites((INVITE,))
            case ListRestrictions():
                return Restrictions()
            case ReadAudit():
                return Audit(self.audit, bool(self.audit))
            case CreateRoom():
                return Joined(room=self.make(command.name, command.kind), created=True)
            case ChangeRoom():
                self.change(command)
        return Done(number=9)

    def hello(self, client: Client, command: Hello) -> Reply:
        if command.password is not None and not command.register:
            return self.log_in(client, command.name or "", command.password)
        if self.access != "open" and command.invite not in self.invites:
            raise ChatError("invite-needed" if command.invite is None else "invite-unknown")
        name = person_name(command.name) if command.name else self.unnamed or "guest-k7wq"
        if name in self.taken:
            raise ChatError("name-taken")
        if self.access == "accounts" and not command.register:
            raise ChatError("account-needed")
        if command.password is not None:
            self.passwords[name] = strong(command.password)
        return self.welcome(client, name, "visitor" if command.password is None else "account")

    def welcome(self, client: Client, name: str, kind: PersonKind) -> Reply:
        client.person = Person(id="p_me", name=name, kind=kind)
        rooms = (self.room("#lobby"),) if self.own is None or kind == "visitor" else self.own
        return Welcome(you=client.person, epoch="e", server="hobnob", version="0", rooms=rooms)

    def log_in(self, client: Client, name: str, password: str) -> Reply:
        if self.passwords.get(name) != password:
            raise ChatError("wrong-password")
        return self.welcome(client, name, "account")

    def account(self, client: Client, command: Command) -> Reply:
        me = client.person
        assert me is not None
        match command:
            case Register():
                name = person_name(command.name) if command.name else me.name
                self.passwords[name] = strong(command.password)
                client.person = Person(id="p_me", name=name, kind="account")
                return Registered(you=client.person)
            case LogIn():
                return self.log_in(client, command.name, command.password)
            case ChangePassword() if self.passwords[me.name] == command.old:
                self.passwords[me.name] = strong(command.new)
            case DeleteAccount() if self.passwords[me.name] == command.password:
                del self.passwords[me.name]
            case ChangePassword() | DeleteAccount():
                raise ChatError("wrong-password")
            case ListDevices():
                return Devices(self.devices)
        return Done()

    def join(self, command: JoinRoom) -> Reply:
        try:
            return Joined(room=self.room(command.room))
        except ChatError:
            return Joined(room=self.make(command.room, "public"), created=True)

    def make(self, ref: str, kind: RoomKind) -> RoomState:
        name = room_name(ref)
        history: HistoryRule = "all" if kind == "public" else "joined"
        self.rooms[name] = RoomState(id=f"r_{name}", name=name, kind=kind, history=history)
        return self.rooms[name]

    def change(self, command: ChangeRoom) -> None:
        room = self.room(command.room)
        if command.name is not None:
            del self.rooms[room.name]
            self.rooms[command.name] = replace(room, name=command.name)

    def send(self, client: Client, command: SendMessage) -> Reply:
        assert client.person is not None
        text = clean(command.text)
        if not text:
            raise ChatError("text-empty")
        if command.room == "@ada":
            return Done(number=1)
        if command.room.startswith("@"):
            raise ChatError("no-such-person")
        return Done(number=self.hear(client.person.name, text, self.room(command.room).id))

    def list(self) -> Reply:
        listings = [
            RoomListing(id=room.id, name=room.name, kind=room.kind, topic=room.topic, attached=1)
            for room in self.rooms.values()
        ]
        return Rooms(rooms=tuple(listings))


class Driver:
    """The one ordered queue of a conversation, without a socket; answers come when `settle` is called."""

    def __init__(self, codec: Codec, house: FakeHouse | None = None) -> None:
        self.house = house or FakeHouse()
        self.codec = codec
        self.client = Client(codec.wire)
        self.house.client = self.client
        self.house.unnamed = codec.manner.unnamed
        self.read = b""
        self.closed = False
        self._queue: deque[Said] = deque()
        assert not list(codec.begin(self.client))

    def receive(self, *pieces: bytes) -> None:
        for data in pieces:
            self._queue.extend(self.codec.receive(data))
        self.settle()

    def end(self) -> None:
        self._queue.extend(self.codec.end())
        self.settle()

    def settle(self) -> None:
        while self._queue:
            said = self._queue.popleft()
            if isinstance(said, Command):
                answer = self.house.answer(self.client, said)
                self._queue.extendleft(reversed(list(self.codec.answer(said, answer))))
                if isinstance(said, LogOut | DeleteAccount) and isinstance(answer, Done):
                    self.dismiss(GONE, "logged-out")
            elif isinstance(said, Close):
                assert not self.closed
                self.closed = True
            else:
                assert not self.closed
                self.read += said

    def dismiss(self, last_word: str, code: str) -> None:
        """The house ends the connection."""
        self._queue.clear()
        self.read += self.client.wire.farewell(last_word, code)
        self.closed = True

    def take(self) -> str:
        """What was read since the last time."""
        return self.take_bytes().decode()

    def take_bytes(self) -> bytes:
        """The same, where telnet commands may be in it."""
        read, self.read = self.read, b""
        return read


def person(*, greeted: bool = True, raw: bool = False, access: Access = "open", confidential: bool = True) -> Driver:
    house = FakeHouse()
    house.access = access
    driver = Driver(LinesCodec(house, greeted=greeted, raw=raw), house)
    if not confidential:
        driver.client.origin = Origin("192.0.2.7", confidential=False, loopback=False)
    return driver


def student() -> Driver:
    house = FakeHouse()
    return Driver(StudentCodec(house), house)


def said_by(driver: Driver) -> list[str]:
    """What the house was told to say."""
    return [command.text for command in driver.house.done if isinstance(command, SendMessage)]


def visitor() -> Driver:
    """Bob, who is in."""
    driver = person()
    driver.receive(b"bob\n")
    driver.take()
    driver.house.done.clear()
    return driver


def account() -> Driver:
    """Ada, who has logged in."""
    driver = person()
    driver.receive(b"/login ada\ncorrect horse\n")
    driver.take()
    driver.house.done.clear()
    return driver
