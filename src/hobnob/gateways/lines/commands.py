"""What a person can do besides talking, and the one table of all that can be typed after `/`."""

from typing import Final

import msgspec

from hobnob.gateways.lines import pages
from hobnob.gateways.lines.account import ACCOUNT
from hobnob.gateways.lines.hearing import HEARING
from hobnob.gateways.lines.inviting import INVITING
from hobnob.gateways.lines.moderation import MODERATION
from hobnob.gateways.lines.room_settings import ROOM_SETTINGS
from hobnob.gateways.lines.seat import Seat
from hobnob.gateways.lines.slash import SlashCommand, Usage, is_number, needed, number, table, with_help
from hobnob.gateways.lines.talk import Script, ask
from hobnob.gateways.lines.wire import shortened, spoken
from hobnob.protocol.commands import (
    DeleteMessage,
    EditMessage,
    JoinRoom,
    LeaveRoom,
    ListRooms,
    React,
    ReadHistory,
    Search,
    SendMessage,
    SetName,
    SetPresence,
    SetTopic,
)
from hobnob.protocol.replies import Done, Found, History, Joined, Reply, Rooms
from hobnob.protocol.text import clean_line

DEFAULT_HISTORY: Final = 10
SEARCH_HITS: Final = 10
MAX_HISTORY: Final = 200


def _name(seat: Seat, words: str) -> Script:
    yield from ask(SetName(name=needed(words)), Done)
    yield seat.say(f"You are now called {seat.name}.")


def _join(seat: Seat, words: str) -> Script:
    name = needed(words).lstrip("#")
    if name.startswith("@"):
        yield seat.say(f"To write to {shortened(name[1:])} alone: /msg {shortened(name[1:])} <text>")
        return
    joined = yield from ask(JoinRoom(room=f"#{name}", create=True), Joined)
    seat.turn(seat.screen, joined.room)
    if joined.created:
        yield seat.say("This room is new: you have just made it.")
    yield from seat.arrive()


def _leave(seat: Seat, words: str) -> Script:
    name = words.lstrip("#") or seat.room.name
    leaves_here = name.casefold() == seat.room.name.casefold()
    if leaves_here and seat.room.id == seat.lobby.id:
        yield seat.say(f"You are in {seat.here}, where everybody starts. bye leaves altogether.")
        return
    yield from ask(LeaveRoom(room=f"#{name}"), Done)
    yield seat.say(f"You left #{shortened(name)}.")
    if leaves_here:
        seat.turn(seat.screen, seat.lobby)
        joined = yield from ask(JoinRoom(room=seat.lobby.id), Joined)
        seat.turn(seat.screen, joined.room)
        yield seat.say(pages.place(seat.room))


def _rooms(seat: Seat, words: str) -> Script:
    listed = yield from ask(ListRooms(), Rooms)
    yield seat.say(*pages.rooms(listed.rooms, seat.room.id))


def _who(seat: Seat, words: str) -> Script:
    yield seat.say(f"You are {seat.name} in {seat.here}.", seat.present())


def _me(seat: Seat, words: str) -> Script:
    done = yield from ask(SendMessage(room=seat.room.id, text=needed(words), kind="action"), Done)
    seat.last_said[seat.room.id] = done.number
    yield seat.say(spoken(seat.name, "action", clean_line(words)))


def _msg(seat: Seat, words: str) -> Script:
    name, _, text = words.partition(" ")
    name = needed(name.lstrip("@"))
    text = needed(text.strip())
    yield from ask(SendMessage(room=f"@{name}", text=text), Done)
    yield seat.say(f"{seat.name} -> {shortened(name)}: {shortened(text)}")


def _topic(seat: Seat, words: str) -> Script:
    if words:
        yield from ask(SetTopic(room=seat.room.id, topic=words), Done)
        yield seat.say(f"The topic of {seat.here} is now: {shortened(words)}")
        return
    listed = yield from ask(ListRooms(), Rooms)
    topic = next((room.topic for room in listed.rooms if room.id == seat.room.id), "")
    yield seat.say(f"The topic of {seat.here}: {shortened(topic)}" if topic else "There is no topic yet.")


