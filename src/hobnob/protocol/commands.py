"""What anyone may ask, in the imperative.

On the wire a command is ``{"do": "send_message", "id": "7", …}`` (``codec.py``). `id` ties the reply to its
command on one connection. `room` is an id (``r_…``), a name (``#lobby``) or ``@ada`` for the direct room with
that person; `person` is an id (``p_…``) or ``@ada``. `ref`, on durable writes, makes a repeated command answer with
what the first one did.
"""

from typing import Literal

import msgspec

from hobnob.protocol.account_commands import (
    AddDevice,
    ChangePassword,
    CreateInvite,
    DeleteAccount,
    Ignore,
    ListDevices,
    ListIgnored,
    ListInvites,
    LogIn,
    LogOut,
    NameDevice,
    Prove,
    Register,
    RevokeDevice,
    RevokeInvite,
    SetDirects,
    Unignore,
    UseInvite,
)
from hobnob.protocol.command import Command as Command
from hobnob.protocol.command import JsonId as JsonId
from hobnob.protocol.command import Number as Number
from hobnob.protocol.command import snake_case as snake_case
from hobnob.protocol.moderation_commands import (
    Ban,
    ChangeRoom,
    CloseDoors,
    InvitePerson,
    Kick,
    ListInvitations,
    ListRestrictions,
    Mute,
    ReadAudit,
    Report,
    ResetPassword,
    SendAside,
    SetMask,
    SetRole,
    SetRoomDetail,
    Unban,
    Unmute,
)
from hobnob.protocol.operator_commands import Announce, BecomeOperator, Disconnect, Reload, ResignOperator
from hobnob.protocol.people_commands import (
    ListGone,
    ListPeople,
    ReadPeople,
    ReadServer,
    SendSignal,
    SetDetail,
    Unwatch,
    Watch,
)
from hobnob.protocol.records import HistoryRule, MessageKind


class Hello(Command, frozen=True):
    """Say who one is; the first command of a connection.

    `token` brings a guest back; without it `name` (or a made-up one) becomes a new person. The name ``Client`` stands
    for none: one is a visitor then, `Client`, `Client-2` and so on, and leaves nothing behind. To resume, name the
    `epoch` of the last hello and the last number seen per log: `me`, `house`, and `rooms` by id.

    A newcomer may say which token they will have: `new_token` is ``hb_`` and 32 to 64 random letters, digits, ``-`` or
    ``_``. Where the connection broke before the answer, the same hello brings back whom it made.

    `password` logs in to the account `name`, or with `register` makes it. `proved` logs in to the one whose token was
    proved by `prove`. `invite` is the code that lets a stranger in
    where one is needed. `device` is what one's list of devices calls this client. `details` are told as by `set_detail`
    without `keep`.
    """

    version: int = 1
    client: str = ""
    token: str | None = None
    new_token: str | None = None
    name: str | None = None
    password: str | None = None
    proved: bool = False
    register: bool = False
    invite: str | None = None
    device: str = ""
    epoch: str | None = None
    me: Number | None = None
    house: Number | None = None
    rooms: dict[str, Number] = msgspec.field(default_factory=dict)
    details: dict[str, str] = msgspec.field(default_factory=dict)


class SetName(Command, frozen=True):
    """Be called otherwise from now on."""

    name: str
    ref: str | None = None


class ListRooms(Command, frozen=True):
    """The rooms one may see: public ones and one's own."""


class CreateRoom(Command, frozen=True):
    """Make a room and join it as its owner; `people` are taken in with it."""

    name: str
    kind: Literal["public", "private"] = "public"
    topic: str = ""
    history: HistoryRule | None = None
    people: tuple[str, ...] = ()
    ref: str | None = None


class JoinRoom(Command, frozen=True):
    """Become a member and hear the room on this connection. With `create`, a missing public room is made.

    `key` is asked for in rooms that have one, of who was not invited.
    """

    room: str
    create: bool = False
    key: str = ""
    ref: str | None = None


class LeaveRoom(Command, frozen=True):
    """Stop being a member, on all of one's connections."""

    room: str
    reason: str = ""
    ref: str | None = None


class SetTopic(Command, frozen=True):
    """Say what a room is about; an empty topic removes it."""

    room: str
    topic: str
    ref: str | None = None


class SendMessage(Command, frozen=True):
    """Say something. `reply_to` and `thread` are message ids (``r_….42``) of the same room.

    `tags` are marks from client to client, which the server gives no meaning: 4,094 bytes of short names and values.
    """

    room: str
    text: str
    kind: MessageKind = "text"
    reply_to: str | None = None
    thread: str | None = None
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    ref: str | None = None


class SendTags(Command, frozen=True):
    """Let those who hear a room have some `tags`, without a message. With `keep` its log keeps them."""

    room: str
    tags: dict[str, str]
    keep: bool = False
    ref: str | None = None


class EditMessage(Command, frozen=True):
    """Put another text in the place of one's message `of`."""

    room: str
    of: Number
    text: str
    ref: str | None = None


