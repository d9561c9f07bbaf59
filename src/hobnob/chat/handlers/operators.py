"""What who runs the server may do from any client: be an operator by the settings' password, end somebody's
connections, tell everybody something, have files read again.

An operator is an owner of the server as long as they are here; nothing of it is kept but the line in the audit log.
"""

from hmac import compare_digest
from typing import TYPE_CHECKING

from hobnob.chat.handlers.acting import act, actor_in
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit, TooFast
from hobnob.chat.lookup import by, checked_ref, clean_reason, me, person_of
from hobnob.chat.people import Here
from hobnob.chat.rights import Right
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Announced, Moderated
from hobnob.protocol.operator_commands import Announce, BecomeOperator, Disconnect, Reload, ResignOperator
from hobnob.protocol.records import Role
from hobnob.protocol.replies import Done, Reply
from hobnob.protocol.text import clean_line
from hobnob.stores.store import Item

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

OPERATOR = "\0operator"
"""Under which wrong passwords are counted: nobody can have this name."""
MAX_ANNOUNCEMENT = 1000


@handles(BecomeOperator, confidential=True, limit=Limit.LOGGING_IN)
async def become_operator(chat: "Chat", session: "Session", command: BecomeOperator) -> Reply:
    """Be an owner of the server while one is here."""
    policy, address = chat.policy, session.origin.address
    if not policy.operator_name or not policy.operator_password:
        raise ChatError("no-operator")
    if wait := chat.failed_logins.attempt(OPERATOR, address, chat.loop.time()):
        raise TooFast(wait)
    name_right = compare_digest(command.name.encode(errors="replace"), policy.operator_name.encode())
    password_right = compare_digest(command.password.encode(errors="replace"), policy.operator_password.encode())
    if not (name_right and password_right):
        raise ChatError("wrong-password")
    chat.failed_logins.succeeded(OPERATOR, address)
    here = me(session)
    if here.person.role != "owner":
        await chat.tell(Item((_line(here, "owner", "by the operator's password, while here"),)), lambda _: None)
        if here.office is None:  # or by another of their clients, at the same moment
            here.office = here.person.role
            chat.attendance.stand(here, "owner")
    return Done()


@handles(ResignOperator, limit=Limit.NOTING)
async def resign_operator(chat: "Chat", session: "Session", command: ResignOperator) -> Reply:
    """Be what one was before. The line in the audit log says, too, that what was checked before counts no more."""
    here = me(session)
    if here.office is not None:
        office, here.office = here.office, None
        chat.attendance.stand(here, office)
        await chat.tell(Item((_line(here, here.person.role, "no operator any more"),)), lambda _: None)
    return Done()


def _line(here: Here, role: Role, what: str) -> Moderated:
    """That somebody's own role is another one, for the audit log."""
    person = here.person
    return Moderated(**by(person), action="role", person=person.id, person_name=person.name, role=role, what=what)


@handles(Disconnect, limit=Limit.SENDING)
async def disconnect(chat: "Chat", session: "Session", command: Disconnect) -> Reply:
    """End all connections of somebody; they may come back."""
    checked_ref(command.ref)
    actor = await actor_in(chat, session, None, Right.DISCONNECT)
    target = await person_of(chat, command.person)
    if target.id != actor.person.id:
        actor.over(target)
    if chat.people.get(target.id) is None:
        raise ChatError("no-such-person")
    reason = clean_reason(command.reason)
    reply = await act(chat, session, command, (actor.line("kick", target, reason=reason),), (actor.unchanged,))
    if (here := chat.people.get(target.id)) is not None:
        for other in here.sessions:
            other.cut(f"Disconnected by {actor.person.name}{f': {reason}' if reason else ''}", "kicked")
    return reply


@handles(Announce, limit=Limit.SENDING)
async def announce(chat: "Chat", session: "Session", command: Announce) -> Reply:
    """Tell everybody who is here something."""
    actor = await actor_in(chat, session, None, Right.ANNOUNCE)
    text = clean_line(command.text[: MAX_ANNOUNCEMENT + 1])
    if not text:
        raise ChatError("text-empty")
    if len(text) > MAX_ANNOUNCEMENT:
        raise ChatError("topic-too-long", f"An announcement holds at most {MAX_ANNOUNCEMENT:,} characters.")
    chat.attendance.tell_all(Announced(**by(actor.person), text=text), session)
    return Done()


@handles(Reload, limit=Limit.NOTING)
async def reload(chat: "Chat", session: "Session", command: Reload) -> Reply:
    """Have the files read again that may have changed."""
    await actor_in(chat, session, None, Right.RELOAD)
    if chat.reload is not None:
        await chat.reload()
    return Done()
