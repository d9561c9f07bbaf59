"""ChanServ: one's rooms. Who makes a room owns it, and stays its owner while they are away, if they have an account."""

from typing import Literal

from hobnob.gateways.irc.commands.command import Steps
from hobnob.gateways.irc.services.service import SERVICES, Asked
from hobnob.protocol.commands import ListMembers, ReadRoom, SetTopic
from hobnob.protocol.moderation_commands import (
    Ban,
    ChangeRoom,
    InvitePerson,
    Kick,
    ListRestrictions,
    Mute,
    SetRole,
    Unban,
    Unmute,
)
from hobnob.protocol.records import Role
from hobnob.protocol.replies import Members, Restrictions, RoomTerms

CHANSERV = SERVICES["chanserv"]

DAY = 24 * 3600
_UNITS = {"m": 60, "h": 3600, "d": DAY, "w": 7 * DAY}


@CHANSERV.says("REGISTER", "REGISTER #room: keep a room; here this is done by itself.", params=1)
def register(request: Asked) -> Steps:
    """Nothing is to be done for an account's room."""
    if request.client.person.kind != "account":
        yield request.answer(
            "A room is its maker's for good once they have an account: make one with /msg NickServ REGISTER password."
        )
        return
    terms = yield ReadRoom(room=request.params[0])
    assert isinstance(terms, RoomTerms)
    yield request.answer(f"#{terms.room.name} is kept already, with its members and all that is said in it.")


@CHANSERV.says("INFO", "INFO #room: what a room is.", params=1)
def info(request: Asked) -> Steps:
    """What may be known of a room."""
    terms = yield ReadRoom(room=request.params[0])
    assert isinstance(terms, RoomTerms)
    room = terms.room
    yield request.answer(f"#{room.name} is {room.kind}, made {room.created_at[:10]}; {terms.attached} are there now.")
    if room.topic:
        yield request.answer(f"Topic: {room.topic}")
    if room.posting == "moderators":
        yield request.answer("Only moderators write there.")
    if room.slow:
        yield request.answer(f"Members wait {room.slow} seconds between two messages.")


@CHANSERV.says("ACCESS", "ACCESS #room: who owns and moderates a room.", params=1)
def access(request: Asked) -> Steps:
    """Everybody with a role, there or away."""
    after: str | None = None
    more = True
    while more:
        page = yield ListMembers(room=request.params[0], after=after)
        assert isinstance(page, Members)
        for member in page.members:
            if member.role in ("owner", "moderator"):
                yield request.answer(f"{member.name}: {member.role}")
        more = page.more and bool(page.members)
        after = page.members[-1].id if page.members else None
    yield request.answer("That is all.")


def _gives(word: str, role: Role, meaning: str) -> None:
    def give(request: Asked) -> Steps:
        names = request.params[1:] or [request.client.nick]
        for name in names:
            yield SetRole(room=request.params[0], person=f"@{name}", role=role)
            yield request.answer(f"{name} is {meaning} of {request.params[0]} now.")

    CHANSERV.says(word, f"{word} #room [name ...]: make them {meaning}.", params=1)(give)


_gives("OWNER", "owner", "an owner")
_gives("OP", "moderator", "a moderator")
_gives("VOICE", "speaker", "a speaker")
_gives("DEVOICE", "member", "a plain member")
_gives("DEOP", "member", "a plain member")
_gives("DEOWNER", "member", "a plain member")


@CHANSERV.says("KICK", "KICK #room name [reason]: take somebody out.", params=2)
def kick(request: Asked) -> Steps:
    """Take somebody out of a room."""
    room, name, *reason = request.params
    yield Kick(room=room, person=f"@{name}", reason=" ".join(reason))
    yield request.answer(f"{name} is out of {room}.")


