"""Coming in: who one is, where one is, what one has missed."""

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.log import Log
from hobnob.chat.lookup import by, first_visible, me
from hobnob.chat.people import Here
from hobnob.chat.room import Room
from hobnob.chat.states import fresh_state
from hobnob.gateways.gateway import Attach
from hobnob.protocol.codec import encode
from hobnob.protocol.commands import Hello
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Fact, Gap, MemberJoined, RoomGained
from hobnob.protocol.ids import HOUSE, new_person_id, new_token, token_hash
from hobnob.protocol.names import guest_name, person_name
from hobnob.protocol.records import Person, RoomState
from hobnob.protocol.replies import Welcome
from hobnob.stores.store import AddPerson, AddToken, Item, NameFree

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_MISSED = 1000
"""Facts of one log that are told again; who missed more reads pages."""
MOST_MISSED_BYTES = 1024 * 1024
"""Of the facts of all logs that are told again; a log that does not fit any more is read by pages."""
MOST_NAMED_LOGS = 10_000
NAME_TRIES = 100
UNNAMED = "Client"
"""A program that says this name speaks for somebody who gave none: a visitor, numbered where there are several."""


@handles(Hello, before_hello=True, limit=Limit.NAMING)
async def hello(chat: "Chat", session: "Session", command: Hello) -> Welcome:
    """Identify, attach, and say what was missed. The live stream is held back until that is told."""
    if session.here is not None:
        raise ChatError("already-here")
    if len(command.rooms) > MOST_NAMED_LOGS:
        raise ChatError("too-many")
    person, token = await _identify(chat, session, command)
    try:
        if person.kind == "visitor":
            return await _visit(chat, session, person)
        found = _begun(chat, person) if token else await _look_up(chat, person)
        return await _arrive(chat, session, person, token, command, found)
    except Exception:
        chat.attendance.withdraw(session)
        raise
    finally:
        if (here := chat.people.get(person.id)) is None:
            chat.people.release(person.name, person.id)
        else:  # they may have been renamed since
            chat.people.restore(here, person.name)


async def _identify(chat: "Chat", session: "Session", command: Hello) -> tuple[Person, str | None]:
    """The person, whose name is reserved from here on; and the token of a new guest."""
    manner = session.manner
    if command.token is not None:
        person = await chat.keeper.read(chat.store.person_by_token, token_hash(command.token))
        if person is None:
            raise ChatError("token-unknown")
        chat.people.reserve(person.name, person.id)
        return person, None
    new_id = new_person_id()
    if manner.keeps and command.name == UNNAMED:
        return Person(new_id, await _free_name(chat, None, UNNAMED, new_id), "visitor"), None
    if manner.keeps and command.name and command.name.strip():
        name = person_name(command.name)
        chat.people.reserve(name, new_id)  # that no absent one has it is a condition of the keeping
    else:
        name = await _free_name(chat, command.name, manner.unnamed, new_id)
    if not manner.keeps:
        return Person(new_id, name, "visitor", "owner" if manner.operator else "member"), None
    person, token = Person(new_id, name, "guest"), new_token()
    try:
        await _begin(chat, person, token)
    except ChatError:
        chat.people.release(name, new_id)
        raise
    return person, token


async def _free_name(chat: "Chat", wanted: str | None, unnamed: str | None, id: str) -> str:
    """Reserve the wanted name, or one that is made up.

    Raises:
        ChatError: the wanted one is taken.
    """
    if wanted is not None and wanted.strip():
        await _reserve(chat, person_name(wanted), id)
        return person_name(wanted)
    for attempt in range(1, NAME_TRIES):
        name = guest_name() if unnamed is None else unnamed if attempt == 1 else f"{unnamed}-{attempt}"
        try:
            await _reserve(chat, name, id)
        except ChatError:
            continue
        return name
    raise ChatError("try-again")


async def _reserve(chat: "Chat", name: str, id: str) -> None:
    chat.people.reserve(name, id)
    taken = await chat.keeper.read(chat.store.name_taken, name)
    if taken is not None:
        chat.people.release(name, id)
        raise ChatError(taken)


async def _begin(chat: "Chat", person: Person, token: str) -> None:
    """Keep a new guest, a member of the lobby."""
    lobby = chat.lobby.record
    joined = MemberJoined(room=lobby.id, person=person.id, person_name=person.name, **by(person))
    gained = RoomGained(room=lobby.id, name=lobby.name, kind=lobby.kind, **by(person))
    writes = (AddPerson(person), AddToken(token_hash(token), person.id))
    await chat.tell(Item((joined, gained), (NameFree(person.name),), writes, person.id), done)


