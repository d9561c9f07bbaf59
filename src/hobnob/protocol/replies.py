"""What only the asker hears: one type of reply for each kind of answer.

On the wire a reply is ``{"reply": "7", "ok": true, …}`` or ``{"reply": "7", "error": code, "hint": …}``
(``codec.py``); an error is a `ChatError`.
"""

import msgspec

from hobnob.protocol.events import Fact, Gap, Moderated
from hobnob.protocol.records import (
    Device,
    Directs,
    Hit,
    Invite,
    Mask,
    Member,
    Message,
    Person,
    Profile,
    Recent,
    Restriction,
    Room,
    RoomListing,
    RoomState,
    Version,
)


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all replies; by itself it says: done."""


class Done(Reply, frozen=True):
    """It is kept as fact `number` (0: nothing was to be kept). `repeated`: an earlier command with this ref did it."""

    number: int = 0
    at: str = ""
    repeated: bool = False


class Limits(msgspec.Struct, frozen=True):
    """What the server takes: bytes of a text, bytes of a client's frame, messages and facts of a page."""

    text: int = 16 * 1024
    frame: int = 64 * 1024
    history: int = 200
    events: int = 1000


class Welcome(Reply, frozen=True):
    """The answer to hello: who one is, where one is, and from where on one hears.

    `token` is there once, for a new guest or a login. `me` and `house` are the heads of those logs; `missed` are the
    facts after what the client had named (a gap where there are too many); they are no field of the JSON reply, JSON
    clients get them as events right after it.
    """

    you: Person
    epoch: str
    server: str
    version: str
    me: int = 0
    house: int = 0
    rooms: tuple[RoomState, ...] = ()
    token: str | None = None
    limits: Limits = Limits()
    missed: tuple[Fact | Gap, ...] = ()


class Proving(Reply, frozen=True):
    """The server's side of a proof: its first or its final message."""

    message: str


class Rooms(Reply, frozen=True):
    """The rooms one may see."""

    rooms: tuple[RoomListing, ...] = ()


class Joined(Reply, frozen=True):
    """One is in this room. `number` is the fact of the joining (0 when one was a member already)."""

    room: RoomState
    number: int = 0
    created: bool = False


class RoomTerms(Reply, frozen=True):
    """What a room is, who is kept from what in it, and how many hear it now."""

    room: Room
    masks: tuple[Mask, ...] = ()
    attached: int = 0


class Members(Reply, frozen=True):
    """A page of a room's members, ordered by id; `more`: ask again `after` the last id."""

    room: str
    members: tuple[Member, ...] = ()
    more: bool = False


class History(Reply, frozen=True):
    """A page of messages, oldest first; `more`: there are further ones in the direction asked for."""

    room: str
    messages: tuple[Message, ...] = ()
    more: bool = False


class Found(Reply, frozen=True):
    """What a search found, newest first; `more`: search again `before` the last hit.

    `partial`: the index does not know all messages yet, so some may be missing.
    """

    hits: tuple[Hit, ...] = ()
    more: bool = False
    partial: bool = False


class RecentRooms(Reply, frozen=True):
    """One's rooms, those where something was said last first."""

    rooms: tuple[Recent, ...] = ()


class Events(Reply, frozen=True):
    """Facts of a log, in order; `head` is the log's last number."""

    events: tuple[Fact, ...] = ()
    head: int = 0
    more: bool = False


class Versions(Reply, frozen=True):
    """The texts that a message had before the present one, oldest first."""

    versions: tuple[Version, ...] = ()


class Unread(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is unread in a room: messages of others, and those of them that mention one.

    `read_at`, where one room was asked about: the time of the last message that was read, or what was named instead.
    """

    room: str
    read: int = 0
    unread: int = 0
    mentions: int = 0
    read_at: str = ""


class UnreadRooms(Reply, frozen=True):
    """Unread messages and mentions by room."""

    rooms: tuple[Unread, ...] = ()


class Settings(Reply, frozen=True):
    """All of one's personal settings."""

    settings: dict[str, str] = {}


class Pong(Reply, frozen=True):
    """The sign of life. `at` is the server's time."""

    at: str = ""


class Registered(Reply, frozen=True):
    """One is an account. `token` is the new one of this device, empty where the gateway keeps none."""

    you: Person
    token: str | None = None


class DeviceAdded(Reply, frozen=True):
    """A new device and its token, which is told this once."""

    device: str
    token: str


class Devices(Reply, frozen=True):
    """The devices that may come in as oneself, the last used first."""

    devices: tuple[Device, ...] = ()


class InviteMade(Reply, frozen=True):
    """A new invite. The code is shown here and never again.

    `link` is for our clients and `web` for browsers (links.py). Both are empty where the server does not know how it is
    reached.
    """

    invite: Invite
    code: str
    link: str = ""
    web: str = ""


class Invites(Reply, frozen=True):
    """Invites that can still be used, newest first."""

    invites: tuple[Invite, ...] = ()


class Ignored(Reply, frozen=True):
    """Whom one ignores, and from whom one takes direct messages."""

    people: tuple[Person, ...] = ()
    directs: Directs = "all"


class PasswordReset(Reply, frozen=True):
    """The new password of an account, to be passed on to its person."""

    password: str


class Restrictions(Reply, frozen=True):
    """The bans and mutes that hold, newest first."""

    restrictions: tuple[Restriction, ...] = ()


class People(Reply, frozen=True):
    """People and what may be known of them; `more` (of a page): ask again `after` the last id."""

    people: tuple[Profile, ...] = ()
    more: bool = False


class Server(Reply, frozen=True):
    """How the server is: `people` are here now (once there were `most`), so many of them `moderators` or owners.

    `rooms` are the public ones that somebody hears, `connections` include those that have said no hello (`strangers`).
    """

    name: str
    version: str
    started_at: str
    people: int = 0
    most: int = 0
    moderators: int = 0
    rooms: int = 0
    connections: int = 0
    strangers: int = 0


class Audit(Reply, frozen=True):
    """A page of the audit log, newest first; `more`: ask again `before` the last one's number."""

    entries: tuple[Moderated, ...] = ()
    more: bool = False
