"""Who may come in: the one place that says so, and before anything is looked at that a stranger shall not learn.

Whoever has the token of a device or a password is known here, and comes in whatever the access is. Everybody else is a
stranger: where the access is `invite` they bring one, where it is `accounts` they make an account with it as well.
"""

from typing import TYPE_CHECKING

from hobnob.chat.invites import Ticket, ticket_of
from hobnob.chat.restrictions import in_words
from hobnob.protocol.errors import ChatError

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session
    from hobnob.protocol.commands import Hello
    from hobnob.protocol.records import Person


async def admit_stranger(chat: "Chat", session: "Session", command: "Hello") -> Ticket | None:
    """Let somebody go on who is not known here; the invite that they bring, if any, which is not used yet.

    Raises:
        ChatError: ``banned``, ``doors-closed``, ``invite-needed``, ``account-needed``, and those of `ticket_for`.
    """
    if session.manner.operator:
        return None
    chat.restrictions.admit(None, session.origin.address)
    if chat.restrictions.doors_closed():
        raise ChatError("doors-closed")
    ticket = await ticket_for(chat, session, command.invite, None) if command.invite else None
    access = chat.policy.access
    if access != "open" and ticket is None:
        raise ChatError("invite-needed")
    if not command.register and (access == "accounts" or (ticket is not None and ticket.needs_account)):
        raise ChatError("account-needed")
    return ticket


async def ticket_for(chat: "Chat", session: "Session", code: str, person: "Person | None") -> Ticket:
    """The invite of a code, where this person, or (None) a stranger, may use it.

    Raises:
        ChatError: ``not-confidential``, ``invite-unknown``, ``account-needed``, ``banned``.
    """
    if not session.origin.confidential:
        raise ChatError("not-confidential")
    ticket = await ticket_of(chat, code)
    if ticket.needs_account and person is not None and person.kind != "account":
        raise ChatError("account-needed")
    if ticket.room is not None:
        known_as = "" if person is None else person.id
        if ban := chat.restrictions.banned(known_as, session.origin.address, ticket.room.id):
            raise ChatError("banned", in_words(ban, ticket.room.record.name))
    return ticket
