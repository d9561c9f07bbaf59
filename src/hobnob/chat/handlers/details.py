"""What people tell of themselves, and moderators of a room: a few short texts by key, which everybody may read.

Those of guests and accounts are kept as settings whose key begins with `DETAIL`, and read when somebody first asks.
"""

import re
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING

from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, digest, me, room_of
from hobnob.chat.people import Here
from hobnob.chat.rights import Right, demand_in
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import DetailChanged, RoomDetailChanged, SettingChanged
from hobnob.protocol.moderation_commands import SetRoomDetail
from hobnob.protocol.people_commands import SetDetail
from hobnob.protocol.replies import Done, Reply
from hobnob.protocol.text import clean_line
from hobnob.stores.store import DETAIL, DetailsBelow, Item, SettingsBelow

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_DETAILS = 20
"""Of one room, and of one person while they are here; what is kept of people counts as settings."""
MOST_SETTINGS = 200
MAX_VALUE = 400
_KEY = re.compile(r"[a-z0-9_./-]{1,64}")


@handles(SetDetail, limit=Limit.SENDING)
def set_detail(chat: "Chat", session: "Session", command: SetDetail) -> "Reply | Awaitable[Reply]":
    """Tell something of oneself, or take it back. Of visitors nothing is kept, so nothing is waited for."""
    here = me(session)
    checked_ref(command.ref)
    value = _checked(command.key, command.value or "")
    if here.person.kind != "visitor":
        return _set_lasting(chat, session, command, None if command.value is None else value)
    before = told_details(here).get(command.key)
    _note(here, command.key, None if command.value is None else value)
    _tell(chat, session, here, command.key, before)
    return Done()


async def _set_lasting(chat: "Chat", session: "Session", command: SetDetail, value: str | None) -> Reply:
    here = me(session)
    await load_details(chat, [here])
    before = told_details(here).get(command.key)
    reply: Reply = Done()
    if command.keep:
        setting = SettingChanged(**by(here.person), key=DETAIL + command.key, value=value, ref=command.ref)
        limit = SettingsBelow(here.person.id, setting.key, MOST_SETTINGS)
        requires = (limit,) if value is not None else ()
        reply = await chat.tell(
            Item((setting,), requires, (), here.person.id, command.ref, digest(command)), done, session
        )
    else:
        _note(here, command.key, value)
    _tell(chat, session, here, command.key, before)
    return reply


@handles(SetRoomDetail, limit=Limit.SENDING)
async def set_room_detail(chat: "Chat", session: "Session", command: SetRoomDetail) -> Reply:
    """Say something of a room, or take it back."""
    ref = checked_ref(command.ref)
    value = None if command.value is None else _checked(command.key, command.value)
    room, member = await room_of(chat, session, command.room)
    if room.record.kind == "direct":
        raise ChatError("not-allowed")
    demand_in(chat, me(session).person, room, member, Right.DESCRIBE)
    details = room.record.details
    if details.get(command.key) == value:
        return Done()
    if value is not None and command.key not in details and len(details) >= MOST_DETAILS:
        raise ChatError("too-many", f"A room has at most {MOST_DETAILS} details. Take one back first.")
    event = RoomDetailChanged(room=room.id, **by(member), key=command.key, value=value, ref=ref)
    limit = (DetailsBelow(room.id, command.key, MOST_DETAILS),) if value is not None else ()
    item = Item((event,), (chat.unchanged(room), *limit), (), member.id, ref, digest(command))
    return await chat.tell(item, done, session)


def _tell(chat: "Chat", session: "Session", here: Here, key: str, before: str | None) -> None:
    after = told_details(here).get(key)
    if after != before:
        chat.attendance.tell_details(here, DetailChanged(**by(here.person), key=key, value=after), session)


def checked_details(details: dict[str, str]) -> dict[str, str]:
    """Details as they are told. Raises ``detail-invalid``, ``too-many``."""
    if len(details) > MOST_DETAILS:
        raise ChatError("too-many", f"At most {MOST_DETAILS} details can be told.")
    return {key: _checked(key, value) for key, value in details.items()}


def note_coming(here: Here, details: dict[str, str]) -> None:
    """Somebody comes and tells something of themselves; what they have told already stands."""
    here.passing = {**details, **(here.passing or {})}


def _checked(key: str, value: str) -> str:
    value = clean_line(value[: MAX_VALUE + 1])
    if not _KEY.fullmatch(key) or len(value.encode(errors="replace")) > MAX_VALUE:
        raise ChatError("detail-invalid")
    return value


def _note(here: Here, key: str, value: str | None) -> None:
    """Tell something as long as one is here."""
    passing = dict(here.passing or {})
    passing.pop(key, None)
    if value is not None:
        if len(passing) >= MOST_DETAILS:
            raise ChatError("too-many", f"At most {MOST_DETAILS} details can be told.")
        passing[key] = value
    here.passing = passing or None


def told_details(here: Here) -> dict[str, str]:
    """What somebody here tells of themselves, once that is loaded."""
    if here.passing is None:
        return here.details or {}
    return {**here.passing, **(here.details or {})}


async def load_details(chat: "Chat", people: Iterable[Here]) -> None:
    """Read what these people tell of themselves, where it was not read yet."""
    unread = {here.person.id: here for here in people if here.details is None and here.person.kind != "visitor"}
    if not unread:
        return
    found = await chat.keeper.read(chat.store.details, tuple(unread))
    for person, here in unread.items():
        if here.details is None:
            here.details = found.get(person, {})
