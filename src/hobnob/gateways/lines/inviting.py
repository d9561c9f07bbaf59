"""Letting people in: invites that are given away as a link or a code, and asking somebody who is here into a room."""

import re
from typing import Final

from hobnob.gateways.lines import pages
from hobnob.gateways.lines.moderation import duration, role_of, where
from hobnob.gateways.lines.seat import Seat
from hobnob.gateways.lines.slash import SlashCommand, Usage, needed, table
from hobnob.gateways.lines.talk import Script, ask
from hobnob.gateways.lines.wire import shortened
from hobnob.protocol.account_commands import WEEK, CreateInvite, ListInvites, RevokeInvite
from hobnob.protocol.errors import ChatError
from hobnob.protocol.moderation_commands import InvitePerson
from hobnob.protocol.records import Role
from hobnob.protocol.replies import InviteMade, Invites, Reply

_USES = re.compile(r"x?([0-9]{1,6})x?")


class _Wish:
    """What words after `/invite` ask for, in any order."""

    def __init__(self, words: str) -> None:
        self.person = self.room = ""
        self.role: Role = "member"
        self.uses = 1
        self.seconds = WEEK
        rest = words.split()
        while rest:
            self._take(rest)

    def _take(self, rest: list[str]) -> None:
        uses = _USES.fullmatch(rest[0].lower())
        if uses is not None and uses[0] != uses[1]:  # a number alone is a time
            self.uses = int(uses[1])
        elif (seconds := duration(rest)) is not None:
            self.seconds = seconds
            return
        elif rest[0].startswith("#"):
            self.room = rest[0]
        elif role := role_of(rest[0]):
            self.role = role
        elif self.person:
            raise Usage
        else:
            self.person = needed(rest[0].lstrip("@"))
        rest.pop(0)


def _invite(seat: Seat, words: str) -> Script:
    wish = _Wish(words)
    if wish.person:
        yield from ask(InvitePerson(room=wish.room or seat.room.id, person=f"@{wish.person}"), Reply)
        there = shortened(wish.room) or seat.here
        yield seat.say(f"{shortened(wish.person)} is invited to {there}.")
        return
    command = CreateInvite(room=wish.room or None, role=wish.role, uses=wish.uses, expires_in=wish.seconds)
    made = yield from ask(command, InviteMade)
    yield seat.say(*pages.invite_made(made))


def _invites(seat: Seat, words: str) -> Script:
    rest = words.split()
    room = where(seat, rest).room if rest else None
    listed = (yield from ask(ListInvites(room=room), Invites)).invites
    yield seat.say(*map(pages.invite, listed) if listed else ("There is no invite that can be used.",))


def _uninvite(seat: Seat, words: str) -> Script:
    begun = needed(words).lower().removeprefix("i_")
    listed = (yield from ask(ListInvites(), Invites)).invites
    found = [invite for invite in listed if invite.id.removeprefix("i_").startswith(begun)]
    if len(found) != 1:
        raise ChatError("no-such-invite", "There is no such invite; /invites lists them, each with its id in front.")
    yield from ask(RevokeInvite(invite=found[0].id), Reply)
    yield seat.say("That invite lets nobody in any more.")


INVITING: Final = table(
    SlashCommand("/invite [name]", "ask somebody into the room, or make an invite", _invite, "rooms", more=(
        "/invite ada  asks ada into the room you are in, /invite ada #tea into another",
        "/invite [#room] [role] [5x] [2d]  makes a link and a code to give away,",
        "for the server or a room, for one person or 5, for a week or 2 days",
    )),
    SlashCommand("/invites", "the invites that can be used", _invites, "rooms"),
    SlashCommand("/uninvite <id>", "take an invite back", _uninvite, "rooms"),
)  # fmt: skip
