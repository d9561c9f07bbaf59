"""The contract of a store: numbered logs, what follows from them, and what is read back.

A store keeps *items*, each a few events that are kept together or not at all, numbers every event in its log
without gaps, checks the item's conditions inside the same transaction, and projects the events onto what is
read (rooms, members, messages in their present state, marks). Everything is synchronous and safe to call from
any thread; whoever calls decides in which. `keep` commits before it returns: what it answers `Kept` survives a
power cut.

Projection, by event (besides the log itself):
  RoomCreated      a room; it is *lasting* when the house made it (`by` is empty), else from its first kept MemberJoined
  MemberJoined     a membership whose `since` and read mark are its number (for a member: only the role changes)
  MemberLeft       the membership and its draft end; adds 1 to the room's `rights`
  MessageSent      a message, its mentions
  MessageEdited    the present text and mentions; the old text becomes a version
  MessageDeleted   text, versions, mentions, reactions and pin are erased; number, author, ref and thread stay
  Reaction…, MessagePinned…    state of the message    TopicChanged    the room's topic
  PersonRenamed    the person's name    ReadMarked, DraftChanged, SettingChanged    a member's mark, draft; a setting
  RoleChanged      the member's role    RoomChanged    what the room is    MaskChanged    a mask of the room
  RoomDetailChanged    a detail of the room
  PersonInvited    an invitation, until they join    InvitedToRoom, MemberBanned… and their opposites: only the log
  ServerRoleChanged    the person's role    AccountDeleted    kind ``deleted``; memberships, tokens, settings, drafts,
                   ignored ones and invites end; `blanked`: the name is emptied and free again
  Moderated        ban and mute: the restriction with its id; unban, unmute: its end
  PersonIgnored, PersonUnignored, DirectsChanged    the person's list of ignored ones; from whom they take directs
  DeviceRevoked    the token of that device, or of all but `kept`, is void
MemberLeft, RoleChanged, RoomChanged, MemberBanned and MemberMuted add 1 to the room's `rights`, Moderated (ban, mute,
role) to the audit log's; ServerRoleChanged comes together with a Moderated.
What speaks of a message that is deleted or was never there is kept and changes nothing.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from hobnob.protocol.events import Fact, Moderated
from hobnob.protocol.records import (
    Device,
    Directs,
    Invite,
    Mask,
    Message,
    Person,
    PersonKind,
    Restriction,
    Role,
    Room,
    RoomListing,
    RoomState,
    Version,
)
from hobnob.protocol.replies import Unread
from hobnob.stores.search.search import Index

DETAIL = "public."
"""With this begin the settings that everybody may read."""


class Value(msgspec.Struct, frozen=True):
    """Base of the small values below."""


class NameFree(Value, frozen=True):
    """No other person than `person` has this name, nor one that looks like it. (``name-taken``, ``name-lookalike``)"""

    name: str
    person: str = ""


class RoomNameFree(Value, frozen=True):
    """No room other than `room` has this name. (``room-taken``)"""

    name: str
    room: str = ""


class RightsUnchanged(Value, frozen=True):
    """Nobody lost a right in the room (`room` may be ``audit``: on the server) since `version` was read.

    `house` is the version of the audit log, where that counts as well. With `person`, it also holds where a version is
    another one but the person is still a member who may write: neither banned nor muted in the room or on the server
    and, where only moderators write, still one. (``stale``: look again and try once more)
    """

    room: str
    version: int
    person: str = ""
    house: int | None = None


class MessageStands(Value, frozen=True):
    """There is such a message and it is not deleted. (``bad-number``, ``deleted``)"""

    room: str
    number: int


class MessageExists(Value, frozen=True):
    """There is such a message, deleted or not. (``bad-number``)"""

    room: str
    number: int


class NotMember(Value, frozen=True):
    """The person does not belong to the room yet. (``stale``)"""

    room: str
    person: str


class IsMember(Value, frozen=True):
    """The person belongs to the room. (``not-a-member``)"""

    room: str
    person: str


class PersonUnchanged(Value, frozen=True):
    """The person is of this kind, and the password is still the one with this hash. (``stale``)"""

    person: str
    kind: PersonKind
    password: str | None = None


class TokenStands(Value, frozen=True):
    """There is such a device of the person. (``no-such-device``)"""

    device: str
    person: str


class InviteUsable(Value, frozen=True):
    """The invite has uses left and its time is not over. (``invite-unknown``)"""

    invite: str


class Reachable(Value, frozen=True):
    """`person` is not deleted, does not ignore `by` and takes direct messages from them. (``not-reachable``)

    Who takes them only from people they share a room with has to share another one than `besides`, public or private.
    `shared`: that is known already, or of no account here.
    """

    person: str
    by: str
    besides: str = ""
    shared: bool = False


class DirectFree(Value, frozen=True):
    """There is no direct room of exactly these people. (``stale``)"""

    people: tuple[str, ...]


class SettingsBelow(Value, frozen=True):
    """The person has fewer than `limit` settings, or has this one already. (``too-many``)"""

    person: str
    key: str
    limit: int


class DetailsBelow(Value, frozen=True):
    """The room has fewer than `limit` details, or has this one already. (``too-many``)"""

    room: str
    key: str
    limit: int


Condition = (
    NameFree | RoomNameFree | RightsUnchanged | MessageStands | MessageExists | NotMember | IsMember | DirectFree
    | SettingsBelow | DetailsBelow | PersonUnchanged | TokenStands | InviteUsable | Reachable
)  # fmt: skip


class AddPerson(Value, frozen=True):
    """A new guest or account."""

    person: Person


class TokenKeys(Value, frozen=True):
    """By what a token is proved without being sent, as SCRAM names it (RFC 5802, section 3)."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


