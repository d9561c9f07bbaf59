"""How the events of a room are said in lines of text, once for all who read alike.

A message is `ada: hello`, everything else begins with `*`; a room other than the reader's present one is named before
it. Whatever others wrote goes through `for_terminal`, and further lines of it are marked, so no line can be forged.
"""

import zlib
from functools import singledispatch
from typing import ClassVar, Final

import msgspec

from hobnob.protocol.durations import say_duration
from hobnob.protocol.events import (
    Announced,
    AsideSent,
    Event,
    InvitedToRoom,
    MemberAttached,
    MemberBanned,
    MemberLeft,
    MemberMuted,
    MemberUnbanned,
    MemberUnmuted,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessageSent,
    Moderated,
    PersonInvited,
    PersonRenamed,
    PresenceChanged,
    ReactionAdded,
    RoleChanged,
    RoomChanged,
    ServerRoleChanged,
    TopicChanged,
)
from hobnob.protocol.records import HistoryRule, MessageKind, Posting, Role, Room, RoomKind
from hobnob.protocol.text import clean_line, continuation, for_terminal

CONTINUED = "    | "
"""Stands before every line of a message but its first."""

ROLES: Final[dict[Role, str]] = {
    "owner": "an owner", "moderator": "a moderator", "speaker": "a speaker", "member": "a member", "guest": "a guest",
}  # fmt: skip

_WORDS = MessageSent | MessageEdited | MessageDeleted | ReactionAdded | AsideSent
_SHORT = 200
_NAMES_SHOWN = 3
_COLOURS = (31, 32, 33, 34, 35, 36, 91, 92, 94, 95, 96)


def shown(text: str) -> str:
    """Others' words as they may stand in a terminal, still with their line ends."""
    return for_terminal(text).replace("\t", "    ")


def shortened(text: str) -> str:
    """Others' words in one short line."""
    if len(text) > _SHORT:
        text = text[:_SHORT] + "…"
    return shown(clean_line(text))


def spoken(by: str, kind: MessageKind, text: str) -> str:
    """A message with its speaker, its further lines marked."""
    text = "\n".join(continuation(shown(text), CONTINUED))
    if kind == "action":
        return f"* {by} {text}"
    return f"-{by}- {text}" if kind == "notice" else f"{by}: {text}"


class LinesWire(msgspec.Struct, frozen=True):
    """What a person at a terminal is shown.

    `here` is the id of the room they speak in, `colour` shows names in colours, `crlf` ends lines with CR LF, `ignored`
    are the ids of those whose words they do not want to read.
    """

    here: str = ""
    colour: bool = False
    crlf: bool = False
    ignored: frozenset[str] = frozenset()
    echo: ClassVar[bool] = False
    crowds: ClassVar[bool] = False
    clock: ClassVar[str] = ", times in UTC"
    """Which times are shown, said with each day."""

    def encode(self, event: Event, room: Room | None) -> bytes:
        if event.by in self.ignored and isinstance(event, _WORDS):
            return b""
        by = self.name(event.by, event.by_name)
        mark = ""
        if room is not None and room.kind == "direct":
            if isinstance(event, MemberAttached):
                return b""
            by += f" -> {_others(room, event.by)}"
        elif room is not None and room.id != self.here:
            mark = f"#{shown(room.name)} "
        line = told(event, by)
        return self.block(mark + line) if line else b""

    def name(self, person: str, name: str) -> str:
        """Somebody's name, by their id always in the same colour."""
        if not self.colour:
            return shown(name)
        colour = _COLOURS[zlib.crc32(person.encode()) % len(_COLOURS)]
        return f"\x1b[{colour}m{shown(name)}\x1b[0m"

    def moment(self, at: str) -> str:
        """A time of the protocol by the reader's clock, as ``2026-11-22 09:01``."""
        return minute(at)

    def mark(self, text: str) -> str:
        """Words that a search found."""
        return f"\x1b[1;4m{text}\x1b[22;24m" if self.colour else f"*{text}*"

    def block(self, *lines: str) -> bytes:
        """Lines as bytes, each with its end."""
        text = "".join(f"{line}\n" for line in lines)
        return (text.replace("\n", "\r\n") if self.crlf else text).encode()

    def gap(self, room: Room | None, head: int) -> bytes | None:
        return None

    def farewell(self, reason: str, code: str) -> bytes:
        return self.block(f"* {shortened(reason)}") if reason else b""


@singledispatch
def told(event: Event, by: str) -> str:
    """An event in a line (a message in one or more); empty when it is not worth one."""
    return ""


@told.register
def _sent(event: MessageSent, by: str) -> str:
    return "" if event.deleted else spoken(by, event.kind, event.text)


