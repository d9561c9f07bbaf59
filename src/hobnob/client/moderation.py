"""What a client may ask as an owner or moderator, of the server or of a room; and how it calls for one.

Where `room` is left out, the whole server is meant. `seconds` 0 is for ever.
"""

from abc import ABC, abstractmethod

from hobnob.client.connection import R
from hobnob.client.messages import place_of, ref_of
from hobnob.client.mirror import Room
from hobnob.protocol import moderation_commands as c
from hobnob.protocol import replies as r
from hobnob.protocol.command import Command
from hobnob.protocol.records import HistoryRule, Posting, Restriction, Role


class ModerationCommands(ABC):
    """A part of `Client`."""

    @abstractmethod
    async def perform(self, command: Command, reply: type[R]) -> R:
        """See `Client.perform`."""

    async def invite(self, room: str | Room, person: str) -> None:
        """Ask somebody into a room."""
        await self.perform(c.InvitePerson(room=ref_of(room), person=person), r.Reply)

    async def kick(self, room: str | Room, person: str, reason: str = "") -> None:
        """Take somebody out of a room."""
        await self.perform(c.Kick(room=ref_of(room), person=person, reason=reason), r.Reply)

    async def ban(
        self, person: str | None = None, *, network: str | None = None, room: str | Room | None = None,
        seconds: int = 0, reason: str = "",
    ) -> None:  # fmt: skip
        """Keep somebody out: a person, or a network (``203.0.113.7``, ``2001:db8::/48``)."""
        command = c.Ban(person=person, network=network, room=place_of(room), seconds=seconds, reason=reason)
        await self.perform(command, r.Reply)

    async def unban(
        self, person: str | None = None, *, network: str | None = None, room: str | Room | None = None
    ) -> None:
        """End a ban."""
        await self.perform(c.Unban(person=person, network=network, room=place_of(room)), r.Reply)

    async def mute(self, person: str, *, room: str | Room | None = None, seconds: int = 0, reason: str = "") -> None:
        """Let somebody read but not write."""
        await self.perform(c.Mute(person=person, room=place_of(room), seconds=seconds, reason=reason), r.Reply)

    async def unmute(self, person: str, *, room: str | Room | None = None) -> None:
        """Let somebody write again."""
        await self.perform(c.Unmute(person=person, room=place_of(room)), r.Reply)

    async def restrictions(self, room: str | Room | None = None) -> tuple[Restriction, ...]:
        """The bans and mutes that hold."""
        return (await self.perform(c.ListRestrictions(room=place_of(room)), r.Restrictions)).restrictions

    async def set_role(self, person: str, role: Role, *, room: str | Room | None = None) -> None:
        """Give somebody a role, at most one's own."""
        await self.perform(c.SetRole(person=person, role=role, room=place_of(room)), r.Reply)

    async def change_room(
        self, room: str | Room, *, name: str | None = None, private: bool | None = None,
        history: HistoryRule | None = None, posting: Posting | None = None, slow: int | None = None,
    ) -> None:  # fmt: skip
        """Change what a room is; what is left out stays."""
        command = c.ChangeRoom(
            room=ref_of(room), name=name, private=private, history=history, posting=posting, slow=slow
        )
        await self.perform(command, r.Reply)

    async def report(self, room: str | Room, number: int, reason: str = "") -> None:
        """Tell the moderators about a message."""
        await self.perform(c.Report(room=ref_of(room), of=number, reason=reason), r.Reply)

    async def close_doors(self, seconds: int) -> None:
        """Let nobody new in for so long; 0 opens the doors again."""
        await self.perform(c.CloseDoors(seconds=seconds), r.Reply)

    async def audit(self, *, room: str | Room | None = None, before: int | None = None, limit: int = 50) -> r.Audit:
        """A page of the audit log, newest first."""
        return await self.perform(c.ReadAudit(room=place_of(room), before=before, limit=limit), r.Audit)
