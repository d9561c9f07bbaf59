"""MODE: what is set in a channel or for oneself, and changing it. What a letter stands for is in ``irc/modes.py``.

Fields of a room that one MODE changes are changed at once and told as one MODE; roles and masks follow one by one.
"""

from collections.abc import Generator, Sequence
from typing import Final

from msgspec.structs import replace

from hobnob.gateways.gateway import Said
from hobnob.gateways.irc.client import Client, is_channel, room_key
from hobnob.gateways.irc.commands.command import Steps, guarded, handles
from hobnob.gateways.irc.commands.ops import absent, member_named
from hobnob.gateways.irc.isupport import USER_MODES
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.modes import (
    FLAGS,
    KEYS,
    LISTS,
    MOST_CHANGES,
    NUMBERS,
    ROLES,
    Change,
    listed,
    modes_of,
    parse_mask,
    read,
    written,
)
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.shown import is_bot, is_operator
from hobnob.gateways.irc.wire import BOT
from hobnob.protocol.commands import ReadRoom
from hobnob.protocol.errors import ChatError
from hobnob.protocol.masks import checked_mask, host
from hobnob.protocol.moderation_commands import Ban, ChangeRoom, ListRestrictions, SetMask, SetRole, Unban, Unmute
from hobnob.protocol.operator_commands import ResignOperator
from hobnob.protocol.people_commands import ReadPeople, SetDetail
from hobnob.protocol.records import Mask, Role
from hobnob.protocol.replies import People, Reply, Restrictions, RoomTerms
from hobnob.protocol.times import milliseconds

LIST_NUMERICS: Final = {
    "b": (Numeric.RPL_BANLIST, Numeric.RPL_ENDOFBANLIST),
    "e": (Numeric.RPL_EXCEPTLIST, Numeric.RPL_ENDOFEXCEPTLIST),
    "I": (Numeric.RPL_INVITELIST, Numeric.RPL_ENDOFINVITELIST),
}


@handles("MODE", params=1)
def mode(client: Client, message: Message) -> Steps:
    """``MODE target [letters [parameter …]]``."""
    target, changes = message.params[0], list(read("".join(message.params[1:2]), message.params[2:]))
    if not is_channel(target):
        yield from _user_mode(client, target, changes)
    elif len(message.params) < 2:
        yield from _say_modes(client, target)
    else:
        yield from _change_channel(client, target, changes[:MOST_CHANGES])


