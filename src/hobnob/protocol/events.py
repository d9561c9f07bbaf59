"""What happened, in the past tense; the same bytes for every reader of a wire format.

On the wire an event is ``{"event": "message_sent", …}`` (``codec.py``). A *kept* event is a fact: it has a
`number` in the log it belongs to, and `at`. A *told* one (presence, typing, the coming and going of visitors)
has number 0, is heard once and never stored. `by` did it; `by_name` is the name as it was then.

Kinds of logs: a room's (log id ``r_…``), a person's own (``p_…``, called "me"), the house's, and the audit log, which
only the server's moderators hear.
"""

from typing import Literal

import msgspec

from hobnob.protocol.commands import snake_case
from hobnob.protocol.ids import AUDIT, HOUSE
from hobnob.protocol.records import (
    Directs,
    HistoryRule,
    MaskKind,
    MessageKind,
    Posting,
    PresenceState,
    Role,
    RoomKind,
)


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="event", tag=snake_case, kw_only=True):
    """Base of all events. `number` counts up by one in each log; `at` never goes back within a log."""

    number: int = 0
    at: str = ""
    by: str = ""
    by_name: str = ""

    @property
    def log(self) -> str:
        """The id of the log this event belongs to: where nothing else is said, the own one of who did it."""
        return self.by


class RoomEvent(Event, frozen=True, kw_only=True):
    """Base of what happens in a room. `count` is the number of messages in the room's log up to here."""

    room: str
    count: int = 0
    ref: str | None = None

    @property
    def log(self) -> str:
        return self.room


class RoomCreated(RoomEvent, frozen=True):
    """A room was made; the first fact of its log."""

    name: str
    kind: RoomKind = "public"
    topic: str = ""
    history: HistoryRule = "all"


class MessageSent(RoomEvent, frozen=True):
    """Somebody said something. Read again later, `text` is the present one, empty when `deleted`, as are the `tags`."""

    text: str
    kind: MessageKind = "text"
    reply_to: str | None = None
    thread: str | None = None
    mentions: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    edited: bool = False
    deleted: bool = False


class MessageEdited(RoomEvent, frozen=True):
    """Message `of` has another text. Read again later, `text` is the present one."""

    of: int
    text: str = ""
    mentions: tuple[str, ...] = ()


class MessageDeleted(RoomEvent, frozen=True):
    """Message `of` is gone. `author` is who had said it."""

    of: int
    author: str = ""
    reason: str = ""


class ReactionAdded(RoomEvent, frozen=True):
    """Somebody reacted to message `of`."""

    of: int
    emoji: str


class ReactionRemoved(RoomEvent, frozen=True):
    """Somebody took a reaction to message `of` back."""

    of: int
    emoji: str


class MessagePinned(RoomEvent, frozen=True):
    """Message `of` was pinned."""

    of: int


class MessageUnpinned(RoomEvent, frozen=True):
    """Message `of` is pinned no more."""

    of: int


class TopicChanged(RoomEvent, frozen=True):
    """The room is about something else now."""

    topic: str


class RoomDetailChanged(RoomEvent, frozen=True):
    """The room has another detail under `key`; None: it has none there any more."""

    key: str
    value: str | None = None


class MemberJoined(RoomEvent, frozen=True):
    """`person` belongs to the room now. For a visitor it is told, not kept."""

    person: str
    person_name: str
    role: Role = "member"


class MemberLeft(RoomEvent, frozen=True):
    """`person` belongs to the room no more, and none of their clients hears it."""

    person: str
    person_name: str
    reason: str = ""


class PersonInvited(RoomEvent, frozen=True):
    """`person` was asked into the room and may join it, even if it is private."""

    person: str
    person_name: str


class RoleChanged(RoomEvent, frozen=True):
    """Member `person` has another role in the room than `before`."""

    person: str
    person_name: str
    role: Role
    before: Role = "member"


class MemberBanned(RoomEvent, frozen=True):
    """`person` is kept out of the room, until then or for ever. If they were a member, a `MemberLeft` follows."""

    person: str
    person_name: str
    until: str | None = None
    reason: str = ""


