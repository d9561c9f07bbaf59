"""A reader who is slow, one who begins in the past, one who wants no past."""

import asyncio

import pytest
from tests.unit.client.fakes import ME, TEA, message, state, welcome

from hobnob.client.errors import Refused
from hobnob.client.positions import Positions
from hobnob.client.subscription import Heard, Subscription
from hobnob.protocol.commands import EventsSince
from hobnob.protocol.events import Gap, MessageSent, RoomLost, TypingChanged
from hobnob.protocol.replies import Events


class House:
    """Facts of one room, told as they are said and read by page."""

    def __init__(self, page: int = 7) -> None:
        self.positions = Positions()
        self.positions.welcome(welcome(state(head=0)))
        self.facts: list[MessageSent] = []
        self.readers: list[Subscription] = []
        self.page = page
        self.refuses = False

    def subscribe(self, **options: object) -> Subscription:
        reader = Subscription(self.positions, self.read, **options)  # type: ignore[arg-type]
        self.readers.append(reader)
        return reader

    def say(self, count: int = 1, *, told: bool = True) -> None:
        for _ in range(count):
            fact = message(len(self.facts) + 1)
            self.facts.append(fact)
            if told and self.positions.take(fact):
                for reader in self.readers:
                    reader.offer(fact)

    def gap(self) -> None:
        gap = Gap(head=len(self.facts), room=TEA)
        if self.positions.take(gap):
            for reader in self.readers:
                reader.offer(gap)

    async def read(self, command: EventsSince) -> Events:
        await asyncio.sleep(0)
        if self.refuses:
            raise Refused("not-a-member", "Join the room first.")
        facts = self.facts[command.number :]
        return Events(tuple(facts[: self.page]), head=len(self.facts), more=len(facts) > self.page)


async def numbers(reader: Subscription, count: int) -> list[int]:
    found = []
    for _ in range(count):
        event = (await anext(reader)).event
        assert isinstance(event, MessageSent)
        found.append(event.number)
    return found


async def test_who_is_slow_misses_nothing() -> None:
    house = House()
    slow = house.subscribe(most=10)
    house.say(50)
    assert await numbers(slow, 30) == list(range(1, 31))
    house.say(25)
    assert await numbers(slow, 45) == list(range(31, 76))
    house.say()
    assert await anext(slow) == Heard(message(76))


async def test_what_is_said_while_one_reads_on_comes_once() -> None:
    house = House(page=3)
    slow = house.subscribe(most=5)
    house.say(20)
    found: list[int] = []
    for _ in range(40):
        found += await numbers(slow, 1)
        house.say()
    assert found == list(range(1, 41))


async def test_what_does_not_fit_is_not_heard_by_who_wants_news_alone() -> None:
    house = House()
    bot = house.subscribe(live_only=True, most=10)
    house.say(50)
    assert await numbers(bot, 10) == list(range(1, 11))
    house.say()
    assert await numbers(bot, 1) == [51]


async def test_a_gap_is_no_news() -> None:
    house = House()
    bot, reader = house.subscribe(live_only=True), house.subscribe()
    house.say(20, told=False)
    house.gap()
    house.say()
    assert await numbers(bot, 1) == [21]
    assert await numbers(reader, 21) == list(range(1, 22))


async def test_one_may_begin_in_the_past() -> None:
    house = House()
    house.say(20)
    reader = house.subscribe(since={TEA: 12})
    assert await anext(reader) == Heard(message(13), playback=True)
    house.say(2)
    assert await numbers(reader, 9) == list(range(14, 23))


async def test_what_may_not_be_read_any_more_holds_nobody_up() -> None:
    house = House()
    reader = house.subscribe(most=1)
    house.say(5)
    house.refuses = True
    assert await numbers(reader, 1) == [1]
    waiting = asyncio.ensure_future(anext(reader))
    for _ in range(5):
        await asyncio.sleep(0)
    house.say()
    assert (await waiting).event == message(6)


async def test_who_was_cancelled_in_reading_on_goes_on() -> None:
    house = House()
    reader = house.subscribe(most=1)
    house.say(30)
    await anext(reader)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await anext(reader)
    assert await numbers(reader, 29) == list(range(2, 31))


async def test_a_room_that_is_lost_is_read_no_further() -> None:
    house = House()
    reader = house.subscribe()
    house.say(2)
    house.say(3, told=False)
    house.gap()
    lost, typing = RoomLost(room=TEA, by=ME, number=1), TypingChanged(room=TEA, by=ME)
    reader.offer(lost)
    reader.offer(typing)
    assert [(await anext(reader)).event for _ in range(4)] == [message(1), message(2), lost, typing]
    waiting = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    reader.offer(typing)
    assert (await waiting).event == typing
