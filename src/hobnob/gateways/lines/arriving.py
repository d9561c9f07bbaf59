"""How a person comes in: under a name, and where the house wants more, with an invite or a password, each asked for.

Hello is said with what is known so far; its refusal says what is missing. No password and no invite is asked for where
others on the way could read the answer: then the person is told how to come back, and the connection ends, so that
nothing they have typed ahead is taken for something else.
"""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from hobnob.gateways.lines.account import Say, choose_password
from hobnob.gateways.lines.talk import Asking, GaveUp, Question, ask, ask_person
from hobnob.gateways.lines.wire import shortened
from hobnob.protocol.commands import Hello
from hobnob.protocol.errors import ChatError
from hobnob.protocol.links import parse_link
from hobnob.protocol.replies import Welcome

NAME: Final = "Your name? (Enter for a guest name) "
MOST_TRIES: Final = 10
"""Times that hello is said; the house counts on its own."""

_HELP: Final = (
    "Type the name you want to have here, or only press Enter. /login if you have an account,",
    "/register to make one, /invite <code or link> if you were given one, bye leaves.",
)


class Arrival:
    """One stranger. `say` makes lines of text, `confidential`: nobody on the way can read along."""

    def __init__(self, say: Say, *, confidential: bool) -> None:
        self._say = say
        self._confidential = confidential
        self._hello = Hello(client="lines")
        self._wishes: dict[str, Callable[[str], Asking[None]]] = {
            "/login": self._login, "/register": self._register, "/invite": self._invite, "/help": self._help,
        }  # fmt: skip

    def wishes(self, line: str) -> bool:
        """Whether a line is for the door, and not a name or something to say."""
        return line.split(" ", 1)[0].lower() in self._wishes

    def come_in(self, line: str) -> Asking[Welcome]:
        """Come in with the first line, a name or a wish. Raises ChatError where asking further would not help."""
        yield from self._hear(line)
        for _ in range(MOST_TRIES - 1):
            try:
                return (yield from ask(self._hello, Welcome))
            except ChatError as error:
                yield from self._make_good(error)
        return (yield from ask(self._hello, Welcome))

    def _hear(self, line: str) -> Asking[None]:
        """Take a line as a name or a wish; a wish given up leads back to the name."""
        while True:
            word, _, words = line.strip().partition(" ")
            if not self.wishes(word):
                self._hello = replace(self._hello, name=line.strip() or None)
                return
            try:
                yield from self._wishes[word.lower()](words.strip())
            except GaveUp:
                line = yield from self._ask_name()
            else:
                return

    def _ask_name(self) -> Asking[str]:
        self._hello = replace(self._hello, password=None, register=False)
        line = yield Question(NAME)
        assert isinstance(line, str)
        return line

    def _make_good(self, error: ChatError) -> Asking[None]:
        """Ask for what a refusal says is missing. Raises the refusal where that is nothing a person could type."""
        hint = shortened(error.hint)
        try:
            if error.code.startswith("name-"):
                taken = error.code == "name-taken" and self._confidential
                yield self._say(f"{hint} If it is yours, type /login {self._hello.name}" if taken else hint)
                yield from self._hear((yield from self._ask_name()))
            elif error.code in ("invite-needed", "invite-unknown"):
                yield from self._ask_invite("" if error.code == "invite-needed" else hint)
            elif error.code in ("account-needed", "password-weak"):
                yield self._say(hint)
                yield from self._register(self._hello.name or "")
            elif error.code == "wrong-password":
                yield self._say(hint)
                yield from self._login(self._hello.name or "")
            else:
                raise error
        except GaveUp:
            yield from self._hear((yield from self._ask_name()))

    def _ask_invite(self, hint: str) -> Asking[None]:
        self._check_confidential()
        hint = hint or "This server asks for an invite."
        yield self._say(f"{hint} Paste the code or the link you were given, or type /login if you have an account.")
        line = (yield from ask_person("Invite: ")).strip()
        if self.wishes(line):
            yield from self._hear(line)
        else:
            yield from self._invite(line)

    def _invite(self, words: str) -> Asking[None]:
        self._check_confidential()
        link = parse_link(words)
        self._hello = replace(self._hello, invite=link.invite if link else words)
        yield from ()

    def _login(self, words: str) -> Asking[None]:
        self._check_confidential()
        name = yield from self._name_of(words)
        password = yield from ask_person("Password", secret=True)
        self._hello = replace(self._hello, name=name, password=password, register=False)

    def _register(self, words: str) -> Asking[None]:
        self._check_confidential()
        name = yield from self._name_of(words)
        password = yield from choose_password(self._say)
        self._hello = replace(self._hello, name=name, password=password, register=True)

    def _name_of(self, words: str) -> Asking[str]:
        """The name of an account: said with the command or before it, or asked for."""
        return words or self._hello.name or (yield from ask_person("The name of the account: ")).strip()

    def _help(self, words: str) -> Asking[None]:
        for line in _HELP:
            yield self._say(line)
        raise GaveUp

    def _check_confidential(self) -> None:
        if not self._confidential:
            raise ChatError("not-confidential")
