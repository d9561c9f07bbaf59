"""Who may do what: the one place that decides, for every gateway.

Roles stand on the server and in each room; a speaker is one in a room alone. An owner or moderator of the server is at
least that in each of their rooms, but not in a direct one, whose people are equals. Nobody acts on who has the same
role or a higher one; only an owner may act on anybody. In a room, nobody acts on the server's owners and moderators who
may not on the server.

Asked before an event is made. The store asks again, inside the transaction, whether anybody lost a right since
(`RightsUnchanged`); it knows mutes and announcement rooms too (`may_write`).
"""

import enum
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from hobnob.chat.restrictions import in_words
from hobnob.chat.room import RoomMember
from hobnob.protocol.errors import ChatError
from hobnob.protocol.records import Person, Role

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.room import Room
    from hobnob.chat.session import Session


class Right(enum.Enum):
    """Something one may be allowed to do, in a room or on the server."""

    SPEAK = "write messages"
    REACT = "react to messages"
    ASIDE = "say something to a room's moderators alone"
    TOPIC = "set the topic"
    PIN = "pin messages"
    DESCRIBE = "set the details of a room"
    INVITE = "ask others in"
    CREATE_ROOM = "make rooms"
    DELETE_OTHERS = "delete others' messages"
    KICK = "take people out"
    BAN = "ban"
    MUTE = "mute"
    SET_ROLE = "give roles"
    PACE = "say who may write, and how often"
    READ_AUDIT = "read the audit log"
    CLOSE_DOORS = "let nobody new in"
    DISCONNECT = "end somebody's connections"
    ANNOUNCE = "tell everybody something"
    RELOAD = "have files read again"
    CHANGE_ROOM = "change the name of a room, and who sees it"
    RECOVER = "give an account a new password"


_GUEST: Final = frozenset({Right.SPEAK, Right.REACT, Right.ASIDE})
_MEMBER: Final = _GUEST | {Right.TOPIC, Right.PIN, Right.INVITE, Right.CREATE_ROOM}

ROLES: Final[dict[Role, frozenset[Right]]] = {
    "owner": frozenset(Right),
    "moderator": frozenset(Right) - {Right.CHANGE_ROOM, Right.RECOVER, Right.RELOAD},
    "speaker": _MEMBER,
    "member": _MEMBER,
    "guest": _GUEST,
}
RANKS: Final[dict[Role, int]] = {"guest": 0, "member": 1, "speaker": 2, "moderator": 3, "owner": 4}

STAFF: Final[frozenset[Role]] = frozenset({"owner", "moderator"})
WRITERS: Final[frozenset[Role]] = STAFF | {"speaker"}
"""Who may write where not everybody may."""
WRITING: Final = frozenset({Right.SPEAK, Right.REACT, Right.ASIDE, Right.TOPIC, Right.PIN, Right.INVITE})
"""What the muted may not do."""
FOR_ALL_TO_READ: Final = frozenset({Right.SPEAK, Right.TOPIC, Right.PIN})
"""What only moderators may do in a room where only they write; speakers may write."""


class Standing(NamedTuple):
    """What counts for somebody: their role where it is asked, and the one on the server."""

    role: Role
    server: Role

    def above(self, other: "Standing") -> bool:
        """Whether this one may act on the other."""
        return _above(self.role, other.role) and (other.server not in STAFF or _above(self.server, other.server))


def _above(one: Role, other: Role) -> bool:
    return one == "owner" or RANKS[one] > RANKS[other]


def may(role: Role, right: Right) -> bool:
    """Whether a role includes a right."""
    return right in ROLES[role]


def stands_outside(session: "Session", room: "Room") -> RoomMember | None:
    """The rights in a room of who runs the server, without being a member; nobody has any in others' direct rooms."""
    if session.person is None or not session.manner.operator or room.record.kind == "direct":
        return None
    return RoomMember(session.person.id, session.person.name, "owner", 0)


def on_server(person: Person) -> Standing:
    """What counts for a person on the server."""
    return Standing(person.role, person.role)


def in_room(room: "Room", person: Person, member: RoomMember | None) -> Standing:
    """What counts for a person in a room, of which they may be no member."""
    role: Role = "guest" if member is None else member.role
    if person.role in STAFF and room.record.kind != "direct" and RANKS[person.role] > RANKS[role]:
        role = person.role
    return Standing(role, person.role)


def demand(standing: Standing, right: Right) -> None:
    """Raise ``not-allowed`` unless somebody has a right."""
    if not may(standing.role, right):
        raise ChatError("not-allowed")


def demand_above(actor: Standing, target: Standing) -> None:
    """Raise ``not-allowed`` unless somebody may act on another."""
    if not actor.above(target):
        raise ChatError("not-allowed", "They have the same role as you or a higher one.")


def demand_unmuted(chat: "Chat", person: Person, standing: Standing, room: "Room | None" = None) -> None:
    """Raise ``muted`` where somebody may not write, in a room or anywhere.

    A visitor who is muted would come back as another person, so the mute is one of their address as well.
    """
    if not chat.restrictions.mutes:
        return
    addresses: Sequence[str] = ()
    if person.kind != "account" and standing.role not in STAFF and (here := chat.people.get(person.id)) is not None:
        addresses = [session.origin.address for session in here.sessions]
    where = "" if room is None else room.id
    if (mute := chat.restrictions.muted(person.id, where, addresses)) is not None:
        raise ChatError("muted", in_words(mute, "" if room is None else room.record.name))


def demand_in(chat: "Chat", person: Person, room: "Room", member: RoomMember, right: Right) -> Standing:
    """What counts for a member who is about to do something in a room.

    Raises:
        ChatError: ``not-allowed``, ``muted``, ``only-moderators``.
    """
    standing = in_room(room, person, member)
    demand(standing, right)
    if right in WRITING:
        demand_unmuted(chat, person, standing, room)
    if room.masks and right in WRITING and standing.role not in WRITERS and room.silences(person):
        raise ChatError("muted")
    if right is Right.TOPIC and room.record.topics == "moderators" and standing.role not in STAFF:
        raise ChatError("not-allowed", "Only moderators set the topic here.")
    exempt = WRITERS if right is Right.SPEAK else STAFF
    if right in FOR_ALL_TO_READ and room.record.posting == "moderators" and standing.role not in exempt:
        raise ChatError("only-moderators")
    return standing
