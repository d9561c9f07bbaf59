"""Searching what was said."""

from typing import TYPE_CHECKING

from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import first_visible, me, person_of, room_of
from hobnob.chat.people import Here
from hobnob.protocol.codec import encode
from hobnob.protocol.commands import Search
from hobnob.protocol.errors import ChatError
from hobnob.protocol.records import Hit, parse_message_id
from hobnob.protocol.replies import Found
from hobnob.protocol.search import parse
from hobnob.stores.search.search import Question, Visit

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_HITS = 50
MOST_BYTES = 256 * 1024
"""Of the hits of one page."""


@handles(Search, limit=Limit.SEARCHING)
async def search(chat: "Chat", session: "Session", command: Search) -> Found:
    """The newest messages that match and that the asker may see."""
    query = parse(command.query)
    here = me(session)
    if command.room is not None and query.room is not None:
        raise ChatError("bad-search", "Name the room once: leave in: out when you search in one room.")
    name = command.room if command.room is not None else query.room
    room = (await room_of(chat, session, name))[0].id if name is not None else None
    before = None if command.before is None else parse_message_id(command.before)
    if command.before is not None and (before is None or before[1] > 2**53):
        raise ChatError("bad-number")
    question = Question(
        query,
        asker=here.person.id,
        visits=_visits(here),
        room=room,
        sender=None if query.sender is None else await _sender(chat, query.sender),
        before=before,
        limit=max(1, min(command.limit, MOST_HITS)),
        private=session.origin.confidential,
    )
    page = await chat.searching.search(question)
    hits = [hit for hit in page.hits if _may_see(chat, here, hit)]
    fitting = _fitting(hits)
    return Found(tuple(hits[:fitting]), page.more or fitting < len(hits), page.partial)


def _visits(here: Here) -> tuple[Visit, ...]:
    """The rooms of a visitor, whose memberships are not kept."""
    if here.person.kind != "visitor":
        return ()
    return tuple(
        Visit(room.id, first_visible(room, member))
        for room in here.rooms.values()
        if (member := room.members.get(here.person.id)) is not None
    )


async def _sender(chat: "Chat", name: str) -> str | None:
    """The id of the person who has this name now. Others may have had it, so that nobody has it is no mistake."""
    try:
        return (await person_of(chat, name)).id
    except ChatError as error:
        if error.code != "no-such-person":
            raise
        return None


def _may_see(chat: "Chat", here: Here, hit: Hit) -> bool:
    """Whether the asker may still read it, as far as its room is live (a visitor's is): the search took a while."""
    room = chat.rooms.get(hit.room)
    if room is None:
        return here.person.kind != "visitor"
    member = room.members.get(here.person.id)
    return member is not None and hit.number >= first_visible(room, member)


def _fitting(hits: list[Hit]) -> int:
    """How many hits, at least one, fit into a page."""
    size = 0
    for index, hit in enumerate(hits):
        size += len(encode(hit))
        if index and size > MOST_BYTES:
            return index
    return len(hits)
