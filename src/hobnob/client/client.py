"""The client as programs use it: a method for each command, the rooms one belongs to, and what happens in them.

async with hobnob.connect("localhost:8080", name="ada") as chat:
    await chat.send("#lobby", "hi")
    async for event, playback in chat.events():
        ...
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self
from weakref import WeakSet

from hobnob.client.accounts import AccountCommands
from hobnob.client.backoff import Backoff
from hobnob.client.connection import Connection, Dial, R
from hobnob.client.errors import CannotConnect, ClientError, Closed, Refused
from hobnob.client.identity import Identity
from hobnob.client.messages import PAGE, MessageCommands, Placed, ref_of
from hobnob.client.mirror import Mirror, Room
from hobnob.client.moderation import ModerationCommands
from hobnob.client.subscription import Disconnected, Reconnected, Subscription
from hobnob.client.tokens import TokenFile
from hobnob.protocol import account_commands as account
from hobnob.protocol import commands as c
from hobnob.protocol import replies as r
from hobnob.protocol.errors import HINTS
from hobnob.protocol.events import AnyEvent, RoomEvent, RoomLost
from hobnob.protocol.records import HistoryRule, Member, Message, Person, RoomListing, message_id
from hobnob.protocol.replies import Joined, Welcome

UNCERTAIN = frozenset({"hung-up", "no-answer", "not-hobnob", "internal", "unknown-outcome"})
"""Ways not to be let in after which one may be somebody all the same."""
MOST_HELD = 1000
"""Events of a room that wait until it is known what it is; a server that never says so fills no memory."""
MOST_COUNTS = 3
"""How often it is asked in a row what is unread in a room in which others go on."""


class Client(MessageCommands, AccountCommands, ModerationCommands):
    """A connected person. Made by `connect` (connect.py).

    A room is given as ``#tea``, ``@ada`` (one's direct room with her), an id, or a `Room`. Every method that changes
    something is done exactly once, however often the connection breaks; it waits until it is done. To bound the
    waiting, use ``asyncio.timeout``.

    Attributes:
        rooms: the rooms one belongs to, always as far as the events have come; `follow` adds members and messages.
            An event of a room comes when the room is here.
    """

    def __init__(
        self,
        dial: Dial,
        identity: Identity,
        *,
        where: str,
        file: TokenFile | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.rooms = Mirror()
        self._file = file
        self._connection = Connection(dial, identity, self, where=where, backoff=backoff)
        self._subscriptions = WeakSet[Subscription]()  # who stops reading need not say so
        self._held: dict[str, list[AnyEvent]] = {}
        """What happened in rooms that one has just gained, until it is known what they are."""
        self._presence: c.SetPresence | None = None
        self._returned = False
        self._chores = asyncio.Event()
        self._chore_task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        identity = self._connection.identity
        token, account = (None, False) if self._file is None else await asyncio.to_thread(_kept, self._file)
        if token is not None:
            identity.token, identity.remembered = token, True
            identity.kind = "account" if account else "guest"
        early = await self._open(identity)
        try:
            if early is not None and self.me.kind == "visitor":
                await asyncio.to_thread(early.forget)
            if identity.register and identity.kind != "account":
                await self._claim(identity)
            await self._keep_token()
        except BaseException:
            await self.close()
            raise
        identity.forget_secrets()
        self._chore_task = asyncio.create_task(self._do_chores())
        return self

    async def _open(self, identity: Identity) -> TokenFile | None:
        """Connect. A newcomer's token is kept before it is said: if the answer is lost, so would be the name.

        That token's file is returned, if there is one.
        """
        file = self._file if identity.is_newcomer else None
        if file is not None:
            await asyncio.to_thread(file.write, identity.new_token)
        try:
            await self._connection.open()
        except CannotConnect as error:
            if file is not None and error.code not in UNCERTAIN:
                await asyncio.to_thread(file.forget)
            raise
        return file

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Go. Commands that wait for their answer end with `Closed`, iterations end."""
        if self._chore_task is not None:
            self._chore_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._chore_task
        await self._connection.close()

    @property
    def me(self) -> Person:
        """Who one is, under the present name."""
        return self.rooms.me

    @property
    def token(self) -> str | None:
        """The device token; keep it secret."""
        return self._connection.identity.token

    @property
    def connected(self) -> bool:
        """Whether there is a connection right now; if not, it is being restored."""
        return self._connection.connected

    # Who one is

    async def register(self, password: str, name: str | None = None) -> Person:
        """Become an account, with another name if one likes. What one said stays one's own; older tokens are void."""
        identity = self._connection.identity
        before = identity.name, identity.kind, identity.remembered
        # If the answer is lost with the connection, the old token may be void, and this lets one in.
        identity.name, identity.password, identity.remembered = name or identity.name, password, True
        try:
            registered = await self.perform(account.Register(password=password, name=name), r.Registered)
            identity.token = registered.token or identity.token
        except Refused as refused:
            if refused.code != "already-account" or before[1] == "account":
                identity.name, identity.kind, identity.remembered = before
                raise
        finally:
            identity.password = None
        identity.kind = "account"
        await self._keep_token()
        return self.me

    async def log_out(self) -> None:
        """Make the token of this device void, and go."""
        await self.perform(account.LogOut(), r.Reply)
        await self._forget_token()

    async def delete_account(self, password: str, *, blank: bool = False) -> None:
        """Be gone for good. One's messages stay, or with `blank` are deleted too."""
        await self.perform(account.DeleteAccount(password=password, messages="blank" if blank else "keep"), r.Reply)
        await self._forget_token()

    async def _claim(self, identity: Identity) -> None:
        """Become the account that one came to be, and take the invite that had to wait for it."""
        invite = identity.invite
        try:
            await self.register(identity.password or "")
            if invite is not None:
                await self.use_invite(invite)
        except Refused as refused:
            raise CannotConnect(refused.code, refused.hint) from None

    async def _forget_token(self) -> None:
        await self.close()
        if self._file is not None:
            await asyncio.to_thread(self._file.forget)

    # Rooms and people

    async def join(self, room: str, *, create: bool = False) -> Room:
        """Become a member. With `create`, a missing public room is made."""
        joined = await self.perform(c.JoinRoom(room=room, create=create), r.Joined)
        return self.rooms[joined.room.id]

    async def leave(self, room: str | Room, reason: str = "") -> None:
        """Stop being a member."""
        await self.perform(c.LeaveRoom(room=ref_of(room), reason=reason), r.Done)

    async def create(
        self, name: str, *, kind: Literal["public", "private"] = "public", topic: str = "",
        history: HistoryRule | None = None, people: Iterable[str] = (),
    ) -> Room:  # fmt: skip
        """Make a room and own it."""
        command = c.CreateRoom(name=name, kind=kind, topic=topic, history=history, people=tuple(people))
        return self.rooms[(await self.perform(command, r.Joined)).room.id]

    async def direct(self, *people: str) -> Room:
        """The direct room with ``@ada`` and others, made if there is none."""
        joined = await self.perform(c.OpenDirect(people=people), r.Joined)
        return self.rooms[joined.room.id]

    async def set_topic(self, room: str | Room, topic: str) -> None:
        """Say what a room is about."""
        await self.perform(c.SetTopic(room=ref_of(room), topic=topic), r.Done)

    async def set_name(self, name: str) -> None:
        """Be called otherwise."""
        await self.perform(c.SetName(name=name), r.Done)

    async def list_rooms(self) -> tuple[RoomListing, ...]:
        """The rooms one may see: public ones, and one's own."""
        return (await self.perform(c.ListRooms(), r.Rooms)).rooms

    async def members(self, room: str | Room) -> list[Member]:
        """Everybody who belongs to a room."""
        found: list[Member] = []
        while True:
            after = found[-1].id if found else None
            page = await self.perform(c.ListMembers(room=ref_of(room), after=after), r.Members)
            found += page.members
            if not page.more or not page.members:
                return found

    async def presence(self, state: Literal["online", "away"], text: str = "") -> None:
        """Be online or away, also after a reconnect."""
        self._presence = c.SetPresence(state=state, text=text)
        await self.perform(self._presence, r.Reply)

    async def typing(self, room: str | Room, *, on: bool = True) -> None:
        """Tell a room that one is writing; it ends by itself after 6 s."""
        await self.perform(c.Typing(room=ref_of(room), on=on), r.Reply)

    # One's own notes

    async def set_draft(self, room: str | Room, text: str, *, reply_to: Placed | None = None) -> None:
        """Keep what one has begun to write, for one's other clients too; an empty text forgets it."""
        answer = None if reply_to is None else message_id(reply_to.room, reply_to.number)
        await self.perform(c.SetDraft(room=ref_of(room), text=text, reply_to=answer), r.Done)

    async def settings(self) -> dict[str, str]:
        """All of one's settings."""
        return (await self.perform(c.ListSettings(), r.Settings)).settings

    async def change_setting(self, key: str, value: str | None) -> None:
        """Keep a setting; None forgets it."""
        await self.perform(c.ChangeSetting(key=key, value=value), r.Done)

    # What happens

    def events(self, *, playback: bool = True, since: dict[str, int] | None = None) -> Subscription:
        """Everything from now on, as pairs of an event and whether it is playback.

        After a reconnect, what was missed comes as playback; live events are those that happen while one is there.
        A reader that falls behind reads on by page, as playback, and misses no fact; with ``playback=False`` it
        hears live events alone, and not those that it was too slow for. `since` begins earlier: a room (which one
        belongs to) and the number after which its facts are told.

        `Disconnected` and `Reconnected` are among the events.
        """
        numbers = {self._room_id(room): number for room, number in (since or {}).items()}
        subscription = Subscription(
            self._connection.positions, lambda command: self.perform(command, r.Events),
            live_only=not playback, since=numbers,
        )  # fmt: skip
        self._subscriptions.add(subscription)
        return subscription

    async def follow(self, room: str | Room, *, messages: int = 50) -> Room:
        """A room with its members and its newest messages, which stay right from here on."""
        found = self.rooms[self._room_id(ref_of(room))]
        found.keeps = max(1, messages)
        await self._read(found)
        return found

    async def perform(self, command: c.Command, reply: type[R]) -> R:
        """Any command of the protocol, and the reply of the type that belongs to it.

        Raises:
            Refused: the server said no.
            Closed: there will be no answer.
        """
        return await self._connection.perform(command, reply)

    # What the connection tells: see connection.Listener

    def welcomed(self, welcome: Welcome, *, again: bool, new_epoch: bool) -> None:
        self.rooms.welcome(welcome)
        for room in tuple(self._held):
            self._tell_held(room)
        self._chores.set()
        self._returned = again
        if again:
            self._tell(Reconnected(new_epoch))

    def joined(self, reply: Joined) -> None:
        self.rooms.joined(reply.room)
        self._tell_held(reply.room.id)

    def heard(self, event: AnyEvent) -> None:
        self.rooms.fold(event)
        if self.rooms.stale or self.rooms.uncounted or self.rooms.unknown:
            self._chores.set()
        if isinstance(event, RoomLost):
            self._held.pop(event.room, None)
        if not self._holds(event):
            self._tell(event)

    def _holds(self, event: AnyEvent) -> bool:
        """Keep what happens in a room that nobody could place yet, who it is between least of all."""
        if not isinstance(event, RoomEvent) or event.room not in self.rooms.unknown:
            return False
        held = self._held.setdefault(event.room, [])
        if len(held) >= MOST_HELD:
            self._tell_held(event.room)
            return False
        held.append(event)
        return True

    def _tell_held(self, room: str) -> None:
        for event in self._held.pop(room, ()):
            self._tell(event)

    def lost(self, hint: str, code: str) -> None:
        self._tell(Disconnected(hint, code))

    def ended(self, error: ClientError) -> None:
        for subscription in self._subscriptions:
            subscription.end(error)

    def _tell(self, event: AnyEvent | Disconnected | Reconnected) -> None:
        for subscription in self._subscriptions:
            subscription.offer(event)

    # What the mirror cannot know by folding

    async def _do_chores(self) -> None:
        """After each connection and whenever the mirror asks for it, read again what it needs."""
        while True:
            await self._chores.wait()
            self._chores.clear()
            await self._keep_token()
            try:
                await self._catch_up()
            except Refused:  # one may not see it any more; the others are still to be read
                self._chores.set()
            except Closed as error:
                if error.code != "no-answer":
                    return
                self._chores.set()

    async def _keep_token(self) -> None:
        file, token, account = self._file, self.token, self._connection.identity.kind == "account"
        if file is not None and token and (token, account) != await asyncio.to_thread(_kept, file):
            await asyncio.to_thread(file.write, token, account=account)

    async def _catch_up(self) -> None:
        rooms = self.rooms
        returned, self._returned = self._returned, False
        if returned and self._presence is not None:
            await self.perform(self._presence, r.Reply)
        while rooms.unknown:
            await self._learn(next(iter(rooms.unknown)))
        while rooms.uncounted:
            await self._count(rooms.uncounted.pop())
        while rooms.stale:
            if room := rooms.get(rooms.stale.pop()):
                await self._read(room)

    async def _count(self, id: str) -> None:
        """What is heard while the answer is on its way may be counted in it or not, so it is asked for again."""
        for _ in range(MOST_COUNTS):
            head = room.head if (room := self.rooms.get(id)) else 0
            for unread in (await self.perform(c.ListUnread(room=id), r.UnreadRooms)).rooms:
                self.rooms.counted(unread)
            if room is None or room.head == head:
                return

    async def _learn(self, room: str) -> None:
        """Find out what a room is that one has gained."""
        try:
            await self.perform(c.JoinRoom(room=room), r.Joined)
        except ClientError:
            self._tell_held(room)
            raise
        finally:
            self.rooms.unknown.discard(room)

    async def _read(self, room: Room) -> None:
        self.rooms.begin_reading(room)
        members: list[Member] = []
        messages: list[Message] = []
        try:
            members = await self.members(room)
            async for page in self.history(room, page=min(PAGE, room.keeps)):
                messages[:0] = page
                if len(messages) >= room.keeps:
                    break
        except ClientError as error:
            self.rooms.filled(room, members, messages)
            if not isinstance(error, Refused):
                self.rooms.stale.add(room.id)
            raise
        self.rooms.filled(room, members, messages[-room.keeps :])

    def _room_id(self, ref: str) -> str:
        if (room := self.rooms.get(ref)) is not None:
            return room.id
        raise Refused("not-a-member", HINTS["not-a-member"])


def _kept(file: TokenFile) -> tuple[str | None, bool]:
    return file.read(), file.is_account()
