"""Names that are asked for together, and what becomes of those who asked when the store fails or they go."""

import asyncio

import pytest

from hobnob.chat.name_check import NameCheck
from hobnob.protocol.errors import ChatError


class Names:
    """What is asked for; each look-up waits until it is told to go on."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.go_on = asyncio.Event()
        self.failing = False

    async def look(self, names: tuple[str, ...]) -> dict[str, str]:
        self.asked.append(names)
        await self.go_on.wait()
        if self.failing:
            raise ChatError("store-unavailable")
        return {name: "name-taken" for name in names if name == "ada"}


@pytest.fixture
async def names() -> Names:
    return Names()


async def test_what_is_asked_in_one_turn_is_looked_up_at_once(names: Names) -> None:
    check = NameCheck(names.look)
    names.go_on.set()
    answers = await asyncio.gather(*(check.ask(name) for name in ("ada", "bob", "ada")))
    assert (answers, names.asked) == (["name-taken", None, "name-taken"], [("ada", "bob")])


async def test_what_is_asked_meanwhile_is_looked_up_together_after_that(names: Names) -> None:
    check = NameCheck(names.look)
    first = check.ask("bob")
    await asyncio.sleep(0)
    others = [check.ask(name) for name in ("eve", "ada")]
    names.go_on.set()
    assert [await first, *await asyncio.gather(*others)] == [None, None, "name-taken"]
    assert names.asked == [("bob",), ("eve", "ada")]
    assert await check.ask("eve") is None


async def test_while_look_ups_follow_each_other_names_gather(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.name_check.BUSY", float("inf"))
    check = NameCheck(names.look)
    names.go_on.set()
    await check.ask("bob")
    eve = check.ask("eve")
    await asyncio.sleep(0)
    assert [await check.ask("ada"), await eve] == ["name-taken", None]
    assert names.asked == [("bob",), ("eve", "ada")]


async def test_all_who_asked_are_told_that_the_store_failed_and_the_next_one_is_answered(names: Names) -> None:
    check = NameCheck(names.look)
    names.failing = True
    names.go_on.set()
    failed = await asyncio.gather(check.ask("ada"), check.ask("bob"), return_exceptions=True)
    assert [error.code for error in failed if isinstance(error, ChatError)] == ["store-unavailable"] * 2
    names.failing = False
    assert await check.ask("ada") == "name-taken"


async def test_who_goes_meanwhile_keeps_nobody_waiting(names: Names) -> None:
    check = NameCheck(names.look)
    gone, stays = check.ask("bob"), check.ask("ada")
    await asyncio.sleep(0)
    gone.cancel()
    names.go_on.set()
    assert await stays == "name-taken"
