"""The codecs in a real chat without sockets: what people read of each other, and how much is taken from one of them."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from tests.unit.gateways.lines.test_console import Desk

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.gateways.gateway import Codec, Origin
from hobnob.gateways.lines import LinesCodec, StudentCodec
from hobnob.gateways.lines.console import ConsoleCodec
from hobnob.stores.memory import MemoryStore


class Terminal:
    """One connection without a socket; its screen is `text`."""

    def __init__(self, chat: Chat, codec: Codec | None = None, origin: Origin = Origin("127.0.0.1")) -> None:  # noqa: B008
        self.text = ""
        self.closed = False
        self.reading = True
        self._changed = asyncio.Event()
        self._conversation = chat.enter(codec or LinesCodec(chat, greeted=True), self, origin)

    def write(self, data: bytes) -> None:
        self.text += data.decode()
        self._changed.set()

    def close(self) -> None:
        self.closed = True

    def pause_reading(self, backlog: int = 0) -> None:
        self.reading = False

    def held(self) -> int:
        return 0

    def resume_reading(self) -> None:
        self.reading = True
        self._changed.set()

    def type(self, text: str) -> None:
        self._conversation.receive(text.encode())

    def hang_up(self) -> None:
        self._conversation.end()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def reads(self, text: str) -> str:
        """Wait for a text; what stood before it is taken off the screen, with it."""
        await self.until(lambda: text in self.text)
        before, _, self.text = self.text.partition(text)
        return before + text


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    chat = Chat(MemoryStore(), LocalBus())
    await chat.open()
    yield chat
    await chat.stop("The test is over.")


async def enter(chat: Chat, name: str) -> Terminal:
    terminal = Terminal(chat)
    terminal.type(f"{name}\n")
    await terminal.reads(f"Welcome, {name}.")
    await terminal.reads("in #lobby.")
    return terminal


async def test_two_people_talk(chat: Chat) -> None:
    ada = await enter(chat, "ada")
    ada.type("hello\n/topic\n")
    await ada.reads("The topic of #lobby")  # so hello is kept, too
    bob = await enter(chat, "bob")
    await bob.reads("\nHere is: ada\n")
    await bob.reads("] ada: hello\n")
    await ada.reads("* bob joined\n")
    bob.type("/me waves\n/edit shakes hands\nbye\n")
    assert await ada.reads("* bob left\n") == "* bob waves\n* bob edited: shakes hands\n* bob left\n"
    assert bob.closed
    assert bob.text.endswith("Bye, bob.\n")


async def test_who_is_removed_from_a_room_is_told_and_is_in_the_lobby(chat: Chat) -> None:
    ada = await enter(chat, "ada")
    ada.type("/join tea\n")
    await ada.reads("You are in #tea.\n")
    bob = await enter(chat, "bob")
    bob.type("/join tea\n")
    await bob.reads("You are in #tea.\n")
    ada.type("/kick bob too much sugar\n")
    await bob.reads("* ada removed you from #tea (too much sugar)\nYou are in #lobby now.\n")
    bob.type("so be it\n")
    await ada.reads("#lobby bob: so be it\n")
    bob.type("/who\n")
    await bob.reads("You are bob in #lobby.\n")


async def test_who_is_removed_from_another_room_stays_where_they_are(chat: Chat) -> None:
    ada = await enter(chat, "ada")
    ada.type("/join tea\n")
    await ada.reads("You are in #tea.\n")
    bob = await enter(chat, "bob")
    bob.type("/join tea\n/join coffee\n/who\n")
    await bob.reads("You are bob in #coffee.\n")
    ada.type("/kick bob\n")
    await bob.reads("* ada removed you from #tea\n")
    bob.type("/who\n")
    await bob.reads("You are bob in #coffee.\n")


async def test_who_is_removed_from_the_lobby_is_nowhere(chat: Chat) -> None:
    bob = await enter(chat, "bob")
    server = Terminal(chat, ConsoleCodec(chat, Desk()))
    server.type("\n/kick bob\n")
    await server.reads("bob is no longer")
    await bob.reads("* Server removed you from #lobby\nYou are in no room now. /join <room> goes into one.\n")
    bob.type("anybody?\n")
    await bob.reads("Join the room first.")
    bob.type("/join lobby\nI am back\n/who\n")
    await bob.reads("You are bob in #lobby.\n")


async def test_what_is_said_while_one_comes_is_read_once_and_in_order(chat: Chat) -> None:
    ada = await enter(chat, "ada")
    bob = Terminal(chat)
    ada.type("".join(f"before {number}\n" for number in range(4)))
    bob.type("bob\n")
    ada.type("".join(f"after {number}\n" for number in range(4)))
    ada.type("that was all\n")
    text = await bob.reads("ada: that was all\n")
    expected = [f"before {number}" for number in range(4)] + [f"after {number}" for number in range(4)]
    said = [line.partition("ada: ")[2] for line in text.splitlines() if "ada: " in line]
    assert said == [*expected, "that was all"]


async def test_a_taken_name_is_asked_for_again(chat: Chat) -> None:
    await enter(chat, "ada")
    second = Terminal(chat)
    second.type("ADA\n")
    await second.reads("Your name? (Enter for a guest name) ")
    second.type("\n")
    await second.reads("Welcome, guest-")


async def test_direct_messages_reach_one_person_and_leave_no_trace_of_coming(chat: Chat) -> None:
    ada, bob = await enter(chat, "ada"), await enter(chat, "bob")
    await ada.reads("* bob joined\n")
    ada.type("/msg bob psst\nhello all\n")
    assert (await bob.reads("ada: hello all\n")).endswith("ada -> bob: psst\nada: hello all\n")
    bob.hang_up()
    assert await ada.reads("* bob left\n") == "ada -> bob: psst\n* bob left\n"


async def test_a_student_and_a_person_hear_each_other(chat: Chat) -> None:
    ada = await enter(chat, "ada")
    student = Terminal(chat, StudentCodec(chat))
    student.type("USERNAME:ada")
    await student.reads("Server: ada is not free here, you are ada-2.\n")
    student.type("ada: hello")
    await ada.reads("* ada-2 joined\nada-2: hello\n")
    ada.type("welcome\n")
    await student.reads("ada: welcome\n")
    student.type("bye")
    await ada.reads("* ada-2 left\n")
    assert (student.text, student.closed) == ("bye", True)


async def test_nameless_programs_are_numbered(chat: Chat) -> None:
    ada = await enter(chat, "ada")
    for _ in range(2):
        Terminal(chat, LinesCodec(chat, raw=True)).type("beep")
    await ada.reads("Client: beep\n")
    await ada.reads("Client-2: beep\n")


async def test_a_client_is_read_no_further_before_it_is_answered(chat: Chat) -> None:
    ada = await enter(chat, "ada")
    ada.type(f"/me {'x' * 15_000}\n" * 20)
    assert not ada.reading
    await ada.until(lambda: ada.reading and ada.text.count("* ada xxx") == 20)


async def test_who_comes_back_to_the_lobby_reads_its_present_topic(chat: Chat) -> None:
    ada, bob = await enter(chat, "ada"), await enter(chat, "bob")
    bob.type("/join tea\n")
    await bob.reads("in #tea.")
    ada.type("/topic biscuits\n")
    await ada.reads("is now: biscuits")
    bob.type("/leave\n")
    await bob.reads("You are in #lobby. Topic: biscuits")


async def test_what_was_said_is_found(chat: Chat) -> None:
    ada = await enter(chat, "ada")
    ada.type("green tea\n" + "nothing\n" * 20 + "a lot " * 100 + "of tea\n/search green\n")
    assert "#lobby #" in await ada.reads("] ada: *green* tea\n/history #number shows")
    ada.type("/search tea\n")
    assert "…" in await ada.reads("of *tea*\n")
    ada.type("/history #3\n")
    assert "a lot" not in await ada.reads("ada: green tea\n")
    ada.type("/search coffee\n/search\n/search -\n/colour on\n/search green\n")
    await ada.reads("Nothing was found.\n")
    await ada.reads("Write it like this: /search <words>")
    await ada.reads("at least one word")
    await ada.reads("\x1b[1;4mgreen\x1b[22;24m tea\n")
