"""Who somebody is, who is here, how the server is.

Everybody may be asked about by name. Which rooms they are in is told only of rooms that the asker may see, and from
where they come only to themselves and to the server's moderators.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hobnob.chat.confidential import may_hear
from hobnob.chat.handlers.details import load_details, told_details
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import me, person_of, visible_room
from hobnob.chat.people import Gone, Here
from hobnob.chat.room import Room
from hobnob.protocol.errors import ChatError
from hobnob.protocol.people_commands import ListGone, ListPeople, ReadPeople, ReadServer, Unwatch, Watch
from hobnob.protocol.records import Profile, Seat
from hobnob.protocol.replies import Done, People, Reply, Server
from hobnob.protocol.times import rfc3339
from hobnob.stores.store import Store

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_ASKED = 200
"""People in one question."""
MOST_LISTED = 1000
"""In one page."""
COUNTED_AT_ONCE = 200
"""Connections up to which those who are here are counted for everybody who asks."""
COUNTED_FOR = 1.0
"""Seconds for which such counts are told where there are more."""


@handles(ReadPeople, limit=Limit.READING_HISTORY)
async def read_people(chat: "Chat", session: "Session", command: ReadPeople) -> People:
    """What may be known of these people, in the order in which they are named."""
    if len(command.people) > MOST_ASKED:
        raise ChatError("too-many", f"Ask about at most {MOST_ASKED} people at once.")
    found: dict[str, Profile] = {}
    for ref in command.people:
        profile = await _find(chat, session, ref)
        if profile is not None:
            found.setdefault(profile.person.id, profile)
    return People(tuple(found.values()))


async def _find(chat: "Chat", session: "Session", ref: str) -> Profile | None:
    bare = ref.removeprefix("@")
    here = chat.people.get(bare) or chat.people.named(bare)
    if here is not None:
        await load_details(chat, [here])
        return profile_of(chat, session, here, [room for room in here.rooms.values() if _sees(session, room)])
    gone = next(iter(chat.people.gone(bare)), None)
    if gone is not None and gone.person.kind == "visitor":
        return Profile(gone.person, since=rfc3339(gone.at), details=gone.passing)
    try:
        person = await person_of(chat, ref)
    except ChatError:  # they are called otherwise now
        return None if gone is None else Profile(gone.person, since=rfc3339(gone.at))
    details = await chat.keeper.read(chat.store.details, (person.id,))
    since = rfc3339(gone.at) if gone is not None and gone.person.id == person.id else ""
    return Profile(person, since=since, details=details.get(person.id, {}))


@handles(ListGone, limit=Limit.READING_HISTORY)
async def list_gone(chat: "Chat", session: "Session", command: ListGone) -> People:
    """Who had a name not long ago, and what they told of themselves."""
    gone = chat.people.gone(command.name.removeprefix("@"))[: command.limit]
    told = await chat.keeper.read(_told_of, chat.store, gone) if gone else []
    return People(
        tuple(Profile(other.person, since=rfc3339(other.at), details=told[i]) for i, other in enumerate(gone))
    )


def _told_of(store: Store, gone: Sequence[Gone]) -> list[dict[str, str]]:
    """What they told: of visitors nothing is kept, and of who is gone for good nothing may be told any more."""
    return [other.passing if other.person.kind == "visitor" else _kept(store, other) for other in gone]


def _kept(store: Store, gone: Gone) -> dict[str, str]:
    person = store.person(gone.person.id)
    if person is None or person.kind == "deleted":
        return {}
    return {**gone.passing, **store.details((person.id,)).get(person.id, {})}


@handles(ListPeople, limit=Limit.READING_HISTORY)
async def list_people(chat: "Chat", session: "Session", command: ListPeople) -> People:
    """A page of those who are in rooms that one may see, by id."""
    if command.room is None:
        rooms = [
            room for room in me(session).rooms.values() if room.record.kind != "direct" and may_hear(session, room)
        ]
        shown = {who: [r for r in rooms if who in r.sessions] for room in rooms for who in room.sessions}
        shown.setdefault(me(session).person.id, rooms)
    else:
        room = await visible_room(chat, session, command.room)
        shown = {who: [room] for who in room.sessions}
    ids = sorted(who for who in shown if command.after is None or who > command.after)
    page = ids[: max(1, min(command.limit, MOST_LISTED))]
    present = [here for who in page if (here := chat.people.get(who)) is not None]
    await load_details(chat, present)
    profiles = [profile_of(chat, session, here, shown[here.person.id]) for here in present]
    return People(tuple(profiles), len(ids) > len(page))


def profile_of(chat: "Chat", session: "Session", here: Here, rooms: list[Room]) -> Profile:
    """Somebody who is here, with those of their rooms that may be told."""
    asker = me(session).person
    privy = asker.id == here.person.id or asker.role in ("owner", "moderator")
    addresses = dict.fromkeys(other.origin.address for other in here.sessions) if privy else {}
    return Profile(
        here.person,
        here.state,
        here.text,
        rfc3339(here.came_at),
        max(0, chat.clock() - here.spoke_at) // 1000,
        all(other.origin.confidential for other in here.sessions),
        tuple(_seat(room, here) for room in rooms),
        tuple(addresses),
        told_details(here),
    )


def _seat(room: Room, here: Here) -> Seat:
    member = room.members.get(here.person.id)
    return Seat(room.id, room.record.name, room.record.kind, member.role if member else "member")


def _sees(session: "Session", room: Room) -> bool:
    """Whether one may know who is in a room: it is public, or one hears it oneself."""
    return room.record.kind == "public" or (room.record.kind == "private" and room.id in session.rooms)


@handles(Watch, limit=Limit.NOTING)
async def watch(chat: "Chat", session: "Session", command: Watch) -> People:
    """Hear of names from now on."""
    chat.watching.watch(session, command.people)
    here = {found.person.id: found for name in command.people if (found := chat.people.named(name.removeprefix("@")))}
    await load_details(chat, here.values())
    return People(tuple(profile_of(chat, session, found, []) for found in here.values()))


@handles(Unwatch, limit=Limit.NOTING)
def unwatch(chat: "Chat", session: "Session", command: Unwatch) -> Reply:
    """Hear of names no more."""
    if command.people:
        chat.watching.unwatch(session, command.people)
    else:
        chat.watching.forget(session)
    return Done()


@handles(ReadServer, limit=Limit.READING_HISTORY)
def read_server(chat: "Chat", session: "Session", command: ReadServer) -> Reply:
    """How many are here, and since when the server is; as of a moment ago where counting takes its time.

    IRC clients are told so when they come, and thousands may come at once.
    """
    now = chat.loop.time()
    if chat.counted is not None and now < chat.counted[0] + COUNTED_FOR and len(chat.conversations) > COUNTED_AT_ONCE:
        return chat.counted[1]
    chat.counted = now, _server(chat)
    return chat.counted[1]


def _server(chat: "Chat") -> Server:
    strangers = sum(not conversation.introduced for conversation in chat.conversations)
    rooms = sum(bool(room.sessions) and room.record.kind == "public" for room in chat.rooms)
    return Server(
        chat.name, chat.version, rfc3339(chat.started_at), len(chat.people), chat.people.most,
        chat.people.moderators(), rooms, len(chat.conversations), strangers,
    )  # fmt: skip
