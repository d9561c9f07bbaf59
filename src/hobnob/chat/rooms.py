"""The live rooms of this node, by id and by name. A room nobody hears is forgotten when it was idle longest."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from hobnob.chat.room import Applied, Room
from hobnob.protocol.ids import is_room_id
from hobnob.protocol.names import NameRefused, fold
from hobnob.protocol.records import Mask
from hobnob.protocol.records import Room as RoomRecord
from hobnob.stores.store import DropRoom, Item, Membership, Outcome, RoomEntry, Store

if TYPE_CHECKING:
    from hobnob.chat.keeper import Keeper
    from hobnob.chat.logs import Logs
    from hobnob.chat.pace import Pace

LOBBY = "lobby"
"""The name of the room where everybody begins; it is never let go."""
IDLE_ROOMS = 256
"""How many rooms without listeners stay loaded."""


class Rooms:
    """See the head of this file. The node's live logs are kept in step."""

    def __init__(
        self, store: Store, keeper: "Keeper", pace: "Pace", logs: "Logs", applied: Applied
    ) -> None:  # fmt: skip
        self._store = store
        self._keeper = keeper
        self._pace = pace
        self._logs = logs
        self._applied = applied
        self._live: dict[str, Room] = {}
        self._names: dict[str, str] = {}
        self._directs: dict[frozenset[str], str] = {}
        self._idle: dict[str, None] = {}
        self._dropping: dict[str, asyncio.Event] = {}
        """Rooms that the store is about to forget: they must not be loaded before it has."""
        self._loading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """A room is loaded by one at a time, so it cannot come, go and be dropped while another reads what it was."""

    def __iter__(self) -> Iterator[Room]:
        return iter(tuple(self._live.values()))

    def get(self, id: str) -> Room | None:
        """A live room by id."""
        return self._live.get(id)

    def find(self, ref: str) -> Room | None:
        """A live room by id or name (with or without ``#``)."""
        if (room := self._live.get(ref)) is not None:
            return room
        try:
            key = fold(ref.removeprefix("#"))
        except NameRefused:
            return None
        return self._live.get(self._names.get(key, ""))

    def direct(self, people: frozenset[str]) -> Room | None:
        """The live direct room of exactly these people."""
        return self._live.get(self._directs.get(people, ""))

    async def open(self, ref: str) -> Room | None:
        """A room by id or name, loaded if need be; None when there is none."""
        if (room := self.find(ref)) is not None:
            return room
        if is_room_id(ref):
            return await self.load(await self._keeper.read(self._store.room, ref))
        return await self.load(await self._keeper.read(self._store.room_by_name, ref.removeprefix("#")))

    async def open_direct(self, people: frozenset[str]) -> Room | None:
        """The direct room of exactly these people, loaded if need be; None when there is none."""
        if (room := self.direct(people)) is not None:
            return room
        return await self.load(await self._keeper.read(self._store.direct_room, tuple(people)))

    async def load(self, entry: RoomEntry | None) -> Room | None:
        """Make a room live, up to the last fact of its log; None where it went meanwhile."""
        if entry is None:
            return None
        async with self._loading.setdefault(entry.room.id, asyncio.Lock()):
            return self._live.get(entry.room.id) or await self._load(entry)

    async def _load(self, entry: RoomEntry) -> Room | None:
        if not entry.lasting:  # the last visitor may have left since the entry was read
            if (dropping := self._dropping.get(entry.room.id)) is not None:
                await dropping.wait()
            found = await self._keeper.read(self._store.room, entry.room.id)
            if found is None:
                return None
            entry = found
        members, masks = await self._keeper.read(_people_of, self._store, entry.room.id)
        room = Room(entry, members, self._pace, self._applied, self._logs.fill_soon, masks)
        self._live[room.id] = self._register(room)
        facts, _ = await self._keeper.read(self._store.events_since, room.id, entry.head, 1000)
        for fact in facts:
            room.take(fact)
        return self._live.get(room.id)  # it is there for all since it was registered, so its last visitor may have left

    def rest(self, room: Room) -> None:
        """Nobody hears this room now: let it go when others have been idle for less long."""
        self._idle.pop(room.id, None)
        self._idle[room.id] = None
        while len(self._idle) > IDLE_ROOMS:
            oldest = self._live.get(next(iter(self._idle)))
            if oldest is None or oldest.sessions or oldest.record.name == LOBBY:
                del self._idle[next(iter(self._idle))]
            else:
                self.forget(oldest)

    def renamed(self, room: Room) -> None:
        """A live room may have another name now."""
        self._names = {key: named for key, named in self._names.items() if named != room.id}
        self._names[fold(room.record.name)] = room.id

    def forget(self, room: Room) -> None:
        """Let a room go."""
        self._idle.pop(room.id, None)
        self._live.pop(room.id, None)
        self._logs.end(room.id)
        if room.record.kind == "direct":
            self._directs.pop(_people(room.record), None)
        else:
            self._names.pop(fold(room.record.name), None)

    def drop(self, room: Room) -> None:
        """Let a room go for good, unless somebody whose membership is kept has joined it meanwhile."""
        self.forget(room)
        dropped = self._dropping[room.id] = asyncio.Event()

        def done(_: Outcome) -> None:
            del self._dropping[room.id]
            dropped.set()

        self._keeper.keep(Item((), writes=(DropRoom(room.id),)), done)

    def _register(self, room: Room) -> Room:
        self._logs.live[room.id] = room.log
        if room.record.kind == "direct":
            self._directs[_people(room.record)] = room.id
        else:
            self._names[fold(room.record.name)] = room.id
        self._idle[room.id] = None
        return room


def _people_of(store: Store, room: str) -> tuple[list[Membership], list[Mask]]:
    """Who belongs to a room, and who is kept from it, in one visit to the store's thread."""
    return store.members(room), store.masks(room)


def _people(room: RoomRecord) -> frozenset[str]:
    return frozenset(person.id for person in room.people)