def _history(seat: Seat, words: str) -> Script:
    if words.startswith("#"):
        read = ReadHistory(room=seat.room.id, around=number(words), limit=DEFAULT_HISTORY)
    else:
        limit = min(number(words), MAX_HISTORY) if words else DEFAULT_HISTORY
        read = ReadHistory(room=seat.room.id, limit=max(1, limit))
    page = yield from ask(read, History)
    yield seat.say(*pages.history(seat.screen, page.messages) or ["Nothing has been said here yet."])


def _search(seat: Seat, words: str) -> Script:
    found = yield from ask(Search(query=needed(words), limit=SEARCH_HITS), Found)
    yield seat.say(*pages.found(seat.screen, found))


def _edit(seat: Seat, words: str) -> Script:
    word, _, rest = words.partition(" ")
    if is_number(word):
        of, text = number(word), rest.strip()
    else:
        of, text = _last_said(seat), words
    yield from ask(EditMessage(room=seat.room.id, of=of, text=needed(text)), Done)
    yield seat.say(f"#{of} now reads: {shortened(text)}")


def _delete(seat: Seat, words: str) -> Script:
    of = number(words) if words else _last_said(seat)
    yield from ask(DeleteMessage(room=seat.room.id, of=of), Done)
    if seat.last_said.get(seat.room.id) == of:
        del seat.last_said[seat.room.id]
    yield seat.say(f"#{of} is deleted.")


def _react(seat: Seat, words: str) -> Script:
    word, _, emoji = words.partition(" ")
    of = number(word)
    emoji = needed(emoji.strip())
    yield from ask(React(room=seat.room.id, of=of, emoji=emoji), Done)
    yield seat.say(f"You reacted {shortened(emoji)} to #{of}.")


def _away(seat: Seat, words: str) -> Script:
    yield from ask(SetPresence(state="away", text=words), Reply)
    yield seat.say("You are marked as away. /back when you are here again.")


def _back(seat: Seat, words: str) -> Script:
    yield from ask(SetPresence(state="online"), Reply)
    yield seat.say("You are no longer away.")


def _colour(seat: Seat, words: str) -> Script:
    if words.lower() not in ("on", "off"):
        raise Usage
    seat.turn(msgspec.structs.replace(seat.screen, colour=words.lower() == "on"), seat.room)
    yield seat.say(f"Names are {'in colours' if seat.screen.colour else 'plain'} from now on, like yours: {seat.name}")


def _last_said(seat: Seat) -> int:
    number = seat.last_said.get(seat.room.id)
    if number is None:
        raise Usage("You have said nothing here yet.")
    return number


TALK: Final = table(
    SlashCommand("/name <name>", "be called otherwise", _name),
    SlashCommand("/join <room>", "go into a room; a missing one is made", _join),
    SlashCommand("/leave [room]", "leave a room, back to the lobby", _leave),
    SlashCommand("/rooms", "the rooms there are", _rooms),
    SlashCommand("/who", "who is here", _who),
    SlashCommand("/me <text>", "say what you do: * ada waves", _me),
    SlashCommand("/msg <name> <text>", "write to one person alone", _msg),
    SlashCommand("/topic [text]", "read or set what the room is about", _topic),
    SlashCommand("/history [count]", "the last messages, or those around #42", _history),
    SlashCommand("/search <words>", 'find messages: tea "green tea" from:ada in:#tea', _search),
    SlashCommand("/edit [number] <text>", "change your last message, or one by number", _edit),
    SlashCommand("/delete [number]", "take your last message back, or one by number", _delete),
    SlashCommand("/react <number> <emoji>", "react to a message", _react),
    SlashCommand("/away [text]", "be marked as away", _away),
    SlashCommand("/back", "be here again", _back),
    SlashCommand("/colour on|off", "names in colours, or not", _colour),
)

ROOMS: Final = INVITING | ROOM_SETTINGS | MODERATION
COMMANDS: Final = with_help(TALK | ACCOUNT | HEARING | ROOMS, "leaves")
