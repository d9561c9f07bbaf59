"""What a store in memory knows, and how one item changes it: conditions, numbering, projection.

`Memory.perform` does one item or nothing of it. It is the plainest way to write the contract down, and what other
stores are compared with.
"""

from dataclasses import dataclass, field
from typing import assert_never

from msgspec.structs import replace

from hobnob.protocol.events import (
    DraftChanged,
    Fact,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessageSent,
    MessageUnpinned,
    PersonRenamed,
    ReactionAdded,
    ReactionRemoved,
    ReadMarked,
    RoomCreated,
    RoomEvent,
    SettingChanged,
    TopicChanged,
)
from hobnob.protocol.names import fold, skeleton
from hobnob.protocol.records import Draft, Person, Role, Room, Version
from hobnob.stores.numbering import LogState
from hobnob.stores.store import (
    AddDirectPeople,
    AddPerson,
    AddToken,
    Condition,
    DirectFree,
    DropRoom,
    Duplicate,
    IsMember,
    Item,
    Kept,
    MessageExists,
    MessageStands,
    NameFree,
    NotMember,
    Outcome,
    Refused,
    RightsUnchanged,
    RoomNameFree,
    SettingsBelow,
    Write,
)


@dataclass(slots=True)
class MessageState:
    """A message as it is now. `written` and `written_at` tell of the fact that gave it its present text."""

    sent: MessageSent
    text: str
    mentions: tuple[str, ...]
    written: int
    written_at: str
    edited_at: str | None = None
    deleted: bool = False
    pinned: bool = False
    versions: list[Version] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class MemberState:
    """A membership and the read mark."""

    role: Role
    since: int
    read: int


@dataclass(slots=True)
class RoomData:
    """A room and all that is about it."""

    room: Room
    lasting: bool
    messages: dict[int, MessageState] = field(default_factory=dict)
    members: dict[str, MemberState] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)

    def standing(self, number: int) -> MessageState | None:
        """The message of this number, if it is not deleted."""
        message = self.messages.get(number)
        return None if message is None or message.deleted else message


