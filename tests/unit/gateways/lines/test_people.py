"""Conversations of people, byte for byte: what they type, and what they read in answer."""

import re
from pathlib import Path

import pytest
from tests.unit.gateways.lines.house import Driver, person, said_by

from hobnob.gateways.lines import GREETING
from hobnob.gateways.lines.commands import COMMANDS
from hobnob.gateways.lines.reader import MAX_LINE
from hobnob.gateways.lines.slash import TOPICS
from hobnob.protocol.commands import EditMessage, Hello, ReadHistory, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import MessageSent
from hobnob.protocol.records import Room


@pytest.fixture
def bob() -> Driver:
    driver = person()
    driver.receive(b"bob\n")
    driver.take()
    return driver


def test_a_person_who_was_greeted_says_a_name_and_is_shown_the_room() -> None:
    driver = person()
    driver.receive(b"bob\n")
    assert driver.take() == (
        "Welcome, bob. /help shows what you can do, bye leaves.\n"
        "You are in #lobby. Topic: Anything goes\n"
        "Here is: ada\n"
        "-- 2026-11-22, times in UTC --\n"
        "#1 [09:01] ada: good morning\n"
    )
    assert driver.house.done == [
        Hello(client="lines", name="bob"),
        ReadHistory(room="r_lobby", before=1, limit=10),
    ]


def test_enter_makes_a_guest() -> None:
    driver = person()
    driver.receive(b"\n")
    assert driver.take().startswith("Welcome, guest-k7wq.")


def test_a_refused_name_is_asked_for_again() -> None:
    driver = person()
    driver.receive(b"ada\n")
    assert driver.take() == (
        "This name is taken. Choose another. If it is yours, type /login ada\nYour name? (Enter for a guest name) "
    )
    driver.receive(b"Server\n")
    assert driver.take() == "This name is reserved; choose another one.\nYour name? (Enter for a guest name) "
    driver.receive(b"bob\n")
    assert driver.take().startswith("Welcome, bob.")


def test_whatever_else_refuses_a_stranger_ends_the_conversation() -> None:
    driver = person()
    driver.house.refusing = ChatError("stopping")
    driver.receive(b"bob\nhello\n")
    assert driver.take() == "The server is stopping. Connect again in a moment.\nBye.\n"
    assert driver.closed


def test_lines_sent_with_the_name_are_said_after_it() -> None:
    driver = person()
    driver.receive(b"bob\nhello\nbye\n")
    assert driver.house.done[-1] == SendMessage(room="r_lobby", text="hello")
    assert driver.take().endswith("#1 [09:01] ada: good morning\nBye, bob.\n")
    assert driver.closed


def test_a_script_says_hello_and_leaves() -> None:
    driver = person(greeted=False)
    driver.receive(b"hello\n")
    driver.end()
    assert driver.house.done == [Hello(client="lines"), SendMessage(room="r_lobby", text="hello")]
    assert driver.take() == (
        "You are guest-k7wq in #lobby. /help shows what you can do, bye leaves.\nHere is: ada\nBye, guest-k7wq.\n"
    )
    assert driver.closed


def test_the_last_line_needs_no_end() -> None:
    driver = person(greeted=False)
    driver.receive(b"hello\nwor")
    driver.receive(b"ld")
    driver.end()
    assert driver.house.done[-1] == SendMessage(room="r_lobby", text="world")
    assert driver.closed


@pytest.mark.parametrize("word", ["bye", "BYE", " Bye ", "/bye", "/quit", "/exit", "\x04", "\x03"])
def test_bye_leaves(bob: Driver, word: str) -> None:
    bob.receive(f"{word}\nhello\n".encode())
    assert bob.take() == "Bye, bob.\n"
    assert bob.closed
    assert said_by(bob) == []
    bob.receive(b"more\n")
    bob.end()
    assert bob.take() == ""


@pytest.mark.parametrize("greeted", [True, False])
def test_a_stranger_may_leave_at_once(greeted: bool) -> None:
    driver = person(greeted=greeted)
    driver.receive(b"bye\n")
    assert (driver.take(), driver.closed, driver.house.done) == ("Bye.\n", True, [])


def test_nothing_at_all_ends_quietly() -> None:
    driver = person(greeted=False)
    driver.end()
    assert (driver.take(), driver.closed, driver.house.done) == ("Bye.\n", True, [])


def test_what_is_typed_is_said_and_not_shown_again(bob: Driver) -> None:
    bob.receive(b"hello\n\n   \n//etc is a folder\ngood-bye\n")
    assert said_by(bob) == ["hello", "/etc is a folder", "good-bye"]
    assert bob.take() == ""


