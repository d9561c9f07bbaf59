"""What owners and moderators type, and how others call for them: about the room one is in, another, or the server."""

from typing import Final

import msgspec

from hobnob.gateways.lines import pages
from hobnob.gateways.lines.seat import Seat
from hobnob.gateways.lines.slash import SlashCommand, Usage, needed, number, table
from hobnob.gateways.lines.talk import Script, ask
from hobnob.gateways.lines.wire import ROLES, shortened
from hobnob.protocol.durations import FOREVER, LONGEST, parse_duration, say_duration
from hobnob.protocol.moderation_commands import (
    Ban,
    CloseDoors,
    Kick,
    ListRestrictions,
    Mute,
    ReadAudit,
    Report,
    SendAside,
    SetRole,
    Unban,
    Unmute,
)
from hobnob.protocol.records import Role
from hobnob.protocol.replies import Audit, Reply, Restrictions

AUDIT_LINES: Final = 20
SERVER: Final = "server"
"""The word that means all of the server instead of one room."""

_ROLES: Final[dict[str, Role]] = {
    "owner": "owner", "moderator": "moderator", "mod": "moderator", "speaker": "speaker",
    "member": "member", "guest": "guest",
}  # fmt: skip
_DOORS_CLOSED_FOR = 3600


class Where(msgspec.Struct, frozen=True):
    """A room, or the server: `room` is what commands take, `words` is what people read, `word` what they type."""

    room: str | None
    words: str
    word: str


def where(seat: Seat, rest: list[str], default: str = "") -> Where:
    """Take the word that says where, if the next one does."""
    word = rest[0].lower() if rest else ""
    if word == SERVER or word.startswith("#"):
        rest.pop(0)
    else:
        word = default
    if word == SERVER:
        return Where(None, "on the server", word)
    return Where(word, f"in {shortened(word)}", word) if word else Where(seat.room.id, f"in {seat.here}", "")


def duration(rest: list[str]) -> int | None:
    """Take the words that say how long, if the next ones do: ``10m``, ``2 days``, ``forever``; else None."""
    for count in (2, 1):
        seconds = parse_duration(" ".join(rest[:count])) if len(rest) >= count else None
        if seconds is not None:
            del rest[:count]
            return seconds
    return None


def _kick(seat: Seat, words: str) -> Script:
    name, rest = _whom(words)
    there = where(seat, rest)
    if there.room is None:
        raise Usage("Nobody is kicked off a server, as they could come back at once: /ban keeps them out.")
    yield from ask(Kick(room=there.room, person=f"@{name}", reason=" ".join(rest)), Reply)
    asked = there.room == seat.room.id and seat.room.kind == "private"
    back = "They come back if they are invited again" if asked else "They may come back"
    yield seat.say(f"{shortened(name)} is no longer {there.words}. {back}; /ban keeps them out.")


def _ban(seat: Seat, words: str) -> Script:
    name, rest = _whom(words)
    is_network = _is_network(name)
    there = where(seat, rest, SERVER if is_network else "")
    seconds = duration(rest)
    person, network = (None, name) if is_network else (f"@{name}", None)
    command = Ban(
        person=person, network=network, room=there.room, seconds=seconds or FOREVER, reason=" ".join(rest)
    )  # fmt: skip
    yield from ask(command, Reply)
    yield seat.say(f"{shortened(name)} is banned {there.words} {_long(seconds)}.")


def _unban(seat: Seat, words: str) -> Script:
    name, rest = _whom(words)
    is_network = _is_network(name)
    there = where(seat, rest, SERVER if is_network else "")
    person, network = (None, name) if is_network else (f"@{name}", None)
    yield from ask(Unban(person=person, network=network, room=there.room), Reply)
    yield seat.say(f"{shortened(name)} is no longer banned {there.words}.")


def _mute(seat: Seat, words: str) -> Script:
    name, rest = _whom(words)
    there = where(seat, rest)
    seconds = duration(rest)
    yield from ask(Mute(person=f"@{name}", room=there.room, seconds=seconds or FOREVER, reason=" ".join(rest)), Reply)
    yield seat.say(f"{shortened(name)} may read and not write {there.words} {_long(seconds)}.")


def _unmute(seat: Seat, words: str) -> Script:
    name, rest = _whom(words)
    there = where(seat, rest)
    yield from ask(Unmute(person=f"@{name}", room=there.room), Reply)
    yield seat.say(f"{shortened(name)} may write {there.words} again.")


def _bans(seat: Seat, words: str) -> Script:
    rest = words.split()
    there = where(seat, rest)
    held = (yield from ask(ListRestrictions(room=there.room), Restrictions)).restrictions
    yield seat.say(*map(pages.restriction, held) if held else (f"Nobody is banned or muted {there.words}.",))


