"""One's own account: becoming one, leaving, another password."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.arrival import follow_own_log
from hobnob.chat.devices import device_name, revoked
from hobnob.chat.handlers.acting import check_owner_stays
from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.logins import check_password, new_password, unchanged
from hobnob.chat.lookup import by, me
from hobnob.chat.proofs import account_device
from hobnob.chat.rights import STAFF
from hobnob.protocol.account_commands import ChangePassword, DeleteAccount, LogOut, Register
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import (
    AccountDeleted,
    AccountRegistered,
    DeviceRevoked,
    Fact,
    MemberJoined,
    MemberLeft,
    Moderated,
    PersonRenamed,
    RoomGained,
    ServerRoleChanged,
)
from hobnob.protocol.ids import AUDIT
from hobnob.protocol.names import person_name
from hobnob.protocol.records import Person
from hobnob.protocol.replies import Done, Registered, Reply
from hobnob.stores.store import (
    AddPerson,
    Condition,
    Item,
    NameFree,
    PersonUnchanged,
    RightsUnchanged,
    SetPassword,
    Write,
)

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

LOGGED_OUT = ("You are logged out.", "logged-out")


@handles(Register, confidential=True, limit=Limit.REGISTERING)
async def register(chat: "Chat", session: "Session", command: Register) -> Registered:
    """Become an account under the same id, so that what one said stays one's own."""
    here = me(session)
    person = here.person
    if person.kind == "account":
        raise ChatError("already-account")
    if session.manner.operator:
        raise ChatError("not-allowed", "Who comes this way runs the server and needs no account.")
    name = person.name if command.name is None else person_name(command.name)
    password = await new_password(chat, name, command.password)
    device = None
    if session.manner.keeps:
        device = await account_device(chat, replace(person, name=name), await _present_name(chat, session))
    writes: tuple[Write, ...] = (SetPassword(person.id, password), *([device.add] if device else []))
    kept_device = device.id if device else ""
    chat.people.reserve(name, person.id)
    try:
        if person.kind == "guest":
            await _claim(chat, session, name, writes, kept_device)
        else:
            await _keep_visitor(chat, session, name, writes)
    finally:
        chat.people.settle(person.id, name)
    session.device = kept_device
    return Registered(here.person, device.token if device else None)


async def _present_name(chat: "Chat", session: "Session") -> str:
    """What the device of a session is called so far."""
    known = await chat.keeper.read(chat.store.devices, me(session).person.id)
    return device_name(session, *(device.name for device in known if device.id == session.device))


async def _claim(chat: "Chat", session: "Session", name: str, writes: tuple[Write, ...], device: str) -> None:
    """A guest becomes an account. Whoever saw a token of theirs go by, unencrypted, has nothing of it from then on."""
    person = me(session).person
    events: list[Fact] = [AccountRegistered(**by(person)), DeviceRevoked(**by(person), kept=device)]
    if name != person.name:
        events.append(PersonRenamed(**by(person), name=name))
    requires = (PersonUnchanged(person.id, "guest"), NameFree(name, person.id))
    await chat.tell(Item(tuple(events), requires, writes, person.id), done, session)


async def _keep_visitor(chat: "Chat", session: "Session", name: str, writes: tuple[Write, ...]) -> None:
    """A visitor becomes an account: a member of the lobby, and of the rooms where they are."""
    here = me(session)
    if session.closed:  # nothing would end the log that is begun here
        raise ChatError("stopping")
    person = replace(here.person, name=name, kind="account", role=here.lasting_role)
    rooms = {room.id: room for room in (chat.lobby, *here.rooms.values())}
    events: list[Fact] = []
    for room in rooms.values():
        member = room.members.get(person.id)
        role = "member" if member is None else member.role
        events.append(MemberJoined(room=room.id, **by(person), person=person.id, person_name=name, role=role))
        events.append(RoomGained(room=room.id, **by(person), name=room.record.name, kind=room.record.kind))
    events.append(AccountRegistered(**by(person)))
    requires: tuple[Condition, ...] = (NameFree(name, person.id), *(chat.unchanged(room) for room in rooms.values()))
    follow_own_log(chat, here, 0, fill=False)
    if session.manner.facts:
        session.hear(chat.house)
    try:
        await chat.tell(Item(tuple(events), requires, (AddPerson(person), *writes), person.id), done)
    except Exception:
        chat.logs.end(person.id)
        here.log = None
        session.unhear(chat.house)
        raise
    if name != here.person.name:
        renamed = PersonRenamed(**by(here.person), name=name)
        chat.attendance.renamed(renamed, session)
        chat.bus.publish(renamed)


@handles(LogOut, limit=Limit.NOTING)
async def log_out(chat: "Chat", session: "Session", command: LogOut) -> Reply:
    """Leave, and let the token of this device open nothing any more."""
    person = me(session).person
    if session.device:
        await chat.tell(Item((revoked(person, session.device),)), done, session)
    session.last_word = LOGGED_OUT
    return Done()


@handles(ChangePassword, confidential=True, limit=Limit.LOGGING_IN)
async def change_password(chat: "Chat", session: "Session", command: ChangePassword) -> Reply:
    """Have another password. Whoever else may know the old one is out with it."""
    person = account_of(session)
    account = await check_password(chat, session, person.name, command.old)
    password = await new_password(chat, person.name, command.new)
    fact = DeviceRevoked(**by(person), kept=session.device)
    item = Item((fact,), (unchanged(account),), (SetPassword(person.id, password),), person.id)
    return await chat.tell(item, done, session)


@handles(DeleteAccount, confidential=True, limit=Limit.LOGGING_IN)
async def delete_account(chat: "Chat", session: "Session", command: DeleteAccount) -> Reply:
    """Be gone for good, out of all rooms. What one said stays, or is deleted from now on."""
    person = account_of(session)
    account = await check_password(chat, session, person.name, command.password)
    requires: list[Condition] = [unchanged(account)]
    who, name = person.id, person.name
    events: list[Fact] = [
        MemberLeft(room=state.id, **by(person), person=who, person_name=name)
        for state in await chat.keeper.read(chat.store.rooms_of, who)
    ]
    if person.role in STAFF:
        requires.append(RightsUnchanged(AUDIT, chat.house_rights))  # as of before the reading: others may go meanwhile
        await check_owner_stays(chat, person)
        said = "deleted their account"
        events.append(ServerRoleChanged(**by(person), person=who, person_name=name, role="member"))
        events.append(Moderated(**by(person), action="role", person=who, person_name=name, role="member", what=said))
    blanked = command.messages == "blank"
    events.append(AccountDeleted(**by(person), blanked=blanked))
    reply = await chat.tell(Item(tuple(events), tuple(requires), (), person.id), done, session)
    if blanked:
        chat.blank(person.id)
    session.last_word = ("Your account is deleted.", "account-deleted")
    return reply


def account_of(session: "Session") -> Person:
    """Whose session it is, where that is an account. Raises ``account-needed``."""
    person = me(session).person
    if person.kind != "account":
        raise ChatError("account-needed")
    return person