def _keeps_off(word: str, command: type[Ban] | type[Mute], done: Literal["banned from", "muted in"]) -> None:
    def keep_off(request: Asked) -> Steps:
        room, name, *rest = request.params
        seconds = _seconds(rest[0]) if rest else 0
        reason = " ".join(rest[1:] if seconds else rest)
        yield command(room=room, person=f"@{name}", seconds=seconds, reason=reason)
        yield request.answer(f"{name} is {done} {room}{f' for {rest[0]}' if seconds else ''}.")

    CHANSERV.says(word, f"{word} #room name [30m|12h|7d] [reason]: also while they are away.", params=2)(keep_off)


_keeps_off("BAN", Ban, "banned from")
_keeps_off("MUTE", Mute, "muted in")


def _seconds(text: str) -> int:
    """Seconds of ``30m``, ``12h``, ``7d`` or ``2w``; 0 for anything else."""
    number, unit = text[:-1], text[-1:].lower()
    if unit not in _UNITS or not (number.isascii() and number.isdigit() and len(number) < 6):
        return 0
    return int(number) * _UNITS[unit]


@CHANSERV.says("UNBAN", "UNBAN #room name: end a ban.", params=2)
def unban(request: Asked) -> Steps:
    """End a ban."""
    room, name = request.params[:2]
    yield Unban(room=room, person=f"@{name}")
    yield request.answer(f"{name} may come back to {room}.")


@CHANSERV.says("UNMUTE", "UNMUTE #room name: end a mute.", params=2)
def unmute(request: Asked) -> Steps:
    """End a mute."""
    room, name = request.params[:2]
    yield Unmute(room=room, person=f"@{name}")
    yield request.answer(f"{name} may write in {room} again.")


@CHANSERV.says("BANS", "BANS #room: who is banned or muted by name, and until when.", params=1)
def bans(request: Asked) -> Steps:
    """The bans and mutes of people; masks are told by MODE #room b."""
    found = yield ListRestrictions(room=request.params[0])
    assert isinstance(found, Restrictions)
    for each in found.restrictions:
        until = f"until {each.until[:16].replace('T', ' ')}" if each.until else "for good"
        reason = f": {each.reason}" if each.reason else ""
        yield request.answer(f"{each.person_name or each.network}, {each.kind} {until}, by {each.by_name}{reason}")
    yield request.answer("That is all.")


@CHANSERV.says("INVITE", "INVITE #room [name]: ask somebody into a room.", params=1)
def invite(request: Asked) -> Steps:
    """Ask somebody in."""
    name = request.params[1] if len(request.params) > 1 else request.client.nick
    yield InvitePerson(room=request.params[0], person=f"@{name}")
    yield request.answer(f"{name} may come into {request.params[0]}.")


@CHANSERV.says("TOPIC", "TOPIC #room [text]: say what a room is about.", params=1)
def topic(request: Asked) -> Steps:
    """Set the topic."""
    yield SetTopic(room=request.params[0], topic=" ".join(request.params[1:]))
    yield request.answer(f"The topic of {request.params[0]} is set.")


@CHANSERV.says("SET", "SET #room PRIVATE|MODERATED on|off, SLOW seconds, HISTORY all|joined: what a room is.", params=3)
def set_(request: Asked) -> Steps:
    """What has no mode of its own, and what has."""
    room, what, value = request.params[0], request.params[1].upper(), request.params[2].lower()
    on = value == "on"
    if what == "PRIVATE" and value in ("on", "off"):
        yield ChangeRoom(room=room, private=on)
    elif what == "MODERATED" and value in ("on", "off"):
        yield ChangeRoom(room=room, posting="moderators" if on else "all")
    elif what == "HISTORY" and value in ("all", "joined"):
        yield ChangeRoom(room=room, history="all" if value == "all" else "joined")
    elif what == "SLOW" and value.isascii() and value.isdigit() and len(value) < 6:
        yield ChangeRoom(room=room, slow=int(value))
    else:
        yield request.answer(f"Say it like this: {CHANSERV.words['SET'].help}")
        return
    yield request.answer(f"{what} of {room} is {value} now.")
