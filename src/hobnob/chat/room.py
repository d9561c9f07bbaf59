"""A live room: what this node knows of a room that somebody hears.

`take` lets its facts through in order; `apply` is the only thing that changes a room, alike on every node.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from hobnob.chat.audience import Audience
from hobnob.chat.log import Log
from hobnob.chat.turns import Turns
from hobnob.protocol.consequences import changed_details, loses_rights
from hobnob.protocol.events import (
    AccountDeleted,
    Event,
    MaskChanged,
    MemberAttached,
    MemberBanned,
    MemberDetached,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageSent,
    PersonInvited,
    PersonRenamed,
    RoleChanged,
    RoomChanged,
    RoomDetailChanged,
    TopicChanged,
)
from hobnob.protocol.masks import fits, mask_of
from hobnob.protocol.names import fold
from hobnob.protocol.records import Mask, MaskKind, Person, Role
from hobnob.protocol.times import milliseconds
from hobnob.stores.store import Membership, RoomEntry

if TYPE_CHECKING:
    from hobnob.chat.pace import Pace
    from hobnob.chat.session import Session


CROWD = 500
"""With more people in it a room is crowded: who comes and goes is told to those alone whose protocol demands it, else a
thousand who come would be told a million times (docs/decisions/0016-crowds.md)."""
COMING = MemberAttached | MemberDetached | MemberJoined | MemberLeft

MOST_JUDGED = 4096
"""People of whom a room remembers whether a mask keeps them from writing."""


class RoomMember(msgspec.Struct):
    """A member as the live room knows them. `since` is the number of the joining."""

    id: str
    name: str
    role: Role
    since: int


Applied = Callable[["Room", Event, "Session | None"], None]


class Room:
    """See the head of this file. `applied` hears of each event after the room has changed and told its audience."""

    def __init__(
        self,
        entry: RoomEntry,
        members: list[Membership],
        pace: "Pace",
        applied: Applied,
        late: Callable[[Log], None],
        masks: Iterable[Mask] = (),
    ) -> None:
        self.id = entry.room.id
        self.record = entry.room
        self.count = entry.count
        self.lasting = entry.lasting
        self.deletions = 0
        """How many there were since the room is live, or changes of who sees what; who reads meanwhile reads again."""
        self.members = {m.person.id: RoomMember(m.person.id, m.person.name, m.role, m.since) for m in members}
        self.invited: set[str] = set()
        """The visitors who were asked in; those whose invitation is kept are the store's to know."""
        self.sessions: dict[str, dict[Session, None]] = {}
        """The sessions that hear the room, by person."""
        self.log = Log(self.id, entry.head, self.apply, late)
        self.audience = Audience(pace, self.log)
        self.rights = entry.rights
        """How often somebody lost a right here."""
        self.masks = {(mask.kind, mask.mask): mask for mask in masks}
        self.guarded = self._is_guarded()
        """Whether not every member may write at any time, whatever they are."""
        self.turns = Turns()
        self._silent: dict[str, bool] = {}
        """Whom a mask keeps from writing, by ``name!~u@host``, as far as that was asked."""
        self._applied = applied
        self._names: dict[str, str] | None = None

    @property
    def crowded(self) -> bool:
        """Whether too many hear the room for all of them to be told who comes and goes."""
        return len(self.sessions) > CROWD

    def take(self, event: Event, origin: "Session | None" = None) -> None:
        """Let an event through in its turn."""
        self.log.take(event, origin)

    def apply(self, event: Event, origin: "Session | None") -> None:
        """Change as the event says, let the audience hear it."""
        match event:
            case MessageSent():
                self.count = event.count
                if self.record.slow:
                    self.turns.told(event.by, milliseconds(event.at))
            case MessageDeleted():
                self.deletions += 1
                self.audience.erase(event.of, self.record)
            case MemberJoined():
                known = self.members.get(event.person)
                since = known.since if known else event.number or self.log.head + 1
                self.members[event.person] = RoomMember(event.person, event.person_name, event.role, since)
                self.lasting = self.lasting or event.number > 0
                self.invited.discard(event.person)
                self._names = None
            case MemberLeft():
                self.members.pop(event.person, None)
                self._names = None
            case RoleChanged() if (member := self.members.get(event.person)) is not None:
                member.role = event.role
            case MemberBanned():
                self.invited.discard(event.person)
            case PersonInvited() if not event.number:
                self.invited.add(event.person)
            case RoomChanged() | MaskChanged() | TopicChanged() | RoomDetailChanged():
                self._change(event)
        if event.number and loses_rights(event):
            self.rights += 1
        coming = not event.number and self.crowded and isinstance(event, COMING)
        self.audience.send(event, self.record, origin, of_crowd=coming)
        self._applied(self, event, origin)

    def _change(self, event: RoomChanged | MaskChanged | TopicChanged | RoomDetailChanged) -> None:
        """What the room is, and for whom."""
        match event:
            case RoomChanged():
                self.deletions += event.history != self.record.history
                self.record = msgspec.structs.replace(
                    self.record, name=event.name, kind=event.kind, history=event.history, posting=event.posting,
                    slow=event.slow, topics=event.topics, key=event.key, limit=event.limit,
                )  # fmt: skip
            case MaskChanged():
                self.masks.pop((event.kind, event.mask), None)
                if event.on:
                    self.masks[event.kind, event.mask] = Mask(event.kind, event.mask, event.by_name, event.at)
                self._silent.clear()
            case RoomDetailChanged():
                self.record = msgspec.structs.replace(self.record, details=changed_details(self.record.details, event))
            case TopicChanged():
                self.record = msgspec.structs.replace(
                    self.record, topic=event.topic, topic_by=event.by_name, topic_at=event.at
                )
        self.guarded = self._is_guarded()

    def _is_guarded(self) -> bool:
        record = self.record
        return record.posting != "all" or record.slow > 0 or record.kind == "direct" or bool(self.masks)

    def mask_as_set(self, kind: MaskKind, mask: str) -> str | None:
        """A mask that is set here, as it was written then; case does not count."""
        folded = mask.casefold()
        return next((held for of, held in self.masks if of == kind and held.casefold() == folded), None)

    def matched(self, person: Person, *kinds: MaskKind) -> bool:
        """Whether one of the room's masks of these kinds means a person, and no exception does."""
        return self._means(person, *kinds) and not self._means(person, "exception")

    def _means(self, person: Person, *kinds: MaskKind) -> bool:
        return any(mask.kind in kinds and fits(mask.mask, person) for mask in self.masks.values())

    def welcomes(self, person: Person) -> bool:
        """Whether a mask lets a person in who was not asked."""
        return self._means(person, "invite")

    def silences(self, person: Person) -> bool:
        """Whether a mask keeps a person from writing."""
        key = f"{person.kind} {mask_of(person.id, person.name)}"
        silent = self._silent.get(key)
        if silent is None:
            if len(self._silent) >= MOST_JUDGED:
                self._silent.clear()
            silent = self._silent[key] = self.matched(person, "ban", "mute")
        return silent

    def rename(self, event: PersonRenamed) -> None:
        """A member is called otherwise now."""
        if (member := self.members.get(event.by)) is not None:
            member.name = event.name
            self._names = None
        if any(person.id == event.by for person in self.record.people):
            people = tuple(
                Person(person.id, event.name, person.kind) if person.id == event.by else person
                for person in self.record.people
            )
            self.record = msgspec.structs.replace(self.record, people=people)

    def lose(self, event: AccountDeleted) -> None:
        """An account is gone; where its messages go as well, its name does."""
        if event.by in self.members:
            self.forget(event.by)
        if any(person.id == event.by for person in self.record.people):
            name = "" if event.blanked else event.by_name
            people = tuple(
                Person(person.id, name, "deleted") if person.id == event.by else person for person in self.record.people
            )
            self.record = msgspec.structs.replace(self.record, people=people)
        if event.blanked and event.by_name and self.record.topic_by == event.by_name:
            self.record = msgspec.structs.replace(self.record, topic_by="")

    def forget(self, person: str) -> None:
        """A visitor is gone, and with them the membership."""
        self.members.pop(person, None)
        self._names = None

    def named(self, key: str) -> str | None:
        """The id of the member whose folded name is `key`."""
        if self._names is None:
            self._names = {fold(member.name): member.id for member in self.members.values()}
        return self._names.get(key)
