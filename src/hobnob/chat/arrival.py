"""Arriving: who is known by now is here, hears their rooms, and is told what they missed, without gap or repeat.

The live stream is held back from the moment of the entering until the welcome and what was missed are told.
"""

from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, NamedTuple

import structlog
from msgspec.structs import replace

from hobnob.chat.confidential import shown, tellable
from hobnob.chat.log import Log
from hobnob.chat.lookup import by, first_visible, me
from hobnob.chat.people import Here
from hobnob.chat.room import Room
from hobnob.chat.states import fresh_state
from hobnob.gateways.gateway import Attach
from hobnob.protocol.codec import encode
from hobnob.protocol.commands import Hello
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Fact, Gap, MemberJoined
from hobnob.protocol.ids import HOUSE
from hobnob.protocol.records import Person, Role, RoomState
from hobnob.protocol.replies import Welcome
from hobnob.stores.store import Store

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

_log = structlog.get_logger()

MOST_MISSED = 1000
"""Facts of one log that are told again; who missed more reads pages."""
MOST_MISSED_BYTES = 1024 * 1024
"""Of the facts of all logs that are told again; a log that does not fit any more is read by pages."""

_HEARD = {Attach.NOTHING: 0, Attach.LOBBY: 1, Attach.ALL: None}
"""How many of their rooms, the lobby first, somebody hears from the start, beside the direct ones."""


class Came(NamedTuple):
    """Who comes in, under a name that is reserved for them.

    `token` is one that they have to be told, `device` the id of the one that they came by. `rooms`: those of somebody
    who was kept just now, with a fact of their own log for each; of a visitor the one of an invite, with `role` there.
    `stands` reads from the store whether what they are known by still counts. `rights`: as of which version of the
    rights on the server `person` was read.
    """

    person: Person
    token: str | None = None
    device: str = ""
    rooms: tuple[Room, ...] = ()
    role: Role = "member"
    stands: Callable[[Store], bool] | None = None
    rights: int = -1


async def arrive(chat: "Chat", session: "Session", came: Came, command: Hello) -> Welcome:
    """Let somebody in; where that fails, the session is nobody's again."""
    person = came.person
    try:
        if person.kind == "visitor":
            return _visit(chat, session, came)
        found = _begun(chat, came) if came.rooms else await _look_up(chat, session, came)
        welcome = await _attend(chat, session, came, command, found)
        # From the entering on, a device that is revoked ends this session. What was revoked before shows here.
        if came.stands is not None and not await chat.keeper.read(came.stands, chat.store):
            raise ChatError("token-unknown")
        return _without_lost_rooms(chat, welcome)
    except Exception:
        chat.attendance.withdraw(session)
        raise
    finally:
        chat.people.settle(person.id, person.name)


async def become(chat: "Chat", session: "Session", came: Came) -> Welcome:
    """Let somebody who is here be an account. Who may not come in as that stays who they are."""
    person = came.person
    try:
        if not session.manner.operator:
            chat.restrictions.admit(person, session.origin.address)
        if person.id == me(session).person.id:
            return await _stay(chat, session, came)
        chat.attendance.withdraw(session)
        return await arrive(chat, session, came, Hello())
    finally:
        chat.people.settle(person.id, person.name)


async def _stay(chat: "Chat", session: "Session", came: Came) -> Welcome:
    """Go on as oneself, by the device that one came by now; one's rooms and all others notice nothing."""
    found = await _look_up(chat, session, came)
    before, session.device = session.device, came.device
    if came.stands is not None and not await chat.keeper.read(came.stands, chat.store):
        session.device = before
        raise ChatError("token-unknown")
    return _without_lost_rooms(chat, _welcome(chat, me(session), found, came.token))


def _without_lost_rooms(chat: "Chat", welcome: Welcome) -> Welcome:
    """A welcome without the rooms of which the person is no member any more since it was read."""
    person = welcome.you.id
    live = (chat.rooms.get(state.id) for state in welcome.rooms)
    lost = {room.id for room in live if room is not None and person not in room.members}
    if not lost:
        return welcome
    return replace(
        welcome,
        rooms=tuple(state for state in welcome.rooms if state.id not in lost),
        missed=tuple(each for each in welcome.missed if (each.room if isinstance(each, Gap) else each.log) not in lost),
    )


def _enter(chat: "Chat", session: "Session", person: Person, device: str) -> Here:
    """The person is here, with this session as one of theirs; what happens from now on is held back."""
    if session.closed:
        raise ChatError("stopping")
    if not session.manner.operator:
        chat.restrictions.admit(person, session.origin.address)
    here = chat.people.get(person.id)
    if here is None:
        here = Here(person)
        chat.people.enter(here)
    here.sessions += (session,)
    session.here = here
    session.device = device
    session.outbox.hold()
    _log.info(
        "client came",
        client=session.number, person=person.id, gateway=session.manner.gateway, address=session.origin.address,
    )  # fmt: skip
    return here


