"""What a room is, in lines: who finds it, who writes, how much of its past is shown, how fast one may write."""

from collections.abc import Callable, Mapping
from typing import Final

from hobnob.gateways.lines import pages
from hobnob.gateways.lines.seat import Seat
from hobnob.gateways.lines.slash import SlashCommand, Usage, needed, table
from hobnob.gateways.lines.talk import Script, ask
from hobnob.gateways.lines.wire import shortened
from hobnob.protocol.commands import CreateRoom, JoinRoom
from hobnob.protocol.durations import parse_duration, say_duration
from hobnob.protocol.moderation_commands import ChangeRoom
from hobnob.protocol.records import HistoryRule, Posting
from hobnob.protocol.replies import Joined, Reply

_HISTORY: Final[dict[str, HistoryRule]] = {"all": "all", "joined": "joined", "joining": "joined"}
_WRITERS: Final[dict[str, Posting]] = {
    "all": "all", "everybody": "all", "everyone": "all", "members": "all", "moderators": "moderators",
}  # fmt: skip
_NONE: Final = frozenset({"off", "none", "no", "0"})


def _room(seat: Seat, words: str) -> Script:
    word, _, rest = words.partition(" ")
    if not word:
        yield from _show(seat)
        return
    change = _CHANGES.get(word.lower())
    if change is None:
        raise Usage("The settings are public, private, writers, slow, history, name and new.")
    yield from change(seat, rest.strip())


def _show(seat: Seat) -> Script:
    seat.room = (yield from ask(JoinRoom(room=seat.room.id), Joined)).room
    yield seat.say(pages.settings(seat.room), "/help room lists what can be changed.")


def _new(seat: Seat, words: str) -> Script:
    name, _, kind = words.partition(" ")
    name = needed(name.lstrip("#"))
    if kind not in ("", "private", "public"):
        raise Usage
    command = CreateRoom(name=name, kind="public" if kind == "public" else "private")
    made = yield from ask(command, Joined)
    seat.turn(seat.screen, made.room)
    yield seat.say(f"This room is new, and {made.room.kind}: you have just made it. /invite <name> asks people in.")
    yield from seat.arrive()


def _private(seat: Seat, words: str) -> Script:
    yield from ask(ChangeRoom(room=seat.room.id, private=True), Reply)
    yield seat.say(f"{seat.here} is private now: only its members see it, and who is invited comes in.")


def _public(seat: Seat, words: str) -> Script:
    yield from ask(ChangeRoom(room=seat.room.id, private=False), Reply)
    yield seat.say(f"{seat.here} is public now: everybody here sees it and comes in.")


def _writers(seat: Seat, words: str) -> Script:
    posting = _WRITERS.get(words.lower())
    if posting is None:
        raise Usage("Writers are all or moderators.")
    yield from ask(ChangeRoom(room=seat.room.id, posting=posting), Reply)
    yield seat.say(f"{'All' if posting == 'all' else 'Only moderators'} write in {seat.here} from now on.")


def _slow(seat: Seat, words: str) -> Script:
    words = needed(words).lower()
    seconds = 0 if words in _NONE else parse_duration(f"{words}s" if words.isdecimal() else words)
    if seconds is None:
        raise Usage("Write a time such as 10s or 1m, or off.")
    yield from ask(ChangeRoom(room=seat.room.id, slow=seconds), Reply)
    pause = (
        f"Everybody waits {say_duration(seconds)} between two messages" if seconds else "Nobody has to wait any more"
    )
    yield seat.say(f"{pause} in {seat.here}.")


def _history(seat: Seat, words: str) -> Script:
    rule = _HISTORY.get(words.lower())
    if rule is None:
        raise Usage("History is all or joined.")
    yield from ask(ChangeRoom(room=seat.room.id, history=rule), Reply)
    yield seat.say(f"Who comes into {seat.here} sees {'all of its past' if rule == 'all' else 'it from then on'}.")


def _name(seat: Seat, words: str) -> Script:
    name = needed(words.lstrip("#"))
    yield from ask(ChangeRoom(room=seat.room.id, name=name), Reply)
    seat.room = (yield from ask(JoinRoom(room=seat.room.id), Joined)).room
    yield seat.say(f"This room is called #{shortened(seat.room.name)} now.")


_CHANGES: Final[Mapping[str, Callable[[Seat, str], Script]]] = {
    "new": _new, "private": _private, "public": _public, "writers": _writers, "posting": _writers, "slow": _slow,
    "history": _history, "name": _name,
}  # fmt: skip

ROOM_SETTINGS: Final = table(
    SlashCommand("/room [setting]", "what the room is: /help room", _room, "rooms", more=(
        "/room  shows what the room is now",
        "/room new tea [public]  makes a room; a private one, if you do not say public",
        "/room private  only members see it, /room public  everybody does",
        "/room writers all|moderators  who may write",
        "/room slow 10s  time between two messages of one member, /room slow off",
        "/room history all|joined  what newcomers see of its past",
        "/room name <name>  calls it otherwise",
    )),
)  # fmt: skip