class AddToken(Value, frozen=True):
    """A device of a person, by the hash of its token; `id` (``d_…``) is how it is spoken of."""

    hash: bytes
    person: str
    id: str = ""
    name: str = ""
    keys: TokenKeys | None = None


class NameToken(Value, frozen=True):
    """A device is called otherwise."""

    device: str
    name: str


class UseToken(Value, frozen=True):
    """A device came in just now."""

    device: str


class SetPassword(Value, frozen=True):
    """The person is an account with this password (an argon2 hash)."""

    person: str
    hash: str


class ForgetNames(Value, frozen=True):
    """The names of a deleted account stand no more in these facts, each a log and a number."""

    person: str
    facts: tuple[tuple[str, int], ...]


class Blanked(Value, frozen=True):
    """All messages of a deleted account are deleted, and its names forgotten."""

    person: str


class AddInvite(Value, frozen=True):
    """A new invite, under the hash of its code."""

    hash: bytes
    invite: Invite


class UseInviteOnce(Value, frozen=True):
    """An invite has one use less."""

    invite: str


class DropInvite(Value, frozen=True):
    """An invite is void."""

    invite: str


class AddDirectPeople(Value, frozen=True):
    """Whose a direct room is. Visitors among them are known by this alone."""

    room: str
    people: tuple[Person, ...]


class DropRoom(Value, frozen=True):
    """Forget a room that is not lasting, with its log. A lasting one stays."""

    room: str


Write = (
    AddPerson | AddToken | AddDirectPeople | DropRoom | NameToken | UseToken | SetPassword | ForgetNames | Blanked
    | AddInvite | UseInviteOnce | DropInvite
)  # fmt: skip


class Item(msgspec.Struct, frozen=True):
    """What is kept together or not at all.

    `events` come with number 0; `ref` (with `by`, a person's id) makes a repetition answer `Duplicate`, and `digest`
    (16 bytes over the command's content) tells a repetition from another use of the ref. A ref needs an event.

    Without any condition, an event of a room that is not there is refused (``no-such-room``), and so is a second one of
    what there may be only one of: a name, an id, a token, a direct room (``stale``).
    """

    events: tuple[Fact, ...]
    requires: tuple[Condition, ...] = ()
    writes: tuple[Write, ...] = ()
    by: str = ""
    ref: str | None = None
    digest: bytes = b""


class Kept(Value, frozen=True):
    """Committed. The events, now with number, at and (in rooms) count."""

    events: tuple[Fact, ...]


class Duplicate(Value, frozen=True):
    """An earlier item with the same ref and content was kept: the log, number and time of its first event."""

    log: str
    number: int
    at: str


class Refused(Value, frozen=True):
    """Nothing was kept. `code` is one of ``errors.HINTS``, or ``stale``."""

    code: str


class Unknown(Value, frozen=True):
    """The outcome of the COMMIT was lost: it may be kept or not. The same item sent again tells."""


Outcome = Kept | Duplicate | Refused | Unknown


class RoomEntry(Value, frozen=True):
    """A room and the state of its log. `rights` counts how often somebody lost a right in it."""

    room: Room
    head: int = 0
    count: int = 0
    rights: int = 0
    lasting: bool = True


class Account(Value, frozen=True):
    """What a person's logins and privacy rest on. `password` is an argon2 hash, None for a guest."""

    person: Person
    password: str | None = None
    directs: Directs = "all"


class Membership(Value, frozen=True):
    """A kept member of a room. `since` is the number of the joining."""

    person: Person
    role: Role
    since: int


