"""A store that refuses, forgets, or breaks: everybody gets a word, nothing is told that is not kept, all recovers."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.unit.chat.conftest import Client, Join, TestStore, quiet

from hobnob.chat.chat import Chat
from hobnob.stores.store import Item, Outcome, Refused, Unknown


async def test_what_the_store_refuses_is_not_told_and_said_in_words(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    store.failing = lambda items: [Refused("store-full") for _ in items]
    assert await ada.error("send_message", room="#lobby", text="no room") == "store-full"
    assert await ada.error("set_name", name="adele") == "store-full"
    assert await ada.error("create_room", name="tea") == "store-full"
    assert await ada.error("join_room", room="#tea", create=True) == "store-full"
    store.failing = None
    await ada.say("room again")
    await quiet(bob)
    assert bob.texts() == ["room again"]
    await ada.done("set_name", name="adele")
    await ada.done("create_room", name="tea")


async def test_a_store_that_raises_refuses_and_recovers(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")

    def broken(items: Sequence[Item]) -> list[Outcome]:
        raise OSError("The disk is gone.")

    store.failing = broken
    ids = [ada.send("send_message", room="#lobby", text=f"{n}") for n in range(5)]
    for sent in ids:
        assert (await ada.reply(sent))["error"] == "store-unavailable"
    store.failing = None
    await ada.say("back again")
    await quiet(bob)
    assert bob.texts() == ["back again"]


async def test_a_name_is_free_again_when_it_could_not_be_kept(chat: Chat, join: Join, store: TestStore) -> None:
    ada = await join("ada")
    store.failing = lambda items: [Refused("store-unavailable") for _ in items]
    assert await ada.error("set_name", name="adele") == "store-unavailable"
    assert await Client(chat).error("hello", name="eve") == "store-unavailable"
    store.failing = None
    await Client(chat).hello("adele")
    await Client(chat).hello("eve")
    assert await Client(chat).error("hello", name="ada") == "name-taken"


async def test_an_unknown_outcome_is_looked_up(join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.logs.FILL_AFTER", 0.005)
    ada, bob = await join("ada"), await join("bob")

    def keeps_and_forgets(items: Sequence[Item]) -> list[Outcome]:
        store.failing = None
        store.keep(items, 0)
        return [Unknown() for _ in items]

    store.failing = keeps_and_forgets
    assert await ada.error("send_message", room="#lobby", text="was kept") == "unknown-outcome"
    await bob.event("message_sent", text="was kept")
    store.failing = lambda items: [Unknown() for _ in items]
    assert await ada.error("send_message", room="#lobby", text="was not") == "unknown-outcome"
    store.failing = None
    await ada.say("after all")
    await quiet(bob)
    assert bob.texts() == ["was kept", "after all"]


async def test_a_log_that_lacks_a_fact_gets_it_when_the_store_can_be_read_again(
    join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hobnob.chat.logs.FILL_AFTER", 0.005)
    ada, bob = await join("ada"), await join("bob")

    def keeps_and_forgets(items: Sequence[Item]) -> list[Outcome]:
        store.failing = None
        store.keep(items, 0)
        return [Unknown() for _ in items]

    store.failing = keeps_and_forgets
    store.blind = True
    assert await ada.error("send_message", room="#lobby", text="first") == "unknown-outcome"
    asked = ada.send("send_message", room="#lobby", text="second")
    looked = store.looks
    async with asyncio.timeout(30):
        while store.looks < looked + 4:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert bob.texts() == []
    store.blind = False
    assert (await ada.reply(asked))["ok"]
    await quiet(bob)
    assert bob.texts() == ["first", "second"]


async def test_a_reading_that_fails_is_answered_in_words(join: Join, store: TestStore) -> None:
    ada = await join("ada")
    number = await ada.say("hello")
    store.blind = True
    assert await ada.error("edit_message", room="#lobby", of=number, text="x") == "internal"
    assert await ada.error("events_since", log="#lobby", number=0) == "internal"
    store.blind = False
    await ada.done("edit_message", room="#lobby", of=number, text="x")


async def test_a_hello_that_fails_leaves_nothing_behind(chat: Chat, join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = bob.welcome["rooms"][0]
    bob.leave()
    await ada.say("missed")
    client = Client(chat)
    fields = {"token": bob.token, "epoch": bob.welcome["epoch"], "rooms": {room["id"]: room["head"]}}
    store.blind_to_events = True
    assert await client.error("hello", **fields) == "internal"
    assert await client.error("list_rooms") == "hello-first"
    members = (await ada.done("list_members", room="#lobby"))["members"]
    assert [m.get("attached", False) for m in members if m["id"] == bob.id] == [False]
    store.blind_to_events = False
    await client.hello(**fields)
    await quiet(client)
    assert client.texts() == ["missed"]
