"""Drafts and settings of a person."""

from typing import TYPE_CHECKING

from hobnob.chat.handlers.messages import check_visible, done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, digest, lasting_me, room_of
from hobnob.protocol.commands import ChangeSetting, ListSettings, SetDraft
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import DraftChanged, SettingChanged
from hobnob.protocol.replies import Reply, Settings
from hobnob.protocol.text import MAX_TEXT, clean
from hobnob.stores.store import IsMember, Item, SettingsBelow

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MAX_KEY = 64
MAX_VALUE = 4096
MOST_SETTINGS = 200


@handles(SetDraft, limit=Limit.NOTING)
async def set_draft(chat: "Chat", session: "Session", command: SetDraft) -> Reply:
    """Keep what one has begun to write in a room."""
    person = lasting_me(session)
    ref = checked_ref(command.ref)
    room, member = await room_of(chat, session, command.room)
    text = clean(command.text[: MAX_TEXT + 1])
    if len(text.encode()) > MAX_TEXT:
        raise ChatError("text-too-long")
    if command.reply_to is not None:
        check_visible(room, member, command.reply_to)
    event = DraftChanged(**by(person), room=room.id, text=text, reply_to=command.reply_to if text else None, ref=ref)
    requires = (IsMember(room.id, person.id),)
    return await chat.tell(Item((event,), requires, (), person.id, ref, digest(command)), done, session)


@handles(ChangeSetting, limit=Limit.NOTING)
async def change_setting(chat: "Chat", session: "Session", command: ChangeSetting) -> Reply:
    """Keep or forget a setting of one's clients."""
    person = lasting_me(session)
    ref = checked_ref(command.ref)
    value = command.value
    if not 0 < len(command.key) <= MAX_KEY or not command.key.isprintable():
        raise ChatError("setting-invalid")
    if value is not None and len(value.encode(errors="replace")) > MAX_VALUE:
        raise ChatError("setting-invalid")
    event = SettingChanged(**by(person), key=command.key, value=value, ref=ref)
    requires = (SettingsBelow(person.id, command.key, MOST_SETTINGS),) if value is not None else ()
    return await chat.tell(Item((event,), requires, (), person.id, ref, digest(command)), done, session)


@handles(ListSettings, limit=Limit.READING_HISTORY)
async def list_settings(chat: "Chat", session: "Session", command: ListSettings) -> Settings:
    """All settings of one's clients."""
    return Settings(await chat.keeper.read(chat.store.settings, lasting_me(session).id))
