"""Passwords at work: every check of one goes through `check_password`, and every new one through `new_password`.

Whether a name is nobody's, a guest's or an account's with another password shows neither in the answer nor in the time
that it takes.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.limits import TooFast
from hobnob.chat.password_rules import why_weak
from hobnob.protocol.errors import ChatError
from hobnob.protocol.names import NameRefused, fold
from hobnob.stores.store import Account, Item, PersonUnchanged, SetPassword, Store

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session


async def check_password(chat: "Chat", session: "Session", name: str, password: str) -> Account:
    """The account of this name, whose password this is.

    Raises:
        ChatError: ``wrong-password``, ``too-fast``, ``busy``.
    """
    key, address = key_of(name), session.origin.counted
    if wait := chat.failed_logins.attempt(key, address, chat.loop.time()):
        raise TooFast(wait)
    try:
        account = await chat.keeper.read(_account, chat.store, key)
        verdict = await chat.passwords.verify(None if account is None else account.password, password)
    except Exception:
        chat.failed_logins.undo(key, address)
        raise
    if account is None or not verdict.right:
        raise ChatError("wrong-password")
    chat.failed_logins.succeeded(key, address)
    return await _hashed_again(chat, account, password) if verdict.rehash else account


async def new_password(chat: "Chat", name: str, password: str) -> str:
    """The hash of a password that `name` may choose. Raises ChatError: ``password-weak``, ``busy``."""
    if weak := why_weak(password, name, shortest=chat.policy.shortest_password):
        raise ChatError("password-weak", weak)
    return await chat.passwords.hash(password)


def unchanged(account: Account) -> PersonUnchanged:
    """The condition that the password which was checked is still the one."""
    return PersonUnchanged(account.person.id, "account", account.password)


def key_of(name: str) -> str:
    """What tries are counted under. What can be no name is counted too, under what a name can never be."""
    try:
        return fold(name.strip())
    except NameRefused:
        return ""


def _account(store: Store, key: str) -> Account | None:
    """Two readings, whoever has the name."""
    person = store.person_by_name(key)
    return store.account("" if person is None else person.id)


async def _hashed_again(chat: "Chat", account: Account, password: str) -> Account:
    """The account with a hash of the present cost; as it was, where that could not be kept."""
    with suppress(ChatError):
        kept = await chat.passwords.hash(password)
        item = Item((), (unchanged(account),), (SetPassword(account.person.id, kept),))
        await chat.tell(item, lambda _: None)
        return replace(account, password=kept)
    return account
