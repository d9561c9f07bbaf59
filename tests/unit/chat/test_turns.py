"""Slow mode: one message of each member in so many seconds, moderators exempt."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.chat.conftest import SECOND, Client, Join, TestStore, new_ref, quiet
from tests.unit.clock import Clock

from hobnob.chat import turns
from hobnob.chat.chat import Chat
from hobnob.chat.turns import TooSoon, Turns
from hobnob.stores.store import Refused


@given(st.lists(st.integers(0, 5000)), st.integers(1, 3))
def test_no_two_messages_are_nearer_than_they_may_be(gaps: list[int], slow: int) -> None:
    own, now, taken = Turns(), 0, []
    for gap in gaps:
        now += gap
        try:
            own.take("p_a", now, slow)
            taken.append(now)
        except TooSoon:
            assert taken[-1] + 1000 * slow > now
    assert all(later - earlier >= 1000 * slow for earlier, later in pairwise(taken))


def test_only_turns_that_count_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "REMEMBERED", 10)
    own = Turns()
    for n in range(100):
        own.take(f"p_{n}", n * 1000, 5)
    assert len(own) <= 10


def test_a_clock_that_was_set_back_makes_nobody_wait_for_longer() -> None:
    own = Turns()
    own.take("p_a", 1_000_000, 30)
    with pytest.raises(TooSoon, match="Wait 30 seconds"):
        own.take("p_a", 0, 30)


async def slow_room(chat: Chat, seconds: int) -> tuple[Client, Client]:
    ada, bob = await Client(chat).hello("ada"), await Client(chat).hello("bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    await ada.done("change_room", room="#tea", slow=seconds)
    return ada, bob


async def test_who_writes_too_soon_is_told_how_long_to_wait(timed: Chat, clock: Clock) -> None:
    ada, bob = await slow_room(timed, 30)
    await bob.say("one", room="#tea")
    clock.now += 12 * SECOND
    reply = await bob.ask("send_message", room="#tea", text="two")
    hint = "This room takes one message of each member every 30 seconds. Wait 18 seconds."
    assert (reply["error"], reply["hint"]) == ("too-fast", hint)
    await bob.say("elsewhere")
    for text in ("a", "moderator", "is exempt"):
        await ada.say(text, room="#tea")
    clock.now += 18 * SECOND
    await bob.say("two", room="#tea")
    await ada.done("change_room", room="#tea", slow=0)
    await bob.say("three", room="#tea")


async def test_of_many_sent_at_once_one_is_kept(timed: Chat) -> None:
    ada, bob = await slow_room(timed, 5)
    bob.conversation.receive(b"".join(bob.frame("send_message", f"s{n}", room="#tea", text=f"{n}") for n in range(20)))
    replies = [await bob.reply(f"s{n}") for n in range(20)]
    assert [reply.get("error") for reply in replies] == [None, *["too-fast"] * 19]
    await quiet(ada)
    assert ada.texts() == ["0"]


async def test_what_was_not_kept_takes_no_turn(timed: Chat, store: TestStore) -> None:
    _, bob = await slow_room(timed, 60)
    assert await bob.error("send_message", room="#tea", text=" ") == "text-empty"
    store.failing = lambda items: [Refused("store-full")] * len(items)
    assert await bob.error("send_message", room="#tea", text="lost") == "store-full"
    store.failing = None
    await bob.say("kept", room="#tea")


async def test_a_message_that_is_tried_again_as_rights_changed_takes_one_turn(timed: Chat, store: TestStore) -> None:
    ada, bob = await slow_room(timed, 60)
    cleo = await Client(timed).hello("cleo")
    await cleo.done("join_room", room="#tea")
    store.gate.clear()
    asked = ada.send("mute", room="#tea", person="@cleo")
    await quiet(cleo)
    said = bob.send("send_message", room="#tea", text="once")
    store.gate.set()
    assert (await bob.reply(said))["ok"]
    assert (await ada.reply(asked))["ok"]
    assert await bob.error("send_message", room="#tea", text="twice") == "too-fast"


async def test_a_repeated_message_is_answered_as_the_first_was(timed: Chat) -> None:
    ada, bob = await slow_room(timed, 60)
    ref = new_ref()
    number = await bob.say("once", room="#tea", ref=ref)
    again = await bob.done("send_message", room="#tea", text="once", ref=ref)
    assert (again["number"], again["repeated"]) == (number, True)
    assert await bob.error("send_message", room="#tea", text="other", ref=ref) == "ref-reused"
    assert await bob.error("send_message", room="#tea", text="other", ref=new_ref()) == "too-fast"
    await quiet(ada)
    assert ada.texts() == ["once"]


async def test_visitors_wait_too(join: Join, visit: Join) -> None:
    ada, dan = await join("ada"), await visit("dan")
    await ada.done("create_room", name="tea")
    await ada.done("change_room", room="#tea", slow=60)
    await dan.done("join_room", room="#tea")
    await dan.done("send_message", room="#tea", text="one")
    assert await dan.error("send_message", room="#tea", text="two") == "too-fast"
