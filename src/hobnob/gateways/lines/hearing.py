"""Whom one hears: an ignored person's words are not shown to one, and who may write to one alone.

The house keeps the list of people that it knows again. A visitor's is their terminal's alone, and ends with it.
"""

from typing import Final

from hobnob.gateways.lines.seat import Seat
from hobnob.gateways.lines.slash import SlashCommand, Usage, needed, table
from hobnob.gateways.lines.talk import Asking, Script, ask
from hobnob.gateways.lines.wire import shortened
from hobnob.protocol.account_commands import Ignore, ListIgnored, SetDirects, Unignore
from hobnob.protocol.errors import ChatError
from hobnob.protocol.names import same_name
from hobnob.protocol.records import Directs
from hobnob.protocol.replies import Ignored, Reply

_DIRECTS: Final[dict[str, Directs]] = {
    "all": "all", "everybody": "all", "everyone": "all", "shared": "shared", "rooms": "shared",
}  # fmt: skip


def recall(seat: Seat) -> Script:
    """Ignore whom one has ignored before, where one is known again."""
    if seat.me is not None and seat.me.kind != "visitor":
        seat.ignore((yield from _kept()))


def _ignore(seat: Seat, words: str) -> Script:
    name = words.lstrip("@")
    if not name:
        yield seat.say(f"You ignore {', '.join(map(shortened, seat.ignored.values())) or 'nobody'}.")
        return
    try:
        yield from ask(Ignore(person=f"@{name}"), Reply)
        seat.ignore((yield from _kept()))
    except ChatError as error:
        if error.code != "not-kept":
            raise
        seat.ignore({**seat.ignored, **_here(seat, name)})
    yield seat.say(
        f"You ignore {shortened(name)}: what they say is not shown to you. /unignore {shortened(name)} ends it."
    )


def _unignore(seat: Seat, words: str) -> Script:
    name = needed(words.lstrip("@"))
    try:
        yield from ask(Unignore(person=f"@{name}"), Reply)
        seat.ignore((yield from _kept()))
    except ChatError as error:
        if error.code != "not-kept":
            raise
        seat.ignore({who: known for who, known in seat.ignored.items() if not same_name(known, name)})
    yield seat.say(f"What {shortened(name)} says is shown to you.")


def _kept() -> Asking[dict[str, str]]:
    return {person.id: person.name for person in (yield from ask(ListIgnored(), Ignored)).people}


def _here(seat: Seat, name: str) -> dict[str, str]:
    """Somebody in the room. Raises ChatError."""
    found = {member.id: member.name for member in seat.attached() if same_name(member.name, name)}
    if not found:
        raise ChatError("no-such-person", "Nobody of this name is here.")
    if seat.me is not None and seat.me.id in found:
        raise ChatError("not-allowed", "You cannot ignore yourself.")
    return found


def _directs(seat: Seat, words: str) -> Script:
    allow = _DIRECTS.get(words.lower())
    if allow is None:
        raise Usage
    yield from ask(SetDirects(allow=allow), Reply)
    whom = "everybody" if allow == "all" else "people with whom you share a room"
    yield seat.say(f"You take messages of their own from {whom}.")


HEARING: Final = table(
    SlashCommand("/ignore [name]", "be shown nothing that somebody says", _ignore, "account"),
    SlashCommand("/unignore <name>", "be shown it again", _unignore, "account"),
    SlashCommand("/directs all|shared", "who may write to you alone", _directs, "account", more=(
        "all: everybody; shared: only people with whom you share a room",
    )),
)  # fmt: skip
