"""Saying who one is: somebody who is known by a token or a password, or somebody new."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.arrival import Came, arrive, become, first_role
from hobnob.chat.devices import NewDevice, device_name, least_used, new_device, owner_of, revoked
from hobnob.chat.entrance import admit_stranger, ticket_for
from hobnob.chat.handlers.details import checked_details, note_coming
from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.invites import Ticket, Use, joined, use
from hobnob.chat.limits import Limit
from hobnob.chat.logins import check_password, key_of, new_password, unchanged
from hobnob.chat.lookup import by, me
from hobnob.chat.proofs import Proved, account_device, prove
from hobnob.protocol.account_commands import LogIn, Prove
from hobnob.protocol.commands import Hello
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import AccountRegistered, Fact
from hobnob.protocol.ids import is_token, new_person_id, token_hash
from hobnob.protocol.names import guest_name, person_name
from hobnob.protocol.records import Device, Person
from hobnob.protocol.replies import Proving, Welcome
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
    details = checked_details(command.details) if command.details else None
    welcome = await arrive(chat, session, await _identify(chat, session, command), command)
    if details:
        note_coming(me(session), details)
    return welcome


@handles(Prove, before_hello=True, confidential=True, limit=Limit.READING_HISTORY)
async def prove_token(chat: "Chat", session: "Session", command: Prove) -> Proving:
    """Ask for a proof, whoever it is and whatever the name, and check it. That check is a try to log in."""
    return Proving(await prove(chat, session, command.message))


@handles(LogIn, confidential=True, limit=Limit.LOGGING_IN)
async def log_in(chat: "Chat", session: "Session", command: LogIn) -> Welcome:
    """Leave as whoever one was, come as the account."""
    me(session)
    if command.proved:
        came = await _by_proof(chat, session, Hello())
    else:
        came = await _by_password(chat, session, Hello(), command.name, command.password)
    return await become(chat, session, came)


async def _identify(chat: "Chat", session: "Session", command: Hello) -> Came:
    """The person, whose name is reserved from here on."""
    token = await _of_before(chat, session, command) if command.token is None else command.token
    if token is not None:
        return await _by_token(chat, session, command, token)
    if command.proved:
        return await _by_proof(chat, session, command)
    if command.password is not None and not session.origin.confidential:
        raise ChatError("not-confidential")
    if command.register:
        return await _registered(chat, session, command)
    if command.password is not None:
        chat.count(session, Limit.LOGGING_IN)
        return await _by_password(chat, session, command, command.name or "", command.password)
    return await _newcomer(chat, session, command)


# Who is known


async def _of_before(chat: "Chat", session: "Session", command: Hello) -> str | None:
    """The token that a hello was to give its device, where an earlier one did: its answer was lost."""
    token = command.new_token
    knows = command.proved or (command.password is not None and not command.register)
    if token is None or not session.manner.keeps or knows:
        return None
    if not is_token(token):
        raise ChatError("bad-command", "A new token is hb_ and 32 to 64 random letters, digits, - or _.")
    return None if await chat.keeper.read(owner_of, chat.store, token_hash(token)) is None else token


async def _by_token(chat: "Chat", session: "Session", command: Hello, token: str) -> Came:
    kept, rights = token_hash(token), -1 if command.invite else chat.house_rights
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
    person = await _with_invite(chat, session, command, person)
    chat.people.reserve(person.name, person.id)
    _note_use(chat, device)
    return Came(person, device=device.id, stands=lambda store: store.device(kept) is not None, rights=rights)


async def _by_proof(chat: "Chat", session: "Session", command: Hello) -> Came:
    proved, session.proving = session.proving, None
    if not isinstance(proved, Proved):
        raise ChatError("bad-command", "There is nothing proved yet. Use prove first, twice.")
    device = proved.device
    if (person := await chat.keeper.read(chat.store.person, proved.person)) is None:
        raise ChatError("token-unknown")
    person = await _with_invite(chat, session, command, person)
    chat.people.reserve(person.name, person.id)
    _note_use(chat, device)

    def stands(store: Store) -> bool:
        return any(device.id == each.id for each in store.devices(person.id))

    return Came(person, device=device.id, stands=stands)


def _note_use(chat: "Chat", device: Device) -> None:
    if chat.clock() - milliseconds(device.used_at) >= NOTED_EVERY:
        chat.keeper.keep(Item((), writes=(UseToken(device.id),)), lambda _: None)


async def _by_typed_token(chat: "Chat", session: "Session", command: Hello, name: str, token: str) -> Came | None:
    """Somebody whose client knows no place for a token but the password's; None where it is none of the name's."""
    found = await chat.keeper.read(owner_of, chat.store, token_hash(token))
    if found is None or found[0].kind != "account" or key_of(found[0].name) != key_of(name):
        return None
    return await _by_token(chat, session, command, token)


async def _by_password(chat: "Chat", session: "Session", command: Hello, name: str, password: str) -> Came:
    if not session.manner.keeps and is_token(password):
        came = await _by_typed_token(chat, session, command, name, password)
        if came is not None:
            return came
    account = await check_password(chat, session, name, password)
    person = await _with_invite(chat, session, command, account.person)
    token, device = None, ""
    if session.manner.keeps:
        new = await account_device(chat, person, device_name(session, command.device, command.client))
        token, device = new.token, new.id
        await chat.tell(Item(await least_used(chat, person), (unchanged(account),), (new.add,)), done)
    chat.people.reserve(person.name, person.id)

    def stands(store: Store) -> bool:
        now = store.account(person.id)
        return now is not None and now.password == account.password

    return Came(person, token, device, stands=stands)


async def _with_invite(chat: "Chat", session: "Session", command: Hello, person: Person) -> Person:
    """Somebody who is known takes what an invite gives besides. Who needs none is not kept out by one that is used up,
    by themselves perhaps, or for a room that they are banned from."""
    if not command.invite:
        return person
    try:
        takes = use(person, await ticket_for(chat, session, command.invite, person))
        if takes is not None:
            await chat.tell(Item(takes.events, takes.requires, takes.writes), done)
    except ChatError as error:
        if error.code not in ("invite-unknown", "banned"):
            raise
    return await chat.keeper.read(chat.store.person, person.id) or person


# Who is new


async def _newcomer(chat: "Chat", session: "Session", command: Hello) -> Came:
    ticket = await admit_stranger(chat, session, command)
    manner = session.manner
    new_id = new_person_id()
    if manner.keeps and command.name == UNNAMED:
        return await _visit(chat, Person(new_id, await _free_name(chat, None, UNNAMED, new_id), "visitor"), ticket)
    if manner.keeps and command.name and command.name.strip():
        name = person_name(command.name)
        chat.people.reserve(name, new_id)  # that no absent one has it is a condition of the keeping
    else:
        name = await _free_name(chat, command.name, manner.unnamed, new_id)
    if not manner.keeps:
        return await _visit(chat, Person(new_id, name, "visitor", "owner" if manner.operator else "member"), ticket)
    return await _begin(chat, session, Person(new_id, name, "guest"), command, ticket)


async def _registered(chat: "Chat", session: "Session", command: Hello) -> Came:
    """A new account."""
    if command.password is None or not command.name:
        raise ChatError("bad-command", "Choose a name and a password to register.")
    ticket = await admit_stranger(chat, session, command)
    chat.count(session, Limit.REGISTERING)
    person = Person(new_person_id(), person_name(command.name), "account")
    await _reserve(chat, person.name, person.id)
    try:
        kept = await new_password(chat, person.name, command.password)
    except Exception:
        chat.people.release(person.name, person.id)
        raise
    return await _begin(chat, session, person, command, ticket, kept)


async def _visit(chat: "Chat", person: Person, ticket: Ticket | None) -> Came:
    """A visitor, whose invite, if they came by one, has a use less."""
    if ticket is None:
        return Came(person)
    person = _with_role(person, ticket)
    takes = use(person, ticket, new=True) or Use()
    try:
        await chat.tell(Item(takes.events, takes.requires, takes.writes), done)
    except Exception:
        chat.people.release(person.name, person.id)
        raise
    return Came(person, rooms=() if ticket.room is None else (ticket.room,), role=ticket.invite.role)


def _with_role(person: Person, ticket: Ticket | None) -> Person:
    """Somebody new, with the role on the server that the invite gives."""
    return person if ticket is None or ticket.room is not None else replace(person, role=ticket.invite.role)


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
        if (taken := await chat.keeper.name_taken(name)) is not None:
            raise ChatError(taken)
    except Exception:
        chat.people.release(name, id)
        raise


async def _begin(
    chat: "Chat", session: "Session", person: Person, command: Hello, ticket: Ticket | None, password: str = ""
) -> Came:
    """Keep a new guest, or with the hash of a password a new account: a member of the lobby and of an invite's room."""
    lobby = chat.lobby
    person = _with_role(person, ticket)
    takes = Use() if ticket is None else use(person, ticket, new=True) or Use()
    rooms = (lobby,) if ticket is None or ticket.room in (lobby, None) else (lobby, ticket.room)
    events: list[Fact] = [*takes.events]
    if ticket is None or ticket.room is not lobby:
        events[:0] = joined(person, lobby, first_role(person))
    writes: list[Write] = [AddPerson(person), *takes.writes]
    if password:
        events.append(AccountRegistered(**by(person)))
        writes.append(SetPassword(person.id, password))
    try:
        device = await _first_device(chat, session, person, command)
        if session.manner.keeps:
            writes.append(device.add)
        requires = (NameFree(person.name), *takes.requires)
        await chat.tell(Item(tuple(events), requires, tuple(writes), person.id), done)
    except Exception:
        chat.people.release(person.name, person.id)
        raise
    if not session.manner.keeps:
        return Came(person, rooms=rooms)
    return Came(person, device.token, device.id, rooms)


async def _first_device(chat: "Chat", session: "Session", person: Person, command: Hello) -> NewDevice:
    """The device of somebody new. A guest's is nothing that anybody would prove, and made as quickly as can be."""
    name = device_name(session, command.device, command.client)
    if person.kind == "account" and session.manner.keeps:
        return await account_device(chat, person, name, command.new_token)
    return new_device(person.id, name, command.new_token)