def _visit(chat: "Chat", session: "Session", came: Came) -> Welcome:
    person = came.person
    here = _enter(chat, session, person, "")
    roles: dict[Room, Role] = {}
    if session.manner.attach is not Attach.NOTHING:
        roles[chat.lobby] = "owner" if session.manner.operator else first_role(person)
    roles |= dict.fromkeys(came.rooms, came.role)
    for room, role in roles.items():
        joined = MemberJoined(room=room.id, **by(person), person=person.id, person_name=person.name, role=role)
        chat.tell_now(joined, session)
    states = tuple(fresh_state(person, room) for room in roles)
    return Welcome(here.person, chat.store.epoch, chat.name, chat.version, rooms=states)


def first_role(person: Person) -> Role:
    """With what role somebody comes into a room that is open to them."""
    return "guest" if person.role == "guest" else "member"


class _Found(NamedTuple):
    """Somebody as they are now, their rooms as read at one moment, the heads of their own log and of the house's."""

    states: list[RoomState]
    rooms: list[Room]
    me: int
    house: int
    person: Person


def _begun(chat: "Chat", came: Came) -> _Found:
    """What there is of somebody who was kept just now."""
    states = [fresh_state(came.person, room) for room in came.rooms]
    return _Found(states, list(came.rooms), len(states), chat.house_log.head, came.person)


async def _look_up(chat: "Chat", session: "Session", came: Came) -> _Found:
    """What there is of somebody who comes back."""
    person = came.person.id
    heads, states = await chat.keeper.read(_heads_and_rooms, chat.store, person)
    states = shown(session, states)
    states.sort(key=lambda state: state.id != chat.lobby.id)
    rooms = [room for state in states if (room := await chat.rooms.open(state.id)) is not None]
    # What the store has told already must not be told again by the live stream.
    await chat.logs.reach(heads)
    await chat.logs.reach({state.id: state.head for state in states})
    return _Found(states, rooms, heads[person], heads[HOUSE], await _as_of_now(chat, came))


def _heads_and_rooms(store: Store, person: str) -> tuple[dict[str, int], list[RoomState]]:
    """The heads first: a room that is gained between the two is told twice, the other way round it would be missed."""
    return store.heads((person, HOUSE)), store.rooms_of(person)


async def _as_of_now(chat: "Chat", came: Came) -> Person:
    """A person with the role that they have at this moment. Let them enter before anything else is awaited."""
    person, rights = came.person, came.rights
    while rights != chat.house_rights:
        rights = chat.house_rights
        if (kept := await chat.keeper.read(chat.store.person, came.person.id)) is not None:
            person = kept
    return person


async def _attend(chat: "Chat", session: "Session", came: Came, command: Hello, found: _Found) -> Welcome:
    """Attach somebody to all their rooms. Heads, counts and unread are as of the reading; what came after is told."""
    here = _enter(chat, session, found.person, came.device)
    mine = follow_own_log(chat, here, found.me, fill=not came.rooms)
    if session.manner.facts:
        session.hear(chat.house)
    at_once = _HEARD[session.manner.attach]
    for place, room in enumerate(found.rooms):
        heard = at_once is None or place < at_once or room.record.kind == "direct"
        if heard and came.person.id in room.members:
            chat.attendance.attach(session, room)
    missed = await _missed(chat, session, command, found, mine)
    return replace(_welcome(chat, here, found, came.token), missed=missed)


def _welcome(chat: "Chat", here: Here, found: _Found, token: str | None) -> Welcome:
    return Welcome(
        here.person, chat.store.epoch, chat.name, chat.version, found.me, found.house, tuple(found.states), token
    )


def follow_own_log(chat: "Chat", here: Here, head: int, *, fill: bool) -> Log:
    """The live log of somebody here. `fill`: something may have been kept after `head`, before it was followed."""
    if here.log is None:
        # A method of the person: a partial is three times as large, and everybody who is here has one.
        here.log = chat.logs.begin(here.person.id, head, MethodType(chat.mine, here))
        if fill:
            chat.logs.fill_soon(here.log)
    return here.log


async def _missed(chat: "Chat", session: "Session", command: Hello, found: _Found, mine: Log) -> tuple[Fact | Gap, ...]:
    """The facts between what the client knows and the live stream, log by log."""
    if not session.manner.facts:
        return ()
    known = command if command.epoch == chat.store.epoch else Hello()
    house = chat.house_log
    since = {house: (known.house, found.house, 0), mine: (known.me, found.me, 0)}
    first = {state.id: state for state in found.states}
    for room in session.rooms.values():
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
            missed += await tellable(chat, session, facts) if log is mine else facts
        else:
            is_room = log is not house and log is not mine
            name = "house" if log is house else "me"
            missed.append(Gap(ends[log], room=log.id) if is_room else Gap(ends[log], log=name))
    return tuple(missed)
