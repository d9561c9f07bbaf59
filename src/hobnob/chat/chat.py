"""The chat: opens, performs commands, keeps and tells events, closes.

The path of a command: `perform` looks its handler up; the handler checks and makes events; `tell` has them kept, then
delivered here, then published to other nodes. What happens to people and rooms besides (who hears what, who is here)
stands in `attendance.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog

from hobnob import __version__
from hobnob.buses.bus import Bus
from hobnob.chat import burden, strangers
from hobnob.chat import handlers as handlers
from hobnob.chat.attendance import Attendance
from hobnob.chat.audience import Audience
from hobnob.chat.blanking import blank
from hobnob.chat.conversation import Conversation
from hobnob.chat.failed_logins import FailedLogins
from hobnob.chat.handling import HANDLERS, TRIES, Handler, Stale
from hobnob.chat.invites import owner_code
from hobnob.chat.keeper import Keeper, now_ms
from hobnob.chat.limits import Limit, Limits, TooFast
from hobnob.chat.log import Log
from hobnob.chat.logs import Logs
from hobnob.chat.looking import go_on
from hobnob.chat.lookup import clean_reason, counted_room, earlier
from hobnob.chat.origins import Origins
from hobnob.chat.pace import Pace
from hobnob.chat.passwords import Passwords
from hobnob.chat.people import Here, People
from hobnob.chat.policy import Policy
from hobnob.chat.restrictions import Restrictions
from hobnob.chat.rights import in_room
from hobnob.chat.room import Room
from hobnob.chat.rooms import LOBBY, Rooms
from hobnob.chat.searching import Searching
from hobnob.chat.session import Session
from hobnob.chat.watching import Watching
from hobnob.gateways.gateway import Codec, Link, Origin
from hobnob.protocol import links
from hobnob.protocol.commands import Command
from hobnob.protocol.consequences import loses_rights
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import (
    AccountDeleted,
    AccountRegistered,
    AsideSent,
    DeviceRevoked,
    Event,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    Moderated,
    PersonRenamed,
    PresenceChanged,
    RoomChanged,
    RoomCreated,
    RoomEvent,
    RoomGained,
    ServerRoleChanged,
    SettingChanged,
)
from hobnob.protocol.ids import AUDIT, HOUSE, new_room_id
from hobnob.protocol.names import NameRefused
from hobnob.protocol.records import Member, Role
from hobnob.protocol.records import Room as RoomRecord
from hobnob.protocol.replies import Done, Reply, Server
from hobnob.stores.store import (
    Duplicate,
    Item,
    Kept,
    Outcome,
    RightsUnchanged,
    RoomNameFree,
    Store,
    StoreRefused,
    Unknown,
)

T = TypeVar("T")

LAST_WAIT = 1.0
"""Seconds that commands under way get to end when the house stops."""
LAST_TURNS = 10
"""Turns of the loop in which they are answered."""

_log = structlog.get_logger()


def _in_words(error: Exception, command: object) -> ChatError:
    """What is said of an exception; a surprise is logged."""
    match error:
        case ChatError():
            return error
        case NameRefused():
            return ChatError(error.code, error.hint)
        case Stale():
            return ChatError("try-again")
    _log.error("a command failed", command=type(command).__name__, exc_info=error)
    return ChatError("internal")


class Chat:
    """See the head of this file. Implements `House` for the gateways. Lives on one event loop; no locks."""

    def __init__(
        self, store: Store, bus: Bus, name: str = "hobnob", clock: Callable[[], int] = now_ms,
        policy: Policy = Policy(),  # noqa: B008  it is frozen
    ) -> None:  # fmt: skip
        self.name = name
        self.policy = policy
        self.reached_at: Callable[[], links.Link | None] = lambda: None
        """Says how others reach this house: invites name it."""
        origins = Origins(policy.trusted_networks, loopback_exempt=policy.loopback_exempt)
        self.limits = Limits(origins, on=policy.limited)
        self.failed_logins = FailedLogins(origins)
        self.passwords = Passwords(policy.password_cost)
        self.version = __version__
        self.store = store
        self.bus = bus
        self.clock = clock
        self.watching = Watching()
        self.people = People(clock, self.watching)
        self.started_at = clock()
        self.restrictions = Restrictions(clock)
        self.conversations: dict[Conversation, None] = {}
        self.slow: dict[Conversation, None] = {}
        """All, until their links are closed, and those for whom more may be kept than for others."""
        self.counted: tuple[float, Server] | None = None
        """When it was last counted who is here, and what was found."""
        self.empty = asyncio.Event()
        """Set once the last link is closed after `stop`."""
        self.reload: Callable[[], Awaitable[object]] | None = None
        """Has the files read again that may have changed; whoever builds the house says how."""
        self.stopping = False
        self.mine = self.mine_applied
        """Bound once for all, as the log of everybody who is here keeps it."""
        self.removals = 0
        """How many deletions, leavings and changes of rooms were told: what was read before one may be too much now."""
        self._performing: set[asyncio.Task[Reply]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: list[asyncio.Task[None]] = []
        self._sessions = 0

    async def open(self) -> None:
        """Be ready for clients: the house's log and the lobby are live."""
        self.loop = asyncio.get_running_loop()
        self.pace = Pace(self.loop)
        self.keeper = Keeper(self.store, self.clock)
        self.searching = Searching(self.store.index, self.keeper)
        self.logs = Logs(self.store, self.keeper, self._start)
        self.rooms = Rooms(self.store, self.keeper, self.pace, self.logs, self._room_applied)
        self.attendance = Attendance(self)
        await self.bus.start(self.hear)
        if self.bus.alone:
            await self.keeper.know_names()
        await self.keeper.read(self.store.forget_visitors)
        heads = await self._read_heads()
        await self.keeper.read(self.restrictions.load, self.store)
        self.logs.begin(AUDIT, heads.get(AUDIT, 0), self._audit_applied)
        self.house_log = self.logs.begin(HOUSE, heads.get(HOUSE, 0), self._house_applied)
        self.house = Audience(self.pace, self.house_log)
        self.lobby = await self._open_lobby()
        self.searching.start()
        for person in await self.keeper.read(self.store.blanking):
            self.blank(person)
        looks = (
            partial(strangers.dismiss_late, self.conversations), partial(burden.watch, self.slow, self.policy.most_kept)
        )  # fmt: skip
        self._looking += (self.loop.create_task(go_on(look)) for look in looks)
        if not self.bus.alone:
            self.logs.look()

    async def _read_heads(self) -> dict[str, int]:
        """The heads of the house's log and the audit log, and the rights as of the latter: another node may write."""
        before: dict[str, int] = {}
        heads = await self.keeper.read(self.store.heads, (HOUSE, AUDIT))
        while heads != before:
            self.house_rights = await self.keeper.read(self.store.rights, AUDIT)
            before, heads = heads, await self.keeper.read(self.store.heads, (HOUSE, AUDIT))
        return heads

    async def _open_lobby(self) -> Room:
        """The room where everybody begins; made at the first start, and never let go."""
        lobby = await self.rooms.open(LOBBY)
        if lobby is None:
            made = RoomCreated(room=new_room_id(), name=LOBBY, topic="Everyone is welcome here.")
            await self.tell(Item((made,), (RoomNameFree(LOBBY),)), lambda _: None)
            lobby = await self.rooms.open(LOBBY)
        if lobby is None:
            raise StoreRefused("The store does not give back the lobby that it has kept.")
        return lobby

    async def owner_code(self) -> str:
        """A new code that makes its user an owner of the server, once, within an hour. Any older one is void."""
        return await owner_code(self)

    async def stop(self, reason: str) -> None:
        """Tell everyone, keep what was said, let go."""
        self.stopping = True
        await self.logs.stop()
        for look in self._looking:
            look.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        if under_way := self._performing | self._tasks:
            await asyncio.wait(under_way, timeout=LAST_WAIT)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.attendance.mark_read(conversation.session for conversation in self.conversations)
        self.passwords.close()
        await self.searching.stop()
        await self.keeper.stop()
        for _ in range(LAST_TURNS):  # let the last outcomes be delivered and answered
            await asyncio.sleep(0)
        self.pace.flush()
        await asyncio.sleep(0)
        for conversation in tuple(self.conversations):
            conversation.dismiss(reason, "stopping")
        await self.bus.stop()
        self._look_if_empty()

    # House

    def enter(self, codec: Codec, link: Link, origin: Origin) -> Conversation:
        """Let a client in."""
        self._sessions += 1
        conversation = Conversation(self, codec, link, origin, self._sessions)
        self.conversations[conversation] = None
        return conversation

    def leave(self, session: Session, reason: str, cause: str) -> None:
        """A client says no more. `reason` is for people and may be its own words, `cause` for the log.

        Of strangers the log says nothing, neither that they came nor that they left: they could fill the disk.
        """
        if session.person is not None:
            _log.info("client left", client=session.number, person=session.person.id, reason=cause)
        self.attendance.leave(session, clean_reason(reason))

    def closed(self, conversation: Conversation) -> None:
        """A client's link is closed."""
        self.conversations.pop(conversation, None)
        self.slow.pop(conversation, None)
        self._look_if_empty()

    def _look_if_empty(self) -> None:
        if self.stopping and not self.conversations:
            self.empty.set()

    def here(self, person: str) -> Here | None:
        """Somebody who is here, by id."""
        return self.people.get(person)

    def named(self, name: str) -> Here | None:
        """Somebody who is here, by name, as names compare."""
        return self.people.named(name)

    def live_room(self, room: str) -> RoomRecord | None:
        """A live room, by id."""
        live = self.rooms.get(room)
        return None if live is None else live.record

    def attached(self, room: str) -> Sequence[Member]:
        """Who hears a live room now, by name."""
        live = self.rooms.get(room)
        return [] if live is None else self.attendance.attached(live)

    def role(self, room: str, person: str) -> Role | None:
        """What somebody may do in a live room that they hear; None where they do not."""
        live, here = self.rooms.get(room), self.people.get(person)
        if live is None or here is None or person not in live.sessions:
            return None
        return in_room(live, here.person, live.members.get(person)).role

    def perform(self, session: Session, command: Command) -> asyncio.Future[Reply]:
        """Do a command; the future fails with ChatError only."""
        handler = HANDLERS[type(command)]
        future: asyncio.Future[Reply]
        try:
            if self.stopping:
                raise ChatError("stopping")
            if session.here is None and not handler.before_hello:
                raise ChatError("hello-first")
            if handler.confidential and not session.origin.confidential:
                raise ChatError("not-confidential")
            if handler.limit is not None:
                self.count(session, handler.limit, counted_room(self, session, command))
            outcome = None if handler.at_once is None else handler.at_once(self, session, command)
            if outcome is None:
                return self._finish(self._repeatedly(handler, session, command), command)
            if isinstance(outcome, asyncio.Future):
                return outcome
            if not isinstance(outcome, Reply):
                return self._finish(outcome, command)
            future = self.loop.create_future()
            future.set_result(outcome)
        except Exception as error:  # noqa: BLE001  the guard at the edge, as in `_guarded`
            future = self.loop.create_future()
            future.set_exception(_in_words(error, command))
        return future

    def count(self, session: Session, limit: Limit, room: str | None = None) -> None:
        """Count something that a client does, in a room (by id). Raises TooFast, but never for who runs the server."""
        if session.manner.operator:
            return
        person = None if session.here is None else session.here.person.id
        if wait := self.limits.take(limit, session.origin.counted, person, room, self.loop.time()):
            raise TooFast(wait)

    def spend(self, session: Session, lines: float) -> float:
        """Count lines that a client has said; the seconds for which it is to say no more."""
        if session.manner.operator:
            return 0.0
        person = None if session.here is None else session.here.person.id
        return self.limits.spend(Limit.TALKING, session.origin.counted, person, lines, self.loop.time())

    def _finish(self, outcome: Awaitable[Reply], command: Command) -> asyncio.Future[Reply]:
        task = self.loop.create_task(self._guarded(outcome, command))
        self._performing.add(task)
        task.add_done_callback(self._performing.discard)
        return task

    async def _repeatedly(self, handler: Handler, session: Session, command: Command) -> Reply:
        """Run a handler, again when it was `Stale`; not at all when the command's ref says that it was done before."""
        ref = getattr(command, "ref", None)
        if isinstance(ref, str) and (duplicate := await earlier(self, session, command, ref)) is not None:
            return await handler.repeat(self, session, duplicate)
        for _ in range(TRIES):
            try:
                outcome = handler.function(self, session, command)
                reply = outcome if isinstance(outcome, Reply) else await outcome
                session.looked_at = self.removals
                if isinstance(ref, str) and reply == Done():  # nothing was left to do: perhaps it was done just now
                    duplicate = await earlier(self, session, command, ref)
                    return reply if duplicate is None else await handler.repeat(self, session, duplicate)
                return reply
            except Stale:
                if session.closed:  # sent away meanwhile, and that may be why
                    break
        raise ChatError("try-again")

    async def _guarded(self, outcome: Awaitable[T], command: object) -> T:
        """The guard that turns surprises into words."""
        try:
            return await outcome
        except Exception as error:  # noqa: BLE001  the guard at the edge: whoever asked gets a word, the log the rest
            raise _in_words(error, command) from None

    # Keeping and telling

    def tell(
        self, item: Item, answer: Callable[[Kept | Duplicate], T], origin: Session | None = None,
        again: Callable[[], Awaitable[T]] | None = None,
    ) -> asyncio.Future[T]:  # fmt: skip
        """Keep an item, deliver its events here, publish them.

        The future is done when every listener on this node has the events queued. It fails with `ChatError`. When a
        condition no longer held, `again` is awaited for the result, or it fails with `Stale`.
        """
        future: asyncio.Future[T] = self.loop.create_future()

        def kept(outcome: Outcome) -> None:
            if future.cancelled():
                return
            if isinstance(outcome, Kept):
                late = self._deliver(outcome, origin)
                if late is None:
                    future.set_result(answer(outcome))
                else:
                    log, number = late
                    log.when(number, lambda: future.set_result(answer(outcome)))
            elif isinstance(outcome, Duplicate):
                future.set_result(answer(outcome))
            elif isinstance(outcome, Unknown):
                future.set_exception(ChatError("unknown-outcome"))
                for event in item.events:
                    if (unsure := self.logs.live.get(event.log)) is not None:
                        self.logs.fill_soon(unsure)
            elif again is not None and outcome.code == "stale":
                self._start(self._settle(future, again(), item))
            else:
                future.set_exception(Stale() if outcome.code == "stale" else ChatError(outcome.code))

        self.keeper.keep(item, kept)
        return future

    def tell_now(self, event: RoomEvent, origin: Session | None = None) -> None:
        """Tell an event that is not kept to those who hear its room."""
        if (room := self.rooms.get(event.room)) is not None:
            room.take(event, origin)
        self.bus.publish(event)

    def _deliver(self, kept: Kept, origin: Session | None) -> tuple[Log, int] | None:
        """Let everyone hear; the log and number that are held back, if facts before them are missing here."""
        late: tuple[Log, int] | None = None
        for event in kept.events:
            if (log := self.logs.live.get(event.log)) is not None:
                log.take(event, origin)
                if log.head < event.number:
                    late = log, event.number
            self.bus.publish(event)
        return late

    def hear(self, event: Event) -> None:
        """Another node published an event."""
        if isinstance(event, PresenceChanged):
            self.attendance.heard_presence(event)
        elif isinstance(event, PersonRenamed) and not event.number:
            self._house_applied(event, None)
        elif isinstance(event, AsideSent):
            handlers.asides.tell(self, event)
        elif (log := self.logs.live.get(event.log)) is not None:
            log.take(event)

    # What follows from a fact

    def _room_applied(self, room: Room, event: Event, origin: Session | None) -> None:
        if isinstance(event, MemberJoined):
            self.attendance.joined(room, event, origin)
        elif isinstance(event, MemberLeft):
            self.removals += 1
            self.attendance.left(room, event)
        elif isinstance(event, MessageDeleted):
            self.removals += 1
            self.searching.deleted(room.id, event.of)
        elif isinstance(event, RoomChanged):
            self.removals += 1
            self.rooms.renamed(room)
            if event.name_before:
                self.attendance.called_otherwise(room, event)
            self.attendance.secluded(room)

    def mine_applied(self, here: Here, event: Event, origin: Session | None) -> None:
        """A fact of the log of somebody who is here."""
        self.attendance.tell_person(here, event, origin)
        if isinstance(event, DeviceRevoked):
            self.attendance.revoked(here, event, origin)
        if isinstance(event, SettingChanged):
            here.note(event.key, event.value)
        if isinstance(event, RoomGained) and not self.bus.alone:
            self._start(self._attend(here, event.room))

    async def _attend(self, here: Here, id: str) -> None:
        """Let those hear a room who gained it by another node, where this one did not know it yet."""
        if (room := await self.rooms.open(id)) is not None and here.person.id in room.members:
            self.attendance.attach_all(here, room)

    def _house_applied(self, event: Event, origin: Session | None) -> None:
        if isinstance(event, PersonRenamed):
            self.attendance.renamed(event, origin)
        elif isinstance(event, AccountRegistered):
            self.attendance.registered(event, origin)
        elif isinstance(event, AccountDeleted):
            self.attendance.deleted(event, origin)
        elif isinstance(event, ServerRoleChanged):
            self.attendance.raised(event, origin)

    def _audit_applied(self, event: Event, origin: Session | None) -> None:
        if loses_rights(event):
            self.house_rights += 1
        if isinstance(event, Moderated):
            self.restrictions.apply(event)
            self.attendance.moderated(event, origin)

    def blank(self, person: str) -> None:
        """Begin to delete all that a deleted account said."""
        self._start(blank(self, person))

    def unchanged(self, room: Room) -> RightsUnchanged:
        """The condition that nobody lost a right in a room or on the server since it was looked at."""
        return RightsUnchanged(room.id, room.rights, house=self.house_rights)

    def _start(self, work: "Awaitable[None]") -> None:
        async def guarded() -> None:
            try:
                await work
            except Exception:  # noqa: BLE001  background work must not end the house
                _log.exception("work in the background failed")

        task = self.loop.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, future: "asyncio.Future[T]", work: Awaitable[T], item: Item) -> None:
        """Let a future end as `work` does."""
        try:
            future.set_result(await self._guarded(work, item))
        except ChatError as error:
            future.set_exception(error)
