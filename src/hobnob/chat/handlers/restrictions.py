"""Bans and mutes: setting them, ending them, and which there are."""

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.handlers.acting import Actor, act, actor_in, member_of, until
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, checked_ref, clean_reason, person_of
from hobnob.chat.networks import as_kept, bannable, hosts_to_ban
from hobnob.chat.restrictions import as_told_to
from hobnob.chat.rights import Right
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import (
    Action,
    Fact,
    MemberBanned,
    MemberLeft,
    MemberMuted,
    MemberUnbanned,
    MemberUnmuted,
    Moderated,
    RoomLost,
)
from hobnob.protocol.ids import new_restriction_id
from hobnob.protocol.moderation_commands import Ban, ListRestrictions, Mute, Unban, Unmute
from hobnob.protocol.names import NameRefused, fold
from hobnob.protocol.records import Person, Restriction, RestrictionKind
from hobnob.protocol.replies import Reply, Restrictions
from hobnob.stores.store import NotMember

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session


@handles(Ban, limit=Limit.SENDING)
async def ban(chat: "Chat", session: "Session", command: Ban) -> Reply:
    """Keep a person off the server or out of a room, or a network off the server."""
    checked_ref(command.ref)
    if (command.person is None) == (command.network is None):
        raise ChatError("bad-command", "Name either a person or a network to ban.")
    if command.person is None:
        return await _ban_network(chat, session, command)
    actor = await actor_in(chat, session, command.room, Right.BAN)
    target = await person_of(chat, command.person)
    actor.over(target)
    if actor.room is None:
        return await _ban_from_server(chat, session, command, actor, target)
    return await _ban_from_room(chat, session, command, actor, target)


async def _ban_network(chat: "Chat", session: "Session", command: Ban) -> Reply:
    if command.room is not None:
        raise ChatError("bad-command", "A network is banned from the whole server. Name a person to ban from a room.")
    actor = await actor_in(chat, session, None, Right.BAN)
    network = bannable(command.network or "", session.origin.address)
    lines = _set(chat, actor, "ban", None, [network], command)
    return await act(chat, session, command, lines, (actor.unchanged,))


async def _ban_from_server(chat: "Chat", session: "Session", command: Ban, actor: Actor, target: Person) -> Reply:
    networks = _networks(chat, session, target)
    if target.kind == "visitor" and not networks:
        raise ChatError(
            "bad-network",
            "They are on the machine of the server, or share your own address: take them out of the room instead.",
        )
    lines = _set(chat, actor, "ban", target, networks, command)
    return await act(chat, session, command, lines, (actor.unchanged,))


async def _ban_from_room(chat: "Chat", session: "Session", command: Ban, actor: Actor, target: Person) -> Reply:
    room = actor.room
    assert room is not None
    end, reason = until(chat, command.seconds), clean_reason(command.reason)
    banned = MemberBanned(
        room=room.id, **by(actor.person), person=target.id, person_name=target.name, until=end, reason=reason
    )
    lines = _set(chat, actor, "ban", target, _networks(chat, session, target), command)
    left = MemberLeft(room=room.id, **by(actor.person), person=target.id, person_name=target.name, reason=reason)
    if target.kind == "visitor":
        told = (left,) if target.id in room.members else ()
        return await act(chat, session, command, (banned, *lines), (actor.unchanged,), told)
    if target.id in room.members:
        events: tuple[Fact, ...] = (banned, left, RoomLost(room=room.id, **by(target)), *lines)
        return await act(chat, session, command, events, (actor.unchanged,))
    requires = (actor.unchanged, NotMember(room.id, target.id))
    return await act(chat, session, command, (banned, *lines), requires)


def _networks(chat: "Chat", session: "Session", target: Person) -> list[str]:
    """With what a visitor is banned or muted, who would come back as another person."""
    here = chat.people.get(target.id)
    if target.kind != "visitor" or here is None:
        return []
    return hosts_to_ban((each.origin.address for each in here.sessions), session.origin.address)


