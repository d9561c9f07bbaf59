"""Devices: a token for each client that comes back by itself, kept as its hash and spoken of by its id.

A revoked one ends its sessions wherever they are, by the fact in the log of its person (`Chat.mine_applied`).
"""

from typing import TYPE_CHECKING, NamedTuple

from hobnob.chat.lookup import by
from hobnob.protocol.events import DeviceRevoked
from hobnob.protocol.ids import new_device_id, new_token, token_hash
from hobnob.protocol.records import Device, Person
from hobnob.protocol.text import clean_line
from hobnob.stores.store import AddToken, Store

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MAX_NAME = 100
MOST_DEVICES = 50
"""Of one person; with one more, the one that was not used for longest is forgotten."""


class NewDevice(NamedTuple):
    """A device that is about to be kept, and the token that its client will come back with."""

    id: str
    token: str
    add: AddToken


def new_device(person: str, name: str, token: str | None = None) -> NewDevice:
    """A device of a person, with this token or a new one."""
    device, token = new_device_id(), token or new_token()
    return NewDevice(device, token, AddToken(token_hash(token), person, device, name))


def device_name(session: "Session", *wanted: str) -> str:
    """What a list of devices calls a client: the first of the words that is one, or how it speaks."""
    names = (clean_line(name[: 2 * MAX_NAME])[:MAX_NAME].strip() for name in wanted)
    return next(filter(None, names), session.manner.gateway)


def revoked(person: Person, device: str) -> DeviceRevoked:
    """The fact that a device of a person may not come in any more."""
    return DeviceRevoked(**by(person), device=device)


def ends(fact: DeviceRevoked, device: str) -> bool:
    """Whether the fact ends a session that came by `device` (empty: by a password)."""
    if fact.device:
        return device == fact.device
    return not device or device != fact.kept


async def least_used(chat: "Chat", person: Person) -> tuple[DeviceRevoked, ...]:
    """The ends of the devices that are too many once there is one more."""
    known = await chat.keeper.read(chat.store.devices, person.id)
    return tuple(revoked(person, old.id) for old in known[MOST_DEVICES - 1 :])


def owner_of(store: Store, hash: bytes) -> tuple[Person, Device] | None:
    """Whose token this is, and for which device."""
    found = store.device(hash)
    person = None if found is None else store.person(found[1])
    return None if found is None or person is None else (person, found[0])
