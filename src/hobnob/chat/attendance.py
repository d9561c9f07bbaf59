"""Who attends what: sessions hear rooms, people are here or away, the house is told of both.

Membership belongs to the person and is kept; attachment belongs to the session and is told: others hear of a
person's first attachment to a room and of the last one's end.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from hobnob.chat.confidential import may_be_told, may_hear
from hobnob.chat.devices import ends
from hobnob.chat.lookup import by
from hobnob.chat.restrictions import as_told_to, in_words
from hobnob.chat.rights import STAFF, in_room
from hobnob.chat.room import Room
from hobnob.gateways.gateway import Attach, WireFormat
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import (
    AccountDeleted,
    AccountRegistered,
    DeviceRevoked,
    Event,
    InvitedToRoom,
    MemberAttached,
    MemberDetached,
    MemberJoined,
    MemberLeft,
    Moderated,
    PersonRenamed,
    PresenceChanged,
    ReadMarked,
    RoleChanged,
    RoomChanged,
    ServerRoleChanged,
)
from hobnob.protocol.records import Member, PresenceState, Role
from hobnob.stores.store import IsMember, Item

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.people import Here
    from hobnob.chat.session import Session

OVERHEARD = "This room is private now, and others could read along with you. Connect with TLS to be in it."


class Attendance:
    """See the head of this file."""

    def __init__(self, chat: "Chat") -> None:
        self._chat = chat

    def attach(self, session: "Session", room: Room) -> None:
        """Let a session hear a room of which its person is a member."""
        here = session.here
        if here is None or session.closed or room.id in session.rooms or not may_hear(session, room):
            return
        sessions = room.sessions.setdefault(here.person.id, {})
        first = not sessions
        sessions[session] = None
        session.rooms[room.id] = room
        here.rooms[room.id] = room
        session.hear(room.audience)
        if session.reads is not None:
            session.reads[room.id] = room.log.head
        if first:
            self._chat.tell_now(MemberAttached(room=room.id, **by(here.person)), origin=session)

    def _detach(self, session: "Session", room: Room) -> bool:
        """Let a session hear a room no more; whether it was its person's last there."""
        here = session.here
        assert here is not None
        session.unhear(room.audience)
        session.rooms.pop(room.id, None)
        if room.id in session.outbox.gaps:
            session.outbox.gaps = {log: None for log in session.outbox.gaps if log != room.id}
        sessions = room.sessions.get(here.person.id, {})
        sessions.pop(session, None)
        if sessions:
            return False
        room.sessions.pop(here.person.id, None)
        here.rooms.pop(room.id, None)
        return True

    def joined(self, room: Room, event: MemberJoined, origin: "Session | None") -> None:
        """Somebody became a member: the clients that are to hear the room do so from this very fact on."""
        here = self._chat.people.get(event.person)
        if here is None:
            return
        for session in here.sessions:
            if session is origin:
                session.outbox.hold()
                self.attach(session, room)
        self.attach_all(here, room)

    def visit(self, session: "Session", room: Room, role: Role) -> None:
        """Let a visitor be a member. Raises ``stopping`` where they are gone meanwhile: nothing would end it."""
        if session.closed or session.person is None:
            self.rest(room)
            raise ChatError("stopping")
        person = session.person
        self._chat.tell_now(
            MemberJoined(room=room.id, **by(person), person=person.id, person_name=person.name, role=role), session
        )

    def attach_all(self, here: "Here", room: Room) -> None:
        """Let those of a person's clients hear a room that hear all their rooms; a direct one all of them."""
        for session in here.sessions:
            if session.manner.attach is Attach.ALL or room.record.kind == "direct":
                self.attach(session, room)

    def left(self, room: Room, event: MemberLeft) -> None:
        """Somebody is no member any more: nothing of the room reaches them from here on, but that they were removed."""
        for session in tuple(room.sessions.get(event.person, ())):
            self._detach(session, room)
            if event.by != event.person:
                session.outbox.drop_rooms(room.id)
                say = session.removed or session.wire.encode
                session.outbox.put(say(event, room.record))
        self.rest(room)

    def called_otherwise(self, room: Room, event: RoomChanged) -> None:
        """A room has another name: clients that know it by its name alone are told so one by one."""
        for session in self.hearers((room,)):
            if session.renamed is not None and (data := session.renamed(event, room.record)):
                session.outbox.put(data)

    def secluded(self, room: Room) -> None:
        """A room may be private now: who could be overheard hears it no more."""
        for sessions in tuple(room.sessions.values()):
            for session in tuple(sessions):
                if may_hear(session, room) or session.person is None:
                    continue
                event = MemberDetached(room=room.id, **by(session.person))
                if self._detach(session, room):
                    self._chat.tell_now(event)
                if session.manner.own:
                    session.outbox.put(
                        session.wire.encode(msgspec.structs.replace(event, reason=OVERHEARD), room.record)
                    )
        self.rest(room)

    def leave(self, session: "Session", reason: str) -> None:
        """A session is over."""
        session.closed = True
        self._chat.watching.forget(session)
        here = session.here
        if here is None or self._chat.stopping:
            return
        rooms = tuple(session.rooms.values())
        self.mark_read((session,))
        here.sessions = tuple(other for other in here.sessions if other is not session)
        session.unhear(self._chat.house)
        if here.sessions:
            for room in rooms:
                if self._detach(session, room):
                    self._chat.tell_now(MemberDetached(room=room.id, **by(here.person), reason=reason))
                    self.rest(room)
            return
        last = [room for room in rooms if self._detach(session, room)]
        gone = PresenceChanged(**by(here.person), state="offline", text=reason)
        self.tell_presence(gone, last)
        self._chat.people.leave(here)
        self._chat.logs.end(here.person.id)
        for room in last:
            if here.person.kind == "visitor":
                room.forget(here.person.id)
            self.rest(room)

    def mark_read(self, sessions: Iterable["Session"]) -> None:
        """What clients heard that cannot say what they have read: read at their end, as it has been shown."""
        for session in sessions:
            if not session.reads or session.here is None or session.here.person.kind == "visitor":
                continue
            person = session.here.person
            for room in session.rooms.values():
                if room.log.head > session.reads.get(room.id, room.log.head):
                    marked = ReadMarked(**by(person), room=room.id, upto=room.log.head)
                    item = Item((marked,), (IsMember(room.id, person.id),), (), person.id)
                    self._chat.tell(item, lambda _: None, session).add_done_callback(asyncio.Future.exception)

    def withdraw(self, session: "Session") -> None:
        """What a session had begun to be failed; it may say hello again."""
        if session.here is not None and not session.closed:
            self.leave(session, "")
            session.here, session.closed = None, False

    def tell_presence(self, event: PresenceChanged, rooms: Iterable[Room], origin: "Session | None" = None) -> None:
        """Tell once to each who shares one of these rooms that somebody is gone, away or back; on other nodes too."""
        alone, *others = tuple(rooms) or (None,)
        if alone is not None and not others and (event.state == "offline" or not alone.crowded):
            # Of one room nobody can be told twice, so it goes where messages go: a thousand may leave at once.
            alone.audience.send(event, None, origin, of_crowd=alone.crowded)
        elif alone is not None:
            self._tell_here(event, self.neighbours(event.by, (alone, *others)), origin)
        self._chat.bus.publish(event)

    def tell_all(self, event: Event, origin: "Session | None" = None) -> None:
        """Tell everybody who is here, and on other nodes."""
        self._tell_here(event, [session for here in self._chat.people for session in here.sessions], origin)
        self._chat.bus.publish(event)

    def tell_details(self, here: "Here", event: Event, origin: "Session | None" = None) -> None:
        """Tell what somebody tells of themselves: around, to their own clients, and to who watches their name."""
        watchers = dict.fromkeys(self._chat.watching.of(here.person.name))
        self._tell_here(event, self.hearers(here.rooms.values()) | dict.fromkeys(here.sessions) | watchers, origin)

    def _rooms_of(self, person: str) -> list[Room]:
        """The live rooms that somebody is a member of."""
        return [room for room in self._chat.rooms if person in room.members]

    def hearers(self, rooms: Iterable[Room]) -> dict["Session", None]:
        """The sessions that hear any of these rooms, each once."""
        return {session: None for room in rooms for sessions in tuple(room.sessions.values()) for session in sessions}

    def neighbours(self, person: str, rooms: Iterable[Room]) -> dict["Session", None]:
        """The same, but of crowded rooms only those who want to hear of crowds, and the person's own."""
        return {
            session: None
            for room in rooms
            for who, sessions in tuple(room.sessions.items())
            for session in sessions
            if not room.crowded or session.wire.crowds or who == person
        }

    def _tell_here(
        self, event: Event, heard: Iterable["Session"], origin: "Session | None", facts: bool = True
    ) -> None:
        encoded: dict[WireFormat, bytes] = {}
        for session in heard:
            wire = session.wire
            if (session is origin and not wire.echo) or (session.manner.facts and not facts):
                continue
            data = encoded.get(wire)
            if data is None:
                data = encoded[wire] = wire.encode(event, None)
            if data:
                session.outbox.put(data)

    def tell_person(self, here: "Here", event: Event, origin: "Session | None") -> None:
        """Tell a fact of a person's own log to those of their clients that follow it; an invitation to all."""
        for session in here.sessions:
            follows = session.manner.facts or session.manner.own or isinstance(event, InvitedToRoom)
            if follows and may_be_told(self._chat, session, event) and (session is not origin or session.wire.echo):
                session.outbox.put(session.wire.encode(event, None))

    def revoked(self, here: "Here", event: DeviceRevoked, origin: "Session | None") -> None:
        """Devices may not come in any more: their sessions end, but for the one that asked for it."""
        for session in here.sessions:
            if session is not origin and ends(event, session.device):
                session.cut("This device was logged out.", "logged-out")

    def registered(self, event: AccountRegistered, origin: "Session | None") -> None:
        """Somebody is an account now. Who follows the house's log hears it there."""
        here = self._chat.people.get(event.by)
        if here is not None:
            here.person = msgspec.structs.replace(here.person, kind="account")
        self._chat.house.send(event, None, origin)
        told = self.hearers(self._rooms_of(event.by))
        self._tell_here(event, told, origin, facts=False)
        if here is not None:
            self._chat.watching.tell(here.person, here.state, here.state, told=told, registered=True)

    def heard_presence(self, event: PresenceChanged) -> None:
        """Somebody on another node is online, away or gone."""
        self._tell_here(event, self.neighbours(event.by, self._rooms_of(event.by)), None)

    def renamed(self, event: PersonRenamed, origin: "Session | None") -> None:
        """Somebody is called otherwise, in every live room. Who follows the house's log hears it there."""
        here = self._chat.people.get(event.by)
        if here is not None:
            if here.person.name != event.name:
                self._chat.people.rename(here, event.name)
            here.person = msgspec.structs.replace(here.person, name=event.name)
        rooms = self._rooms_of(event.by)
        for room in rooms:
            room.rename(event)
        if event.number:
            self._chat.house.send(event, None, origin)
        self._tell_here(event, self.hearers(rooms), origin, facts=not event.number)

    def deleted(self, event: AccountDeleted, origin: "Session | None") -> None:
        """Somebody is gone for good, from wherever they still were."""
        if (here := self._chat.people.get(event.by)) is not None:
            for session in here.sessions:
                if session is not origin:
                    session.cut("This account was deleted.", "account-deleted")
        for room in self._chat.rooms:
            room.lose(event)
        self._chat.house.send(event, None, origin)

    def raised(self, event: ServerRoleChanged, origin: "Session | None") -> None:
        """Somebody has another role on the server. It is given by others, so an operator is none any more."""
        if (here := self._chat.people.get(event.person)) is not None:
            here.office = None
            self.stand(here, event.role, by=event.by, by_name=event.by_name)
        self._chat.house.send(event, None, origin)
        self._send_away()  # a ban by address that did not hold for a moderator

    def stand(self, here: "Here", role: Role, by: str = "", by_name: str = "") -> None:
        """Somebody here has another role on the server from now on.

        Clients that follow no facts of the house are told what it makes of them in each room.
        """
        before, here.person = here.person, msgspec.structs.replace(here.person, role=role)
        for room in here.rooms.values():
            member = room.members.get(here.person.id)
            was, now = (in_room(room, person, member).role for person in (before, here.person))
            if was == now:
                continue
            event = RoleChanged(
                room=room.id, by=by, by_name=by_name, person=here.person.id, person_name=here.person.name, role=now,
                before=was,
            )  # fmt: skip
            for session in self.hearers((room,)):
                if session.manner.own:
                    session.outbox.put(session.wire.encode(event, room.record))

    def moderated(self, event: Moderated, origin: "Session | None") -> None:
        """A line of the audit log: moderators of the server hear it, those of a room what concerns their room.

        Whom it bans is sent away.
        """
        for here in self._chat.people:
            if not self._is_privy(here, event.room):
                continue
            line = as_told_to(here.person, event)
            for session in here.sessions:
                echoes = session is not origin or session.wire.echo
                if echoes and session.origin.confidential and (data := session.wire.encode(line, None)):
                    session.outbox.put(data)
        if event.action == "ban" and not event.room:
            self._send_away()

    def _is_privy(self, here: "Here", room: str) -> bool:
        """Whether somebody is a moderator of the server, or of a live room."""
        if here.person.role in STAFF:
            return True
        live = self._chat.rooms.get(room)
        member = None if live is None else live.members.get(here.person.id)
        return member is not None and member.role in STAFF

    def _send_away(self) -> None:
        """End the sessions of all who are banned from the server."""
        for conversation in tuple(self._chat.conversations):
            session = conversation.session
            ban = self._chat.restrictions.kept_away(session.person, session.origin.address)
            if ban is not None and not session.manner.operator:
                session.cut(in_words(ban), "banned")

    def members(self, room: Room) -> list[Member]:
        """All members of a live room, by name."""
        found = [Member(m.id, m.name, m.role, self._state(m.id), m.id in room.sessions) for m in room.members.values()]
        return sorted(found, key=lambda member: member.name.casefold())

    def attached(self, room: Room) -> list[Member]:
        """Who hears a live room now, by name, with the role that counts for them."""
        present = [here for person in room.sessions if (here := self._chat.people.get(person)) is not None]
        return sorted(
            (
                Member(
                    here.person.id, here.person.name,
                    in_room(room, here.person, room.members.get(here.person.id)).role, here.state, attached=True,
                )
                for here in present
            ),
            key=lambda member: member.name.casefold(),
        )  # fmt: skip

    def _state(self, person: str) -> PresenceState:
        here = self._chat.people.get(person)
        return "offline" if here is None else here.state

    def rest(self, room: Room) -> None:
        """Nobody may hear this room any more: one made and held by visitors goes with the last of them."""
        if room.sessions:
            return
        if room.lasting or room.members:
            self._chat.rooms.rest(room)
            return
        self._chat.rooms.drop(room)
