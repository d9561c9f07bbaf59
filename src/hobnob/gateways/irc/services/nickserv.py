"""NickServ: the account of one's name. A nick is registered when its account is."""

from hobnob.gateways.irc.capabilities import may_carry_credentials
from hobnob.gateways.irc.commands.command import Steps
from hobnob.gateways.irc.login import ADDRESS_NEEDED, become, is_address, keep_address, log_in, logged_in
from hobnob.gateways.irc.services.service import SERVICES, Asked
from hobnob.protocol.account_commands import (
    AddDevice,
    ChangePassword,
    DeleteAccount,
    ListDevices,
    Register,
    RevokeDevice,
)
from hobnob.protocol.errors import ChatError
from hobnob.protocol.people_commands import ReadPeople
from hobnob.protocol.replies import DeviceAdded, Devices, People

NICKSERV = SERVICES["nickserv"]


def _demand_confidential(request: Asked) -> None:
    """Raise ``not-confidential`` where others could read a password along."""
    if not may_carry_credentials(request.client):
        raise ChatError("not-confidential")


@NICKSERV.says("REGISTER", "REGISTER password [e-mail]: make an account of your present name.", params=1)
def register(request: Asked) -> Steps:
    """An account under the present name; what one said stays one's own."""
    _demand_confidential(request)
    client = request.client
    password, email = [*request.params, ""][:2]
    if client.settings.email_required and not is_address(email):
        yield request.answer(ADDRESS_NEEDED)
        return
    yield Register(password=password)
    yield from keep_address(email)
    yield request.answer(f"You have an account now, {client.nick}. Next time, log in with SASL or IDENTIFY.")
    yield from logged_in(client)
    if "account-notify" in client.capabilities:
        yield client.own_line("ACCOUNT", client.person.name)


@NICKSERV.says("IDENTIFY", "IDENTIFY [name] password: log in.", params=1)
def identify(request: Asked) -> Steps:
    """Log in, as oneself or as the account that is named."""
    _demand_confidential(request)
    client = request.client
    before = client.person
    name, password = (client.nick, request.params[0]) if len(request.params) == 1 else request.params[:2]
    yield from log_in(client, name, password)
    yield from logged_in(client, before)
    yield from become(client, before)
    yield request.answer(f"You are logged in as {client.person.name}.")  # to the nick that the client has by now


NICKSERV.says("LOGIN", "LOGIN [name] password: the same as IDENTIFY.", params=1)(identify)


@NICKSERV.says("SET", "SET PASSWORD old new: have another password; your other devices are logged out.", params=3)
def set_(request: Asked) -> Steps:
    """The one setting: the password."""
    what, old, new = request.params[:3]
    if what.upper() not in ("PASSWORD", "PASSWD"):
        yield request.answer("The one thing that can be set here is PASSWORD: SET PASSWORD old new.")
        return
    _demand_confidential(request)
    yield ChangePassword(old=old, new=new)
    yield request.answer("Your password is another one now, and your other devices are logged out.")


@NICKSERV.says("INFO", "INFO [name]: whether a name has an account, and who is here by it.")
def info(request: Asked) -> Steps:
    """What anybody may know of a name."""
    name = request.params[0] if request.params else request.client.nick
    found = yield ReadPeople(people=(f"@{name}",))
    assert isinstance(found, People)
    if not found.people or found.people[0].person.kind == "deleted":
        yield request.answer(f"Nobody of the name {name} is known here.")
        return
    profile = found.people[0]
    kind = {"account": "has an account", "guest": "is a guest"}.get(profile.person.kind, "is a visitor")
    here = "is not here" if profile.state == "offline" else "is here" if profile.state == "online" else "is away"
    yield request.answer(f"{profile.person.name} {kind} and {here}.")


@NICKSERV.says("STATUS", "STATUS [name]: whether somebody is here (1) and logged in (3); 0 is neither.")
def status(request: Asked) -> Steps:
    """The number that programs ask for."""
    name = request.params[0] if request.params else request.client.nick
    found = yield ReadPeople(people=(f"@{name}",))
    assert isinstance(found, People)
    here = [profile for profile in found.people if profile.state != "offline"]
    number = 0 if not here else 3 if here[0].person.kind == "account" else 1
    yield request.answer(f"STATUS {here[0].person.name if here else name} {number}")


NICKSERV.says("ACC", "ACC [name]: the same as STATUS.")(status)


@NICKSERV.says("GHOST", "GHOST name [password]: take a name back that a lost connection holds.", params=1)
def ghost(request: Asked) -> Steps:
    """With the password one becomes the account, however many of its connections there are."""
    if len(request.params) > 1:
        yield from identify(request)
    else:
        yield request.answer(
            "Connections of one account are one person here, so none is in the way: IDENTIFY name password."
        )


NICKSERV.says("RECOVER", "RECOVER name [password]: the same as GHOST.", params=1)(ghost)
NICKSERV.says("RELEASE", "RELEASE name [password]: the same as GHOST.", params=1)(ghost)
NICKSERV.says("REGAIN", "REGAIN name [password]: the same as GHOST.", params=1)(ghost)


@NICKSERV.says("DEVICES", "DEVICES: which devices may come in as you.")
def devices(request: Asked) -> Steps:
    """The devices of one's account."""
    found = yield ListDevices()
    assert isinstance(found, Devices)
    for device in found.devices:
        used = f"{device.used_at[:10]} {device.used_at[11:16]}"
        yield request.answer(f"{device.name or 'A device without a name'}, last here {used}{_mark(device.current)}")
    if not found.devices:
        yield request.answer("None. TOKEN makes one for a program; who logs in to IRC by a password is no device.")


@NICKSERV.says(
    "TOKEN", "TOKEN password [name]: make a token by which a program logs in as you, without your password.", params=1
)
def token(request: Asked) -> Steps:
    """A device for a program that keeps what it is given, such as this client."""
    _demand_confidential(request)
    name = " ".join(request.params[1:]) or "IRC client"
    added = yield AddDevice(password=request.params[0], name=name)
    assert isinstance(added, DeviceAdded)
    yield request.answer(added.token)
    yield request.answer(
        f"This token is shown once. Set it as the SASL password of your client, with the name {request.client.nick} and"
        " the mechanism SCRAM-SHA-256, or PLAIN. DEVICES lists it, REVOKE ends it."
    )


@NICKSERV.says("REVOKE", "REVOKE name: let a device of yours in no more; DEVICES tells its name.", params=1)
def revoke(request: Asked) -> Steps:
    """End a device, by what it is called or by its id."""
    wanted = " ".join(request.params)
    found = yield ListDevices()
    assert isinstance(found, Devices)
    meant = [device for device in found.devices if wanted in (device.name, device.id)]
    if len(meant) == 1:
        yield RevokeDevice(device=meant[0].id)
        yield request.answer(f"{wanted} is logged out.")
    elif meant:
        yield request.answer("Several are called so: " + ", ".join(f"REVOKE {device.id}" for device in meant) + ".")
    else:
        yield request.answer("You have no such device. DEVICES lists them.")


def _mark(current: bool) -> str:
    return " (this one)" if current else ""


@NICKSERV.says("DROP", "DROP password: delete your account; what you said stays under your name.", params=1)
def drop(request: Asked) -> Steps:
    """Be gone for good; the last word is that of the end of the connection."""
    _demand_confidential(request)
    yield DeleteAccount(password=request.params[0])
