"""A room that one has just gained, as when somebody writes to one alone: nothing of it is told before it is known."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.unit.client.fakes import BOB, LOBBY, ME, FakeLink, FakeServer, message, welcome

from hobnob.client.client import Client
from hobnob.client.subscription import Happening, Reconnected, Subscription
from hobnob.protocol.events import MemberAttached, RoomGained, RoomLost
from hobnob.protocol.records import Person, RoomState
from hobnob.protocol.replies import Joined

DIRECT = RoomState(LOBBY, "", "direct", people=(Person(ME, "ada"), Person(BOB, "bob")), head=4)
GAINED = RoomGained(room=LOBBY, name="", kind="direct", by=ME, number=1)
HAPPENED = (MemberAttached(room=LOBBY, by=BOB), message(4, "for you alone", room=LOBBY))


class Gaining:
    """A client that has just been told of a new room and of what happened in it, and asks what it is."""

    def __init__(self, server: FakeServer, chat: Client) -> None:
        self.server = server
        self.chat = chat
        self.events: Subscription = chat.events()
        self.link: FakeLink = server.links[0]

    async def asks(self) -> int:
        self.link.say(GAINED, *HAPPENED)
        assert await self.next() == GAINED
        asked = await self.link.next_command(1)
        assert (asked["do"], asked["room"]) == ("join_room", LOBBY)
        return int(asked["id"])

    async def next(self) -> Happening:
        return (await anext(self.events)).event

    async def is_told(self, *wanted: Happening) -> None:
        for event in wanted:
            assert await self.next() == event


@pytest.fixture
async def gaining() -> AsyncIterator[Gaining]:
    server = FakeServer()
    async with server.client() as chat:
        yield Gaining(server, chat)


async def test_what_happens_in_it_is_told_when_it_is_known(gaining: Gaining) -> None:
    number = await gaining.asks()
    told = asyncio.ensure_future(gaining.next())
    await asyncio.sleep(0)
    assert not told.done()
    gaining.link.answer(number, Joined(DIRECT))
    assert await told == HAPPENED[0]
    assert gaining.chat.rooms[LOBBY].kind == "direct"
    await gaining.is_told(HAPPENED[1])
    gaining.link.say(message(5, room=LOBBY))
    await gaining.is_told(message(5, room=LOBBY))


async def test_it_is_told_all_the_same_when_that_is_refused(gaining: Gaining) -> None:
    gaining.link.refuse(await gaining.asks(), "too-fast")
    await gaining.is_told(*HAPPENED)


async def test_it_is_told_before_one_is_back_after_a_break(gaining: Gaining) -> None:
    await gaining.asks()
    gaining.server.greet = lambda: welcome(DIRECT, me=1)
    gaining.link.cut()
    heard = [await gaining.next() for _ in range(4)]
    assert heard[1:] == [*HAPPENED, Reconnected()]


async def test_who_has_lost_it_again_is_told_nothing_of_it(gaining: Gaining) -> None:
    await gaining.asks()
    lost = RoomLost(room=LOBBY, by=ME, number=2)
    gaining.link.say(lost)
    await gaining.is_told(lost)
    assert LOBBY not in gaining.chat.rooms
