"""Becoming an account, before a client is registered or at any time later.

A client's nick is the name of its account. Who logs in as somebody else is seen by others to go and to come, and hears
the same channels as before, as far as they are open to the other one.
"""

from collections.abc import Iterator
from typing import Final

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps
from hobnob.gateways.irc.commands.missed import missed, missed_directs
from hobnob.protocol.account_commands import LogIn
from hobnob.protocol.commands import ChangeSetting, Hello, JoinRoom
from hobnob.protocol.errors import ChatError
from hobnob.protocol.masks import host, mask_of
from hobnob.protocol.records import Person
from hobnob.protocol.replies import Joined

EMAIL_SETTING: Final = "email"
"""The personal setting that keeps an account's e-mail address."""
ADDRESS_NEEDED: Final = "Give an e-mail address to register here."


def log_in(client: Client, name: str, password: str) -> Steps:
    """Say by a password who one is. Raises ChatError where that fails; what was before then still is."""
    if client.session.person is None:
        yield Hello(name=name, password=password, client="irc")
    else:
        yield LogIn(name, password)


def log_in_proved(client: Client) -> Steps:
    """The same by what was proved."""
    if client.session.person is None:
        yield Hello(proved=True, client="irc")
    else:
        yield LogIn(proved=True)


def is_address(email: str) -> bool:
    """Whether it has the form of an e-mail address; only the post knows more."""
    user, at, host = email.rpartition("@")
    return bool(user and at) and "." in host.strip(".") and len(email) <= 254 and email.isprintable()


def keep_address(email: str) -> Steps:
    """Keep the e-mail address of an account that was made just now, where one was given."""
    if is_address(email):
        yield ChangeSetting(key=EMAIL_SETTING, value=email)


def logged_in(client: Client, before: Person | None = None) -> Iterator[bytes]:
    """RPL_LOGGEDIN, to the nick that the client has from now on; `before` is who it was, if anybody."""
    now = client.person
    if client.registered and before is not None and now.name != before.name:
        yield client.line_from(mask_of(before.id, before.name), "NICK", now.name)
    text = f"You are now logged in as {now.name}"
    yield client.line("900", client.nick, mask_of(now.id, now.name), now.name, text)


def become(client: Client, before: Person) -> Steps:
    """Have a registered client, which knows its nick, be all that it is now; `before` is who it was."""
    now = client.person
    if not client.registered or now.id == before.id:
        return
    rooms = client.forget_rooms()
    if "chghost" in client.capabilities:
        yield client.line_from(f"{now.name}!~u@{host(before.id)}", "CHGHOST", "~u", host(now.id))
    if "account-notify" in client.capabilities:
        yield client.own_line("ACCOUNT", now.name)
    for room in rooms:
        try:
            joined = yield JoinRoom(room=room.id)
        except ChatError as error:
            yield client.line_from(client.house.name, "KICK", f"#{room.name}", now.name, error.hint)
        else:
            assert isinstance(joined, Joined)
            client.enter(joined.room)
            yield from missed(client, joined.room, f"#{joined.room.name}")
    yield from missed_directs(client)
