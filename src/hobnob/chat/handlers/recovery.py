"""Forgotten passwords: an owner of the server gives an account another one, and its old devices are out."""

import secrets
from typing import TYPE_CHECKING

from hobnob.chat.handlers.acting import actor_in
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.logins import unchanged
from hobnob.chat.lookup import by, person_of
from hobnob.chat.rights import Right
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import DeviceRevoked
from hobnob.protocol.moderation_commands import ResetPassword
from hobnob.protocol.replies import PasswordReset
from hobnob.stores.store import Item, SetPassword

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for each other when they are read out."""
GROUPS, LETTERS_OF_ONE = 4, 4
"""79 bits."""


@handles(ResetPassword, confidential=True, limit=Limit.REGISTERING)
async def reset_password(chat: "Chat", session: "Session", command: ResetPassword) -> PasswordReset:
    """Give an account a password that is made up here."""
    actor = await actor_in(chat, session, None, Right.RECOVER)
    target = await person_of(chat, command.person)
    account = await chat.keeper.read(chat.store.account, target.id)
    if account is None or account.person.kind != "account":
        raise ChatError(
            "account-needed", "They have no account, so there is no password that they could have forgotten."
        )
    actor.over(target)
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(LETTERS_OF_ONE)) for _ in range(GROUPS))
    kept = await chat.passwords.hash(password)
    item = Item(
        (actor.line("password", target), DeviceRevoked(**by(target))),
        (actor.unchanged, unchanged(account)),
        (SetPassword(target.id, kept),),
        actor.person.id,
    )
    await chat.tell(item, lambda _: None, session)
    return PasswordReset(password)
