"""What a client knows of its rooms, by folding the same events as the server does. No sockets, no waiting.

Names, topics, read marks and unread counts are there for every room; members and messages for those that are
followed. Folding is idempotent: a page may already hold what an event tells a moment later. What cannot be folded is
named in `stale`, `uncounted` and `unknown`, for the client to read again.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from msgspec.structs import replace

from hobnob.protocol import events as e
from hobnob.protocol.names import NameRefused, fold
from hobnob.protocol.records import Draft, HistoryRule, Member, Message, Person, Posting, Role, RoomKind, RoomState
from hobnob.protocol.replies import Unread, Welcome

MOST_MESSAGES = 200
"""Messages that a followed room keeps, if nothing else was asked for."""
MOST_FORMER = 100
"""Lost rooms that are remembered, the last ones."""


@dataclass(slots=True)
class Room:
    """A room one belongs to. Only the mirror changes it.

    `messages` (by number, the newest ones, without deleted ones) and `members` (by id) are kept while `followed`.
    """

    id: str
    name: str
    kind: RoomKind = "public"
    topic: str = ""
    history: HistoryRule = "all"
    people: tuple[Person, ...] = ()
    role: Role = "member"
    head: int = 0
    count: int = 0
    read: int = 0
    unread: int = 0
    mentions: int = 0
    draft: Draft | None = None
    posting: Posting = "all"
    slow: int = 0
    topic_by: str = ""
    topic_at: str = ""
    followed: bool = False
    keeps: int = MOST_MESSAGES
    members: dict[str, Member] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    reading: list[e.Event] | None = None
    """What came while its pages were being read, to be folded once more after them."""

    def state(self) -> RoomState:
        """The room at this moment, as the protocol says it."""
        return RoomState(*(getattr(self, name) for name in RoomState.__struct_fields__))


class Mirror(Mapping[str, Room]):
    """One's rooms: ``mirror["#tea"]``, by id or name; a direct room with one other by ``@ada``."""

    def __init__(self) -> None:
        self.me = Person("", "")
        self.stale: set[str] = set()
        self.uncounted: set[str] = set()
        self.unknown: set[str] = set()
        self.former: dict[str, Room] = {}
        """Rooms that one has lost, as they were then: what happened in them before may be told after it."""
        self._rooms: dict[str, Room] = {}
        self._by_name: dict[str, str] = {}

    def __getitem__(self, ref: str) -> Room:
        if ref in self._rooms:
            return self._rooms[ref]
        return self._rooms[self._by_name[_key(ref)]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rooms)

    def __len__(self) -> int:
        return len(self._rooms)

    def welcome(self, welcome: Welcome) -> None:
        """Where one is now; contents of followed rooms are to be read again, as comings and goings were missed."""
        self.me = welcome.you
        known = self._rooms
        names = {room.name: room for room in known.values() if room.followed and room.name}
        self._rooms = {state.id: _updated(known.get(state.id), state) for state in welcome.rooms}
        for room in self._rooms.values():
            if room.id not in known and (before := names.get(room.name)):  # the same room in another epoch
                room.followed, room.keeps = True, before.keeps
        self.uncounted.clear()
        self.unknown.clear()
        self.stale = {room.id for room in self._rooms.values() if room.followed}
        self._index()

    def joined(self, state: RoomState) -> None:
        """One is in this room, as of its head."""
        self._rooms[state.id] = _updated(self._rooms.get(state.id), state)
        self.unknown.discard(state.id)
        self.former.pop(state.id, None)
        self._index()

    def counted(self, unread: Unread) -> None:
        """What is unread in a room."""
        if room := self._rooms.get(unread.room):
            room.read, room.unread, room.mentions = unread.read, unread.unread, unread.mentions

    def begin_reading(self, room: Room) -> None:
        """Its members and messages are being read; `filled` ends it."""
        self.stale.discard(room.id)
        room.followed = True
        room.reading = []

    def filled(self, room: Room, members: Iterable[Member], messages: Iterable[Message]) -> None:
        """Its members and messages as they were read, which may be older or newer than the last event."""
        room.members = {member.id: member for member in members}
        room.messages = {message.number: message for message in messages if not message.deleted}
        missed, room.reading = room.reading or [], None
        for event in missed:
            _fold_contents(room, event)

    def fold(self, event: e.AnyEvent) -> None:
        """Take an event in."""
        match event:
            case e.Gap(room=str(id)):
                self.stale.update({id} & {room.id for room in self._rooms.values() if room.followed})
                self.uncounted.update({id} & self._rooms.keys())
            case e.RoomEvent(room=id) if id in self._rooms:
                self._fold_room(self._rooms[id], event)
            case e.PresenceChanged() | e.PersonRenamed():
                self._fold_person(event)
            case e.PersonEvent():
                self._fold_own(event)
            case e.AccountRegistered(by=self.me.id):
                self.me = replace(self.me, kind="account")
            case e.ServerRoleChanged(person=self.me.id):
                self.me = replace(self.me, role=event.role)

    def _fold_room(self, room: Room, event: e.RoomEvent) -> None:
        if event.number == 0 or event.number > room.head:
            self._fold_state(room, event)
        if room.followed:
            if room.reading is not None:
                room.reading.append(event)
            _fold_contents(room, event)

    def _fold_state(self, room: Room, event: e.RoomEvent) -> None:
        if event.number:
            room.head, room.count = event.number, event.count
        mine = event.by == self.me.id
        match event:
            case e.TopicChanged():
                room.topic, room.topic_by, room.topic_at = event.topic, event.by_name, event.at
            case e.MessageSent() if not mine and not event.deleted:
                room.unread += 1
                room.mentions += self.me.id in event.mentions
            case e.MessageEdited() | e.MessageDeleted() if event.of > room.read:
                self.uncounted.add(room.id)
            case e.MemberJoined() | e.RoleChanged() if event.person == self.me.id:
                room.role = event.role
            case e.RoomChanged():
                room.name, room.kind, room.history = event.name, event.kind, event.history
                room.posting, room.slow = event.posting, event.slow
                self._index()

    def _fold_person(self, event: e.PresenceChanged | e.PersonRenamed) -> None:
        if isinstance(event, e.PersonRenamed) and event.by == self.me.id:
            self.me = replace(self.me, name=event.name)
        for room in self._rooms.values():
            if isinstance(event, e.PersonRenamed) and any(person.id == event.by for person in room.people):
                room.people = tuple(
                    replace(person, name=event.name) if person.id == event.by else person for person in room.people
                )
            if room.followed:
                if room.reading is not None:
                    room.reading.append(event)
                _fold_contents(room, event)
        if isinstance(event, e.PersonRenamed):
            self._index()

    def _fold_own(self, event: e.PersonEvent) -> None:
        match event:
            case e.RoomGained() if event.room not in self._rooms:
                self.unknown.add(event.room)
            case e.RoomLost():
                self._lose(event.room)
                for noted in (self.stale, self.uncounted, self.unknown):
                    noted.discard(event.room)
                self._index()
            case e.ReadMarked(room=id) if id in self._rooms:
                room = self._rooms[id]
                room.read = event.upto
                if event.upto >= room.head:
                    room.unread = room.mentions = 0
                else:
                    self.uncounted.add(id)
            case e.DraftChanged(room=id) if id in self._rooms:
                self._rooms[id].draft = Draft(event.text, event.reply_to) if event.text else None

    def _lose(self, id: str) -> None:
        if room := self._rooms.pop(id, None):
            self.former[id] = room
        if len(self.former) > MOST_FORMER:
            del self.former[next(iter(self.former))]

    def _index(self) -> None:
        self._by_name = {}
        for room in self._rooms.values():
            others = [person for person in room.people if person.id != self.me.id]
            with suppress(KeyError):  # who deleted their account may have taken the name along
                if room.kind == "direct" and len(others) == 1:
                    self._by_name[_key("@" + others[0].name)] = room.id
                elif room.name:
                    self._by_name[_key("#" + room.name)] = room.id


