"""Rooms: listing, making, joining, leaving, and what they are about."""

from hmac import compare_digest
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.confidential import may_hear, shown
from hobnob.chat.handlers.directs import attached, open_again
from hobnob.chat.handlers.messages import done, number_of
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, clean_reason, digest, me, person_of, room_of
from hobnob.chat.reaching import reachable, writing_to
from hobnob.chat.restrictions import in_words
from hobnob.chat.rights import STAFF, Right, demand_in, demand_unmuted, may, on_server
from hobnob.chat.room import Room
from hobnob.chat.states import fresh_state
from hobnob.protocol.commands import CreateRoom, JoinRoom, LeaveRoom, ListMembers, ListRooms, SetTopic
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Fact, MemberJoined, MemberLeft, RoomCreated, RoomGained, RoomLost, TopicChanged
from hobnob.protocol.ids import AUDIT, is_room_id, new_room_id
from hobnob.protocol.names import room_name
from hobnob.protocol.records import Member, Person, Role, RoomListing
from hobnob.protocol.replies import Done, Joined, Members, Reply, Rooms
from hobnob.protocol.text import clean_line
from hobnob.stores.store import IsMember, Item, NotMember, RightsUnchanged, RoomNameFree

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_PEOPLE = 100
"""Taken into a room with its making."""
MAX_TOPIC = 1000
MOST_MEMBERS = 1000
"""In one page."""


@handles(ListRooms, limit=Limit.READING_HISTORY)
async def list_rooms(chat: "Chat", session: "Session", command: ListRooms) -> Rooms:
    """Public rooms, and one's own."""
    person = me(session).person
    found: dict[str, RoomListing] = {}
    for listing in await chat.keeper.read(chat.store.public_rooms):
        found[listing.id] = listing
    if person.kind != "visitor":
        for state in shown(session, await chat.keeper.read(chat.store.rooms_of, person.id)):
            if state.id not in found:
                found[state.id] = RoomListing(
                    state.id, state.name, state.kind, state.topic, count=state.count, topic_at=state.topic_at
                )
    for room in me(session).rooms.values():
        if room.id not in found and may_hear(session, room):
            record = room.record
            found[room.id] = RoomListing(
                room.id, record.name, record.kind, record.topic, count=room.count, topic_at=record.topic_at,
                created_at=record.created_at,
            )  # fmt: skip
    return Rooms(tuple(_with_live(chat, person.id, listing) for listing in found.values()))


def _with_live(chat: "Chat", person: str, listing: RoomListing) -> RoomListing:
    room = chat.rooms.get(listing.id)
    members = listing.members if room is None else len(room.members)
    attached = 0 if room is None else len(room.sessions)
    belongs = listing.kind != "public" or (room is not None and person in room.members)
    return replace(listing, members=members, attached=attached, member=belongs)


def _joining(person: Person, room: str, actor: Person, role: Role = "member", ref: str | None = None) -> MemberJoined:
    return MemberJoined(room=room, **by(actor), person=person.id, person_name=person.name, role=role, ref=ref)


@handles(CreateRoom, repeat=open_again, limit=Limit.CREATING)
async def create_room(chat: "Chat", session: "Session", command: CreateRoom) -> Joined:
    """Make a room with oneself as owner."""
    return await _create(chat, session, command, digest(command))


def _demand_making(chat: "Chat", asker: Person) -> None:
    """Raise ``not-allowed`` or ``muted`` where somebody may make no rooms."""
    if not may(asker.role, Right.CREATE_ROOM):
        raise ChatError("not-allowed", "There is no such room that you can see, and you may not make rooms.")
    demand_unmuted(chat, asker, on_server(asker))


