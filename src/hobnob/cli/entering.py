"""How a verb comes in: one attempt after another, each with what the refusal before it asked for.

Who sits at a terminal is asked: is this the server's key, what is the password, the invite, the name? Who does not, is
told in one sentence which flag, variable or verb answers that. A password is never a flag, as others see those.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hobnob.cli.asking import ask, can_ask
from hobnob.cli.logins import Login
from hobnob.cli.remote import Remote, address, password_of, readable

if TYPE_CHECKING:
    from hobnob.client.address import Address
    from hobnob.client.client import Client
    from hobnob.client.errors import CannotConnect
    from hobnob.client.trust import Tls

_GUEST = "(no name)"
"""The token of who gave no name; no person can be called so."""
NOBODY_TO_ASK = (
    "A password is needed: put it into HOBNOB_PASSWORD or a file for --password-file, or come to a terminal."
)
MOST_NAMES = 3
"""Of one's own names on a server that are told."""
MOST_QUESTIONS = 8
"""Refusals in a row that a person is asked about; who has no answer by then begins anew."""


@asynccontextmanager
async def connected(
    where: str | None, remote: Remote, program: str, *, register: bool = False, asks_name: bool = False
) -> AsyncIterator["Client"]:
    """A client for a verb: as the name that was given, or that is logged in here, else as this machine's guest.

    With `register` one has an account from then on; with `asks_name` a newcomer with an invite is asked for a name.

    Raises:
        ClientError: there is no connection; one sentence says why.
    """
    entering = Entering.of(where, remote, program)
    if asks_name and entering.invite and entering.is_new() and can_ask():
        await entering.ask_name()
    if register:
        await entering.prepare_account()
    client = await entering.enter()
    if register:
        entering.remember(client)
    try:
        yield client
    finally:
        await client.close()