@dataclass(slots=True)
class Memory:
    """Everything that is kept."""

    logs: dict[str, LogState] = field(default_factory=dict)
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    refs: dict[tuple[str, str], tuple[Duplicate, bytes]] = field(default_factory=dict)
    rooms: dict[str, RoomData] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    tokens: dict[bytes, str] = field(default_factory=dict)
    settings: dict[str, dict[str, str]] = field(default_factory=dict)

    def perform(self, item: Item, now: int) -> Outcome:
        """One item, or nothing of it."""
        if item.ref is not None and (item.by, item.ref) in self.refs:
            first, digest = self.refs[item.by, item.ref]
            return first if digest == item.digest else Refused("ref-reused")
        for condition in item.requires:
            if code := self.violation(condition):
                return Refused(code)
        if code := self._missing_room(item) or self._clash(item):
            return Refused(code)
        kept = tuple([self._append(event, now) for event in item.events])
        for write in item.writes:
            self._write(write)
        if item.ref is not None:
            self.refs[item.by, item.ref] = (Duplicate(kept[0].log, kept[0].number, kept[0].at), item.digest)
        return Kept(kept)

    # Conditions

    def violation(self, condition: Condition) -> str | None:
        """The code with which a condition refuses, None when it holds."""
        match condition:
            case NameFree(name=name, person=person):
                return self.name_clash(name, person)
            case RoomNameFree(name=name):
                return "room-taken" if self.room_named(name) else None
            case RightsUnchanged(room=room, version=version, person=person):
                log = self.logs.get(room)
                return None if log and (log.rights == version or self.is_member(room, person)) else "stale"
            case MessageStands(room=room, number=number):
                message = self.rooms[room].messages.get(number) if room in self.rooms else None
                return "bad-number" if message is None else "deleted" if message.deleted else None
            case MessageExists(room=room, number=number):
                return None if room in self.rooms and number in self.rooms[room].messages else "bad-number"
            case NotMember(room=room, person=person):
                return "stale" if self.is_member(room, person) else None
            case IsMember(room=room, person=person):
                return None if self.is_member(room, person) else "not-a-member"
            case DirectFree(people=people):
                return "stale" if self.direct_of(people) else None
            case SettingsBelow(person=person, key=key, limit=limit):
                settings = self.settings.get(person, {})
                return None if key in settings or len(settings) < limit else "too-many"
            case _:
                assert_never(condition)

    def _missing_room(self, item: Item) -> str | None:
        made: set[str] = set()
        for event in item.events:
            if isinstance(event, RoomCreated):
                made.add(event.room)
            elif isinstance(event, RoomEvent) and event.room not in self.rooms and event.room not in made:
                return "no-such-room"
        return None

    def _clash(self, item: Item) -> str | None:
        """Whether the item would make a second one of what there may be only one of."""
        for event in item.events:
            if isinstance(event, RoomCreated):
                if event.room in self.rooms or (event.kind != "direct" and self.room_named(event.name)):
                    return "stale"
            elif (
                isinstance(event, PersonRenamed) and event.by in self.persons and self.name_clash(event.name, event.by)
            ):
                return "stale"
        for write in item.writes:
            match write:
                case AddPerson(person=person):
                    clash = person.id in self.persons or self.name_clash(person.name, person.id) is not None
                case AddToken(hash=hash):
                    clash = hash in self.tokens
                case AddDirectPeople(people=people):
                    clash = self.direct_of([person.id for person in people]) is not None
                case _:
                    clash = False
            if clash:
                return "stale"
        return None

    def name_clash(self, name: str, person: str) -> str | None:
        """``name-taken`` or ``name-lookalike`` when somebody other than `person` has the name."""
        others = [other.name for other in self.persons.values() if other.id != person]
        if fold(name) in map(fold, others):
            return "name-taken"
        return "name-lookalike" if skeleton(name) in map(skeleton, others) else None

    def room_named(self, name: str) -> RoomData | None:
        """The public or private room of a name."""
        key = fold(name)
        named = (data for data in self.rooms.values() if data.room.kind != "direct")
        return next((data for data in named if fold(data.room.name) == key), None)

    def is_member(self, room: str, person: str) -> bool:
        """Whether the person belongs to the room."""
        return room in self.rooms and person in self.rooms[room].members

    def direct_of(self, people: tuple[str, ...] | list[str]) -> RoomData | None:
        """The direct room of exactly these people."""
        wanted = set(people)
        directs = (data for data in self.rooms.values() if data.room.people)
        return next((data for data in directs if {person.id for person in data.room.people} == wanted), None)

    # Projection

    def _append(self, event: Fact, now: int) -> Fact:
        log = self.logs.setdefault(event.log, LogState(event.log))
        fact = log.number(event, now)
        self.facts.setdefault(log.id, []).append(fact)
        if isinstance(fact, RoomEvent):
            self._apply_to_room(fact)
        elif isinstance(fact, PersonRenamed):
            if fact.by in self.persons:
                self.persons[fact.by] = replace(self.persons[fact.by], name=fact.name)
        else:
            self._apply_to_person(fact)
        return fact

    def _apply_to_room(self, fact: RoomEvent) -> None:
        if isinstance(fact, RoomCreated):
            room = Room(fact.room, fact.name, fact.kind, fact.topic, fact.history)
            self.rooms[fact.room] = RoomData(room, lasting=fact.by == "")
            return
        data = self.rooms[fact.room]
        match fact:
            case MessageSent():
                data.messages[fact.number] = MessageState(fact, fact.text, fact.mentions, fact.number, fact.at)
            case MemberJoined(person=person, role=role):
                data.lasting = True
                known = data.members.get(person)
                since, read = (known.since, known.read) if known else (fact.number, fact.number)
                data.members[person] = MemberState(role, since, read)
            case MemberLeft(person=person):
                data.members.pop(person, None)
                data.drafts.pop(person, None)
            case TopicChanged(topic=topic):
                data.room = replace(data.room, topic=topic)
            case MessageEdited(of=of) | MessageDeleted(of=of) | MessagePinned(of=of) | MessageUnpinned(of=of):
                if message := data.standing(of):
                    _change(message, fact)
            case ReactionAdded(of=of) | ReactionRemoved(of=of):
                if message := data.standing(of):
                    _react(message, fact)

    def _apply_to_person(self, fact: Fact) -> None:
        match fact:
            case ReadMarked(by=by, room=room, upto=upto) if self.is_member(room, by):
                self.rooms[room].members[by].read = upto
            case DraftChanged(by=by, room=room) if self.is_member(room, by):
                if fact.text:
                    self.rooms[room].drafts[by] = Draft(fact.text, fact.reply_to)
                else:
                    self.rooms[room].drafts.pop(by, None)
            case SettingChanged(by=by, key=key, value=None):
                self.settings.get(by, {}).pop(key, None)
            case SettingChanged(by=by, key=key, value=str(value)):
                self.settings.setdefault(by, {})[key] = value
            case _:
                pass

    def _write(self, write: Write) -> None:
        match write:
            case AddPerson(person=person):
                self.persons[person.id] = person
            case AddToken(hash=hash, person=owner):
                self.tokens[hash] = owner
            case AddDirectPeople(room=room, people=people):
                if data := self.rooms.get(room):
                    data.room = replace(data.room, people=people)
            case DropRoom(room=room):
                if room in self.rooms and not self.rooms[room].lasting:
                    self.drop(room)
            case _:
                assert_never(write)

    def drop(self, room: str) -> None:
        """Forget a room and its log."""
        del self.rooms[room], self.logs[room], self.facts[room]
        self.refs = {key: value for key, value in self.refs.items() if value[0].log != room}


def _change(message: MessageState, fact: RoomEvent) -> None:
    if isinstance(fact, MessageEdited):
        message.versions.append(Version(message.written, message.written_at, message.text))
        message.text, message.mentions = fact.text, fact.mentions
        message.written, message.written_at, message.edited_at = fact.number, fact.at, fact.at
    elif isinstance(fact, MessageDeleted):
        message.text, message.mentions, message.deleted, message.pinned = "", (), True, False
        message.edited_at = None
        message.versions, message.reactions = [], {}
    else:
        message.pinned = isinstance(fact, MessagePinned)


def _react(message: MessageState, fact: ReactionAdded | ReactionRemoved) -> None:
    people = message.reactions.setdefault(fact.emoji, [])
    if isinstance(fact, ReactionRemoved):
        if fact.by in people:
            people.remove(fact.by)
    elif fact.by not in people:
        people.append(fact.by)
    if not people:
        del message.reactions[fact.emoji]