async def _create(chat: "Chat", session: "Session", command: CreateRoom, content: bytes) -> Joined:
    asker = me(session).person
    unchanged = RightsUnchanged(AUDIT, chat.house_rights)
    _demand_making(chat, asker)
    if command.kind == "private" and not session.origin.confidential:
        raise ChatError("not-confidential")
    ref = checked_ref(command.ref)
    name = room_name(command.name)
    history = command.history or ("all" if command.kind == "public" else "joined")
    if command.kind == "public" and history != "all":
        raise ChatError("bad-command", "Everyone sees the history of a public room; only a private one may hide it.")
    if len(command.people) > MOST_PEOPLE:
        raise ChatError("too-many", f"At most {MOST_PEOPLE} people can be taken into a room with its making.")
    others = {person.id: person for person in [await person_of(chat, ref) for ref in command.people]}
    others.pop(asker.id, None)
    room = new_room_id()
    events: list[Fact] = [
        RoomCreated(
            room=room,
            name=name,
            kind=command.kind,
            topic=topic_text(command.topic),
            history=history,
            ref=ref,
            **by(asker),
        )
    ]
    people = ((asker, "owner"), *((person, "member") for person in others.values()))
    for person, role in people:
        if person.kind != "visitor":
            events.append(_joining(person, room, asker, role))  # type: ignore[arg-type]
            events.append(RoomGained(**by(person), room=room, name=name, kind=command.kind))
    taken = (reachable(chat, asker, person, ignoring_alone=True) for person in others.values())
    await chat.tell(
        Item(tuple(events), (unchanged, RoomNameFree(name), *taken), (), asker.id, ref, content), done, session
    )
    live = await chat.rooms.open(room)
    if live is None:
        raise ChatError("no-such-room")
    session.outbox.hold()
    for person, role in people:
        if (here := chat.people.get(person.id)) is None:
            continue
        if person.kind == "visitor":
            chat.tell_now(_joining(person, room, asker, role), session)  # type: ignore[arg-type]
        else:
            chat.attendance.attach_all(here, live)
    chat.attendance.attach(session, live)
    chat.attendance.rest(live)
    return Joined(fresh_state(asker, live), 1, created=True)


def _drop_in(chat: "Chat", session: "Session", command: JoinRoom) -> Joined | None:
    """A visitor comes into a live room that is open to all: nothing is kept of it, so there is nothing to wait for."""
    person, room = me(session).person, chat.rooms.find(command.room)
    if person.kind != "visitor" or session.manner.operator or command.ref is not None:
        return None
    if room is None or room.record.kind != "public" or person.id in room.members or _lock(room, command.key):
        return None
    _demand_no_mask(session, room)
    _demand_no_ban(chat, session, room)
    return _visit(chat, session, room)


@handles(JoinRoom, repeat=open_again, limit=Limit.JOINING, at_once=_drop_in)
async def join_room(chat: "Chat", session: "Session", command: JoinRoom) -> Reply:
    """Become a member, and hear the room on this connection."""
    person = me(session).person
    ref = checked_ref(command.ref)
    if command.room.startswith("@"):
        raise ChatError("bad-command", "A direct room is opened with open_direct.")
    room = await chat.rooms.open(command.room)
    open_to = room is not None and await _may_enter(chat, session, room)
    if not open_to and command.create and not is_room_id(command.room):
        chat.count(session, Limit.CREATING)
        _demand_making(chat, person)  # so who may make none does not learn of hidden ones
        if room is not None:
            raise ChatError("no-such-room")
        try:
            return await _create(chat, session, CreateRoom(name=command.room, ref=ref), digest(command))
        except ChatError as error:
            if error.code != "room-taken":
                raise
            room = await chat.rooms.open(command.room)
            open_to = room is not None and await _may_enter(chat, session, room)
    if room is None or not open_to:
        raise ChatError("no-such-room")
    if person.id in room.members:
        return await attached(chat, session, room)
    if not session.manner.operator:
        await _check_door(chat, session, room, command.key)
    return await _become_member(chat, session, room, ref, command)


async def _check_door(chat: "Chat", session: "Session", room: Room, key: str) -> None:
    """What a room asks of who comes in: not to be banned, and, where one was not invited, its key and place.

    Raises:
        ChatError: ``banned``, ``bad-key``, ``room-full``.
    """
    _demand_no_mask(session, room)
    lock = _lock(room, key)
    if lock and not await _is_invited(chat, room, me(session).person):
        raise ChatError(lock)
    _demand_no_ban(chat, session, room)


def _lock(room: Room, key: str) -> str:
    """The code of what keeps those out who were not invited; empty where nothing does."""
    record = room.record
    if record.key and not compare_digest(record.key.encode(), key.encode()):
        return "bad-key"
    return "room-full" if 0 < record.limit <= len(room.sessions) else ""


def _demand_no_mask(session: "Session", room: Room) -> None:
    """Raise ``banned`` for whom a mask of the room means."""
    person = me(session).person
    if room.masks and person.role not in STAFF and room.matched(person, "ban"):
        raise ChatError("banned", f"You are banned from #{room.record.name}.")


def _demand_no_ban(chat: "Chat", session: "Session", room: Room) -> None:
    """Raise ``banned`` for whom a moderator keeps out."""
    if ban := chat.restrictions.banned(me(session).person.id, session.origin.address, room.id):
        raise ChatError("banned", in_words(ban, room.record.name))