@dataclass
class Entering:
    """One person's way in. What is asked for is answered in these fields."""

    at: str
    server: "Address"
    program: str
    name: str | None
    tls: "Tls"
    insecure: bool
    password: str | None = field(repr=False)
    register: bool = False
    invite: str | None = field(default=None, repr=False)
    by_token: bool = False
    """Not as somebody new, although the name may be free."""
    leaving: bool = False
    """Without a token there is nothing to do."""

    @property
    def login(self) -> Login:
        """As whom this machine is logged in there."""
        return Login(self.server)

    @classmethod
    def of(cls, where: str | None, remote: Remote, program: str) -> "Entering":
        """From the flags. Raises CannotConnect: the address or the password's file cannot be used."""
        from hobnob.client.address import Address, parse_server

        at = address(where)
        link = parse_server(at)
        name = None if remote.name is None else readable(remote.name)
        tls = remote.trust or (True if remote.tls else None)
        return cls(
            at, Address.of(link), program, name, tls, remote.insecure, password_of(remote), invite=link.invite or None,
        )  # fmt: skip

    def is_new(self) -> bool:
        """Whether nothing says who one is on this server."""
        from hobnob.client.tokens import token_file

        return self.name is None and self.login.read() is None and token_file(self.server, _GUEST).read() is None

    async def prepare_account(self) -> None:
        """Have a name and a password to register with, unless one has the account and its token.

        Raises:
            CannotConnect: one is missing, and there is nobody to ask.
        """
        from hobnob.client.errors import CannotConnect
        from hobnob.client.tokens import token_file

        if self.name is None and can_ask():
            await self.ask_name()
        if self.name is None:
            raise CannotConnect("name-needed", "An account has a name: say which, with --name.")
        if token_file(self.server, self.name).is_account():
            return
        if self.password is None and can_ask():
            self.password = await chosen_password(self.name)
        if self.password is None:
            raise CannotConnect("password-needed", NOBODY_TO_ASK)
        self.register = True

    async def prepare_login(self) -> None:
        """Have a name, and its token or its password.

        Raises:
            CannotConnect: one is missing, and there is nobody to ask.
        """
        from hobnob.client.errors import CannotConnect

        self.name = self.name or self.login.read()
        if self.name is None and can_ask():
            await self.ask_name()
        if self.name is None:
            raise CannotConnect("name-needed", "An account has a name: say which, with --name.")
        self.by_token = token_of(self.server, self.name) is not None
        if not self.by_token and self.password is None and can_ask():
            self.password = await _asked(f"Password of {self.name}: ", secret=True) or None
        if not self.by_token and self.password is None:
            raise CannotConnect("password-needed", NOBODY_TO_ASK)

    def remember(self, client: "Client") -> bool:
        """Be logged in on this machine as whoever came in; whether that could be kept."""
        from hobnob.client.tokens import token_file

        name, token = client.me.name, client.token
        return token is not None and token_file(self.server, name).write(token, account=True) and self.login.write(name)

    def forget(self, name: str) -> None:
        """Have no token of a name any more."""
        from hobnob.client.tokens import token_file

        if self._is_logged_in(name):
            self.login.forget()
        token_file(self.server, name).forget()

    async def enter(self) -> "Client":
        """Connect, asking as often as it takes and makes sense.

        Raises:
            CannotConnect: one sentence says why, and what to do.
        """
        from hobnob.client.errors import CannotConnect

        for _ in range(MOST_QUESTIONS):
            try:
                return await self._come()
            except CannotConnect as error:
                answer = _ANSWERS.get(error.code)
                if answer is None or not can_ask() or not await answer(self, error):
                    raise CannotConnect(error.code, self._in_flags(error)) from None
        raise CannotConnect("not-let-in", "That was not the answer again and again. Find out what is, then try again.")

    async def _come(self) -> "Client":
        from hobnob.client.errors import CannotConnect
        from hobnob.client.identity import LOGGED_OUT

        self.name = self.name or self.login.read()
        if self.name is None:
            return await self._as_guest()
        token = token_of(self.server, self.name)
        if token is None and self.password is None and self._is_logged_in(self.name):
            raise CannotConnect("token-unknown", LOGGED_OUT)  # one must not become somebody new of the same name
        by_token = self.by_token and self.password is None
        return await self._connect(token=token) if by_token else await self._connect(name=self.name)

    def _is_logged_in(self, name: str) -> bool:
        login = self.login.read()
        return login is not None and self.login.token_path(login) == self.login.token_path(name)

    async def _as_guest(self) -> "Client":
        from hobnob.client.errors import CannotConnect
        from hobnob.client.tokens import token_file

        guest = token_file(self.server, _GUEST)
        try:
            client = await self._connect(token=guest.read())
        except CannotConnect as error:
            if error.code != "token-unknown":
                raise
            client = await self._connect()  # the server has forgotten us
        if client.token is not None:
            guest.write(client.token)
        return client

    async def _connect(self, *, name: str | None = None, token: str | None = None) -> "Client":
        from hobnob.client.connect import connect

        return await connect(
            self.at, name=name, token=token, password=self.password if name else None, register=self.register,
            invite=self.invite, tls=self.tls, insecure=self.insecure, client=f"hobnob-{self.program}",
        ).__aenter__()  # fmt: skip

    # What a person is asked

    async def ask_name(self, error: "CannotConnect | None" = None) -> bool:
        """A name, or another one."""
        if error is not None:
            _say(error.hint)
        self.name = await _asked("Your name: ") or None
        return self.name is not None

    async def is_key_right(self, error: "CannotConnect") -> bool:
        """Whether the key that a server showed is the right one."""
        from hobnob.client.errors import CannotConnect, UnknownKey

        assert isinstance(error, UnknownKey)
        _say(
            f"{self.server} is not known here yet. The fingerprint of its key is\n\n  {error.fingerprint}\n\n"
            "It printed the same when it was started: ask whoever runs it. Another one means that somebody is in"
            " between."
        )
        answer = await _asked("Is it the same? [y/N] ")
        if answer != error.fingerprint and answer.lower() not in ("y", "yes"):
            raise CannotConnect("not-trusted", f"Then nothing is sent to {self.server}.")
        self.tls = error.fingerprint
        return True

    async def ask_password(self, error: "CannotConnect") -> bool:
        """The password of the name, which is somebody's."""
        if self.name is None or self.leaving:
            return False
        if error.code == "name-taken":
            _say(f"The name {self.name} is taken. If it is yours, type its password.")
        elif error.code != "token-unknown":
            _say(error.hint)
        if password := await _asked(f"Password of {self.name} (or Enter, for another name): ", secret=True):
            self.password, self.register = password, False
            return True
        self.password = self.password if self.register else None
        return await self.ask_name()

    async def choose_password(self, error: "CannotConnect") -> bool:
        """A new password, for the account that is made."""
        if error.code == "account-needed":
            _say("This server takes in people with an account. One is made for you now.")
        else:
            _say(error.hint)
        self.name = self.name or await _asked("Your name: ") or None
        self.password = await chosen_password(self.name) if self.name else None
        self.register = self.password is not None
        return self.register

    async def ask_invite(self, error: "CannotConnect") -> bool:
        """The code of an invite; who has an account needs none."""
        _say(" ".join([error.hint, *self._names_here()]))
        if code := await _asked("Invite (or Enter, if you have an account): "):
            self.invite = code
            return True
        says_name = self.name is None and await self.ask_name()
        if says_name and self.name and token_of(self.server, self.name):
            return True
        self.password = await _asked(f"Password of {self.name}: ", secret=True) or None if self.name else None
        return self.password is not None

    def _known_names(self) -> list[str]:
        """Those by which this machine has been there."""
        from hobnob.client.tokens import names_kept

        return [name for name in names_kept(self.server) if name != _GUEST]

    def _names_here(self) -> list[str]:
        """A sentence for who has forgotten to say that they are no stranger; none where there is nothing to say."""
        names = [] if self.name else self._known_names()[:MOST_NAMES]
        return [f"From here you have been {' and '.join(names)}: --name {names[0]} is you again."] if names else []

    def _in_flags(self, error: "CannotConnect") -> str:
        """Why there is no connection, in the words of who typed the flags."""
        name = self.name or ""
        log_in = f"`hobnob login {self.server} --name {name or 'NAME'}`"
        match error.code:
            case "name-taken" if self.password is None:
                return f"The name {name!r} is taken. Choose another, or if it is yours, log in: {log_in}."
            case "token-unknown":
                return f"This machine is logged out of the account {name}. Log in again: {log_in}."
            case "account-needed":
                return f"{error.hint} Make one: {log_in[:-1]} --register`."
            case "invite-needed":
                link = "Its link goes where the server's address does."
                return " ".join([error.hint, link, f"Who has an account: {log_in}.", *self._names_here()])
            case "not-confidential":
                return f"{error.hint} Leave --insecure out."
            case "tls-required":
                remedy = "Leave --insecure out" if self.insecure else "Add --tls"
                return f"{self.server} takes encrypted connections only. {remedy}."
            case "insecure":
                return f"{self.server} is not on this machine, so others could read along. Use --tls, or --insecure."
            case code if code.startswith("name-"):
                return f"The name {name!r} will not do. {error.hint}"
        return error.hint


