"""Lines that begin with `/`: how a table of commands is called, and how it is explained.

`words` is what follows the command, without white space around it. A script that lacks something raises `Usage`, and
the person is told how the command is written. Nobody reads more than a screen of help at once, so commands have topics.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final

import msgspec

from hobnob.gateways.lines.seat import Seat
from hobnob.gateways.lines.talk import GaveUp, Hush, Script
from hobnob.gateways.lines.wire import shortened
from hobnob.protocol.errors import ChatError

TALKING: Final = ""
"""The topic of what everybody needs; `/help` alone lists it."""
TOPICS: Final = {
    "account": "your name and password, your devices, whom you hear",
    "rooms": "inviting, room settings, moderators' commands",
}

OTHER_WORDS: Final = {
    "/?": "/help", "/h": "/help", "/commands": "/help",
    "/nick": "/name",
    "/j": "/join", "/part": "/leave", "/list": "/rooms", "/channels": "/rooms", "/names": "/who", "/users": "/who",
    "/query": "/msg", "/tell": "/msg", "/whisper": "/msg", "/w": "/msg", "/dm": "/msg", "/pm": "/msg",
    "/logs": "/history", "/find": "/search", "/remove": "/delete", "/quit": "/stop", "/exit": "/stop",
}  # fmt: skip
"""Words of other chats, and ours for the same: what comes near by its letters may be far off by what it does."""

_NUMBER = re.compile(r"#?[0-9]{1,15}")

Table = Mapping[str, "SlashCommand"]


class Usage(Exception):
    """A command lacks something; a sentence may say what."""


class SlashCommand(msgspec.Struct, frozen=True):
    """A command, how it is written, what it does in a few words, and its script.

    `more`: lines that `/help` and the command's word show besides. `secret`: it asks for a password, so what is typed
    after it failed may be one.
    """

    usage: str
    purpose: str
    act: Callable[[Seat, str], Script]
    topic: str = TALKING
    more: tuple[str, ...] = ()
    secret: bool = False

    @property
    def word(self) -> str:
        """The word by which it is called, with its slash."""
        return self.usage.split()[0]


def table(*commands: SlashCommand) -> dict[str, SlashCommand]:
    """Commands by word."""
    return {command.word: command for command in commands}


def run(seat: Seat, line: str, commands: Table) -> Script:
    """Do what a line that begins with `/` says; `commands` is what there is, by word."""
    word, _, words = line.partition(" ")
    command = commands.get(word.lower())
    if command is None:
        meant = _meant(word.lower(), commands)
        yield seat.say(_unknown(word, meant))
        if meant and commands[meant].secret:
            yield Hush()
        return
    try:
        yield from command.act(seat, words.strip())
        return
    except Usage as lacking:
        yield seat.say(" ".join((*lacking.args, f"Write it like this: {command.usage} ({command.purpose}).")))
    except GaveUp:
        yield seat.say("Nothing was changed.")
        return
    except ChatError:
        if command.secret:
            yield Hush()
        raise
    if command.secret:
        yield Hush()


def needed(words: str) -> str:
    """What has to be there. Raises Usage."""
    if not words:
        raise Usage
    return words


def is_number(word: str) -> bool:
    """Whether a word is the number of a message, written 42 or #42."""
    return _NUMBER.fullmatch(word) is not None


def number(word: str) -> int:
    """The number of a message. Raises Usage."""
    if not is_number(word):
        raise Usage
    return int(word.removeprefix("#"))


def _meant(word: str, commands: Table) -> str:
    """The command that somebody may have meant; empty when there is none."""
    if word in OTHER_WORDS:
        return OTHER_WORDS[word] if OTHER_WORDS[word] in commands else ""
    return next(iter(get_close_matches(word, commands, n=1)), "")


def _unknown(word: str, meant: str) -> str:
    advice = f"Did you mean {meant}?" if meant else "/help lists all commands."
    return f"There is no command {shortened(word)}. {advice} To say a line that begins with /, double the slash."


def with_help(commands: Table, bye: str) -> dict[str, SlashCommand]:
    """A table and `/help` about it; `bye` says what that word does."""

    def explain(seat: Seat, words: str) -> Script:
        yield seat.say(*overview(everything, bye, words))

    everything = table(SlashCommand("/help [topic]", "this list, or more about one thing", explain)) | {**commands}
    return everything


def overview(commands: Table, bye: str, words: str = "") -> list[str]:
    """What can be typed, of one topic, or more about one command; `bye` says what that word does."""
    asked = words.lower().removeprefix("/")
    topics = {topic: what for topic, what in TOPICS.items() if any(each.topic == topic for each in commands.values())}
    if asked in topics:
        return _listed(commands, asked)
    if asked:
        return _explained(commands, asked)
    return [
        "What you type is said in the room you are in. Other than that:",
        *_listed(commands, TALKING),
        *(f"  {f'/help {topic}':{_width(commands, TALKING)}}  {what}" for topic, what in topics.items()),
        f"Numbers of messages are shown by /history. bye on a line of its own {bye}.",
    ]


def _listed(commands: Table, topic: str) -> list[str]:
    width = _width(commands, topic)
    return [f"  {each.usage:{width}}  {each.purpose}" for each in commands.values() if each.topic == topic]


def _width(commands: Table, topic: str) -> int:
    return max(len(command.usage) for command in commands.values() if command.topic == topic)


def _explained(commands: Table, asked: str) -> list[str]:
    command = commands.get(f"/{asked}")
    if command is None:
        return [f"There is no help about {shortened(asked)}. /help lists all commands."]
    return [f"  {command.usage}  {command.purpose}", *(f"  {line}" for line in command.more)]
