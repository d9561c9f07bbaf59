"""The client for scripts without ``async``: the same methods, each of which waits until it is done.

A thread runs the event loop. Methods may be called from any other thread. Whatever is under way when the loop stops is
cancelled first, so nobody waits for it for ever.

    with hobnob.connect_sync("localhost:8080", name="ada") as chat:
        chat.send("#lobby", "hi")
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from functools import wraps
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from hobnob.client.client import Client
from hobnob.client.connect import connect
from hobnob.client.errors import Closed
from hobnob.client.messages import PAGE
from hobnob.client.mirror import Room
from hobnob.client.subscription import Heard, Subscription
from hobnob.protocol.records import Message, Person

P = ParamSpec("P")
T = TypeVar("T")


def _waiting(
    method: Callable[Concatenate[Client, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["SyncClient", P], T]:
    """A method of `Client` that waits."""

    @wraps(method)
    def call(self: "SyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.wait_for(method(self.client, *args, **kwargs))

    return call


class SyncClient:
    """See the head of this file. `client` is the `Client` behind it, which belongs to the thread of the loop."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = Lock()
        """Held while something is handed to the loop, and while the loop is taken away."""
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = runner.get_loop()
        self._thread = Thread(target=_live, args=(runner,), name="hobnob client", daemon=True)
        self._thread.start()
        try:
            self.wait_for(self.client.__aenter__())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Go, and end the thread."""
        if self._loop is not None:
            try:
                self.wait_for(self.client.close())
            finally:
                self._stop()

    def wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something on the client's loop; its result. Ctrl+C cancels it."""
        with self._stopping:
            if self._loop is None:
                coroutine.close()
                raise Closed
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except CancelledError:  # by the end of the loop, which another thread has brought about
            raise Closed from None
        except BaseException:
            future.cancel()
            raise

    send = _waiting(Client.send)
    reply = _waiting(Client.reply)
    edit = _waiting(Client.edit)
    delete = _waiting(Client.delete)
    react = _waiting(Client.react)
    unreact = _waiting(Client.unreact)
    pin = _waiting(Client.pin)
    unpin = _waiting(Client.unpin)
    join = _waiting(Client.join)
    leave = _waiting(Client.leave)
    create = _waiting(Client.create)
    direct = _waiting(Client.direct)
    set_topic = _waiting(Client.set_topic)
    set_name = _waiting(Client.set_name)
    list_rooms = _waiting(Client.list_rooms)
    members = _waiting(Client.members)
    presence = _waiting(Client.presence)
    typing = _waiting(Client.typing)
    around = _waiting(Client.around)
    search = _waiting(Client.search)
    mark_read = _waiting(Client.mark_read)
    mark_unread = _waiting(Client.mark_unread)
    set_draft = _waiting(Client.set_draft)
    settings = _waiting(Client.settings)
    change_setting = _waiting(Client.change_setting)
    follow = _waiting(Client.follow)
    register = _waiting(Client.register)
    log_out = _waiting(Client.log_out)
    delete_account = _waiting(Client.delete_account)
    change_password = _waiting(Client.change_password)
    add_device = _waiting(Client.add_device)
    devices = _waiting(Client.devices)
    name_device = _waiting(Client.name_device)
    revoke_device = _waiting(Client.revoke_device)
    create_invite = _waiting(Client.create_invite)
    invites = _waiting(Client.invites)
    revoke_invite = _waiting(Client.revoke_invite)
    use_invite = _waiting(Client.use_invite)
    ignore = _waiting(Client.ignore)
    unignore = _waiting(Client.unignore)
    ignored = _waiting(Client.ignored)
    set_directs = _waiting(Client.set_directs)
    invite = _waiting(Client.invite)
    kick = _waiting(Client.kick)
    ban = _waiting(Client.ban)
    unban = _waiting(Client.unban)
    mute = _waiting(Client.mute)
    unmute = _waiting(Client.unmute)
    restrictions = _waiting(Client.restrictions)
    set_role = _waiting(Client.set_role)
    change_room = _waiting(Client.change_room)
    report = _waiting(Client.report)
    close_doors = _waiting(Client.close_doors)
    audit = _waiting(Client.audit)

    @property
    def me(self) -> Person:
        """Who one is."""
        return self.client.me

    @property
    def rooms(self) -> dict[str, Room]:
        """The rooms one belongs to, by id, as they are at this moment; they do not change any more."""

        async def copied() -> dict[str, Room]:
            return {
                room.id: replace(room, members=dict(room.members), messages=dict(room.messages))
                for room in self.client.rooms.values()
            }

        return self.wait_for(copied())

    def history(
        self, room: str | Room, *, before: int | None = None, after: int | None = None, page: int = PAGE
    ) -> Iterator[tuple[Message, ...]]:
        """As `Client.history`."""
        pages = self.client.history(room, before=before, after=after, page=page)
        with suppress(StopAsyncIteration):
            while True:
                yield self.wait_for(_next(pages))

    def events(
        self, *, playback: bool = True, since: dict[str, int] | None = None, timeout: float | None = None
    ) -> Iterator[Heard]:
        """As `Client.events`, from this call on; it ends after `timeout` seconds without an event."""

        async def subscribe() -> Subscription:
            return self.client.events(playback=playback, since=since)

        return self._each(self.wait_for(subscribe()), timeout)

    def _each(self, subscription: Subscription, timeout: float | None) -> Iterator[Heard]:
        async def following() -> Heard:
            async with asyncio.timeout(timeout):
                return await anext(subscription)

        with suppress(StopAsyncIteration, TimeoutError):
            while True:
                yield self.wait_for(following())

    def _stop(self) -> None:
        with self._stopping:
            loop, thread, self._loop = self._loop, self._thread, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


def _live(runner: asyncio.Runner) -> None:
    """Run a loop until it is stopped, then cancel what is left, and close it."""
    with runner:
        runner.get_loop().run_forever()


async def _next(pages: AsyncIterator[T]) -> T:
    return await anext(pages)


def _sync(connect: Callable[P, Client]) -> Callable[P, SyncClient]:
    @wraps(connect)
    def call(*args: P.args, **kwargs: P.kwargs) -> SyncClient:
        return SyncClient(connect(*args, **kwargs))

    call.__doc__ = "As `hobnob.connect`, for ``with``."
    return call


connect_sync = _sync(connect)