class Store(Protocol):
    """See the head of this file. Reads see every item that `keep` has answered `Kept`."""

    epoch: str
    """Names this history; another one after a restore from a backup."""

    secret: bytes
    """32 random bytes that nobody is told, made once for the whole history and its copies."""

    index: Index
    """The full-text index of its messages, once it is open."""

    def open(self) -> None:
        """Be ready, migrating what an older version left. Raises StoreRefused with one sentence."""

    def close(self) -> None:
        """Let go of everything."""

    def tidy(self) -> None:
        """Do what was put off, such as overwriting erased texts. Call it every few minutes; it may take some ms."""

    def keep(self, items: Sequence[Item], now: int) -> list[Outcome]:
        """Commit items, in order, at `now` (ms since 1970); one outcome each. One bad item never fails the others."""

    def kept_ref(self, by: str, ref: str) -> tuple[Duplicate, bytes] | None:
        """What a person's ref did, and the digest that was kept with it."""

    def heads(self, logs: Sequence[str]) -> dict[str, int]:
        """The last number of each log; 0 where nothing was kept yet."""

    def rights(self, log: str) -> int:
        """How often somebody lost a right in a log: the version that `RightsUnchanged` compares."""

    def events_since(self, log: str, number: int, limit: int) -> tuple[list[Fact], bool]:
        """Up to `limit` facts after `number`, and whether there are more.

        Texts and mentions of messages, edits and drafts are the present ones, so an old fact tells no old text.
        """

    def person(self, id: str) -> Person | None:
        """A guest or account."""

    def person_by_name(self, name: str) -> Person | None:
        """A guest or account by name, as names compare (`names.fold`)."""

    def account(self, person: str) -> Account | None:
        """The account of a guest or account that is not deleted, by id."""

    def device(self, hash: bytes) -> tuple[Device, str] | None:
        """The device with this token, and its person's id."""

    def devices(self, person: str) -> list[Device]:
        """A person's devices, the last used first."""

    def token_keys(self, person: str) -> list[tuple[Device, TokenKeys]]:
        """A person's devices that have keys, and these, by id."""

    def staff(self) -> list[Person]:
        """All whose role on the server is owner or moderator, by name."""

    def ignored(self, person: str) -> list[Person]:
        """Whom a person ignores, by name."""

    def invite(self, hash: bytes) -> Invite | None:
        """The invite with this code, used up or not."""

    def invites(self, room: str | None) -> list[Invite]:
        """The invites of a room, or (None) all, newest first; also those that cannot be used any more."""

    def invited(self, room: str, person: str) -> bool:
        """Whether a person was asked into a room and has not joined it since."""

    def restrictions(self) -> list[Restriction]:
        """All bans and mutes that were not ended, over or not, oldest first."""

    def audit(self, *, room: str | None, before: int | None, limit: int) -> tuple[list[Moderated], bool]:
        """Up to `limit` lines of the audit log before a number, newest first, and whether there are more."""

    def blanking(self) -> list[str]:
        """The ids of deleted accounts whose messages are to be deleted and still stand."""

    def messages_by(self, person: str, limit: int) -> list[tuple[str, int]]:
        """Room and number of up to `limit` messages of a person that are not deleted."""

    def naming(self, person: str, after: int, limit: int) -> tuple[list[tuple[str, int]], int | None]:
        """Facts other than messages that hold a name of a person: log and number, and after what to ask on, if need be.

        `after` is 0 at first; the audit log is left out.
        """

    def names_taken(self, names: Sequence[str]) -> dict[str, str]:
        """``name-taken`` or ``name-lookalike`` for each of some names that somebody kept has."""

    def name_keys(self, limit: int) -> list[tuple[str, str]]:
        """The fold and the skeleton of up to `limit` names that somebody kept has."""

    def room(self, id: str) -> RoomEntry | None:
        """A room by id."""

    def room_by_name(self, name: str) -> RoomEntry | None:
        """A public or private room by name, as names compare."""

    def direct_room(self, people: Sequence[str]) -> RoomEntry | None:
        """The direct room of exactly these person ids, in any order."""

    def public_rooms(self) -> list[RoomListing]:
        """All public rooms by name; `members` counts kept ones, `attached` and `member` are left at their defaults."""

    def rooms_of(self, person: str) -> list[RoomState]:
        """All rooms of a person, by id, complete, with unread, mentions and draft."""

    def members(self, room: str) -> list[Membership]:
        """All kept members of a room, by id."""

    def invitations(self, person: str) -> list[RoomListing]:
        """The rooms that a person was asked into and has not joined since, by name; without counts."""

    def masks(self, room: str) -> list[Mask]:
        """The masks of a room, the oldest first."""

    def unread(self, person: str, room: str) -> Unread | None:
        """What a person has unread in a room: others' messages after the mark that are not deleted. None: no member."""

    def message(self, room: str, number: int) -> Message | None:
        """A message in its present state, deleted ones included."""

    def history(
        self, room: str, *, before: int | None, after: int | None, around: int | None, limit: int, since: int
    ) -> tuple[list[Message], bool]:
        """Messages numbered `since` or later, oldest first: the last `limit` before a number, the first after it, or
        up to half before and the rest from it on (`around`), else the latest; and whether there are more in that
        direction (`around`: in either). Deleted ones are among them.
        """

    def number_at(self, log: str, at: int) -> int:
        """The number of the last fact of a log that was kept at a time (ms since 1970) or before it; 0 without one."""

    def versions(self, room: str, number: int) -> list[Version]:
        """Earlier texts of an edited message that is not deleted, oldest first."""

    def settings(self, person: str) -> dict[str, str]:
        """A person's settings."""

    def details(self, people: Sequence[str]) -> dict[str, dict[str, str]]:
        """What each of these people tells of themselves: their settings that begin with `DETAIL`, without that."""

    def forget_visitors(self) -> None:
        """At the start: drop the rooms that are not lasting, whose visitors are gone."""


class StoreRefused(Exception):
    """The store cannot be opened; the message is one sentence that says what to do."""