def _say_modes(client: Client, channel: str) -> Steps:
    terms = yield ReadRoom(room=channel)
    assert isinstance(terms, RoomTerms)
    name = f"#{terms.room.name}"
    yield client.numeric(Numeric.RPL_CHANNELMODEIS, name, *written(modes_of(terms.room)))
    if terms.room.created_at:
        yield client.numeric(Numeric.RPL_CREATIONTIME, name, str(milliseconds(terms.room.created_at) // 1000))


def _change_channel(client: Client, channel: str, changes: Sequence[Change]) -> Steps:
    yield from _change_fields(client, channel, changes)
    unknown: set[str] = set()
    for change in changes:
        if change.letter in ROLES:
            yield from _change_role(client, channel, change)
        elif change.letter in LISTS:
            asks = change.param is None
            steps = _list(client, channel, change.letter) if asks else _change_list(client, channel, change)
            yield from guarded(client, "MODE", channel, steps)
        elif change.letter not in FLAGS + KEYS + NUMBERS and change.letter not in unknown:
            unknown.add(change.letter)
            yield client.numeric(Numeric.ERR_UNKNOWNMODE, change.letter)


def _change_fields(client: Client, channel: str, changes: Sequence[Change]) -> Steps:
    """What a room is. Who may see it is its owners' to say, the rest is its moderators' as well."""
    nothing = pace = private = ChangeRoom(room=channel)
    for change in changes:
        if change.letter == "n" and not change.on:
            error = ChatError("not-allowed", "Nobody writes to a room from outside of it, so n stays.")
            yield client.refusal(error, "MODE", channel)
        elif change.on and change.letter in KEYS and not change.param:
            yield _invalid(client, channel, change, "Give the key that is to be asked for.")
        elif change.on and change.letter in NUMBERS and _number(change) is None:
            yield _invalid(client, channel, change, "Give a number.")
        elif change.letter in ("i", "s"):
            private = replace(private, private=change.on)
        else:
            pace = _changed(pace, change)
    for command in (pace, private):
        if command != nothing:
            yield from guarded(client, "MODE", channel, _change_room(client, channel, command))


def _change_room(client: Client, channel: str, command: ChangeRoom) -> Steps:
    try:
        yield command
    except ChatError as error:
        if error.code != "bad-command" or not command.key:
            raise
        yield client.numeric(Numeric.ERR_INVALIDMODEPARAM, channel, "k", "*", text=error.hint)


def _changed(command: ChangeRoom, change: Change) -> ChangeRoom:
    match change.letter:
        case "m":
            return replace(command, posting="moderators" if change.on else "all")
        case "t":
            return replace(command, topics="moderators" if change.on else "all")
        case "k":
            return replace(command, key=change.param if change.on else "")
        case "l":
            return replace(command, limit=_number(change) or 0)
        case "S":
            return replace(command, slow=_number(change) or 0)
    return command


def _number(change: Change) -> int | None:
    param = change.param or ""
    return int(param) if param.isascii() and param.isdigit() and 0 < len(param) < 10 and int(param) else None


def _invalid(client: Client, channel: str, change: Change, text: str) -> bytes:
    return client.numeric(Numeric.ERR_INVALIDMODEPARAM, channel, change.letter, change.param or "*", text=text)


def _ask(command: SetRole | SetMask | Ban | Unban | Unmute) -> Steps:
    yield command


# Roles


def _change_role(client: Client, channel: str, change: Change) -> Steps:
    nick = change.param
    if not nick:
        yield _invalid(client, channel, change, "Give a nick.")
        return
    room = client.joined(channel)
    if room is None:
        yield from guarded(client, "MODE", channel, _ask(SetRole(room=channel, person=f"@{nick}", role="member")))
        return
    member = member_named(client, room, nick)
    if member is None:
        yield from absent(client, channel, nick)
        return
    role = _role_after(member.role, change)
    if role != member.role:
        yield from guarded(client, "MODE", channel, _ask(SetRole(room=room.id, person=member.id, role=role)))


def _role_after(role: Role, change: Change) -> Role:
    """Who has a higher role keeps it when a lower one is given or taken."""
    given, ranks = ROLES[change.letter], (*ROLES.values(), "member", "guest")
    if change.on:
        return min(role, given, key=ranks.index)
    return "member" if role == given else role


# Lists


def _list(client: Client, channel: str, letter: str) -> Steps:
    terms = yield ReadRoom(room=channel)
    assert isinstance(terms, RoomTerms)
    name = f"#{terms.room.name}"
    masks = [mask for mask in terms.masks if mask.kind == LISTS[letter] or (letter == "b" and mask.kind == "mute")]
    if letter == "b":
        masks += yield from _restricted(channel)
    entry, end = LIST_NUMERICS[letter]
    for mask in masks:
        yield client.numeric(entry, name, listed(mask), mask.by_name or "*", str(milliseconds(mask.at) // 1000))
    yield client.numeric(end, name)


def _restricted(channel: str) -> Generator[Said, Reply | None, list[Mask]]:
    """The people who are banned or muted by name, as masks of their hosts; nothing for who may not know."""
    try:
        found = yield ListRestrictions(room=channel)
    except ChatError:
        return []
    assert isinstance(found, Restrictions)
    people = (each for each in found.restrictions if each.person)
    return [Mask(each.kind, f"*!*@{host(each.person)}", each.by_name, each.at) for each in people]


def _change_list(client: Client, channel: str, change: Change) -> Steps:
    """A mask. One that means a single host is a ban of the person, as in every other client."""
    assert change.param is not None
    kind, text = parse_mask(change.letter, change.param)
    try:
        mask = checked_mask(text)
    except ChatError:
        yield _invalid(client, channel, change, "A mask is nick!user@host with * and ?, or ~a:account.")
        return
    if kind in ("ban", "mute"):
        person = yield from _meant(client, channel, mask, change.on)
        if person and change.on and kind == "ban":
            yield Ban(room=channel, person=person)
            return
        if person and not change.on:
            yield Unban(room=channel, person=person) if kind == "ban" else Unmute(room=channel, person=person)
            return
    try:
        yield SetMask(room=channel, kind=kind, mask=mask, on=change.on)
    except ChatError as error:
        if error.code != "too-many":
            raise
        yield client.numeric(Numeric.ERR_BANLISTFULL, channel, change.letter, text=error.hint)


def _meant(client: Client, channel: str, mask: str, on: bool) -> Generator[Said, Reply | None, str]:
    """The id of the one person whom a mask of a host means: in the room, or (to end it) banned or muted; else empty."""
    _, _, place = mask.partition("!*@")
    if not mask.startswith("*!*@") or "*" in place or "?" in place:
        return ""
    if on:
        room = client.joined(channel)
        members = client.attached(room) if room is not None else []
        return next((member.id for member in members if host(member.id) == place), "")
    try:
        found = yield ListRestrictions(room=channel)
    except ChatError:
        return ""
    assert isinstance(found, Restrictions)
    return next((each.person for each in found.restrictions if each.person and host(each.person) == place), "")


# Oneself


def _user_mode(client: Client, target: str, changes: Sequence[Change]) -> Steps:
    """Everyone has +i: people are seen only by those who share a room with them."""
    if room_key(target) != room_key(client.nick):
        yield from _other_user(client, target)
        return
    if any(change.letter not in USER_MODES for change in changes):
        yield client.numeric(Numeric.ERR_UMODEUNKNOWNFLAG)
    yield from _hear_wallops(client, changes)
    found = yield ReadPeople(people=(client.person.id,))
    assert isinstance(found, People)
    bot, oper = is_bot(found.people[0]), is_operator(found.people[0])
    if oper and any(change.letter == "o" and not change.on for change in changes):
        yield ResignOperator()
        if client.person.role not in ("owner", "moderator"):
            yield client.own_line("MODE", client.nick, "-o")
    wanted = next((change.on for change in reversed(changes) if change.letter == "B"), bot)
    if wanted != bot:
        yield SetDetail(key=BOT, value="bot" if wanted else None, keep=False)
        yield client.own_line("MODE", client.nick, "+B" if wanted else "-B")
    if not changes:
        wallops = "" if client.silenced else "w"
        yield client.numeric(Numeric.RPL_UMODEIS, f"+i{wallops}{'o' if oper else ''}{'B' if bot else ''}")


def _hear_wallops(client: Client, changes: Sequence[Change]) -> Steps:
    wanted = next((change.on for change in reversed(changes) if change.letter == "w"), None)
    if wanted is not None and wanted == client.silenced:
        client.silence(on=not wanted)
        yield client.own_line("MODE", client.nick, "+w" if wanted else "-w")


def _other_user(client: Client, target: str) -> Steps:
    found = yield ReadPeople(people=(f"@{target}",))
    assert isinstance(found, People)
    if found.people and found.people[0].state != "offline":
        yield client.numeric(Numeric.ERR_USERSDONTMATCH)
    else:
        yield client.numeric(Numeric.ERR_NOSUCHNICK, target)
