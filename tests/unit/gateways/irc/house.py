"""A small house for codecs: people, rooms and the order of one conversation, without time, store or sockets.

As in the real one, all that a chunk of bytes says is taken before the first command of it is performed.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from hobnob.gateways.gateway import Close, Codec, Conversation, Here, Link, Origin, Said, Session, WireFormat
from hobnob.gateways.irc import IrcCodec
from hobnob.protocol import links
from hobnob.protocol.commands import (
    Command,
    Hello,
    JoinRoom,
    LeaveRoom,
    ListMembers,
    ListRooms,
    Ping,
    ReadRoom,
    SendMessage,
    SendTags,
    SetName,
    SetTopic,
    Typing,
)
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import (
    Event,
    MemberAttached,
    MemberLeft,
    MessageSent,
    PersonRenamed,
    PresenceChanged,
    RoomChanged,
    TagsSent,
    TopicChanged,
    TypingChanged,
)
from hobnob.protocol.moderation_commands import ListRestrictions
from hobnob.protocol.names import NameRefused, fold, person_name, room_name
from hobnob.protocol.people_commands import ListPeople, ReadPeople, ReadServer, SetDetail
from hobnob.protocol.records import Member, Person, Profile, Role, Room, RoomListing, RoomState, Seat
from hobnob.protocol.replies import Done, Joined, Members, People, Pong, Reply, Rooms, RoomTerms, Server, Welcome
from hobnob.protocol.text import clean, clean_line

AT = "2026-11-22T23:00:00.000Z"


def id_of(kind: str, name: str) -> str:
    """An id that a reader of a conversation recognises: ``p_`` and the name, filled up."""
    letters = "".join(char for char in fold(name) if "a" <= char <= "z")
    return f"{kind}_{letters:a<26.26}"


@dataclass(eq=False)
class FakeRoom:
    record: Room
    roles: dict[str, Role] = field(default_factory=dict)
    sessions: list["FakeClient"] = field(default_factory=list)
    head: int = 0


class FakeClient:
    """A session with its codec; `sent` are the bytes it got and has not looked at."""

    def __init__(self, house: "FakeHouse") -> None:
        self.codec = IrcCodec(house)
        self.person: Person | None = None
        self.wire: WireFormat = self.codec.wire
        self.commands: list[Command] = []
        self.closed: Close | None = None
        self.origin = Origin("127.0.0.1")
        self.introducing = False
        self.reads: dict[str, int] | None = None
        self.echo: Callable[[Event, Room | None, bytes], bytes] | None = None
        self.renamed: Callable[[RoomChanged, Room], bytes] | None = None
        self.removed: Callable[[MemberLeft, Room], bytes] | None = None
        self._house = house
        self._queue: deque[Said] = deque()
        self.sent = b"".join(self.codec.begin(self))

    @property
    def me(self) -> Person:
        assert self.person is not None
        return self.person

    def receive(self, data: bytes) -> None:
        """Bytes of the client came."""
        self._queue.extend(self.codec.receive(data))
        while self._queue and self.closed is None:
            said = self._queue.popleft()
            if isinstance(said, Close):
                self.closed = said
                self._house.leave(self, said.reason)
            elif isinstance(said, Command):
                self.commands.append(said)
                self._queue.extendleft(reversed(list(self.codec.answer(said, self._house.outcome(self, said)))))
            else:
                self.sent += said

    def read(self) -> list[str]:
        """The lines that came since the last reading."""
        lines, self.sent = self.sent, b""
        assert not lines or lines.endswith(b"\r\n")
        return lines.decode().split("\r\n")[:-1]


class FakeHouse:
    """See the head of this file. `refuse` names the error that a kind of command is refused with."""

    name = "hobnob.test"
    version = "1.0"

    def __init__(self) -> None:
        self.reached_at: Callable[[], links.Link | None] = lambda: None
        self.people: dict[str, Person] = {}
        self.rooms: dict[str, FakeRoom] = {}
        self.refuse: dict[type[Command], ChatError] = {}
        self.clients: list[FakeClient] = []

    def connect(self) -> FakeClient:
        self.clients.append(client := FakeClient(self))
        return client

    def enter(self, codec: Codec, link: Link, origin: Origin) -> Conversation:
        raise AssertionError("A codec lets nobody in.")

    def perform(self, session: Session, command: Command) -> asyncio.Future[Reply]:
        raise AssertionError("A codec yields its commands.")

    def here(self, person: str) -> Here | None:
        return None

    def named(self, name: str) -> Here | None:
        return None

    def live_room(self, room: str) -> Room | None:
        return next((each.record for each in self.rooms.values() if each.record.id == room), None)

    def role(self, room: str, person: str) -> Role | None:
        if self.live_room(room) is None:
            return None
        return next((member.role for member in self.attached(room) if member.id == person), None)

    def attached(self, room: str) -> Sequence[Member]:
        return sorted((member for member in self._members(self._by_id(room)) if member.attached), key=lambda m: m.name)

    def outcome(self, client: FakeClient, command: Command) -> Reply | ChatError:
        try:
            if type(command) in self.refuse:
                return self.refuse[type(command)]
            return self._perform(client, command)
        except NameRefused as refusal:
            return ChatError(refusal.code, refusal.hint)
        except ChatError as error:
            return error

    def tell(self, room: FakeRoom, event: Event, origin: FakeClient | None = None) -> None:
        for session in room.sessions:
            if session is not origin:
                session.sent += session.wire.encode(event, room.record)
            elif session.echo is not None:
                session.sent += session.echo(event, room.record, session.wire.encode(event, room.record))

    def leave(self, client: FakeClient, reason: str) -> None:
        if client.person is None:
            return
        event = PresenceChanged(by=client.person.id, by_name=client.person.name, state="offline", text=reason)
        heard: set[FakeClient] = set()
        for room in self.rooms.values():
            if client in room.sessions:
                room.sessions.remove(client)
                heard.update(room.sessions)
        for session in heard:
            session.sent += session.wire.encode(event, None)
        del self.people[fold(client.person.name)]

    def _perform(self, client: FakeClient, command: Command) -> Reply:
        if isinstance(command, Hello):
            assert command.name is not None
            client.person = self._name(command.name)
            return Welcome(you=client.person, epoch="e", server=self.name, version=self.version)
        if client.person is None:
            raise ChatError("hello-first")
        match command:
            case SetName():
                return self._rename(client, client.person, command.name)
            case JoinRoom():
                return self._join(client, client.person, command)
            case LeaveRoom():
                return self._leave_room(client, client.person, command)
            case SetTopic():
                room = self._own(client, command.room)
                room.record = replace(room.record, topic=clean_line(command.topic))
                self.tell(
                    room,
                    TopicChanged(room=room.record.id, topic=room.record.topic, by=client.me.id, by_name=client.me.name),
                    client,
                )
                return Done(number=1)
            case SendMessage():
                return self._send(client, client.person, command)
            case ListRooms():
                return Rooms(
                    tuple(
                        RoomListing(r.record.id, r.record.name, r.record.kind, r.record.topic, attached=len(r.sessions))
                        for r in self.rooms.values()
                    )
                )
            case ListMembers():
                members = sorted(self._members(self._find(command.room)), key=lambda member: member.id)
                page = [member for member in members if member.id > (command.after or "")]
                return Members(id_of("r", command.room), tuple(page[:2]), more=len(page) > 2)
            case Ping():
                return Pong(AT)
        return self._pass_on(client, command)

    def _pass_on(self, client: FakeClient, command: Command) -> Reply:
        match command:
            case SendTags():
                room = self._own(client, command.room)
                tags = TagsSent(
                    room=room.record.id, tags=command.tags, ref="f" * 44, by=client.me.id, by_name=client.me.name
                )
                self.tell(room, tags, client)
                return Done()
            case Typing():
                room = self._own(client, command.room)
                typing = TypingChanged(room=room.record.id, on=command.on, by=client.me.id, by_name=client.me.name)
                self.tell(room, typing, client)
                return Done()
            case ReadServer():
                return Server(self.name, self.version, AT, len(self.people), len(self.people))
            case SetDetail():
                return Done()
            case ListRestrictions():
                raise ChatError("not-allowed")
            case ReadRoom():
                return RoomTerms(self._find(command.room).record)
            case ListPeople():
                rooms = self.rooms.values() if command.room is None else [self._find(command.room)]
                found = {m.id: self._profile(room, m) for room in rooms for m in self._members(room) if m.attached}
                return People(tuple(found.values()))
            case ReadPeople():
                refs = {ref.removeprefix("@").lower() for ref in command.people}
                named = [person for key, person in self.people.items() if key in refs or person.id in refs]
                return People(tuple(Profile(person, "online", since=AT) for person in named))
        raise AssertionError(command)

    def _name(self, name: str) -> Person:
        if fold(person_name(name)) in self.people:
            raise ChatError("name-taken")
        person = self.people[fold(name)] = Person(id_of("p", name), name, "visitor")
        return person

    def _rename(self, client: FakeClient, person: Person, name: str) -> Reply:
        if fold(name) in self.people and fold(name) != fold(person.name):
            raise ChatError("name-taken")
        del self.people[fold(person.name)]
        client.person = self.people[fold(name)] = replace(person, name=name)
        event = PersonRenamed(by=person.id, by_name=person.name, name=name)
        heard = {session for room in self.rooms.values() if client in room.sessions for session in room.sessions}
        for session in heard - {client}:
            session.sent += session.wire.encode(event, None)
        return Done()

    def _join(self, client: FakeClient, person: Person, command: JoinRoom) -> Reply:
        name = room_name(command.room)
        room = self.rooms.get(fold(name))
        if room is None:
            room = self.rooms[fold(name)] = FakeRoom(Room(id_of("r", name), name), {person.id: "owner"})
        elif room.record.kind == "private" and person.id not in room.roles:
            raise ChatError("no-such-room")
        room.roles.setdefault(person.id, "member")
        if client not in room.sessions:
            room.sessions.append(client)
            self.tell(room, MemberAttached(room=room.record.id, by=client.me.id, by_name=client.me.name), client)
        record = room.record
        return Joined(RoomState(record.id, record.name, record.kind, record.topic, role=room.roles[person.id]))

    def _leave_room(self, client: FakeClient, person: Person, command: LeaveRoom) -> Reply:
        room = self._own(client, command.room)
        self.remove(room, person, MemberLeft(
            room=room.record.id, person=person.id, person_name=person.name, reason=clean_line(command.reason),
            by=client.me.id, by_name=client.me.name,
        ), client)  # fmt: skip
        return Done()

    def remove(self, room: FakeRoom, person: Person, event: MemberLeft, origin: FakeClient | None) -> None:
        """Take somebody out of a room, on all of their clients."""
        self.tell(room, event, origin)
        del room.roles[person.id]
        room.sessions = [session for session in room.sessions if session.person != person]

    def _send(self, client: FakeClient, person: Person, command: SendMessage) -> Reply:
        text = clean(command.text)
        if not text:
            raise ChatError("text-empty")
        if command.room.startswith("@"):
            other = self.people.get(fold(command.room[1:]))
            if other is None:
                raise ChatError("no-such-person")
            room = self._direct(person, other)
        else:
            room = self._own(client, command.room)
        room.head += 1
        event = MessageSent(
            room=room.record.id,
            number=room.head,
            at=AT,
            text=text,
            kind=command.kind,
            ref=command.ref,
            reply_to=command.reply_to,
            tags=command.tags,
            by=client.me.id,
            by_name=client.me.name,
        )
        self.tell(room, event, client)
        return Done(number=room.head, at=AT)

    def _direct(self, one: Person, other: Person) -> FakeRoom:
        sessions = [session for session in self.clients if session.person in (one, other)]
        return FakeRoom(Room(id_of("r", "direct"), "", "direct", people=(one, other)), {}, sessions)

    def _by_id(self, id: str) -> FakeRoom:
        return next(room for room in self.rooms.values() if room.record.id == id)

    def _find(self, room: str) -> FakeRoom:
        if room.startswith("r_"):
            return self._by_id(room)
        found = self.rooms.get(fold(room.removeprefix("#")))
        if found is None:
            raise ChatError("no-such-room")
        return found

    def _own(self, client: FakeClient, name: str) -> FakeRoom:
        room = self._find(name)
        if client not in room.sessions:
            raise ChatError("not-a-member")
        return room

    def _profile(self, room: FakeRoom, member: Member) -> Profile:
        record = room.record
        seat = Seat(record.id, record.name, record.kind, member.role)
        return Profile(Person(member.id, member.name, "visitor"), "online", since=AT, rooms=(seat,))

    def _members(self, room: FakeRoom) -> list[Member]:
        present = {session.person.id: session.person for session in room.sessions if session.person is not None}
        known = {person.id: person for person in self.people.values()} | present
        return [
            Member(person, known[person].name, role, "online", person in present)
            for person, role in room.roles.items()
            if person in known
        ]
