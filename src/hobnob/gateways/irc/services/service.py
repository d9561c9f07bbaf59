"""What a service is: a reserved name that answers words with notices. Nothing said to one is kept or told to anybody.

Each service is a table of words; a word is a generator of steps like a command of IRC, and its refusals are notices.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps
from hobnob.protocol.errors import ChatError
from hobnob.protocol.text import for_terminal

Run = Callable[["Asked"], Steps]


class Word(msgspec.Struct, frozen=True):
    """A word of a service: what it does, how many parameters it needs, and the line of its help."""

    run: Run
    params: int
    help: str


class Service(msgspec.Struct, frozen=True):
    """A service by its name, and what it understands."""

    name: str
    about: str
    words: dict[str, Word] = msgspec.field(default_factory=dict)

    def says(self, word: str, help_: str, *, params: int = 0) -> Callable[[Run], Run]:
        """Put a function into the table of words."""

        def enter(run: Run) -> Run:
            self.words[word] = Word(run, params, help_)
            return run

        return enter


class Asked(msgspec.Struct, frozen=True):
    """What a client said to a service, after the word."""

    client: Client
    service: Service
    params: Sequence[str]

    def answer(self, text: str) -> bytes:
        """A notice of the service to the client."""
        name, client = self.service.name, self.client
        return client.line_from(f"{name}!{name}@{client.house.name}", "NOTICE", client.nick, for_terminal(text))


SERVICES: Final[dict[str, Service]] = {
    "nickserv": Service("NickServ", "Your name and your account."),
    "chanserv": Service("ChanServ", "The rooms that you look after."),
}
"""By folded name."""


def service_named(target: str) -> Service | None:
    """The service of a name; ``NickServ@hobnob`` is NickServ too."""
    return SERVICES.get(target.partition("@")[0].lower())


def asked(client: Client, service: Service, text: str) -> Steps:
    """What somebody says to a service, and the answer."""
    word, *params = text.split() or [""]
    request = Asked(client, service, params)
    known = service.words.get(word.upper())
    if known is None:
        yield request.answer(f"I do not know that word. /msg {service.name} HELP tells which I know.")
    elif len(params) < known.params:
        yield request.answer(f"Say it like this: {known.help}")
    else:
        try:
            yield from known.run(request)
        except ChatError as error:
            yield request.answer(error.hint)


def help_(request: Asked) -> Steps:
    """Which words there are, or the line of one."""
    service = request.service
    word = request.params[0].upper() if request.params else ""
    if word and word not in service.words:
        yield request.answer(f"There is no word {word}.")
        return
    lines = [service.words[word].help] if word else [service.about, *(known.help for known in service.words.values())]
    for line in lines:
        yield request.answer(line)


for _service in SERVICES.values():
    _service.says("HELP", "HELP [word]: what can be said here.")(help_)