def _role(seat: Seat, words: str) -> Script:
    name, rest = _whom(words)
    role = role_of(rest.pop(0)) if rest else None
    if role is None:
        raise Usage("The roles are owner, moderator, speaker (in a room), member and guest.")
    there = where(seat, rest)
    yield from ask(SetRole(person=f"@{name}", role=role, room=there.room), Reply)
    yield seat.say(f"{shortened(name)} is {ROLES[role]} {there.words} now.")


def _report(seat: Seat, words: str) -> Script:
    word, _, reason = words.partition(" ")
    of = number(word)
    yield from ask(Report(room=seat.room.id, of=of, reason=reason.strip()), Reply)
    yield seat.say(f"The moderators will see #{of} and what you say about it.")


def _aside(seat: Seat, words: str) -> Script:
    yield from ask(SendAside(room=seat.room.id, text=needed(words)), Reply)
    yield seat.say(f"The moderators who are in {seat.here} now were told, and nobody else.")


def _audit(seat: Seat, words: str) -> Script:
    rest = words.split()
    there = where(seat, rest, SERVER if seat.me and seat.me.role in ("owner", "moderator") else "")
    before = number(rest[0]) if rest else None
    page = yield from ask(ReadAudit(room=there.room, before=before, limit=AUDIT_LINES), Audit)
    lines = [pages.audit(entry) for entry in reversed(page.entries)]
    if page.more:
        lines.append(f"Older lines: /audit {there.word} {page.entries[-1].number}".replace("  ", " "))
    yield seat.say(*lines or [f"Nothing was done {there.words} that is written down."])


def _doors(seat: Seat, words: str) -> Script:
    state, *rest = words.lower().split() or [""]
    if state == "open":
        yield from ask(CloseDoors(seconds=0), Reply)
        yield seat.say("The doors are open: new people come in as before.")
        return
    if not state.startswith("close"):
        raise Usage
    seconds = duration(rest)
    if rest:
        raise Usage
    seconds = _DOORS_CLOSED_FOR if seconds is None else seconds or LONGEST
    yield from ask(CloseDoors(seconds=seconds), Reply)
    yield seat.say(f"The doors are closed: nobody new comes in for {say_duration(seconds)}. /doors open lets them.")


def role_of(word: str) -> Role | None:
    """The role that a word means."""
    return _ROLES.get(word.lower())


def _whom(words: str) -> tuple[str, list[str]]:
    """The name or network, and the words after it."""
    name, *rest = needed(words).split()
    return needed(name.lstrip("@")), rest


def _is_network(name: str) -> bool:
    """No name begins with a digit or holds a colon."""
    return name[0].isdecimal() or ":" in name


def _long(seconds: int | None) -> str:
    return f"for {say_duration(seconds)}" if seconds else "for ever"


_WHERE = "In the room you are in; with #tea in that one, with the word server on all of the server."
_LONG = "How long: 30s, 10m, 2h, 7d; for ever if left out."

MODERATION: Final = table(
    SlashCommand("/kick <name> [reason]", "take somebody out of the room", _kick, "rooms", more=(_WHERE,)),
    SlashCommand("/ban <name> [time] [reason]", "keep somebody out", _ban, "rooms", more=(
        "/ban <name> [#room|server] [time] [reason]", _WHERE, _LONG,
        "Also /ban 203.0.113.7 and /ban 2001:db8::/48, on the server.",
    )),
    SlashCommand("/unban <name>", "end a ban", _unban, "rooms", more=("/unban <name> [#room|server]", _WHERE)),
    SlashCommand("/mute <name> [time] [reason]", "let somebody read only", _mute, "rooms", more=(
        "/mute <name> [#room|server] [time] [reason]", _WHERE, _LONG,
    )),
    SlashCommand("/unmute <name>", "end that", _unmute, "rooms", more=("/unmute <name> [#room|server]", _WHERE)),
    SlashCommand("/bans [#room|server]", "the bans and mutes that hold", _bans, "rooms"),
    SlashCommand("/role <name> <role>", "owner, moderator, speaker, member or guest", _role, "rooms", more=(
        "/role <name> <role> [#room|server]", _WHERE,
    )),
    SlashCommand("/report <number> [reason]", "tell the moderators of a message", _report, "rooms"),
    SlashCommand("/aside <text>", "tell the moderators who are here, alone", _aside, "rooms"),
    SlashCommand("/audit [#room|server]", "what moderators did, the newest last", _audit, "rooms", more=(
        "/audit [#room|server] [number]  shows what was done before that line",
    )),
    SlashCommand("/doors close [time]|open", "let nobody new in for a while", _doors, "rooms"),
)  # fmt: skip
