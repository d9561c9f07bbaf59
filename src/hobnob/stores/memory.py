"""A store in memory, for tests and for trying things out: nothing survives the process.

It answers exactly as the others do; see `memory_state.py` for what an item does.
"""

import secrets
import threading
from collections.abc import Iterable, Sequence
from typing import cast

from msgspec.structs import replace

from hobnob.protocol.events import DraftChanged, Fact, MessageEdited, MessageSent, Moderated
from hobnob.protocol.ids import AUDIT
from hobnob.protocol.names import NameRefused, fold, skeleton
from hobnob.protocol.records import (
    Device,
    Invite,
    Mask,
    Message,
    Person,
    Restriction,
    Room,
    RoomListing,
    RoomState,
    Version,
)
from hobnob.protocol.replies import Unread
from hobnob.protocol.times import milliseconds
from hobnob.stores.memory_state import Memory, MessageState, RoomData
from hobnob.stores.naming import nameless
from hobnob.stores.search.memory import MemoryIndex
from hobnob.stores.search.search import Index
from hobnob.stores.store import DETAIL, Account, Duplicate, Item, Membership, Outcome, Refused, RoomEntry, TokenKeys


class MemoryStore:
    """A `Store` that forgets everything with its process."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(16)
        self.secret = secrets.token_bytes(32)
        self._lock = threading.RLock()
        self._memory = Memory()
        self.index: Index = MemoryIndex(self._memory, self._lock)

    def open(self) -> None:
        """It is ready already."""

    def close(self) -> None:
        """There is nothing to let go of."""

    def tidy(self) -> None:
        """Nothing is ever put off."""

    def keep(self, items: Sequence[Item], now: int) -> list[Outcome]:
        with self._lock:
            return [self._keep(item, now) for item in items]

    def _keep(self, item: Item, now: int) -> Outcome:
        try:
            return self._memory.perform(item, now)
        except NameRefused as refusal:
            return Refused(refusal.code)

    def forget_visitors(self) -> None:
        with self._lock:
            for room in [room for room, data in self._memory.rooms.items() if not data.lasting]:
                self._memory.drop(room)

    # Logs

    def kept_ref(self, by: str, ref: str) -> tuple[Duplicate, bytes] | None:
        with self._lock:
            return self._memory.refs.get((by, ref))

    def heads(self, logs: Sequence[str]) -> dict[str, int]:
        with self._lock:
            return {log: self._memory.logs[log].head if log in self._memory.logs else 0 for log in logs}

    def rights(self, log: str) -> int:
        with self._lock:
            return self._memory.logs[log].rights if log in self._memory.logs else 0

    def events_since(self, log: str, number: int, limit: int) -> tuple[list[Fact], bool]:
        with self._lock:
            facts = self._memory.facts.get(log, [])[max(number, 0) :]
            return [self._present(fact) for fact in facts[:limit]], len(facts) > limit

    def _present(self, fact: Fact) -> Fact:
        if isinstance(fact, MessageSent):
            message = self._memory.rooms[fact.room].messages[fact.number]
            edited = message.edited_at is not None
            tags = {} if message.deleted else fact.tags
            return replace(
                fact, text=message.text, mentions=message.mentions, tags=tags, edited=edited, deleted=message.deleted
            )
        if isinstance(fact, MessageEdited):
            edited_message = self._memory.rooms[fact.room].messages.get(fact.of)
            if edited_message is None or edited_message.edited_at is None:
                return replace(fact, text="", mentions=())
            return replace(fact, text=edited_message.text, mentions=edited_message.mentions)
        if isinstance(fact, DraftChanged):
            data = self._memory.rooms.get(fact.room)
            draft = data.drafts.get(fact.by) if data else None
            return replace(fact, text=draft.text if draft else "", reply_to=draft.reply_to if draft else None)
        return fact

    # People

    def person(self, id: str) -> Person | None:
        with self._lock:
            return self._memory.persons.get(id)

    def person_by_name(self, name: str) -> Person | None:
        with self._lock:
            try:
                key = fold(name)
            except NameRefused:
                return None
            living = (person for person in self._memory.persons.values() if person.kind != "deleted")
            return next((person for person in living if fold(person.name) == key), None)

    def account(self, person: str) -> Account | None:
        with self._lock:
            return self._memory.accounts.account(person)

    def device(self, hash: bytes) -> tuple[Device, str] | None:
        with self._lock:
            return self._memory.accounts.tokens.get(hash)

    def devices(self, person: str) -> list[Device]:
        with self._lock:
            return self._memory.accounts.devices(person)

    def token_keys(self, person: str) -> list[tuple[Device, TokenKeys]]:
        with self._lock:
            return self._memory.accounts.token_keys(person)

    def staff(self) -> list[Person]:
        with self._lock:
            return _by_name(p for p in self._memory.persons.values() if p.role in ("owner", "moderator"))

    def ignored(self, person: str) -> list[Person]:
        with self._lock:
            ignored = self._memory.accounts.ignored.get(person, set())
            return _by_name(self._memory.persons[other] for other in ignored if other in self._memory.persons)

    def invite(self, hash: bytes) -> Invite | None:
        with self._lock:
            invite = self._memory.accounts.invites.get(hash)
            return None if invite is None else self._with_room_name(invite)

    def invites(self, room: str | None) -> list[Invite]:
        with self._lock:
            found = [self._with_room_name(invite) for invite in self._memory.accounts.invites.values()]
            by_id = sorted((one for one in found if room in (None, one.room)), key=lambda invite: invite.id)
            return sorted(by_id, key=lambda invite: invite.created_at, reverse=True)

    def _with_room_name(self, invite: Invite) -> Invite:
        data = self._memory.rooms.get(invite.room)
        return replace(invite, room_name=data.room.name if data else "")

    def invited(self, room: str, person: str) -> bool:
        with self._lock:
            data = self._memory.rooms.get(room)
            return data is not None and person in data.invited

    def restrictions(self) -> list[Restriction]:
        with self._lock:
            found = self._memory.accounts.restrictions.values()
            return sorted(found, key=lambda restriction: (restriction.at, restriction.id))

    def audit(self, *, room: str | None, before: int | None, limit: int) -> tuple[list[Moderated], bool]:
        with self._lock:
            found = [
                fact
                for fact in reversed(self._memory.facts.get(AUDIT, []))
                if isinstance(fact, Moderated)
                and room in (None, fact.room)
                and (before is None or fact.number < before)
            ]
            return found[:limit], len(found) > limit

    def blanking(self) -> list[str]:
        with self._lock:
            return list(self._memory.accounts.blanking)

    def messages_by(self, person: str, limit: int) -> list[tuple[str, int]]:
        with self._lock:
            found = [
                (room, number)
                for room, data in self._memory.rooms.items()
                for number, message in data.messages.items()
                if message.sent.by == person and not message.deleted
            ]
            return found[:limit]

    def naming(self, person: str, after: int, limit: int) -> tuple[list[tuple[str, int]], int | None]:
        with self._lock:
            logs = ((log, facts) for log, facts in self._memory.facts.items() if log != AUDIT)
            return [
                (log, fact.number) for log, facts in logs for fact in facts if nameless(fact, person) is not fact
            ], None

    def names_taken(self, names: Sequence[str]) -> dict[str, str]:
        with self._lock:
            return {name: clash for name in names if (clash := self._name_taken(name)) is not None}

    def name_keys(self, limit: int) -> list[tuple[str, str]]:
        with self._lock:
            named = [person.name for person in self._memory.persons.values() if person.name]
            return [(fold(name), skeleton(name)) for name in named[:limit]]

    def _name_taken(self, name: str) -> str | None:
        try:
            return self._memory.name_clash(name, "")
        except NameRefused:
            return None

    def settings(self, person: str) -> dict[str, str]:
        with self._lock:
            return dict(self._memory.settings.get(person, {}))

    def invitations(self, person: str) -> list[RoomListing]:
        with self._lock:
            rooms = [data.room for data in self._memory.rooms.values() if person in data.invited]
            listings = [RoomListing(room.id, room.name, room.kind, room.topic) for room in rooms]
            return sorted(listings, key=lambda listing: fold(listing.name))

    def masks(self, room: str) -> list[Mask]:
        with self._lock:
            return list(self._memory.rooms[room].masks.values()) if room in self._memory.rooms else []

    def details(self, people: Sequence[str]) -> dict[str, dict[str, str]]:
        return {person: details for person in people if (details := _details(self.settings(person)))}

    # Rooms

    def room(self, id: str) -> RoomEntry | None:
        with self._lock:
            return self._entry(self._memory.rooms.get(id))

    def room_by_name(self, name: str) -> RoomEntry | None:
        with self._lock:
            try:
                return self._entry(self._memory.room_named(name))
            except NameRefused:
                return None

    def direct_room(self, people: Sequence[str]) -> RoomEntry | None:
        with self._lock:
            return self._entry(self._memory.direct_of(list(people)))

    def _entry(self, data: RoomData | None) -> RoomEntry | None:
        if data is None:
            return None
        log = self._memory.logs[data.room.id]
        return RoomEntry(self._with_people(data.room), log.head, log.count, log.rights, data.lasting)

    def _with_people(self, room: Room) -> Room:
        return replace(room, people=tuple(self._memory.persons.get(person.id, person) for person in room.people))

    def public_rooms(self) -> list[RoomListing]:
        with self._lock:
            listings = [
                RoomListing(
                    id=data.room.id,
                    name=data.room.name,
                    kind="public",
                    topic=data.room.topic,
                    members=len(data.members),
                    count=self._memory.logs[data.room.id].count,
                    topic_at=data.room.topic_at,
                    created_at=data.room.created_at,
                )
                for data in self._memory.rooms.values()
                if data.room.kind == "public"
            ]
            return sorted(listings, key=lambda listing: fold(listing.name))

    def rooms_of(self, person: str) -> list[RoomState]:
        with self._lock:
            ids = sorted(room for room, data in self._memory.rooms.items() if person in data.members)
            return [self._room_state(person, self._memory.rooms[room]) for room in ids]

    def _room_state(self, person: str, data: RoomData) -> RoomState:
        room, log = self._with_people(data.room), self._memory.logs[data.room.id]
        member, unread = data.members[person], self._unread(person, data)
        return RoomState(
            id=room.id,
            name=room.name,
            kind=room.kind,
            topic=room.topic,
            history=room.history,
            people=room.people,
            role=member.role,
            head=log.head,
            count=log.count,
            read=member.read,
            unread=unread.unread,
            mentions=unread.mentions,
            draft=data.drafts.get(person),
            posting=room.posting,
            slow=room.slow,
            topic_by=room.topic_by,
            topic_at=room.topic_at,
        )

    def members(self, room: str) -> list[Membership]:
        with self._lock:
            persons = self._memory.persons
            found = self._memory.rooms[room].members if room in self._memory.rooms else {}
            kept = sorted(found.keys() & persons.keys())
            return [Membership(persons[person], found[person].role, found[person].since) for person in kept]

    def unread(self, person: str, room: str) -> Unread | None:
        with self._lock:
            data = self._memory.rooms.get(room)
            return self._unread(person, data) if data and person in data.members else None

    def _unread(self, person: str, data: RoomData) -> Unread:
        read = data.members[person].read
        unread = [
            message
            for number, message in data.messages.items()
            if number > read and not message.deleted and message.sent.by != person
        ]
        return Unread(data.room.id, read, len(unread), sum(person in message.mentions for message in unread))

    # Messages

    def message(self, room: str, number: int) -> Message | None:
        with self._lock:
            data = self._memory.rooms.get(room)
            message = data.messages.get(number) if data else None
            return _snapshot(message) if message else None

    def history(
        self, room: str, *, before: int | None, after: int | None, around: int | None, limit: int, since: int
    ) -> tuple[list[Message], bool]:
        with self._lock:
            data = self._memory.rooms.get(room)
            found = [number for number in data.messages if number >= since] if data else []
            if after is not None:
                later = [number for number in found if number > after]
                page, more = later[:limit], len(later) > limit
            elif around is not None:
                earlier = [number for number in found if number < around]
                first = earlier[max(len(earlier) - limit // 2, 0) :]
                later = [number for number in found if number >= around]
                last = later[: limit - len(first)]
                page, more = first + last, len(earlier) > len(first) or len(later) > len(last)
            else:
                earlier = [number for number in found if before is None or number < before]
                page, more = earlier[max(len(earlier) - limit, 0) :], len(earlier) > limit
            return [_snapshot(cast(RoomData, data).messages[number]) for number in page], more

    def number_at(self, log: str, at: int) -> int:
        with self._lock:
            return sum(milliseconds(fact.at) <= at for fact in self._memory.facts.get(log, []))

    def versions(self, room: str, number: int) -> list[Version]:
        with self._lock:
            data = self._memory.rooms.get(room)
            return list(data.messages[number].versions) if data and number in data.messages else []


def _by_name(people: Iterable[Person]) -> list[Person]:
    return sorted(people, key=lambda person: person.name.casefold())


def _snapshot(message: MessageState) -> Message:
    sent = message.sent
    return Message(
        room=sent.room,
        number=sent.number,
        count=sent.count,
        at=sent.at,
        by=sent.by,
        by_name=sent.by_name,
        text=message.text,
        kind=sent.kind,
        reply_to=sent.reply_to,
        thread=sent.thread,
        mentions=message.mentions,
        tags={} if message.deleted else sent.tags,
        reactions={emoji: tuple(people) for emoji, people in message.reactions.items()},
        pinned=message.pinned,
        edited_at=message.edited_at,
        deleted=message.deleted,
        ref=sent.ref,
    )


def _details(settings: dict[str, str]) -> dict[str, str]:
    return {key.removeprefix(DETAIL): value for key, value in settings.items() if key.startswith(DETAIL)}
