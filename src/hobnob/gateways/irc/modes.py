"""Modes of channels: the table of letters, and how a MODE is read (RFC 2812 section 3.2.3, CHANMODES of ISUPPORT).

q o v  the roles owner, moderator, speaker      b e I    masks: kept out, let in all the same, let in unasked
i s    the room is private, both or none        k l      its key; how many may be in it
m t    not all write; moderators set the topic   S        seconds between two messages of one member
n      always: nobody writes from outside
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from hobnob.protocol.events import (
    MaskChanged,
    MemberBanned,
    MemberMuted,
    MemberUnbanned,
    MemberUnmuted,
    RoleChanged,
    RoomChanged,
    RoomEvent,
)
from hobnob.protocol.masks import ACCOUNT, host
from hobnob.protocol.records import Mask, MaskKind, Role, Room

ROLES: Final[dict[str, Role]] = {"q": "owner", "o": "moderator", "v": "speaker"}
"""The highest first."""
LETTERS: Final[dict[Role, str]] = {"owner": "q", "moderator": "o", "speaker": "v", "member": "", "guest": ""}
PREFIXES: Final[dict[Role, str]] = {"owner": "~", "moderator": "@", "speaker": "+", "member": "", "guest": ""}
LISTS: Final[dict[str, MaskKind]] = {"b": "ban", "e": "exception", "I": "invite"}
KEYS: Final = "k"
NUMBERS: Final = "lS"
FLAGS: Final = "imnst"

CHANMODES: Final = f"{''.join(LISTS)},{KEYS},{NUMBERS},{FLAGS}"
MOST_CHANGES: Final = 12
"""Changes that one MODE may ask for; further ones are left out."""

MUTED: Final = "~m:"
BY_ACCOUNT: Final = "~a:"


class Change(msgspec.Struct, frozen=True):
    """One letter with its sign, and the parameter that belongs to it."""

    on: bool
    letter: str
    param: str | None = None


def read(text: str, params: Sequence[str]) -> Iterator[Change]:
    """The changes of a MODE, in order; a parameter that is missing is None."""
    rest = list(params)
    on = True
    for letter in text:
        if letter in "+-":
            on = letter == "+"
            continue
        wants = letter in ROLES or letter in LISTS or letter in KEYS or (letter in NUMBERS and on)
        yield Change(on, letter, rest.pop(0) if wants and rest else None)


def written(changes: Sequence[Change]) -> tuple[str, ...]:
    """Changes as the parameters of a MODE, signs only where they change."""
    text, sign = "", ""
    for change in changes:
        now = "+" if change.on else "-"
        text += (now if now != sign else "") + change.letter
        sign = now
    return (text, *(change.param for change in changes if change.param is not None))


def modes_of(room: Room) -> list[Change]:
    """What is set in a room."""
    found = [Change(True, letter) for letter in FLAGS if _flag(room, letter)]
    if room.key:
        found.append(Change(True, "k", room.key))
    if room.limit:
        found.append(Change(True, "l", str(room.limit)))
    if room.slow:
        found.append(Change(True, "S", str(room.slow)))
    return found


def _flag(room: Room, letter: str) -> bool:
    match letter:
        case "n":
            return True
        case "i" | "s":
            return room.kind == "private"
        case "m":
            return room.posting == "moderators"
        case "t":
            return room.topics == "moderators"
    return False


def role_changes(before: Role, after: Role, nick: str) -> list[Change]:
    """What a new role is in letters."""
    taken, given = LETTERS[before], LETTERS[after]
    if taken == given:
        return []
    return [Change(on, letter, nick) for on, letter in ((True, given), (False, taken)) if letter]


def listed(mask: Mask) -> str:
    """A mask as IRC shows it."""
    return as_extended(mask.kind, mask.mask)


def as_extended(kind: MaskKind, mask: str) -> str:
    """A mask of the chat with the signs of EXTBAN."""
    if mask.startswith(ACCOUNT):
        mask = BY_ACCOUNT + mask.removeprefix(ACCOUNT)
    return MUTED + mask if kind == "mute" else mask


def letter_of(kind: MaskKind) -> str:
    """In which list masks of a kind stand."""
    return {"ban": "b", "mute": "b", "exception": "e", "invite": "I"}[kind]


def parse_mask(letter: str, text: str) -> tuple[MaskKind, str]:
    """The kind and the mask that somebody wrote."""
    kind = LISTS[letter]
    if letter == "b" and text.startswith(MUTED):
        kind, text = "mute", text.removeprefix(MUTED)
    if text.startswith(BY_ACCOUNT):
        text = ACCOUNT + text.removeprefix(BY_ACCOUNT)
    return kind, text


def changes_of(event: RoomEvent) -> list[Change]:
    """What an event is in letters."""
    match event:
        case RoleChanged():
            return role_changes(event.before, event.role, event.person_name)
        case MaskChanged():
            return [Change(event.on, letter_of(event.kind), as_extended(event.kind, event.mask))]
        case MemberBanned() | MemberUnbanned():
            return [Change(isinstance(event, MemberBanned), "b", f"*!*@{host(event.person)}")]
        case MemberMuted() | MemberUnmuted():
            return [Change(isinstance(event, MemberMuted), "b", f"{MUTED}*!*@{host(event.person)}")]
        case RoomChanged():
            return list(_field_changes(event))
    return []


def _field_changes(event: RoomChanged) -> Iterator[Change]:
    for field in event.changed:
        match field:
            case "kind":
                yield from (Change(event.kind == "private", letter) for letter in "is")
            case "posting":
                yield Change(event.posting == "moderators", "m")
            case "topics":
                yield Change(event.topics == "moderators", "t")
            case "key":
                yield Change(bool(event.key), "k", event.key or "*")
            case "limit":
                yield Change(event.limit > 0, "l", str(event.limit) if event.limit else None)
            case "slow":
                yield Change(event.slow > 0, "S", str(event.slow) if event.slow else None)