_Answer = Callable[[Entering, "CannotConnect"], Awaitable[bool]]
_ANSWERS: Final[dict[str, _Answer]] = {
    "key-unknown": Entering.is_key_right,
    "name-taken": Entering.ask_password,
    "name-invalid": Entering.ask_name,
    "name-reserved": Entering.ask_name,
    "name-lookalike": Entering.ask_name,
    "wrong-password": Entering.ask_password,
    "token-unknown": Entering.ask_password,
    "account-needed": Entering.choose_password,
    "password-weak": Entering.choose_password,
    "invite-needed": Entering.ask_invite,
    "invite-unknown": Entering.ask_invite,
}
"""Refusals that somebody at a terminal can do something about at once; each is true when it is worth another try."""


def token_of(server: "Address", name: str) -> str | None:
    """The token of a name that is kept here."""
    from hobnob.client.tokens import token_file

    return token_file(server, name).read()


async def chosen_password(name: str) -> str | None:
    """A new password, typed twice; None where it is given up."""
    while first := await _asked(f"A new password for {name}: ", secret=True):
        if await _asked("The same again: ", secret=True) == first:
            return first
        _say("These were two different ones.")
    return None


async def _asked(question: str, *, secret: bool = False) -> str:
    """What was answered; nothing where the terminal has ended."""
    try:
        answer = await ask(question, secret=secret)
    except EOFError:
        return ""
    return answer if secret else answer.strip()


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