class MemberUnbanned(RoomEvent, frozen=True):
    """`person` is kept out no more."""

    person: str
    person_name: str


class MemberMuted(RoomEvent, frozen=True):
    """`person` may not write in the room, until then or for ever."""

    person: str
    person_name: str
    until: str | None = None
    reason: str = ""


class MemberUnmuted(RoomEvent, frozen=True):
    """`person` may write again."""

    person: str
    person_name: str


class RoomChanged(RoomEvent, frozen=True):
    """The room is this now; `changed` names fields that were otherwise, `name_before` the old name, `reason` why."""

    name: str
    kind: RoomKind
    history: HistoryRule
    posting: Posting = "all"
    slow: int = 0
    topics: Posting = "all"
    key: str = ""
    limit: int = 0
    changed: tuple[str, ...] = ()
    name_before: str = ""
    reason: str = ""


class MaskChanged(RoomEvent, frozen=True):
    """People like `mask` are kept out of the room, may not write, or come in all the same; or (not `on`) no more."""

    kind: MaskKind
    mask: str
    on: bool = True


class MemberAttached(RoomEvent, frozen=True):
    """Told: the first client of a member (`by`) hears the room now."""


class MemberDetached(RoomEvent, frozen=True):
    """Told: the last client of a member (`by`) stopped hearing the room; they are still a member."""

    reason: str = ""


class TypingChanged(RoomEvent, frozen=True):
    """Told: somebody began (`on`) or stopped writing. It ends by itself after 6 s."""

    on: bool = True


class TagsSent(RoomEvent, frozen=True):
    """Marks from somebody's client to the others; `ref` names this one. They are told, or kept if that was wished."""

    tags: dict[str, str]


class AsideSent(RoomEvent, frozen=True):
    """Told to those in a room who have at least the role `to`: somebody has a word, or `tags`, for them alone."""

    to: Role
    text: str = ""
    kind: MessageKind = "text"
    tags: dict[str, str] = {}


class PresenceChanged(Event, frozen=True):
    """Told to who shares a room with `by`: they are online, away or offline.

    Offline means that their last client is gone, from every room; `text` is then the reason.
    """

    state: PresenceState
    text: str = ""


class DetailChanged(Event, frozen=True):
    """Told to who shares a room with `by` and to themselves: they tell this of themselves now, None: nothing."""

    key: str
    value: str | None = None


class Announced(Event, frozen=True):
    """Told to everybody: a moderator of the server has something to say."""

    text: str

    @property
    def log(self) -> str:
        return HOUSE


class SignalSent(Event, frozen=True):
    """Told to those clients of `person` that came as `by` did: a program asks theirs something, or (`answer`) answers.

    `what` is a word, such as ``VERSION``. Nobody has to answer.
    """

    person: str
    person_name: str
    what: str
    text: str = ""
    answer: bool = False


class WatchChanged(Event, frozen=True):
    """Told to who watches the name of `person`: they were `before` and are `state` now; `text` is the reason.

    `by` is the watcher, as in the facts of one's own log. `registered`: nothing but that they have an account now.
    """

    person: str
    person_name: str
    state: PresenceState
    before: PresenceState
    text: str = ""
    registered: bool = False


class PersonRenamed(Event, frozen=True):
    """A fact of the house: `by` (who was called `by_name`) is called `name` now. For a visitor it is told."""

    name: str
    ref: str | None = None

    @property
    def log(self) -> str:
        return HOUSE


class HouseEvent(Event, frozen=True, kw_only=True):
    """Base of the other facts of the house."""

    ref: str | None = None

    @property
    def log(self) -> str:
        return HOUSE


class AccountRegistered(HouseEvent, frozen=True):
    """`by`, guest or visitor until now, is an account."""


class AccountDeleted(HouseEvent, frozen=True):
    """`by` is gone for good. `blanked`: their messages are being deleted, and the name means nobody from now on."""

    blanked: bool = False


class ServerRoleChanged(HouseEvent, frozen=True):
    """`person` has another role on the server."""

    person: str
    person_name: str
    role: Role


