"""What people tell of themselves: a few short texts by key, which everybody may read.

Those of guests and accounts are kept as settings whose key begins with `DETAIL`, and read when somebody first asks.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, digest, me
from hobnob.chat.people import Here
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import DetailChanged, SettingChanged
from hobnob.protocol.people_commands import SetDetail
from hobnob.protocol.replies import Done, Reply
from hobnob.protocol.text import clean_line
from hobnob.stores.store import DETAIL, Item, SettingsBelow

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_DETAILS = 20
"""Of one person while they are here; what is kept counts as settings."""
MOST_SETTINGS = 200
MAX_VALUE = 400
_KEY = re.compile(r"[a-z0-9_./-]{1,64}")


@handles(SetDetail, limit=Limit.NOTING)
async def set_detail(chat: "Chat", session: "Session", command: SetDetail) -> Reply:
    """Tell something of oneself, or take it back."""
    here = me(session)
    ref = checked_ref(command.ref)
    value = None if command.value is None else clean_line(command.value[: MAX_VALUE + 1])
    if not _KEY.fullmatch(command.key) or (value is not None and len(value.encode(errors="replace")) > MAX_VALUE):
        raise ChatError("detail-invalid")
    await load_details(chat, [here])
    before = told_details(here).get(command.key)
    reply: Reply = Done()
    if command.keep and here.person.kind != "visitor":
        setting = SettingChanged(**by(here.person), key=DETAIL + command.key, value=value, ref=ref)
        limit = SettingsBelow(here.person.id, setting.key, MOST_SETTINGS)
        item = Item((setting,), (limit,) if value is not None else (), (), here.person.id, ref, digest(command))
        reply = await chat.tell(item, done, session)
    else:
        _note(here, command.key, value)
    after = told_details(here).get(command.key)
    if after != before:
        event = DetailChanged(**by(here.person), key=command.key, value=after)
        chat.attendance.tell_details(here, event, session)
    return reply


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
