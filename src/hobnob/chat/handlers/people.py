"""People: names, presence, typing."""

from typing import TYPE_CHECKING

from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, digest, me, room_of
from hobnob.chat.people import Here
from hobnob.chat.reaching import check_reachable
from hobnob.chat.rights import Right, demand_in
from hobnob.protocol.commands import SetName, SetPresence, Typing
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import PersonRenamed, PresenceChanged, TypingChanged
from hobnob.protocol.names import person_name
from hobnob.protocol.replies import Done, Reply
from hobnob.protocol.text import clean_line
from hobnob.stores.store import Item, NameFree

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MAX_PRESENCE_TEXT = 300
TYPING_AGAIN = 2.0
"""Seconds after which one is told to be writing once more; clients say it every three."""
TYPING_ENDS = 6.0
"""Seconds after which it has ended by itself."""


@handles(SetName, limit=Limit.NAMING)
async def set_name(chat: "Chat", session: "Session", command: SetName) -> Reply:
    """Be called otherwise; the old name is free from then on."""
    here = me(session)
    person = here.person
    ref = checked_ref(command.ref)
    name = person_name(command.name)
    if name == person.name:
        return Done()
    chat.people.reserve(name, person.id)
    event = PersonRenamed(**by(person), name=name, ref=ref)
    try:
        if person.kind == "visitor":
            if (taken := await chat.keeper.name_taken(name)) is not None:
                raise ChatError(taken)
            chat.attendance.renamed(event, session)
            chat.bus.publish(event)
            return Done()
        requires = (NameFree(name, person.id),)
        return await chat.tell(Item((event,), requires, (), person.id, ref, digest(command)), done, session)
    finally:
        chat.people.settle(person.id, name)


@handles(SetPresence, limit=Limit.NAMING)
def set_presence(chat: "Chat", session: "Session", command: SetPresence) -> Reply:
    """Be online or away."""
    here = me(session)
    text = clean_line(command.text)[:MAX_PRESENCE_TEXT]
    if (here.state, here.text) != (command.state, text):
        before, here.state, here.text = here.state, command.state, text
        rooms = tuple(here.rooms.values())
        event = PresenceChanged(**by(here.person), state=command.state, text=text)
        chat.attendance.tell_presence(event, rooms, session)
        if chat.watching.watched(here.person.name):
            told = chat.attendance.neighbours(here.person.id, rooms)
            chat.watching.tell(here.person, before, here.state, text, told)
    return Done()


@handles(Typing, limit=Limit.NOTING)
async def typing(chat: "Chat", session: "Session", command: Typing) -> Reply:
    """Tell the room that one is writing."""
    here = me(session)
    room, member = await room_of(chat, session, command.room)
    demand_in(chat, here.person, room, member, Right.SPEAK)
    await check_reachable(chat, here.person, room)
    if is_news(here, room.id, command.on, chat.loop.time()):
        chat.tell_now(TypingChanged(room=room.id, **by(here.person), on=command.on), session)
    return Done()


def is_news(here: Here, room: str, on: bool, now: float) -> bool:
    """Whether others are told that somebody is writing, or no more: not again and again, as programs could."""
    typed = {other: told for other, told in (here.typed or {}).items() if now < told[0] + TYPING_ENDS}
    at, still = typed.get(room, (-TYPING_ENDS, False))
    news = now >= at + TYPING_AGAIN if on else still
    if not on and still:
        typed[room] = at, False
    elif on and news:
        typed[room] = now, True
    here.typed = typed or None
    return news
