"""The operator's codec, without a chat: what is said, what is asked for, what is shown and how."""

import pytest
from tests.unit.gateways.lines.house import Driver, FakeHouse, said_by

from hobnob.gateways.lines.console import HEARD, LAST_WORD, THEMES, ConsoleCodec
from hobnob.protocol.commands import DeleteMessage, Hello
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Event, MemberAttached, MessageEdited, MessageSent, PresenceChanged
from hobnob.protocol.records import Person, Room
from hobnob.protocol.text import clean

LOBBY = Room(id="r_lobby", name="lobby")
DIRECT = Room(id="r_direct", name="", kind="direct", people=(Person("p_ada", "ada"), Person("p_me", "Server")))


class Desk:
    """A desk with three clients before it."""

    waiting = "Server waiting for connection on 127.0.0.1:8080...."

    def __init__(self) -> None:
        self.connected = 3
        self.stopped = False

    def send_away(self, last_word: str) -> int:
        assert last_word == LAST_WORD
        gone, self.connected = self.connected, 0
        return gone

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def operator(desk: Desk) -> Driver:
    house = FakeHouse()
    driver = Driver(ConsoleCodec(house, desk), house)
    driver.receive(b"\n")
    return driver


def prompt(driver: Driver) -> str:
    assert isinstance(driver.codec, ConsoleCodec)
    return driver.codec.prompt


def shown(event: Event, theme: str = "red", room: Room | None = LOBBY) -> str:
    wire = THEMES[theme]
    return type(wire)(here="r_lobby", red=wire.red, colour=wire.colour).encode(event, room).decode()


def message(text: str, by_name: str = "Client") -> MessageSent:
    return MessageSent(room="r_lobby", by="p_ada", by_name=by_name, text=clean(text))


def test_the_first_line_enters_without_a_word(operator: Driver) -> None:
    assert operator.house.done == [Hello(client="console")]
    assert operator.client.person is not None
    assert operator.client.person.name == "Server"
    assert operator.take() == ""


def test_what_is_typed_is_said(operator: Driver) -> None:
    operator.receive(b"Hello from server!\n\n   \n//etc is full\n")
    assert said_by(operator) == ["Hello from server!", "/etc is full"]
    assert operator.take() == ""


def test_bye_disconnects_everybody_and_waits_again(operator: Driver, desk: Desk) -> None:
    operator.receive(b"one moment\nBye \n")
    assert said_by(operator) == ["one moment"]
    assert operator.take() == f"Disconnected 3 clients.\n{desk.waiting}\n"
    operator.receive(b"bye\n")
    assert operator.take() == f"Nobody is connected.\n{desk.waiting}\n"
    desk.connected = 1
    operator.receive(b"bye\n")
    assert operator.take() == f"Disconnected 1 client.\n{desk.waiting}\n"
    assert not operator.closed


def test_stop(operator: Driver, desk: Desk) -> None:
    operator.receive(b"/stop\n")
    assert desk.stopped


def test_the_commands_of_everybody_and_its_own(operator: Driver) -> None:
    operator.receive(b"/help\n")
    listed = operator.take()
    assert "/who " in listed
    assert "/stop " in listed
    assert "/name" not in listed
    assert "bye on a line of its own disconnects everybody else." in listed
    operator.receive(b"/who\n/delete 1\n/name boss\n/nick boss\n")
    assert operator.take() == (
        "You are Server in #lobby.\nHere is: ada\n#1 is deleted.\n"
        "There is no command /name. Did you mean /me? "
        "To say a line that begins with /, double the slash.\n"
        "There is no command /nick. /help lists all commands. "
        "To say a line that begins with /, double the slash.\n"
    )
    assert operator.house.done[-1] == DeleteMessage(room="r_lobby", of=1)


def test_the_prompt_names_the_room_when_it_is_another(operator: Driver) -> None:
    assert prompt(operator) == "Server: "
    operator.receive(b"/join tea\n")
    assert prompt(operator) == "#tea Server: "
    operator.receive(b"/leave\n")
    assert prompt(operator) == "Server: "


def test_colours(operator: Driver) -> None:
    operator.receive(b"/colour off\n")
    assert operator.take() == "The colours are set to off.\n"
    assert operator.client.wire.encode(message("hi"), LOBBY) == f"{HEARD}Client: hi\n".encode()
    operator.receive(b"/colour on\n")
    assert operator.take().startswith("Write it like this: /colour red|names|off")


def test_refusals_are_sentences(operator: Driver) -> None:
    operator.house.refusing = ChatError("text-too-long")
    operator.receive(b"x\n")
    assert operator.take() == f"{ChatError('text-too-long').hint}\n"


def test_what_others_say_is_red() -> None:
    assert shown(message("Hi server, how are you?")) == f"{HEARD}\x1b[1;31;40mClient: Hi server, how are you?\x1b[0m\n"
    assert shown(message("one\ntwo")) == (
        f"{HEARD}\x1b[1;31;40mClient: one\x1b[0m\n{HEARD}\x1b[1;31;40m    | two\x1b[0m\n"
    )
    edited = MessageEdited(room="r_lobby", by="p_ada", by_name="ada", of=1, text="better")
    assert shown(edited) == f"{HEARD}\x1b[1;31;40m* ada edited: better\x1b[0m\n"
    assert shown(message("for you", "ada"), room=DIRECT) == f"{HEARD}\x1b[1;31;40mada -> Server: for you\x1b[0m\n"
    assert shown(message("hi"), "off") == f"{HEARD}Client: hi\n"
    assert shown(message("hi"), "names").startswith(f"{HEARD}\x1b[")


def test_others_cannot_colour_or_move_anything() -> None:
    assert shown(message("\x1b[2J\x1b]0;title\x07\0\x9b31m\rha\x08\x7f")) == (
        f"{HEARD}\x1b[1;31;40mClient: [2J]0;title31m\x1b[0m\n{HEARD}\x1b[1;31;40m    | ha\x1b[0m\n"
    )


def test_who_comes_and_goes() -> None:
    came = MemberAttached(room="r_lobby", by="p_ada", by_name="ada")
    assert shown(came) == f"{HEARD}* ada joined\n"
    for unnamed in ("Client", "Client-2"):  # their address was shown already
        assert shown(MemberAttached(room="r_lobby", by="p_x", by_name=unnamed)) == ""
    left = PresenceChanged(by="p_ada", by_name="ada", state="offline", text="")
    assert shown(left, room=None) == f"{HEARD}* ada left\n"
    sent_away = PresenceChanged(by="p_ada", by_name="ada", state="offline", text=LAST_WORD)
    assert shown(sent_away, room=None) == ""