class DeleteMessage(Command, frozen=True):
    """Take a message back for good: its text and all its versions."""

    room: str
    of: Number
    reason: str = ""
    ref: str | None = None


class ReadVersions(Command, frozen=True):
    """The texts that an edited message once had, oldest first."""

    room: str
    of: Number


class React(Command, frozen=True):
    """Add one's reaction, one emoji or a short word, to a message."""

    room: str
    of: Number
    emoji: str
    ref: str | None = None


class Unreact(Command, frozen=True):
    """Take one's reaction back."""

    room: str
    of: Number
    emoji: str
    ref: str | None = None


class Pin(Command, frozen=True):
    """Pin a message to its room."""

    room: str
    of: Number
    ref: str | None = None


class Unpin(Command, frozen=True):
    """Unpin a message."""

    room: str
    of: Number
    ref: str | None = None


class Typing(Command, frozen=True):
    """Tell the room that one is writing; it ends by itself after 6 s, or with `on` false."""

    room: str
    on: bool = True


class SetPresence(Command, frozen=True):
    """Be online or away, with a short text if one likes."""

    state: Literal["online", "away"]
    text: str = ""


class ReadRoom(Command, frozen=True):
    """What a room is, and for its members its key and masks. Public ones may be read from outside."""

    room: str


class ListMembers(Command, frozen=True):
    """Who belongs to a room, who of them is there. `after` is the last id of the page before."""

    room: str
    after: str | None = None
    limit: Number = 1000


class ReadHistory(Command, frozen=True):
    """A page of messages in their present state, oldest first: before, after or around a number, else the latest."""

    room: str
    before: Number | None = None
    after: Number | None = None
    around: Number | None = None
    limit: Number = 50


class FindNumber(Command, frozen=True):
    """The number of the last fact of a room at a time or before it (0: there is none), to read from there."""

    room: str
    at: str


class ListRecent(Command, frozen=True):
    """One's rooms in which something was said, the latest first: where to go on reading. `limit` is at most 200."""

    limit: Number = 50


class Search(Command, frozen=True):
    """Messages that contain what `query` says (docs/search.md), newest first, from all one's rooms or from `room`.

    `before` is the id (``r_….42``) of the last hit of the page before; `limit` is at most 50.
    """

    query: str
    room: str | None = None
    before: str | None = None
    limit: Number = 20


class EventsSince(Command, frozen=True):
    """The facts of a log after `number`. `log` is a room (id or name), ``me`` or ``house``."""

    log: str
    number: Number
    limit: Number = 1000


class MarkRead(Command, frozen=True):
    """Have read up to `number`, or what there was at the time `at`; without both, everything."""

    room: str
    number: Number | None = None
    at: str | None = None
    ref: str | None = None


class MarkUnread(Command, frozen=True):
    """Count message `number` and all after it as unread again."""

    room: str
    number: Number
    ref: str | None = None


class ListUnread(Command, frozen=True):
    """Unread messages and mentions of all one's rooms, or of `room` alone."""

    room: str | None = None


class SetDraft(Command, frozen=True):
    """Keep what one has begun to write; an empty text forgets it."""

    room: str
    text: str
    reply_to: str | None = None
    ref: str | None = None


class ChangeSetting(Command, frozen=True):
    """Keep a personal setting of one's clients; None forgets it. The server gives it no meaning."""

    key: str
    value: str | None
    ref: str | None = None


class ListSettings(Command, frozen=True):
    """All of one's personal settings."""


class OpenDirect(Command, frozen=True):
    """The direct room of exactly oneself and `people`; it is made where there is none yet."""

    people: tuple[str, ...]
    ref: str | None = None


class Ping(Command, frozen=True):
    """Ask for a sign of life; it is answered after the effects of all commands before it.

    `settled`: and after what others had said by then, which may take as long as keeping it.
    """

    settled: bool = False


AnyCommand = (
    Hello | SetName | ListRooms | CreateRoom | JoinRoom | LeaveRoom | SetTopic | SendMessage | SendTags | EditMessage
    | DeleteMessage | ReadVersions | React | Unreact | Pin | Unpin | Typing | SetPresence | ListMembers | ReadHistory
    | FindNumber | ListRecent | Search | EventsSince | MarkRead | MarkUnread | ListUnread | SetDraft | ChangeSetting
    | ListSettings | OpenDirect | Ping
    | Prove | LogIn | Register | LogOut | ChangePassword | DeleteAccount
    | AddDevice | ListDevices | NameDevice | RevokeDevice
    | CreateInvite | ListInvites | RevokeInvite | UseInvite | Ignore | Unignore | ListIgnored | SetDirects
    | InvitePerson | Kick | Ban | Unban | Mute | Unmute | ListRestrictions | SetRole | ChangeRoom | Report
    | CloseDoors | ReadAudit | ResetPassword | SetMask | ReadRoom | ListInvitations | SendAside
    | SetRoomDetail | SendSignal
    | ReadPeople | ListPeople | ListGone | Watch | Unwatch | SetDetail | ReadServer
    | BecomeOperator | ResignOperator | Disconnect | Announce | Reload
)  # fmt: skip
