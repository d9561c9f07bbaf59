"""What a store in memory knows, and how one item changes it: conditions, numbering, projection.

`Memory.perform` does one item or nothing of it. It is the plainest way to write the contract down, and what other
stores are compared with.
"""

from dataclasses import dataclass, field
from typing import assert_never

from msgspec.structs import replace

from hobnob.protocol.consequences import changed_details
from hobnob.protocol.events import (
    AccountDeleted,
    DraftChanged,
    Fact,
    MaskChanged,
    MemberBanned,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessageSent,
    MessageUnpinned,
    PersonInvited,
    PersonRenamed,
    ReactionAdded,
    ReactionRemoved,
    ReadMarked,
    RoleChanged,
    RoomChanged,
    RoomCreated,
    RoomDetailChanged,
    RoomEvent,
    SettingChanged,
    TopicChanged,
)
from hobnob.protocol.ids import AUDIT
from hobnob.protocol.names import fold, skeleton
from hobnob.protocol.records import Draft, Mask, Person, Role, Room, Version
from hobnob.stores.memory_accounts import MemoryAccounts
from hobnob.stores.naming import nameless
from hobnob.stores.numbering import LogState
from hobnob.stores.store import (
    AddDirectPeople,
    AddInvite,
    AddPerson,
    AddToken,
    Condition,
    DetailsBelow,
    DirectFree,
    DropRoom,
    Duplicate,
    ForgetNames,
    InviteUsable,
    IsMember,
    Item,
    Kept,
    MessageExists,
    MessageStands,
    NameFree,
    NotMember,
    Outcome,
    PersonUnchanged,
    Reachable,
    Refused,
    RightsUnchanged,
    RoomNameFree,
    SettingsBelow,
    TokenStands,
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
    invited: set[str] = field(default_factory=set)
    masks: dict[tuple[str, str], Mask] = field(default_factory=dict)

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
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    accounts: MemoryAccounts = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = MemoryAccounts(self.persons)

    def perform(self, item: Item, now: int) -> Outcome:
        """One item, or nothing of it."""
        if item.ref is not None and (item.by, item.ref) in self.refs:
            first, digest = self.refs[item.by, item.ref]
            return first if digest == item.digest else Refused("ref-reused")
        for condition in item.requires:
            if code := self.violation(condition, now):
                return Refused(code)
        if code := self._missing_room(item) or self._clash(item):
            return Refused(code)
        kept = tuple([self._append(event, now) for event in item.events])
        if item.ref is not None:
            self.refs[item.by, item.ref] = (Duplicate(kept[0].log, kept[0].number, kept[0].at), item.digest)
        for write in item.writes:  # one may forget the very room that the ref was kept in
            self._write(write, now)
        return Kept(kept)

    # Conditions

    def violation(self, condition: Condition, now: int) -> str | None:
        """The code with which a condition refuses at `now`, None when it holds."""
        match condition:
            case NameFree(name=name, person=person):
                return self.name_clash(name, person)
            case RoomNameFree(name=name, room=room):
                named = self.room_named(name)
                return "room-taken" if named and named.room.id != room else None
            case RightsUnchanged():
                return None if self._rights_unchanged(condition, now) else "stale"
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
            case SettingsBelow() | DetailsBelow():
                return self._too_many(condition)
            case Reachable():
                return None if self._reachable(condition) else "not-reachable"
            case PersonUnchanged() | TokenStands() | InviteUsable():
                return self.accounts.violation(condition, now)
            case _:
                assert_never(condition)

    def _too_many(self, condition: SettingsBelow | DetailsBelow) -> str | None:
        if isinstance(condition, SettingsBelow):
            known = self.settings.get(condition.person, {})
        else:
            known = self.rooms[condition.room].room.details if condition.room in self.rooms else {}
        return None if condition.key in known or len(known) < condition.limit else "too-many"

    def _rights_unchanged(self, condition: RightsUnchanged, now: int) -> bool:
        rights = {log: state.rights for log in (condition.room, AUDIT) if (state := self.logs.get(log))}
        rights.setdefault(AUDIT, 0)
        if condition.room not in rights:
            return False
        if rights[condition.room] == condition.version and condition.house in (None, rights[AUDIT]):
            return True
        return self._may_write(condition.room, condition.person, now)

    def _may_write(self, room: str, person: str, now: int) -> bool:
        if not self.is_member(room, person) or not self.accounts.may_write(room, person, now):
            return False
        data = self.rooms[room]
        roles = {data.members[person].role, self.persons[person].role}
        return data.room.posting == "all" or not roles.isdisjoint({"owner", "moderator", "speaker"})

    def _reachable(self, condition: Reachable) -> bool:
        person, by = condition.person, condition.by
        if by in self.accounts.ignored.get(person, set()):
            return False
        if (kept := self.persons.get(person)) is not None and kept.kind == "deleted":
            return False
        if condition.shared or self.accounts.directs.get(person) != "shared":
            return True
        rooms = [data for room, data in self.rooms.items() if room != condition.besides and data.room.kind != "direct"]
        return any(person in data.members and by in data.members for data in rooms)

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
                    clash = hash in self.accounts.tokens
                case AddInvite(hash=hash):
                    clash = hash in self.accounts.invites
                case AddDirectPeople(people=people):
                    clash = self.direct_of([person.id for person in people]) is not None
                case _:
                    clash = False
            if clash:
                return "stale"
        return None

    def name_clash(self, name: str, person: str) -> str | None:
        """``name-taken`` or ``name-lookalike`` when somebody other than `person` has the name."""
        others = [other.name for other in self.persons.values() if other.id != person and other.name]
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
            self._apply_to_accounts(fact)
        return fact

    def _apply_to_accounts(self, fact: Fact) -> None:
        self.accounts.apply(fact)
        if isinstance(fact, AccountDeleted):
            self.settings.pop(fact.by, None)
            for data in self.rooms.values():
                data.members.pop(fact.by, None)
                data.drafts.pop(fact.by, None)
                data.invited.discard(fact.by)
                if fact.blanked:
                    _forget_name(data, fact.by)

    def _apply_to_room(self, fact: RoomEvent) -> None:
        if isinstance(fact, RoomCreated):
            room = Room(fact.room, fact.name, fact.kind, fact.topic, fact.history, created_at=fact.at)
            self.rooms[fact.room] = RoomData(room, lasting=fact.by == "")
            return
        data = self.rooms[fact.room]
        match fact:
            case MessageSent():
                data.messages[fact.number] = MessageState(fact, fact.text, fact.mentions, fact.number, fact.at)
            case MemberJoined(person=person, role=role):
                data.lasting = True
                data.invited.discard(person)
                known = data.members.get(person)
                since, read = (known.since, known.read) if known else (fact.number, fact.number)
                data.members[person] = MemberState(role, since, read)
            case MemberLeft(person=person):
                data.members.pop(person, None)
                data.drafts.pop(person, None)
            case TopicChanged(topic=topic):
                data.room = replace(data.room, topic=topic, topic_by=fact.by_name, topic_at=fact.at)
            case RoomDetailChanged():
                data.room = replace(data.room, details=changed_details(data.room.details, fact))
            case PersonInvited() | RoleChanged() | MemberBanned() | RoomChanged() | MaskChanged():
                _regulate(data, fact)
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

    def _write(self, write: Write, now: int) -> None:
        match write:
            case AddPerson(person=person):
                self.persons[person.id] = person
            case AddDirectPeople(room=room, people=people):
                if data := self.rooms.get(room):
                    data.room = replace(data.room, people=people)
            case DropRoom(room=room):
                if room in self.rooms and not self.rooms[room].lasting:
                    self.drop(room)
            case ForgetNames(person=person, facts=facts):
                for log, number in facts:
                    self._forget_names(person, log, number)
            case _:
                self.accounts.write(write, now)

    def _forget_names(self, person: str, log: str, number: int) -> None:
        if (facts := self.facts.get(log)) is None:  # its room is dropped
            return
        fact = facts[number - 1] = nameless(facts[number - 1], person)
        match fact:
            case TopicChanged(room=room, at=at) if self.rooms[room].room.topic_at == at:
                self.rooms[room].room = replace(self.rooms[room].room, topic_by="")
            case MaskChanged(room=room, kind=kind, mask=mask):
                masks = self.rooms[room].masks
                if (made := masks.get((kind, mask))) is not None and made.at == fact.at:
                    masks[kind, mask] = replace(made, by_name="")

    def drop(self, room: str) -> None:
        """Forget a room and its log."""
        del self.rooms[room], self.logs[room], self.facts[room]
        self.refs = {key: value for key, value in self.refs.items() if value[0].log != room}
        self.accounts.drop_invites(room)


def _regulate(data: RoomData, fact: PersonInvited | RoleChanged | MemberBanned | RoomChanged | MaskChanged) -> None:
    match fact:
        case MaskChanged(kind=kind, mask=mask):
            data.masks.pop((kind, mask), None)
            if fact.on:
                data.masks[kind, mask] = Mask(kind, mask, fact.by_name, fact.at)
        case PersonInvited(person=person):
            data.invited.add(person)
        case MemberBanned(person=person):
            data.invited.discard(person)
        case RoleChanged(person=person, role=role):
            if person in data.members:
                data.members[person].role = role
        case RoomChanged():
            data.room = replace(
                data.room, name=fact.name, kind=fact.kind, history=fact.history, posting=fact.posting, slow=fact.slow,
                topics=fact.topics, key=fact.key, limit=fact.limit,
            )  # fmt: skip


def _forget_name(data: RoomData, person: str) -> None:
    for message in data.messages.values():
        if message.sent.by == person:
            message.sent = replace(message.sent, by_name="")
    people = tuple(replace(one, name="") if one.id == person else one for one in data.room.people)
    data.room = replace(data.room, people=people)


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
