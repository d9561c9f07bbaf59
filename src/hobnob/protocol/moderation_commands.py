"""What owners and moderators may ask, of the server or of a room; and how others call for them.

Where `room` is left out, the whole server is meant. `seconds` 0 is for ever.
"""

from typing import Literal

import msgspec

from hobnob.protocol.command import Command, Number
from hobnob.protocol.records import HistoryRule, MaskKind, MessageKind, Posting, Role


class InvitePerson(Command, frozen=True):
    """Ask somebody into a room; a private one is open to them from then on."""

    room: str
    person: str
    ref: str | None = None


class ListInvitations(Command, frozen=True):
    """The rooms that one was asked into and has not joined."""


class Kick(Command, frozen=True):
    """Take somebody out of a room; they may come back where they could come in."""

    room: str
    person: str
    reason: str = ""
    ref: str | None = None


class Ban(Command, frozen=True):
    """Keep somebody out: a person, or an address or network (``203.0.113.7``, ``2001:db8::/48``; the server only).

    A visitor is banned together with the addresses they are connected from.
    """

    person: str | None = None
    network: str | None = None
    room: str | None = None
    seconds: Number = 0
    reason: str = ""
    ref: str | None = None


class Unban(Command, frozen=True):
    """End a ban, by the person or network it is about."""

    person: str | None = None
    network: str | None = None
    room: str | None = None
    ref: str | None = None


class Mute(Command, frozen=True):
    """Let somebody read but not write.

    A visitor is muted together with the addresses they are connected from: it holds for all there without an account.
    """

    person: str
    room: str | None = None
    seconds: Number = 0
    reason: str = ""
    ref: str | None = None


class Unmute(Command, frozen=True):
    """Let somebody write again."""

    person: str
    room: str | None = None
    ref: str | None = None


class ListRestrictions(Command, frozen=True):
    """The bans and mutes that hold."""

    room: str | None = None


class SetRole(Command, frozen=True):
    """Give somebody a role, at most one's own."""

    person: str
    role: Role
    room: str | None = None
    ref: str | None = None


class ChangeRoom(Command, frozen=True):
    """Change what a room is; what is left out stays. An empty `key` and a `limit` of 0 are none.

    `reason` is shown where the room is renamed.
    """

    room: str
    name: str | None = None
    private: bool | None = None
    history: HistoryRule | None = None
    posting: Posting | None = None
    slow: Number | None = None
    topics: Posting | None = None
    key: str | None = None
    limit: Number | None = None
    reason: str = ""
    ref: str | None = None


class SetRoomDetail(Command, frozen=True):
    """Say something of a room for everybody who sees it, such as its `url` or `avatar`; None takes it back."""

    room: str
    key: str
    value: str | None = None
    ref: str | None = None


class SetMask(Command, frozen=True):
    """Keep out of a room whom a mask means, or let them only read, or come in all the same; or (not `on`) no more."""

    room: str
    kind: MaskKind
    mask: str
    on: bool = True
    ref: str | None = None


class Report(Command, frozen=True):
    """Tell the moderators about a message."""

    room: str
    of: Number
    reason: str = ""


class SendAside(Command, frozen=True):
    """Say something, or only `tags`, to those in a room who have at least the role `to` and are there now.

    Nobody else hears it, and it is not kept.
    """

    room: str
    text: str = ""
    to: Literal["owner", "moderator", "speaker"] = "moderator"
    kind: MessageKind = "text"
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    ref: str | None = None


class CloseDoors(Command, frozen=True):
    """Let nobody new in for so many seconds, whatever the access is; 0 opens the doors again."""

    seconds: Number


class ResetPassword(Command, frozen=True):
    """Give an account a password that is made up here, as its person has forgotten theirs; its devices are logged out.

    Answered with the password, which is shown once.
    """

    person: str


class ReadAudit(Command, frozen=True):
    """A page of the audit log, newest first: of the server, or what concerns a room. `before` is a number of it."""

    room: str | None = None
    before: Number | None = None
    limit: Number = 50