async def _is_invited(chat: "Chat", room: Room, person: Person) -> bool:
    """Whether somebody was asked in."""
    return person.id in room.invited or await chat.keeper.read(chat.store.invited, room.id, person.id)


async def _may_enter(chat: "Chat", session: "Session", room: Room) -> bool:
    """Whether a room is the asker's, or open to them: a private one to who was asked in."""
    person = me(session).person
    if person.id in room.members or room.record.kind == "public":
        return may_hear(session, room)
    if room.record.kind == "direct" or not may_hear(session, room):
        return False
    if session.manner.operator or room.welcomes(person):
        return True
    return await _is_invited(chat, room, person)


def _role(session: "Session") -> Role:
    """The role of who joins by themselves."""
    return "owner" if session.manner.operator else "guest" if me(session).person.role == "guest" else "member"


async def _become_member(chat: "Chat", session: "Session", room: Room, ref: str | None, command: JoinRoom) -> Joined:
    person = me(session).person
    if person.kind == "visitor":
        return _visit(chat, session, room)
    record, joining = room.record, _joining(person, room.id, person, _role(session), ref)
    gained = RoomGained(**by(person), room=room.id, name=record.name, kind=record.kind)
    requires = (chat.unchanged(room), NotMember(room.id, person.id))
    item = Item((joining, gained), requires, (), person.id, ref, digest(command))
    reply = await chat.tell(item, lambda outcome: Joined(fresh_state(person, room), number_of(outcome)), session)
    live = await chat.rooms.open(room.id)
    if live is None:
        raise ChatError("no-such-room")
    if live is not room:  # it was let go when the last one left, just before this joining was kept
        return await attached(chat, session, live, reply.number)
    return reply


def _visit(chat: "Chat", session: "Session", room: Room) -> Joined:
    chat.attendance.visit(session, room, _role(session))
    return Joined(fresh_state(me(session).person, room))


@handles(LeaveRoom, limit=Limit.JOINING)
async def leave_room(chat: "Chat", session: "Session", command: LeaveRoom) -> Reply:
    """Stop being a member, on all connections."""
    ref = checked_ref(command.ref)
    room, member = await room_of(chat, session, command.room)
    if room.record.kind == "direct":
        raise ChatError("not-allowed", "A direct room is its people's for good. Mute it in your client instead.")
    person = me(session).person
    if person.id not in room.members:  # who runs the server may act here, and has joined nothing
        raise ChatError("not-a-member")
    reason = clean_reason(command.reason)
    left = MemberLeft(room=room.id, person=person.id, person_name=member.name, reason=reason, ref=ref, **by(person))
    if person.kind == "visitor":
        chat.tell_now(left, session)
        return Done()
    item = Item(
        (left, RoomLost(room=room.id, **by(person))),
        (IsMember(room.id, person.id),),
        (),
        person.id,
        ref,
        digest(command),
    )
    return await chat.tell(item, done, session)


@handles(SetTopic, limit=Limit.SENDING)
async def set_topic(chat: "Chat", session: "Session", command: SetTopic) -> Reply:
    """Say what a room is about."""
    ref = checked_ref(command.ref)
    room, member = await room_of(chat, session, command.room)
    demand_in(chat, me(session).person, room, member, Right.TOPIC)
    topic = topic_text(command.topic)
    if topic == room.record.topic and ref is None:
        return Done()
    event = TopicChanged(room=room.id, **by(member), topic=topic, ref=ref)
    requires = (chat.unchanged(room), *writing_to(chat, me(session).person, room))
    return await chat.tell(Item((event,), requires, (), member.id, ref, digest(command)), done, session)


def topic_text(text: str) -> str:
    """A topic as it is kept. Raises ``topic-too-long``."""
    if len(text) > MAX_TOPIC:
        raise ChatError("topic-too-long")
    return clean_line(text)


@handles(ListMembers, limit=Limit.READING_HISTORY)
async def list_members(chat: "Chat", session: "Session", command: ListMembers) -> Members:
    """A page of a room's members, by id."""
    room, _ = await room_of(chat, session, command.room)
    members: list[Member] = sorted(chat.attendance.members(room), key=lambda member: member.id)
    after = [member for member in members if command.after is None or member.id > command.after]
    limit = max(1, min(command.limit, MOST_MEMBERS))
    return Members(room.id, tuple(after[:limit]), len(after) > limit)
