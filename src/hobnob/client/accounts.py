"""What a client may ask about its account, its devices, invites, and whom it hears: a method for each command.

What changes the token of this device is in client.py, with the token.
"""

from abc import ABC, abstractmethod

from hobnob.client.connection import R
from hobnob.client.messages import place_of
from hobnob.client.mirror import Room
from hobnob.protocol import account_commands as c
from hobnob.protocol import replies as r
from hobnob.protocol.account_commands import WEEK
from hobnob.protocol.command import Command
from hobnob.protocol.records import Device, Directs, Invite, Person, Role


class AccountCommands(ABC):
    """A part of `Client`."""

    @abstractmethod
    async def perform(self, command: Command, reply: type[R]) -> R:
        """See `Client.perform`."""

    async def change_password(self, old: str, new: str) -> None:
        """Have another password; all other devices are logged out."""
        await self.perform(c.ChangePassword(old=old, new=new), r.Reply)

    async def devices(self) -> tuple[Device, ...]:
        """The devices that may come in as oneself, the last used first."""
        return (await self.perform(c.ListDevices(), r.Devices)).devices

    async def add_device(self, password: str, name: str = "") -> r.DeviceAdded:
        """A token for a program that cannot log in by itself, such as an IRC client."""
        return await self.perform(c.AddDevice(password=password, name=name), r.DeviceAdded)

    async def name_device(self, device: str, name: str) -> None:
        """Call a device otherwise."""
        await self.perform(c.NameDevice(device=device, name=name), r.Reply)

    async def revoke_device(self, device: str) -> None:
        """Log a device out; its connections end."""
        await self.perform(c.RevokeDevice(device=device), r.Reply)

    async def create_invite(
        self, room: str | Room | None = None, *, role: Role = "member", uses: int = 1, expires_in: int = WEEK
    ) -> r.InviteMade:
        """Let somebody in: `uses` times (0: any number), within `expires_in` seconds (0: for ever)."""
        return await self.perform(
            c.CreateInvite(room=place_of(room), role=role, uses=uses, expires_in=expires_in), r.InviteMade
        )

    async def invites(self, room: str | Room | None = None) -> tuple[Invite, ...]:
        """The invites that can still be used, and that one may take back."""
        return (await self.perform(c.ListInvites(room=place_of(room)), r.Invites)).invites

    async def revoke_invite(self, invite: str) -> None:
        """Take an invite back, by its id."""
        await self.perform(c.RevokeInvite(invite=invite), r.Reply)

    async def use_invite(self, code: str) -> None:
        """Take an invite that one was given, when one is in already."""
        await self.perform(c.UseInvite(code=code), r.Reply)

    async def ignore(self, person: str) -> None:
        """Hear no more of somebody."""
        await self.perform(c.Ignore(person=person), r.Reply)

    async def unignore(self, person: str) -> None:
        """Hear of somebody again."""
        await self.perform(c.Unignore(person=person), r.Reply)

    async def ignored(self) -> tuple[Person, ...]:
        """Whom one ignores."""
        return (await self.perform(c.ListIgnored(), r.Ignored)).people

    async def set_directs(self, allow: Directs) -> None:
        """Say from whom one takes direct messages."""
        await self.perform(c.SetDirects(allow=allow), r.Reply)
