"""What one may ask about accounts, devices and invites, and about whom one hears.

A *credential* is a password, the token of an account's device, or the code of an invite. Over clear text from another
machine each command that carries one is refused with ``not-confidential``.
"""

from typing import Literal

from hobnob.protocol.command import Command, Number
from hobnob.protocol.records import Directs, Role

WEEK = 7 * 24 * 3600


class Prove(Command, frozen=True):
    """Prove that one has the token of an account's device, without sending it: SCRAM-SHA-256 (RFC 7677).

    `message` is first the client-first-message, without channel binding; the name in it is the account's. The answer
    has the server-first-message. To the client-final-message it has the server-final-message, and then `hello` or
    `log_in` can say `proved`.
    """

    message: str


class LogIn(Command, frozen=True):
    """Become the account `name` on this connection; whoever one was here before is gone. Answered like hello.

    With `proved` it is the account whose token was proved by `prove`.
    """

    name: str = ""
    password: str = ""
    proved: bool = False


class Register(Command, frozen=True):
    """Make an account of oneself, guest or visitor: what one said stays one's own, older device tokens are void.

    `name` is one's own if left out. Answered with the new token of this device.
    """

    password: str
    name: str | None = None


class LogOut(Command, frozen=True):
    """Make this device's token void and leave."""


class ChangePassword(Command, frozen=True):
    """Have another password; all other devices are logged out."""

    old: str
    new: str


class DeleteAccount(Command, frozen=True):
    """Be gone for good. One's messages stay under one's name, which nobody else can have then, or are deleted too."""

    password: str
    messages: Literal["keep", "blank"] = "keep"


class AddDevice(Command, frozen=True):
    """Make a token for a program that cannot log in by itself, such as an IRC client; it needs one's password."""

    password: str
    name: str = ""


class ListDevices(Command, frozen=True):
    """The devices that may come in as oneself."""


class NameDevice(Command, frozen=True):
    """Call a device otherwise."""

    device: str
    name: str


class RevokeDevice(Command, frozen=True):
    """Make a device's token void; its connections end."""

    device: str


class CreateInvite(Command, frozen=True):
    """Let somebody in: to the server, or also into `room`, with `role` there (without a room: on the server).

    It may be used `uses` times (0: any number) within `expires_in` seconds (0: for ever).
    """

    room: str | None = None
    role: Role = "member"
    uses: Number = 1
    expires_in: Number = WEEK


class ListInvites(Command, frozen=True):
    """The invites that can still be used: of a room, or all that one may see."""

    room: str | None = None


class RevokeInvite(Command, frozen=True):
    """Make an invite void, by its id."""

    invite: str


class UseInvite(Command, frozen=True):
    """Take an invite that one was given, when one is in already. Before that, hello takes it."""

    code: str


class Ignore(Command, frozen=True):
    """Hear no more of somebody: their direct messages are refused, one's clients hide the rest."""

    person: str


class Unignore(Command, frozen=True):
    """Hear of somebody again."""

    person: str


class ListIgnored(Command, frozen=True):
    """Whom one ignores."""


class SetDirects(Command, frozen=True):
    """Say from whom one takes direct messages: everybody, or only who shares a room with one."""

    allow: Directs