Action = Literal[
    "ban", "unban", "mute", "unmute", "kick", "role", "delete", "room", "report", "doors", "invite", "password"
]


class Moderated(Event, frozen=True):
    """A line of the audit log: what somebody did with their rights, or reported.

    `room` is empty where the server is meant. `restriction` is the id of the ban or mute that was made or ended, `of`
    the message that was deleted or reported, `role` the one that was given, `until` the end of what was set. `what`
    says more.
    """

    action: Action
    room: str = ""
    room_name: str = ""
    person: str = ""
    person_name: str = ""
    network: str = ""
    restriction: str = ""
    of: int = 0
    role: Role | None = None
    until: str | None = None
    reason: str = ""
    what: str = ""
    ref: str | None = None

    @property
    def log(self) -> str:
        return AUDIT


class PersonEvent(Event, frozen=True, kw_only=True):
    """Base of the facts of a person's own log; `by` is that person, and only their clients hear it."""

    ref: str | None = None


class RoomGained(PersonEvent, frozen=True):
    """One belongs to a room now."""

    room: str
    name: str
    kind: RoomKind = "public"


class RoomLost(PersonEvent, frozen=True):
    """One belongs to a room no more."""

    room: str


class ReadMarked(PersonEvent, frozen=True):
    """One has read a room up to number `upto`; it may go back. `moment`: the time up to which, if one was named."""

    room: str
    upto: int
    moment: str = ""


class DraftChanged(PersonEvent, frozen=True):
    """One has begun to write something else; an empty text means nothing."""

    room: str
    text: str = ""
    reply_to: str | None = None


class SettingChanged(PersonEvent, frozen=True):
    """A personal setting has another value, or none."""

    key: str
    value: str | None = None


class InvitedToRoom(PersonEvent, frozen=True):
    """`inviter` asks one into a room, which one may join now."""

    room: str
    name: str
    inviter: str
    inviter_name: str
    kind: RoomKind = "public"


class DeviceRevoked(PersonEvent, frozen=True):
    """A device of one's own may not come in any more; empty: all but `kept`."""

    device: str = ""
    kept: str = ""


class PersonIgnored(PersonEvent, frozen=True):
    """One hears no more of `person`."""

    person: str
    person_name: str


class PersonUnignored(PersonEvent, frozen=True):
    """One hears of `person` again."""

    person: str


class DirectsChanged(PersonEvent, frozen=True):
    """One takes direct messages from everybody, or only from who shares a room with one."""

    allow: Directs


class Gap(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="event", tag="gap"):
    """Some events of a log were left out for this reader; read them by page. `head` is the log's last number."""

    head: int
    room: str | None = None
    log: str | None = None


class Goodbye(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="event", tag="goodbye"):
    """The server ends this connection; `text` says why.

    `code` says it to programs: ``stopping``, ``sent-away`` (the operator disconnects everyone), ``kicked``, ``banned``,
    ``logged-out``, ``account-deleted``, ``too-slow``, ``flood``, ``short-of-memory``, ``no-hello``, ``bad-frames``,
    ``full``, ``tls-required``.
    """

    text: str
    code: str = "ended"


Fact = (
    RoomCreated | MessageSent | MessageEdited | MessageDeleted | ReactionAdded | ReactionRemoved | MessagePinned
    | MessageUnpinned | TopicChanged
    | RoomDetailChanged | MemberJoined | MemberLeft | PersonRenamed | RoomGained | RoomLost | ReadMarked
    | DraftChanged | SettingChanged | PersonInvited | RoleChanged | MemberBanned | MemberUnbanned | MemberMuted
    | MemberUnmuted | RoomChanged | MaskChanged | AccountRegistered | AccountDeleted | ServerRoleChanged | Moderated
    | InvitedToRoom | TagsSent | DeviceRevoked | PersonIgnored | PersonUnignored | DirectsChanged
)  # fmt: skip
AnyEvent = (
    Fact | MemberAttached | MemberDetached | TypingChanged | PresenceChanged | DetailChanged | WatchChanged | Announced
    | AsideSent | SignalSent | Gap | Goodbye
)  # fmt: skip