def _key(ref: str) -> str:
    """``#Tea`` and ``tea`` are one room, ``@Ada`` is another kind of thing. Raises KeyError for what is no name."""
    sigil, name = (ref[0], ref[1:]) if ref[:1] in ("#", "@") else ("#", ref)
    try:
        return sigil + fold(name)
    except NameRefused:
        raise KeyError(ref) from None


def _updated(room: Room | None, state: RoomState) -> Room:
    """A room as `state` says it is, with what is known of its contents."""
    room = room or Room(state.id, state.name)
    for name in state.__struct_fields__:
        setattr(room, name, getattr(state, name))
    return room


def _fold_contents(room: Room, event: e.Event) -> None:
    """The one place that says what an event does to members and messages."""
    match event:
        case e.MessageSent():
            _add(room, event)
        case e.MessageDeleted():
            room.messages.pop(event.of, None)
        case e.MessageEdited() | e.ReactionAdded() | e.ReactionRemoved() | e.MessagePinned() | e.MessageUnpinned():
            if message := room.messages.get(event.of):
                room.messages[event.of] = _changed(message, event)
        case e.MemberJoined():
            known = room.members.get(event.person)
            member = known or Member(event.person, event.person_name, state="online", attached=True)
            room.members[event.person] = replace(member, role=event.role)
        case e.RoleChanged() if event.person in room.members:
            room.members[event.person] = replace(room.members[event.person], role=event.role)
        case e.MemberLeft():
            room.members.pop(event.person, None)
        case _ if event.by in room.members:
            room.members[event.by] = _moved(room.members[event.by], event)


def _moved(member: Member, event: e.Event) -> Member:
    """A member after an event of theirs."""
    match event:
        case e.MemberAttached() | e.MemberDetached():
            return replace(member, attached=isinstance(event, e.MemberAttached))
        case e.PresenceChanged():
            return replace(member, state=event.state, attached=member.attached and event.state != "offline")
        case e.PersonRenamed():
            return replace(member, name=event.name)
    return member


def _add(room: Room, event: e.MessageSent) -> None:
    newest = next(reversed(room.messages), 0)
    if event.number <= newest or event.deleted:
        return
    room.messages[event.number] = Message(
        room=event.room, number=event.number, count=event.count, at=event.at, by=event.by, by_name=event.by_name,
        text=event.text, kind=event.kind, reply_to=event.reply_to, thread=event.thread, mentions=event.mentions,
        ref=event.ref, tags=event.tags,
    )  # fmt: skip
    while len(room.messages) > room.keeps:
        del room.messages[next(iter(room.messages))]


def _changed(message: Message, event: e.RoomEvent) -> Message:
    """A message after an event that speaks of it."""
    match event:
        case e.MessageEdited():
            return replace(message, text=event.text, mentions=event.mentions, edited_at=event.at)
        case e.ReactionAdded():
            who = message.reactions.get(event.emoji, ())
            who = who if event.by in who else (*who, event.by)
            return replace(message, reactions=message.reactions | {event.emoji: who})
        case e.ReactionRemoved():
            who = tuple(person for person in message.reactions.get(event.emoji, ()) if person != event.by)
            others = {emoji: people for emoji, people in message.reactions.items() if emoji != event.emoji}
            return replace(message, reactions=others | ({event.emoji: who} if who else {}))
    return replace(message, pinned=isinstance(event, e.MessagePinned))
