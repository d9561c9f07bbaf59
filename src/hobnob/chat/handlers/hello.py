"""Saying who one is: somebody who is known by a token or a password, or somebody new."""

from typing import TYPE_CHECKING

from hobnob.chat.arrival import Came, arrive
from hobnob.chat.devices import MOST_DEVICES, device_name, new_device, owner_of, revoked
from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.logins import check_password, new_password, unchanged
from hobnob.chat.lookup import by, me
from hobnob.protocol.account_commands import LogIn
from hobnob.protocol.commands import Hello
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import AccountRegistered, Fact, MemberJoined, RoomGained
from hobnob.protocol.ids import new_person_id, token_hash
from hobnob.protocol.names import guest_name, person_name
from hobnob.protocol.records import Person
from hobnob.protocol.replies import Welcome
from hobnob.protocol.times import milliseconds
from hobnob.stores.store import AddPerson, Item, NameFree, SetPassword, Store, UseToken, Write

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MOST_NAMED_LOGS = 10_000
NAME_TRIES = 100
UNNAMED = "Client"
"""A program that says this name speaks for somebody who gave none: a visitor, numbered where there are several."""
NOTED_EVERY = 3600_000
"""Milliseconds between two notes that a device is in use."""


@handles(Hello, before_hello=True, limit=Limit.NAMING)
async def hello(chat: "Chat", session: "Session", command: Hello) -> Welcome:
    """Identify, attach, and say what was missed. The live stream is held back until that is told."""
    if session.here is not None:
        raise ChatError("already-here")
    if len(command.rooms) > MOST_NAMED_LOGS:
        raise ChatError("too-many")
    return await arrive(chat, session, await _identify(chat, session, command), command)


@handles(LogIn, confidential=True, limit=Limit.LOGGING_IN)
async def log_in(chat: "Chat", session: "Session", command: LogIn) -> Welcome:
    """Leave as whoever one was, come as the account."""
    me(session)
    came = await _by_password(chat, session, command.name, command.password, device_name(session))
    chat.attendance.withdraw(session)
    return await arrive(chat, session, came, Hello())


async def _identify(chat: "Chat", session: "Session", command: Hello) -> Came:
    """The person, whose name is reserved from here on."""
    if command.token is not None:
        return await _by_token(chat, session, command.token)
    if command.password is not None and not session.origin.confidential:
        raise ChatError("not-confidential")
    if command.register:
        _let_in(chat, session)
        return await _registered(chat, session, command)
    if command.password is not None:
        chat.count(session, Limit.LOGGING_IN)
        called = device_name(session, command.device, command.client)
        return await _by_password(chat, session, command.name or "", command.password, called)
    _let_in(chat, session)
    return await _newcomer(chat, session, command)


def _let_in(chat: "Chat", session: "Session") -> None:
    """Raise ``banned`` or ``doors-closed`` where a stranger is not let in."""
    if session.manner.operator:
        return
    chat.restrictions.admit(None, session.origin.address)
    if chat.restrictions.doors_closed():
        raise ChatError("doors-closed")


# Who is known


async def _by_token(chat: "Chat", session: "Session", token: str) -> Came:
    kept = token_hash(token)
    found = await chat.keeper.read(owner_of, chat.store, kept)
    if found is None:
        raise ChatError("token-unknown")
    person, device = found
    if person.kind == "account" and not session.origin.confidential:
        # Whoever reads along has it now.
        await chat.tell(Item((revoked(person, device.id),)), done)
        raise ChatError(
            "not-confidential",
            "This device token went over the network unencrypted, so it is void now. Log in again over TLS.",
        )
    chat.people.reserve(person.name, person.id)
    if chat.clock() - milliseconds(device.used_at) >= NOTED_EVERY:
        chat.keeper.keep(Item((), writes=(UseToken(device.id),)), lambda _: None)
    return Came(person, device=device.id, stands=lambda store: store.device(kept) is not None)