@told.register
def _aside(event: AsideSent, by: str) -> str:
    return f"(to {event.to}s alone) {spoken(by, event.kind, event.text)}" if event.text else ""


@told.register
def _edited(event: MessageEdited, by: str) -> str:
    return f"* {by} edited: {shortened(event.text)}" if event.text else ""


@told.register
def _deleted(event: MessageDeleted, by: str) -> str:
    return f"* {by} deleted a message" if event.by else ""  # of a deleted account, one after the other


@told.register
def _reacted(event: ReactionAdded, by: str) -> str:
    return f"* {by} reacted {shortened(event.emoji)} to #{event.of}"


@told.register
def _pinned(event: MessagePinned, by: str) -> str:
    return f"* {by} pinned #{event.of}"


@told.register
def _topic(event: TopicChanged, by: str) -> str:
    return f"* {by} set the topic: {shown(event.topic)}" if event.topic else f"* {by} removed the topic"


@told.register
def _attached(event: MemberAttached, by: str) -> str:
    return f"* {by} joined"


@told.register
def _left(event: MemberLeft, by: str) -> str:
    if event.by != event.person:
        return f"* {by} removed {shown(event.person_name)}{because(event.reason)}"
    return f"* {by} left{because(event.reason)}"


@told.register
def _presence(event: PresenceChanged, by: str) -> str:
    if event.state == "offline":
        return f"* {by} left{because(event.text)}"
    # Who comes is online too and is told of as joining, so a return from away stays unsaid.
    if event.state == "away":
        return f"* {by} is away{because(event.text)}"
    return ""


@told.register
def _announced(event: Announced, by: str) -> str:
    return f"* {by} tells everybody: {shown(event.text)}"


@told.register
def _renamed(event: PersonRenamed, by: str) -> str:
    return f"* {by} is now called {shown(event.name)}"


@told.register
def _invited(event: PersonInvited, by: str) -> str:
    return f"* {by} invited {shortened(event.person_name)}"


@told.register
def _asked_in(event: InvitedToRoom, by: str) -> str:
    name = shortened(event.name)
    return f"* {shortened(event.inviter_name)} invites you to #{name}. /join {name} goes there."


@told.register
def _role(event: RoleChanged, by: str) -> str:
    return f"* {by} made {shortened(event.person_name)} {ROLES[event.role]} of the room"


@told.register
def _role_on_the_server(event: ServerRoleChanged, by: str) -> str:
    return f"* {by} made {shortened(event.person_name)} {ROLES[event.role]} of the server"


@told.register
def _banned(event: MemberBanned, by: str) -> str:
    return f"* {by} banned {shortened(event.person_name)} from the room, {until(event.until)}{because(event.reason)}"


@told.register
def _unbanned(event: MemberUnbanned, by: str) -> str:
    return f"* {by} ended the ban of {shortened(event.person_name)}"


@told.register
def _muted(event: MemberMuted, by: str) -> str:
    return f"* {by} muted {shortened(event.person_name)}, {until(event.until)}{because(event.reason)}"


@told.register
def _unmuted(event: MemberUnmuted, by: str) -> str:
    return f"* {by} let {shortened(event.person_name)} write again"


@told.register
def _moderated(event: Moderated, by: str) -> str:
    """What a moderator is told besides what happens in their rooms."""
    if event.action == "report":
        where = f" in #{shortened(event.room_name)}" if event.room_name else ""
        return f"* {by} reports message {event.of} of {shortened(event.person_name)}{where}{because(event.reason)}"
    if event.action == "doors":
        return f"* {by} closed the doors {until(event.until)}" if event.until else f"* {by} opened the doors"
    return ""


@told.register
def _changed(event: RoomChanged, by: str) -> str:
    is_now = room_is(event.kind, event.history, event.posting, event.slow)
    return f"* {by} changed the room to #{shortened(event.name)}: {is_now}"


def room_is(kind: RoomKind, history: HistoryRule, posting: Posting, slow: int) -> str:
    """The settings of a room, in words."""
    parts = [kind, "all write" if posting == "all" else "only moderators write"]
    if slow:
        parts.append(f"{say_duration(slow)} between two messages")
    parts.append("newcomers see all of its past" if history == "all" else "newcomers see it from their coming")
    return ", ".join(parts)


def minute(at: str) -> str:
    """A time of the protocol, to the minute."""
    return f"{at[:10]} {at[11:16]}"


def until(at: str | None) -> str:
    """When something ends."""
    return f"until {minute(at)} UTC" if at else "for ever"


def because(reason: str) -> str:
    """A reason in brackets; nothing where there is none."""
    return f" ({shortened(reason)})" if reason else ""


def _others(room: Room, by: str) -> str:
    names = [shown(person.name) for person in room.people if person.id != by]
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