NOTHING_SAID = "You have said nothing here yet. "
DOUBLE_IT = "To say a line that begins with /, double the slash.\n"
DIALOGUES = {
    "name": ("/name robert", "You are now called robert.\n"),
    "name taken": ("/name a b", "Use letters, digits and - _ [ ] \\ ` ^ { } | only, without spaces.\n"),
    "name missing": ("/name", "Write it like this: /name <name> (be called otherwise).\n"),
    "join nothing": ("/join", "Write it like this: /join <room> (go into a room; a missing one is made).\n"),
    "join a person": ("/join @ada", "To write to ada alone: /msg ada <text>\n"),
    "leave the lobby": ("/leave", "You are in #lobby, where everybody starts. bye leaves altogether.\n"),
    "leave another": ("/leave tea", "There is no such room, or you may not see it.\n"),
    "rooms": ("/rooms", "* #lobby  1 here  Anything goes\n"),
    "who": ("/who", "You are bob in #lobby.\nHere is: ada\n"),
    "me": ("/me waves", "* bob waves\n"),
    "me alone": ("/me", "Write it like this: /me <text> (say what you do: * ada waves).\n"),
    "msg": ("/msg ada  hi there", "bob -> ada: hi there\n"),
    "msg with @": ("/msg @ada hi", "bob -> ada: hi\n"),
    "msg nobody": ("/msg eve hi", "Nobody of this name is known here.\n"),
    "msg nothing": ("/msg ada", "Write it like this: /msg <name> <text> (write to one person alone).\n"),
    "topic": ("/topic", "The topic of #lobby: Anything goes\n"),
    "topic set": ("/topic Tea, mostly", "The topic of #lobby is now: Tea, mostly\n"),
    "history": ("/history 1", "-- 2026-11-22, times in UTC --\n#1 [09:01] ada: good morning\n"),
    "history 0": ("/history 0", "-- 2026-11-22, times in UTC --\n#1 [09:01] ada: good morning\n"),
    "history wrong": (
        "/history all",
        "Write it like this: /history [count] (the last messages, or those around #42).\n",
    ),
    "edit nothing": (
        "/edit hallo",
        NOTHING_SAID + "Write it like this: /edit [number] <text> (change your last message, or one by number).\n",
    ),
    "edit number": ("/edit #1 hallo", "#1 now reads: hallo\n"),
    "edit bare number": ("/edit 1 hallo", "#1 now reads: hallo\n"),
    "edit wrong number": ("/edit 77 hallo", "There is no message with this number here.\n"),
    "delete number": ("/delete 1", "#1 is deleted.\n"),
    "delete words": (
        "/delete it",
        "Write it like this: /delete [number] (take your last message back, or one by number).\n",
    ),
    "react": ("/react 1 \U0001f44d", "You reacted \U0001f44d to #1.\n"),
    "react nothing": ("/react 1", "Write it like this: /react <number> <emoji> (react to a message).\n"),
    "away": ("/away lunch", "You are marked as away. /back when you are here again.\n"),
    "back": ("/BACK", "You are no longer away.\n"),
    "colour": ("/colour", "Write it like this: /colour on|off (names in colours, or not).\n"),
    "nearly": (
        "/hsitory",
        "There is no command /hsitory. Did you mean /history? " + DOUBLE_IT,
    ),
    "word of another chat": ("/nick ann", "There is no command /nick. Did you mean /name? " + DOUBLE_IT),
    "unknown": (
        "/usr/bin/\x1b]0;x\x07true",
        "There is no command /usr/bin/]0;xtrue. /help lists all commands. " + DOUBLE_IT,
    ),
}


@pytest.mark.parametrize(("line", "answer"), DIALOGUES.values(), ids=DIALOGUES.keys())
def test_a_command_is_answered(bob: Driver, line: str, answer: str) -> None:
    bob.receive(line.encode() + b"\n")
    assert bob.take() == answer


@pytest.mark.parametrize("topic", ["", *TOPICS])
def test_help_fits_on_a_screen(bob: Driver, topic: str) -> None:
    bob.receive(f"/help {topic}\n".encode())
    text = bob.take()
    assert len(text.splitlines()) <= 24
    assert max(map(len, text.splitlines())) <= 79


def test_help_names_every_command(bob: Driver) -> None:
    for topic in ("", *TOPICS):
        bob.receive(f"/help {topic}\n".encode())
    text = bob.take()
    for word in COMMANDS:
        assert re.search(rf"^  {word} ", text, re.MULTILINE)


