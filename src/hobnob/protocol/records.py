"""People, rooms and messages as they are at one moment: the nouns of the protocol.

Records are frozen snapshots; what changes them are the events of ``events.py``. Ids are opaque and never
reused: ``p_`` or ``r_`` and 26 base32 characters. Times are RFC 3339 in UTC with milliseconds.
"""

from typing import Literal

import msgspec

PersonKind = Literal["visitor", "guest", "account", "deleted"]
RoomKind = Literal["public", "private", "direct"]
HistoryRule = Literal["all", "joined"]
Posting = Literal["all", "moderators"]
Directs = Literal["all", "shared"]
RestrictionKind = Literal["ban", "mute"]
MaskKind = Literal["ban", "mute", "exception", "invite"]
Role = Literal["owner", "moderator", "speaker", "member", "guest"]
PresenceState = Literal["online", "away", "offline"]
MessageKind = Literal["text", "action", "notice"]


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all records."""


class Person(Record, frozen=True):
    """Somebody who speaks.

    A visitor has a name while connected, a guest keeps it by a device token, an account by a password. `role` is the
    one on the server, where nobody is a speaker. Of a deleted account the name may be empty.
    """

    id: str
    name: str
    kind: PersonKind = "guest"
    role: Role = "member"


class Room(Record, frozen=True):
    """A room. A direct room has no name of its own; `people` says whose it is (only there).

    `posting`: who may write (`moderators`: speakers too), `topics`: who may say what it is about. `slow`: seconds that
    a member has to leave between two messages. Who wants to join a room with a `key` has to name it; where there is a
    `limit`, no more can hear it. `details` say more of it, by key.
    """

    id: str
    name: str
    kind: RoomKind = "public"
    topic: str = ""
    history: HistoryRule = "all"
    people: tuple[Person, ...] = ()
    posting: Posting = "all"
    slow: int = 0
    topics: Posting = "all"
    key: str = ""
    limit: int = 0
    topic_by: str = ""
    topic_at: str = ""
    created_at: str = ""
    details: dict[str, str] = {}


class Mask(Record, frozen=True):
    """A pattern of people in a room (``masks.py``): who is kept out, may not write, or comes in all the same."""

    kind: MaskKind
    mask: str
    by_name: str = ""
    at: str = ""


class Member(Record, frozen=True):
    """A person in a room. `attached`: one of the person's clients hears the room now."""

    id: str
    name: str
    role: Role = "member"
    state: PresenceState = "offline"
    attached: bool = False


class Seat(Record, frozen=True):
    """A room in which a person is now, and their role in it."""

    room: str
    name: str
    kind: RoomKind = "public"
    role: Role = "member"


class Profile(Record, frozen=True):
    """What may be known of a person.

    `text` says why they are away, `since` is when they came or (offline) left, `idle` how many seconds ago they said
    something. `confidential`: nobody can read along with any of their clients. `rooms` are those that the asker may
    see. `addresses` are shown to themselves and to the server's moderators. `details` are what they tell of themselves.
    """

    person: Person
    state: PresenceState = "offline"
    text: str = ""
    since: str = ""
    idle: int = 0
    confidential: bool = False
    rooms: tuple[Seat, ...] = ()
    addresses: tuple[str, ...] = ()
    details: dict[str, str] = {}


class Draft(Record, frozen=True):
    """What a person has begun to write in a room."""

    text: str
    reply_to: str | None = None


class RoomState(Record, frozen=True):
    """A room as one of its members finds it.

    `head` is the number of the last fact of the room's log, `count` the messages in it, `read` the number
    the member has read up to, `unread` and `mentions` what came after it from others and still stands.
    """

    id: str
    name: str
    kind: RoomKind
    topic: str = ""
    history: HistoryRule = "all"
    people: tuple[Person, ...] = ()
    role: Role = "member"
    head: int = 0
    count: int = 0
    read: int = 0
    unread: int = 0
    mentions: int = 0
    draft: Draft | None = None
    posting: Posting = "all"
    slow: int = 0
    topic_by: str = ""
    topic_at: str = ""


class Recent(Record, frozen=True):
    """One's room, and when something was last said in it."""

    room: RoomState
    at: str


class RoomListing(Record, frozen=True):
    """A room in the directory. `member` is about the asker."""

    id: str
    name: str
    kind: RoomKind
    topic: str = ""
    members: int = 0
    attached: int = 0
    count: int = 0
    member: bool = False
    topic_at: str = ""
    created_at: str = ""


class Message(Record, frozen=True):
    """A message in its present state.

    `reactions` maps an emoji to the ids of who reacted. A deleted message keeps its number and loses the rest.
    """

    room: str
    number: int
    count: int
    at: str
    by: str
    by_name: str
    text: str = ""
    kind: MessageKind = "text"
    reply_to: str | None = None
    thread: str | None = None
    mentions: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    reactions: dict[str, tuple[str, ...]] = {}
    pinned: bool = False
    edited_at: str | None = None
    deleted: bool = False
    ref: str | None = None


class Hit(Record, frozen=True):
    """A message that a search found, in its present state.

    `room_name` is empty in a direct room, whose other people are named in `people` then. `marked` says where in the
    text the hit is: (start, end) in Unicode characters, not in bytes or UTF-16 units.
    """

    room: str
    room_name: str
    number: int
    at: str
    by: str
    by_name: str
    text: str = ""
    kind: MessageKind = "text"
    people: tuple[str, ...] = ()
    marked: tuple[tuple[int, int], ...] = ()
    edited: bool = False


class Version(Record, frozen=True):
    """A text that an edited message once had. `number` is the fact that wrote it."""

    number: int
    at: str
    text: str


class Device(Record, frozen=True):
    """A client that may come in by its token. `current`: the one that asks."""

    id: str
    name: str
    created_at: str
    used_at: str
    current: bool = False


class Invite(Record, frozen=True):
    """An invite, without its code. `room` is empty when it is for the server; `uses_left` None: any number."""

    id: str
    role: Role
    by: str
    by_name: str
    created_at: str
    room: str = ""
    room_name: str = ""
    uses_left: int | None = None
    expires_at: str | None = None


class Restriction(Record, frozen=True):
    """A ban or mute: of a person or of a network, in a room or (`room` empty) on the server. `until` None: for ever."""

    id: str
    kind: RestrictionKind
    by: str
    by_name: str
    at: str
    room: str = ""
    person: str = ""
    person_name: str = ""
    network: str = ""
    until: str | None = None
    reason: str = ""


def message_id(room: str, number: int) -> str:
    """The one-string form of a message's id, ``r_….42``."""
    return f"{room}.{number}"


def parse_message_id(text: str) -> tuple[str, int] | None:
    """Room and number of a one-string message id; None when it is not one."""
    room, dot, number = text.rpartition(".")
    if not dot or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return room, int(number)
