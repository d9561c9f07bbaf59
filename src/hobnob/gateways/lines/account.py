"""Accounts in lines. A password is asked for on a line of its own, never taken from the line of a command: that one is
shown, kept in a terminal's history, and may have been mistyped.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from hobnob.gateways.lines.hearing import recall
from hobnob.gateways.lines.pages import short_id
from hobnob.gateways.lines.seat import Seat, places
from hobnob.gateways.lines.slash import SlashCommand, Usage, needed, table
from hobnob.gateways.lines.talk import Asking, Script, ask, ask_person
from hobnob.gateways.lines.wire import minute, shortened, shown
from hobnob.protocol.account_commands import (
    ChangePassword,
    DeleteAccount,
    ListDevices,
    LogIn,
    LogOut,
    NameDevice,
    Register,
    RevokeDevice,
)
from hobnob.protocol.command import Command
from hobnob.protocol.errors import ChatError
from hobnob.protocol.records import Device
from hobnob.protocol.replies import Devices, Registered, Reply, Welcome

MOST_TRIES: Final = 3
"""Passwords that one command asks for; the house counts on its own."""

Say = Callable[[str], bytes]
R = TypeVar("R", bound=Reply)


def choose_password(say: Say) -> Asking[str]:
    """A new password, typed twice."""
    yield say("Choose a password: several words are easy to remember. Enter alone leaves everything as it is.")
    while True:
        first = yield from ask_person("New password", secret=True)
        if first == (yield from ask_person("The same again", secret=True)):
            return first
        yield say("These two are not alike.")


def with_new_password(say: Say, make: Callable[[str], Command], kind: type[R]) -> Asking[R]:
    """Do what needs a new password, until one is taken."""
    while True:
        password = yield from choose_password(say)
        try:
            return (yield from ask(make(password), kind))
        except ChatError as error:
            if error.code != "password-weak":
                raise
            yield say(shortened(error.hint))


def with_password(say: Say, words: str, make: Callable[[str], Command], kind: type[R]) -> Asking[R]:
    """Do what needs a password that is known, which is asked for with `words`; a mistyped one is asked for again."""
    for _ in range(MOST_TRIES - 1):
        password = yield from ask_person(words, secret=True)
        try:
            return (yield from ask(make(password), kind))
        except ChatError as error:
            if error.code != "wrong-password":
                raise
            yield say(shortened(error.hint))
    return (yield from ask(make((yield from ask_person(words, secret=True))), kind))


def _register(seat: Seat, words: str) -> Script:
    _one_word(words)
    if seat.me is not None and seat.me.kind == "account":
        raise ChatError("already-account")
    _check_confidential(seat)
    yield from with_new_password(seat.say, lambda password: Register(password=password, name=words or None), Registered)
    yield seat.say(f"The name {seat.name} is yours now. /login {seat.name} brings you back to it, from anywhere.")


def _login(seat: Seat, words: str) -> Script:
    _one_word(words)
    _check_confidential(seat)
    name = words or (yield from ask_person("The name of your account: ")).strip()
    welcome = yield from with_password(
        seat.say, "Password", lambda password: LogIn(name=name, password=password), Welcome
    )
    rooms = yield from places(welcome.rooms)
    seat.settle(rooms)
    seat.turn(seat.screen, seat.room)
    yield from recall(seat)
    yield seat.say(f"You are {seat.name} now.")
    yield from seat.enter(rooms)


def _logout(seat: Seat, words: str) -> Script:
    if not _is_account(seat):
        yield seat.say("You are not logged in. bye leaves.")
        return
    yield from ask(LogOut(), Reply)  # the house has the last word


def _password(seat: Seat, words: str) -> Script:
    _one_word(words, most=0)
    _check_account(seat)
    _check_confidential(seat)
    old = yield from ask_person("Your present password", secret=True)
    yield from with_new_password(seat.say, lambda new: ChangePassword(old=old, new=new), Reply)
    yield seat.say("Your password is changed. All your other devices are logged out.")


def _account(seat: Seat, words: str) -> Script:
    action, _, what = words.lower().partition(" ")
    if action != "delete" or what not in ("", "blank"):
        raise Usage
    _check_account(seat)
    _check_confidential(seat)
    blank = bool(what)
    yield seat.say(
        "This cannot be taken back: your account goes, and all your messages with it."
        if blank
        else "This cannot be taken back: your account goes. Your messages stay, under your name; to delete them too, "
        "press Enter now and type /account delete blank"
    )
    yield from with_password(
        seat.say, "Password, to go on",
        lambda password: DeleteAccount(password=password, messages="blank" if blank else "keep"), Reply,
    )  # fmt: skip


def _devices(seat: Seat, words: str) -> Script:
    _check_account(seat)
    listed = (yield from ask(ListDevices(), Devices)).devices
    action, _, rest = words.partition(" ")
    match action.lower():
        case "":
            yield seat.say(*map(_device, listed)) if listed else seat.say("No device is logged in for good.")
        case "end":
            device = _found(listed, needed(rest.strip()))
            yield from ask(RevokeDevice(device=device.id), Reply)
            yield seat.say(f"{_called(device)} is logged out.")
        case "name":
            number, _, name = rest.strip().partition(" ")
            device = _found(listed, needed(number))
            yield from ask(NameDevice(device=device.id, name=needed(name.strip())), Reply)
            yield seat.say(f"{_called(device)} is called {shortened(name.strip())} now.")
        case _:
            raise Usage


def _device(device: Device) -> str:
    current = "  this one" if device.current else ""
    return f"  {short_id(device.id)}  last used {minute(device.used_at)}  {_called(device)}{current}"


def _called(device: Device) -> str:
    return shown(device.name) or "A device without a name"


def _found(devices: Sequence[Device], number: str) -> Device:
    """The device of an id that `_device` shows. Raises ChatError."""
    found = [device for device in devices if device.id.removeprefix("d_").startswith(number.lower().removeprefix("d_"))]
    if len(found) != 1:
        raise ChatError("no-such-device", "You have no such device; /devices lists them, each with its id in front.")
    return found[0]


def _one_word(words: str, most: int = 1) -> None:
    """Raises Usage where more was typed, which may be a password."""
    if len(words.split()) > most:
        raise Usage("Type no password here: you are asked for it on a line of its own.")


def _is_account(seat: Seat) -> bool:
    return seat.me is not None and seat.me.kind == "account"


def _check_account(seat: Seat) -> None:
    if not _is_account(seat):
        raise ChatError("account-needed", "You have no account here; /register makes one of you.")


def _check_confidential(seat: Seat) -> None:
    """Before a password is asked for, which whoever listens would read as it is typed. Raises ChatError."""
    if not seat.confidential:
        raise ChatError("not-confidential")


ACCOUNT: Final = table(
    SlashCommand("/register [name]", "keep your name for good, with a password", _register, "account", secret=True),
    SlashCommand("/login [name]", "be the one whose name and password you know", _login, "account", secret=True),
    SlashCommand("/logout", "leave, and let this connection's login end", _logout, "account"),
    SlashCommand("/password", "change your password", _password, "account", secret=True),
    SlashCommand("/devices [end|name ...]", "where you are logged in", _devices, "account", more=(
        "/devices end <id>  logs one out; /devices name <id> <name>  calls it otherwise",
    )),
    SlashCommand("/account delete [blank]", "be gone for good", _account, "account", secret=True, more=(
        "Your messages stay under your name; with blank they are deleted, too.",
    )),
)  # fmt: skip