def test_help_says_more_of_one_command(bob: Driver) -> None:
    bob.receive(b"/help /devices\n/help me\n/help xyzzy\n")
    assert bob.take() == (
        "  /devices [end|name ...]  where you are logged in\n"
        "  /devices end <id>  logs one out; /devices name <id> <name>  calls it otherwise\n"
        "  /me <text>  say what you do: * ada waves\n"
        "There is no help about xyzzy. /help lists all commands.\n"
    )


def test_the_last_message_can_be_edited_and_deleted_without_its_number(bob: Driver) -> None:
    bob.receive(b"helo\n/edit hello\n/delete\n/delete\n")
    assert bob.take() == (
        "#2 now reads: hello\n#2 is deleted.\nYou have said nothing here yet. "
        "Write it like this: /delete [number] (take your last message back, or one by number).\n"
    )
    assert EditMessage(room="r_lobby", of=2, text="hello") in bob.house.done


def test_a_room_is_made_spoken_in_and_left(bob: Driver) -> None:
    bob.receive(b"/join tea\nhello tea\n/leave\nhello lobby\n")
    assert bob.take() == (
        "This room is new: you have just made it.\nYou are in #tea.\nNobody else is here right now.\n"
        "You left #tea.\nYou are in #lobby. Topic: Anything goes\n"
    )
    said = [command for command in bob.house.done if isinstance(command, SendMessage)]
    assert said == [SendMessage(room="r_tea", text="hello tea"), SendMessage(room="r_lobby", text="hello lobby")]


def test_a_room_that_was_refused_hears_nothing(bob: Driver) -> None:
    bob.receive(b"/join a b\nhello\n")
    assert bob.take() == "Use letters, digits and - _ . + only, without spaces.\n"
    assert bob.house.done[-1] == SendMessage(room="r_lobby", text="hello")


def test_other_rooms_than_the_present_one_are_named(bob: Driver) -> None:
    event = MessageSent(room="r_lobby", number=5, by="p_ada", by_name="ada", text="hi")
    lobby = Room(id="r_lobby", name="lobby")
    assert bob.client.wire.encode(event, lobby) == b"ada: hi\n"
    bob.receive(b"/join tea\n")
    assert bob.client.wire.encode(event, lobby) == b"#lobby ada: hi\n"
    bob.receive(b"/join lobby\n")
    assert bob.client.wire.encode(event, lobby) == b"ada: hi\n"


def test_colours_can_be_switched(bob: Driver) -> None:
    event = MessageSent(room="r_lobby", number=5, by="p_ada", by_name="ada", text="hi")
    bob.receive(b"/colour on\n")
    assert "\x1b[" in bob.take()
    coloured = bob.client.wire.encode(event, None)
    assert coloured.startswith(b"\x1b[")
    assert coloured.endswith(b"mada\x1b[0m: hi\n")
    bob.receive(b"/colour off\n")
    assert bob.take() == "Names are plain from now on, like yours: bob\n"
    assert bob.client.wire.encode(event, None) == b"ada: hi\n"


def test_a_line_over_the_limit_is_refused_in_words(bob: Driver) -> None:
    bob.receive(b"x" * MAX_LINE, b"x", b"y" * 1_000_000, b"\nshort\n")
    assert bob.take() == (
        "This line is too long, a message holds at most 16 KiB. It was not sent; send it in pieces.\n"
    )
    assert bob.house.done[-1] == SendMessage(room="r_lobby", text="short")


def test_a_refused_message_is_answered_in_words(bob: Driver) -> None:
    bob.receive(b"\x01\n")
    assert bob.take() == "There is nothing to send.\n"


def test_line_ends_follow_the_persons_own() -> None:
    driver = person()
    driver.receive(b"bob\r\n")
    text = driver.take()
    assert text.count("\r\n") == text.count("\n") == 5
    event = MessageSent(room="r_lobby", number=5, by="p_ada", by_name="ada", text="one\ntwo")
    assert driver.client.wire.encode(event, None) == b"ada: one\r\n    | two\r\n"


def test_the_greeting_is_fixed_words() -> None:
    assert GREETING == (
        b"This is hobnob, a chat. /help shows what you can do, bye leaves.\r\nYour name? (Enter for a guest name) "
    )


def test_the_documentation_lists_every_command_and_shows_the_greeting() -> None:
    page = (Path(__file__).parents[4] / "docs/gateways/lines.md").read_text("utf-8")
    listed = [line.split(" | ")[0].strip("| `") for line in page.splitlines() if line.startswith("| `/")]
    assert [usage.replace("\\", "") for usage in listed] == [command.usage for command in COMMANDS.values()]
    assert GREETING.decode().replace("\r", "") in page