def _enter(chat: "Chat", session: "Session", person: Person) -> Here:
    """The person is here, with this session as one of theirs; what happens from now on is held back."""
    if session.closed:
        raise ChatError("stopping")
    here = chat.people.get(person.id)
    if here is None:
        here = Here(person)
        chat.people.enter(here)
    here.sessions[session] = None
    session.here = here
    session.outbox.hold()
    return here


async def _visit(chat: "Chat", session: "Session", person: Person) -> Welcome:
    here = _enter(chat, session, person)
    states: tuple[RoomState, ...] = ()
    if session.manner.attach is not Attach.NOTHING:
        lobby = chat.lobby
        joined = MemberJoined(room=lobby.id, **by(person), person=person.id, person_name=person.name, role=person.role)
        chat.tell_now(joined, session)
        states = (fresh_state(person, lobby),)
    return Welcome(here.person, chat.store.epoch, chat.name, chat.version, rooms=states)


class _Found(NamedTuple):
    """A guest's rooms, as read at one moment, and the heads of the guest's own log and of the house's."""

    states: list[RoomState]
    rooms: list[Room]
    me: int
    house: int


def _begun(chat: "Chat", person: Person) -> _Found:
    """What there is of a guest who was kept just now."""
    return _Found([fresh_state(person, chat.lobby)], [chat.lobby], 1, chat.house_log.head)


async def _look_up(chat: "Chat", person: Person) -> _Found:
    """What there is of a guest who comes back."""
    states = await chat.keeper.read(chat.store.rooms_of, person.id)
    rooms = [room for state in states if (room := await chat.rooms.open(state.id)) is not None]
    heads = await chat.keeper.read(chat.store.heads, (person.id, HOUSE))
    # What the store has told already must not be told again by the live stream.
    await chat.logs.reach(heads)
    await chat.logs.reach({state.id: state.head for state in states})
    return _Found(states, rooms, heads[person.id], heads[HOUSE])


async def _arrive(
    chat: "Chat", session: "Session", person: Person, token: str | None, command: Hello, found: _Found
) -> Welcome:
    """Attach a guest to all their rooms. Heads, counts and unread are as of the reading; what came after is told."""
    here = _enter(chat, session, person)
    mine = here.log
    if mine is None:
        mine = here.log = chat.logs.begin(person.id, found.me, partial(chat.mine_applied, here))
        if token is None:
            chat.logs.fill_soon(mine)
    if session.manner.facts:
        session.hear(chat.house)
    for room in found.rooms:
        if person.id in room.members:
            chat.attendance.attach(session, room)
    missed = await _missed(chat, session, command, found, mine)
    return Welcome(
        here.person, chat.store.epoch, chat.name, chat.version, found.me, found.house,
        tuple(found.states), token, missed=missed,
    )  # fmt: skip


async def _missed(chat: "Chat", session: "Session", command: Hello, found: _Found, mine: Log) -> tuple[Fact | Gap, ...]:
    """The facts between what the client knows and the live stream, log by log."""
    if not session.manner.facts:
        return ()
    known = command if command.epoch == chat.store.epoch else Hello()
    house = chat.house_log
    since = {house: (known.house, found.house, 0), mine: (known.me, found.me, 0)}
    first = {state.id: state for state in found.states}
    for room in found.rooms:
        if (member := room.members.get(me(session).person.id)) is not None:
            visible = first_visible(room, member) - 1
            since[room.log] = (known.rooms.get(room.id), first[room.id].head, visible)
    ends = {log: log.head for log in since}
    missed: list[Fact | Gap] = []
    bytes_left = MOST_MISSED_BYTES
    for log, (named, read, visible) in since.items():
        number = max(visible, read if named is None or named > ends[log] else named)
        if number >= ends[log]:
            continue
        facts: list[Fact] = []
        if bytes_left and ends[log] - number <= MOST_MISSED:
            facts, _ = await chat.keeper.read(chat.store.events_since, log.id, number, ends[log] - number)
            bytes_left = max(0, bytes_left - sum(len(encode(fact)) for fact in facts))
        if facts and bytes_left:
            missed += facts
        else:
            is_room = log is not house and log is not mine
            name = "house" if log is house else "me"
            missed.append(Gap(ends[log], room=log.id) if is_room else Gap(ends[log], log=name))
    return tuple(missed)
