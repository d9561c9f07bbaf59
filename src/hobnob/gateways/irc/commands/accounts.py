"""REGISTER and VERIFY: making an account (IRCv3 draft/account-registration).

An account has the name of its nick, needs no e-mail address unless the operator wants one, and counts at once.
"""

from typing import Final

from msgspec.structs import replace

from hobnob.gateways.irc.capabilities import may_carry_credentials
from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.commands.registration import NOT_LET_IN, knows_password
from hobnob.gateways.irc.login import ADDRESS_NEEDED, is_address, keep_address, logged_in
from hobnob.gateways.irc.message import Message
from hobnob.protocol.account_commands import Register
from hobnob.protocol.commands import Hello
from hobnob.protocol.errors import HINTS, ChatError
from hobnob.protocol.names import same_name

_CODES: Final = {
    "already-account": "ALREADY_AUTHENTICATED",
    "invite-needed": "TEMPORARILY_UNAVAILABLE",
    "invite-unknown": "TEMPORARILY_UNAVAILABLE",
    "name-invalid": "BAD_ACCOUNT_NAME",
    "name-lookalike": "BAD_ACCOUNT_NAME",
    "name-reserved": "BAD_ACCOUNT_NAME",
    "name-taken": "ACCOUNT_EXISTS",
    "not-confidential": "TEMPORARILY_UNAVAILABLE",
    "password-weak": "WEAK_PASSWORD",
}


@handles("REGISTER", params=3, registered=False)
def register(client: Client, message: Message) -> Steps:
    """``REGISTER account|* email|* password``."""
    account, email, password = message.params[:3]
    introduction = client.introduction
    nick = client.nick if introduction is None else introduction.wanted
    if introduction is not None and not client.settings.register_before_connecting:
        yield _fail(client, "COMPLETE_CONNECTION_REQUIRED", account, "Finish connecting first, then register.")
    elif introduction is not None and not knows_password(client, introduction.password):
        yield _fail(client, "TEMPORARILY_UNAVAILABLE", account, NOT_LET_IN)
    elif client.session.person is not None and client.session.person.kind == "account":
        yield _fail(client, "ALREADY_AUTHENTICATED", account, HINTS["already-account"])
    elif nick is None:
        yield _fail(client, "NEED_NICK", account, "Choose a nick first; the account has its name.")
    elif account != "*" and not same_name(account, nick):
        yield _fail(client, "ACCOUNT_NAME_MUST_BE_NICK", account, f"Your account can only be called {nick}.")
    elif client.settings.email_required and not is_address(email):
        yield _fail(client, "INVALID_EMAIL", account, ADDRESS_NEEDED)
    elif not may_carry_credentials(client):
        yield _fail(client, "TEMPORARILY_UNAVAILABLE", account, HINTS["not-confidential"])
    else:
        yield from _register(client, nick, account, email, password)


def _register(client: Client, nick: str, account: str, email: str, password: str) -> Steps:
    introduction = client.introduction
    try:
        if client.session.person is not None or introduction is None:
            yield Register(password=password)
        else:
            yield from _begin(client, nick, password, introduction.password)
    except ChatError as error:
        code = _CODES.get(error.code, "TEMPORARILY_UNAVAILABLE")
        if error.code == "name-taken" and client.house.named(nick) is not None:
            code = "USERNAME_EXISTS"
        yield _fail(client, code, account, error.hint)
        return
    name = client.person.name
    yield from keep_address(email)
    yield client.line("REGISTER", "SUCCESS", name, f"You have an account now, {name}.")
    yield from logged_in(client)
    if client.registered and "account-notify" in client.capabilities:
        yield client.own_line("ACCOUNT", name)


def _begin(client: Client, nick: str, password: str, invite: str) -> Steps:
    """As for who comes without an account: what PASS brought is an invite only where one is needed."""
    hello = Hello(name=nick, password=password, register=True, client="irc")
    try:
        yield hello
    except ChatError as error:
        if error.code != "invite-needed" or not invite or client.settings.password:
            raise
        yield replace(hello, invite=invite)


@handles("VERIFY", params=2, registered=False)
def verify(client: Client, message: Message) -> Steps:
    """Accounts count at once, so there is nothing that a code could be for."""
    person = client.session.person
    if person is not None and person.kind == "account":
        yield client.line("FAIL", "VERIFY", "ALREADY_AUTHENTICATED", message.params[0], HINTS["already-account"])
    else:
        yield client.line(
            "FAIL", "VERIFY", "INVALID_CODE", message.params[0], "Accounts need no code here; log in with the password."
        )


def _fail(client: Client, code: str, account: str, text: str) -> bytes:
    return client.line("FAIL", "REGISTER", code, account, text)
