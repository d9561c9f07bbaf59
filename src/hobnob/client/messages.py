"""What a client may say, and ask of what was said: a method for each command about messages."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from hobnob.client.connection import R
from hobnob.client.mirror import Mirror, Room
from hobnob.protocol import commands as c
from hobnob.protocol import replies as r
from hobnob.protocol.records import Message, MessageKind, message_id

PAGE = 200
"""Messages that are asked for at once."""


class Placed(Protocol):
    """Anything that is a message of a room: `Sent`, a `MessageSent` event, a `Message` of the history."""

    @property
    def room(self) -> str: ...
    @property
    def number(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What was kept: fact `number` of `room` (its id). `repeated`: an earlier attempt had done it already."""

    room: str
    number: int
    at: str = ""
    repeated: bool = False


class MessageCommands(ABC):
    """A part of `Client`."""

    rooms: Mirror
    """The rooms one belongs to."""

    @abstractmethod
    async def perform(self, command: c.Command, reply: type[R]) -> R:
        """See `Client.perform`."""

    async def send(
        self, room: str | Room, text: str, *, kind: MessageKind = "text", reply_to: Placed | None = None,
        ref: str | None = None,
    ) -> Sent:  # fmt: skip
        """Say something. `ref` marks a message of one's own choosing, so that a later program does not say it twice."""
        answer = None if reply_to is None else message_id(reply_to.room, reply_to.number)
        command = c.SendMessage(room=ref_of(room), text=text, kind=kind, reply_to=answer, ref=ref)
        return await self._write(room, command)

    async def reply(self, message: Placed, text: str) -> Sent:
        """Answer a message, in its room."""
        return await self.send(message.room, text, reply_to=message)

    async def edit(self, message: Placed, text: str) -> Sent:
        """Put another text in the place of one's message."""
        return await self._write(message.room, c.EditMessage(room=message.room, of=message.number, text=text))

    async def delete(self, message: Placed) -> Sent:
        """Take a message back for good."""
        return await self._write(message.room, c.DeleteMessage(room=message.room, of=message.number))

    async def react(self, message: Placed, emoji: str) -> Sent:
        """Add one's reaction."""
        return await self._write(message.room, c.React(room=message.room, of=message.number, emoji=emoji))

    async def unreact(self, message: Placed, emoji: str) -> Sent:
        """Take one's reaction back."""
        return await self._write(message.room, c.Unreact(room=message.room, of=message.number, emoji=emoji))

    async def pin(self, message: Placed) -> Sent:
        """Pin a message to its room."""
        return await self._write(message.room, c.Pin(room=message.room, of=message.number))

    async def unpin(self, message: Placed) -> Sent:
        """Unpin a message."""
        return await self._write(message.room, c.Unpin(room=message.room, of=message.number))

    async def history(
        self, room: str | Room, *, before: int | None = None, after: int | None = None, page: int = PAGE
    ) -> AsyncGenerator[tuple[Message, ...]]:
        """Messages as they are now, page by page, oldest first in each.

        From the newest page back, or from before number `before`; with `after`, from there on towards the present.
        """
        while True:
            command = c.ReadHistory(room=ref_of(room), before=before, after=after, limit=page)
            found = await self.perform(command, r.History)
            if found.messages:
                yield found.messages
            if not found.more or not found.messages:
                return
            if after is None:
                before = found.messages[0].number
            else:
                after = found.messages[-1].number

    async def around(self, room: str | Room, number: int, *, limit: int = 50) -> tuple[Message, ...]:
        """The messages around a number."""
        return (await self.perform(c.ReadHistory(room=ref_of(room), around=number, limit=limit), r.History)).messages

    async def search(
        self, query: str, *, room: str | Room | None = None, before: str | None = None, limit: int = 20
    ) -> r.Found:
        """One page of messages that a query finds, newest first; docs/search.md says what a query is."""
        return await self.perform(c.Search(query=query, room=place_of(room), before=before, limit=limit), r.Found)

    async def mark_read(self, room: str | Room, number: int | None = None) -> None:
        """Have read up to a number, or everything."""
        await self.perform(c.MarkRead(room=ref_of(room), number=number), r.Done)

    async def mark_unread(self, room: str | Room, number: int) -> None:
        """Count a message and all after it as unread again."""
        await self.perform(c.MarkUnread(room=ref_of(room), number=number), r.Done)

    async def _write(self, room: str | Room, command: c.Command) -> Sent:
        done = await self.perform(command, r.Done)
        known = self.rooms.get(ref_of(room))
        return Sent(known.id if known else ref_of(room), done.number, done.at, done.repeated)


def ref_of(room: str | Room) -> str:
    """A room as a command names it."""
    return room if isinstance(room, str) else room.id


def place_of(room: str | Room | None) -> str | None:
    """The same where a room may be left out."""
    return None if room is None else ref_of(room)
