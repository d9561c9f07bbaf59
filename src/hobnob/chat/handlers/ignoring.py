"""From whom one wants to hear: the list of those whom one ignores, and who may write directly."""

from typing import TYPE_CHECKING

from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, lasting_me, person_of
from hobnob.protocol.account_commands import Ignore, ListIgnored, SetDirects, Unignore
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import DirectsChanged, PersonIgnored, PersonUnignored
from hobnob.protocol.replies import Done, Ignored, Reply
from hobnob.stores.store import Item

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_IGNORED = 1000
"""By one person."""


@handles(Ignore, limit=Limit.NOTING)
async def ignore(chat: "Chat", session: "Session", command: Ignore) -> Reply:
    """Hear no more of somebody. They are not told."""
    person = lasting_me(session)
    other = await person_of(chat, command.person)
    if other.id == person.id:
        raise ChatError("not-allowed", "You cannot ignore yourself.")
    ignored = await chat.keeper.read(chat.store.ignored, person.id)
    if any(each.id == other.id for each in ignored):
        return Done()
    if len(ignored) >= MOST_IGNORED:
        raise ChatError("too-many", f"You ignore {MOST_IGNORED} people already. Unignore somebody first.")
    event = PersonIgnored(**by(person), person=other.id, person_name=other.name)
    return await chat.tell(Item((event,), by=person.id), done, session)


@handles(Unignore, limit=Limit.NOTING)
async def unignore(chat: "Chat", session: "Session", command: Unignore) -> Reply:
    """Hear of somebody again."""
    person = lasting_me(session)
    other = await person_of(chat, command.person)
    event = PersonUnignored(**by(person), person=other.id)
    return await chat.tell(Item((event,), by=person.id), done, session)


@handles(ListIgnored, limit=Limit.READING_HISTORY)
async def list_ignored(chat: "Chat", session: "Session", command: ListIgnored) -> Ignored:
    """Whom one ignores, and from whom one takes direct messages."""
    person = lasting_me(session)
    ignored = await chat.keeper.read(chat.store.ignored, person.id)
    account = await chat.keeper.read(chat.store.account, person.id)
    return Ignored(tuple(ignored), "all" if account is None else account.directs)


@handles(SetDirects, limit=Limit.NOTING)
async def set_directs(chat: "Chat", session: "Session", command: SetDirects) -> Reply:
    """Say from whom one takes direct messages."""
    person = lasting_me(session)
    return await chat.tell(Item((DirectsChanged(**by(person), allow=command.allow),), by=person.id), done, session)
