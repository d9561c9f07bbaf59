"""One's own devices: which there are, what they are called, and which may not come in any more."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from hobnob.chat.devices import device_name, least_used, revoked
from hobnob.chat.handlers.accounts import LOGGED_OUT, account_of
from hobnob.chat.handlers.messages import done
from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.logins import check_password, unchanged
from hobnob.chat.lookup import lasting_me
from hobnob.chat.proofs import account_device
from hobnob.protocol.account_commands import AddDevice, ListDevices, NameDevice, RevokeDevice
from hobnob.protocol.replies import DeviceAdded, Devices, Reply
from hobnob.stores.store import Item, NameToken, TokenStands

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session


@handles(AddDevice, confidential=True, limit=Limit.LOGGING_IN)
async def add_device(chat: "Chat", session: "Session", command: AddDevice) -> DeviceAdded:
    """Make one for a program that is given its token. A token is not enough to make more of them."""
    person = account_of(session)
    account = await check_password(chat, session, person.name, command.password)
    device = await account_device(chat, person, device_name(session, command.name))
    writes = (device.add,)
    await chat.tell(Item(await least_used(chat, person), (unchanged(account),), writes), done, session)
    return DeviceAdded(device.id, device.token)


@handles(ListDevices, limit=Limit.READING_HISTORY)
async def list_devices(chat: "Chat", session: "Session", command: ListDevices) -> Devices:
    """All of them, the last used first."""
    devices = await chat.keeper.read(chat.store.devices, lasting_me(session).id)
    return Devices(tuple(replace(device, current=device.id == session.device) for device in devices))


@handles(NameDevice, limit=Limit.NOTING)
async def name_device(chat: "Chat", session: "Session", command: NameDevice) -> Reply:
    """Call one otherwise."""
    name = device_name(session, command.name)
    stands = TokenStands(command.device, lasting_me(session).id)
    return await chat.tell(Item((), (stands,), (NameToken(command.device, name),)), done)


@handles(RevokeDevice, limit=Limit.NOTING)
async def revoke_device(chat: "Chat", session: "Session", command: RevokeDevice) -> Reply:
    """Let one in no more; its sessions end, this one too where it is its own."""
    person = lasting_me(session)
    stands = TokenStands(command.device, person.id)
    reply = await chat.tell(Item((revoked(person, command.device),), (stands,)), done, session)
    if command.device == session.device:
        session.last_word = LOGGED_OUT
    return reply
