"""Conversations of programs that send bare text: the first student's client, and others that never end a line."""

import pytest
from tests.unit.gateways.lines.house import Driver, person, said_by, student

from hobnob.gateways.lines.reader import MAX_LINE
from hobnob.protocol.commands import Hello, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import MessageSent
from hobnob.protocol.records import Room


@pytest.fixture
def bob() -> Driver:
    driver = student()
    driver.receive(b"USERNAME:bob")
    assert driver.take() == ""
    return driver


def test_the_first_student_is_heard_under_the_name_given(bob: Driver) -> None:
    bob.receive(b"bob: hello")
    bob.receive(b"bob: is anybody here?")
    bob.receive(b"bye")
    assert bob.house.done == [
        Hello(client="student", name="bob"),
        SendMessage(room="r_lobby", text="hello"),
        SendMessage(room="r_lobby", text="is anybody here?"),
    ]
    assert (bob.read, bob.closed) == (b"bye", True)


TOGETHER = {
    "name and message": (b"USERNAME:bobbob: hello", ["hello"], False),
    "name and messages": (b"USERNAME:bobbob: hellobob: there", ["hello", "there"], False),
    "everything": (b"USERNAME:bobbob: hellobob: therebye", ["hello", "there"], True),
    "a name that repeats itself": (b"USERNAME:bobobobo: hi", ["hi"], False),
    "a newline": (b"USERNAME:bob\nbob: hello\nbye\n", ["hello"], True),
}


@pytest.mark.parametrize(("data", "said", "closed"), TOGETHER.values(), ids=TOGETHER.keys())
def test_what_a_student_sent_at_once_is_cut_apart(data: bytes, said: list[str], closed: bool) -> None:
    driver = student()
    driver.receive(data)
    assert (said_by(driver), driver.closed) == (said, closed)


@pytest.mark.parametrize(
    ("data", "said", "closed"),
    [
        (b"bob: hibob: there", ["hi", "there"], False),
        (b"bob: hellobye", ["hello"], True),
        (b"bob: goodbye", ["goodbye"], False),
        (b"bob: bye bye", ["bye bye"], False),
        (b"bob: byebye", ["byebye"], False),
        (b"bob: bye", [], True),
        (b"Bye", [], True),
        (b"bob: I wrote bob: hello", ["I wrote bob: hello"], False),
        (b"bob: /help", ["/help"], False),
        (b"bob: \xff", ["\ufffd"], False),
        (b"bob: ", [], False),
    ],
)
def test_a_students_message(bob: Driver, data: bytes, said: list[str], closed: bool) -> None:
    bob.receive(data)
    assert (said_by(bob), bob.closed) == (said, closed)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [("ada", "ada-2"), ("Server", "guest-k7wq"), ("Bob Smith", "Bob-Smith"), ("4ever", "guest-k7wq")],
)
def test_a_student_is_never_asked_for_another_name(wanted: str, given: str) -> None:
    driver = student()
    driver.receive(f"USERNAME:{wanted}".encode())
    driver.receive(f"{wanted}: hello".encode())
    assert driver.client.person is not None
    assert driver.client.person.name == given
    assert driver.take() == ("" if given == "Bob-Smith" else f"Server: {wanted} is not free here, you are {given}.\n")
    assert said_by(driver) == ["hello"]


def test_a_student_hears_of_refusals_and_of_the_end(bob: Driver) -> None:
    bob.house.refusing = ChatError("store-full")
    bob.receive(b"bob: hello")
    assert bob.take().startswith("Server: The server's disk is full")
    bob.end()
    assert (bob.take(), bob.closed) == ("bye", True)


def test_raw_text_is_heard_as_client_until_a_newline_shows_a_person() -> None:
    driver = person(greeted=False, raw=True)
    driver.receive(b"hello")
    driver.receive(b"/there")
    assert driver.house.done == [
        Hello(client="lines"),
        SendMessage(room="r_lobby", text="hello"),
        SendMessage(room="r_lobby", text="/there"),
    ]
    assert driver.take() == ""
    event = MessageSent(room="r_lobby", number=5, by="p_ada", by_name="ada", text="hi")
    lobby = Room(id="r_lobby", name="lobby")
    assert driver.client.wire.encode(event, lobby) == b"ada: hi\n"

    driver.receive(b"/wh")  # still no line: a message
    driver.receive(b"/who\n", b"and ", b"now\n")
    assert driver.take() == (
        "You are Client in #lobby. /help shows what you can do, bye leaves.\nHere is: ada\n"
        "You are Client in #lobby.\nHere is: ada\n"
    )
    assert said_by(driver) == ["hello", "/there", "/wh", "and now"]


def test_raw_text_leaves_by_bye() -> None:
    driver = person(greeted=False, raw=True)
    driver.receive(b"hello", b"bye")
    assert (driver.read, driver.closed) == (b"bye", True)


def test_a_raw_message_that_is_too_long_spoils_only_itself() -> None:
    driver = person(greeted=False, raw=True)
    driver.receive(b"x" * (MAX_LINE + 1), b"hello")
    assert driver.take().startswith("Server: This line is too long")
    assert said_by(driver) == ["hello"]


def test_a_name_without_end_is_cut_and_costs_nothing() -> None:
    driver = student()
    driver.receive(b"USERNAME:" + b"a" * 200_000)
    assert driver.house.done == [Hello(client="student", name="a" * 64), Hello(client="student")]