async def _by_password(chat: "Chat", session: "Session", name: str, password: str, called: str) -> Came:
    account = await check_password(chat, session, name, password)
    person = account.person
    token, device = None, ""
    if session.manner.keeps:
        new = new_device(person.id, called)
        token, device = new.token, new.id
        known = await chat.keeper.read(chat.store.devices, person.id)
        forgotten = [revoked(person, old.id) for old in known[MOST_DEVICES - 1 :]]
        await chat.tell(Item(tuple(forgotten), (unchanged(account),), (new.add,)), done)
    chat.people.reserve(person.name, person.id)

    def stands(store: Store) -> bool:
        now = store.account(person.id)
        return now is not None and now.password == account.password

    return Came(person, token, device, stands=stands)


# Who is new


async def _newcomer(chat: "Chat", session: "Session", command: Hello) -> Came:
    manner = session.manner
    new_id = new_person_id()
    if manner.keeps and command.name == UNNAMED:
        return Came(Person(new_id, await _free_name(chat, None, UNNAMED, new_id), "visitor"))
    if manner.keeps and command.name and command.name.strip():
        name = person_name(command.name)
        chat.people.reserve(name, new_id)  # that no absent one has it is a condition of the keeping
    else:
        name = await _free_name(chat, command.name, manner.unnamed, new_id)
    if not manner.keeps:
        return Came(Person(new_id, name, "visitor", "owner" if manner.operator else "member"))
    return await _begin(chat, session, Person(new_id, name, "guest"), command)


async def _registered(chat: "Chat", session: "Session", command: Hello) -> Came:
    """A new account."""
    if command.password is None or not command.name:
        raise ChatError("bad-command", "Choose a name and a password to register.")
    chat.count(session, Limit.REGISTERING)
    person = Person(new_person_id(), person_name(command.name), "account")
    await _reserve(chat, person.name, person.id)
    try:
        kept = await new_password(chat, person.name, command.password)
    except Exception:
        chat.people.release(person.name, person.id)
        raise
    return await _begin(chat, session, person, command, kept)


async def _free_name(chat: "Chat", wanted: str | None, unnamed: str | None, id: str) -> str:
    """Reserve the wanted name, or one that is made up.

    Raises:
        ChatError: the wanted one is taken.
    """
    if wanted is not None and wanted.strip():
        await _reserve(chat, person_name(wanted), id)
        return person_name(wanted)
    for attempt in range(1, NAME_TRIES):
        name = guest_name() if unnamed is None else unnamed if attempt == 1 else f"{unnamed}-{attempt}"
        try:
            await _reserve(chat, name, id)
        except ChatError:
            continue
        return name
    raise ChatError("try-again")


async def _reserve(chat: "Chat", name: str, id: str) -> None:
    chat.people.reserve(name, id)
    try:
        if (taken := await chat.keeper.read(chat.store.name_taken, name)) is not None:
            raise ChatError(taken)
    except Exception:
        chat.people.release(name, id)
        raise


async def _begin(chat: "Chat", session: "Session", person: Person, command: Hello, password: str = "") -> Came:
    """Keep a new guest, or with the hash of a password a new account: a member of the lobby."""
    lobby = chat.lobby
    joined = MemberJoined(room=lobby.id, person=person.id, person_name=person.name, **by(person))
    gained = RoomGained(room=lobby.id, name=lobby.record.name, kind=lobby.record.kind, **by(person))
    events: list[Fact] = [joined, gained]
    writes: list[Write] = [AddPerson(person)]
    if password:
        events.append(AccountRegistered(**by(person)))
        writes.append(SetPassword(person.id, password))
    device = new_device(person.id, device_name(session, command.device, command.client))
    if session.manner.keeps:
        writes.append(device.add)
    try:
        await chat.tell(Item(tuple(events), (NameFree(person.name),), tuple(writes), person.id), done)
    except Exception:
        chat.people.release(person.name, person.id)
        raise
    if not session.manner.keeps:
        return Came(person, rooms=(lobby,))
    return Came(person, device.token, device.id, (lobby,))