@handles(Mute, limit=Limit.SENDING)
async def mute(chat: "Chat", session: "Session", command: Mute) -> Reply:
    """Let somebody read but not write, in a room or anywhere."""
    checked_ref(command.ref)
    actor = await actor_in(chat, session, command.room, Right.MUTE)
    room = actor.room
    target = await (person_of(chat, command.person) if room is None else member_of(chat, room, command.person))
    actor.over(target)
    events: list[Fact] = []
    if room is not None:
        events.append(
            MemberMuted(
                room=room.id, **by(actor.person), person=target.id, person_name=target.name,
                until=until(chat, command.seconds), reason=clean_reason(command.reason),
            )
        )  # fmt: skip
    events += _set(chat, actor, "mute", target, _networks(chat, session, target), command)
    return await act(chat, session, command, events, (actor.unchanged,))


def _set(
    chat: "Chat", actor: Actor, kind: RestrictionKind, target: Person | None, networks: list[str], command: Ban | Mute
) -> list[Moderated]:
    """The lines of new restrictions, after the ends of those about the same, which they replace."""
    room = "" if actor.room is None else actor.room.id
    person = "" if target is None else target.id
    old = {
        each.id: each for network in networks or [""] for each in chat.restrictions.about(kind, room, person, network)
    }
    ended = [_ended(actor, each, "replaced") for each in old.values()]
    end, reason = until(chat, command.seconds), clean_reason(command.reason)
    new = [
        actor.line(kind, target, network=network, restriction=new_restriction_id(), until=end, reason=reason)
        for network in networks or [""]
    ]
    return ended + new


def _ended(actor: Actor, restriction: Restriction, what: str = "") -> Moderated:
    action: Action = "unban" if restriction.kind == "ban" else "unmute"
    line = actor.line(action, network=restriction.network, restriction=restriction.id, what=what)
    return replace(line, person=restriction.person, person_name=restriction.person_name)


@handles(Unban, limit=Limit.SENDING)
async def unban(chat: "Chat", session: "Session", command: Unban) -> Reply:
    """End a ban."""
    checked_ref(command.ref)
    if (command.person is None) == (command.network is None):
        raise ChatError("bad-command", "Name either the person or the network of the ban.")
    actor = await actor_in(chat, session, command.room, Right.BAN)
    return await _end(chat, session, command, actor, "ban")


@handles(Unmute, limit=Limit.SENDING)
async def unmute(chat: "Chat", session: "Session", command: Unmute) -> Reply:
    """Let somebody write again."""
    checked_ref(command.ref)
    actor = await actor_in(chat, session, command.room, Right.MUTE)
    return await _end(chat, session, command, actor, "mute")


async def _end(chat: "Chat", session: "Session", command: Unban | Unmute, actor: Actor, kind: RestrictionKind) -> Reply:
    room = "" if actor.room is None else actor.room.id
    ended = [each for each in chat.restrictions.of(room) if each.kind == kind]
    if isinstance(command, Unban) and command.network is not None:
        network = as_kept(command.network)
        ended = [each for each in ended if each.network == network]
    else:
        people = await _named(chat, command.person or "", ended)
        ended = [each for each in ended if each.person in people]
    if not ended:
        raise ChatError("no-such-restriction")
    events: list[Fact] = []
    if actor.room is not None:
        event = MemberUnbanned if kind == "ban" else MemberUnmuted
        one = ended[0]
        events.append(event(room=room, **by(actor.person), person=one.person, person_name=one.person_name))
    events += [_ended(actor, each) for each in ended]
    return await act(chat, session, command, events, (actor.unchanged,))


async def _named(chat: "Chat", ref: str, among: list[Restriction]) -> set[str]:
    """The ids of the people of these restrictions whom a command names: also visitors, whom nothing else knows now."""
    bare = ref.removeprefix("@")
    people = {each.person: each.person_name for each in among if each.person}
    if bare in people:
        return {bare}
    with suppress(ChatError):
        if (found := await person_of(chat, ref)).id in people:
            return {found.id}
    with suppress(NameRefused):
        return {who for who, name in people.items() if name and fold(name) == fold(bare)}
    return set()


@handles(ListRestrictions, limit=Limit.READING_HISTORY)
async def list_restrictions(chat: "Chat", session: "Session", command: ListRestrictions) -> Restrictions:
    """What holds in a room, or on the server."""
    actor = await actor_in(chat, session, command.room, Right.BAN)
    found = chat.restrictions.of("" if actor.room is None else actor.room.id)
    return Restrictions(tuple(as_told_to(actor.person, each) for each in found))
