"""Searching through the chat: what one asks, what one may see, and one search at a time."""

from functools import partial

import pytest
from tests.unit.chat.conftest import DEADLINE, Client, Frame, Join, Late, TestStore, eventually

from hobnob.chat.chat import Chat
from hobnob.stores.search.search import IndexUnavailable, Page, Question, SearchTooSlow


def numbers(reply: Frame) -> list[int]:
    return [hit["number"] for hit in reply.get("hits", [])]


async def found(client: Client, query: str, **fields: object) -> list[int]:
    """The numbers of the hits, newest first."""
    return numbers(await client.done("search", query=query, **fields))


async def test_a_hit_tells_all_that_is_needed_to_go_there(join: Join) -> None:
    ada = await join("ada")
    number = await ada.say("Tea is ready")
    reply = await ada.done("search", query="TEA")
    hit = reply["hits"][0]
    assert hit["room_name"] == "lobby"
    assert (hit["number"], hit["by"], hit["by_name"]) == (number, ada.id, "ada")
    assert hit["text"] == "Tea is ready"
    assert hit["marked"] == [[0, 3]]
    assert hit["at"].endswith("Z")
    page = await ada.done("read_history", room=hit["room"], around=hit["number"], limit=5)
    assert number in [message["number"] for message in page["messages"]]


async def test_everybody_sees_their_rooms_only(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    await ada.done("create_room", name="secret", kind="private")
    await ada.say("hidden treasure", "#secret")
    assert len(await found(ada, "treasure")) == 1
    assert await found(eve, "treasure") == []
    assert await eve.error("search", query="treasure in:#secret") == "no-such-room"
    assert await eve.error("search", query="treasure in:#nowhere") == "no-such-room"
    assert await eve.error("search", query="treasure", room="#secret") == "no-such-room"


async def test_who_left_finds_nothing_more(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea")
    await bob.done("join_room", room="#tea")
    await ada.say("green tea", "#tea")
    assert len(await found(bob, "green")) == 1
    await bob.done("leave_room", room="#tea")
    assert await found(bob, "green") == []


async def test_visitors_find_what_was_said_where_they_are(join: Join, visit: Join) -> None:
    ada, vic = await join("ada"), await visit("vic")
    await ada.done("create_room", name="tea")
    await ada.say("green tea", "#tea")
    in_lobby = await ada.say("green light")
    assert await found(vic, "green") == [in_lobby]
    own = await vic.say("green grass")
    assert await found(ada, "from:vic green") == [own]


async def test_filters_take_names(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea")
    first, second = await ada.say("a cup of tea"), await bob.say("two cups of tea")
    third = await ada.say("tea", "#tea")
    assert await found(ada, "tea from:bob") == [second]
    assert await found(ada, "tea from:@ada in:lobby") == [first]
    assert await found(ada, "tea", room="#tea") == [third]
    assert await found(ada, "tea from:nobody") == []
    assert await ada.error("search", query="tea in:#tea", room="#lobby") == "bad-search"
    await bob.done("set_name", name="robert")
    assert await found(ada, "tea from:robert") == [second]
    assert await found(ada, "tea from:bob") == [second]


async def test_a_direct_room_is_named_by_its_people(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("open_direct", people=["@bob"])
    await ada.say("between us", "@bob")
    hit = (await bob.done("search", query="between in:@ada"))["hits"][0]
    assert (hit["room_name"], hit["people"]) == ("", ["ada"])


async def test_pages_follow_each_other(join: Join) -> None:
    ada = await join("ada")
    said = [await ada.say(f"tea {cup}") for cup in range(7)]
    page = await ada.done("search", query="tea", limit=3)
    assert (numbers(page), page["more"]) == (said[:3:-1], True)
    seen = numbers(page)
    while page.get("more"):
        last = page["hits"][-1]
        page = await ada.done("search", query="tea", limit=3, before=f"{last['room']}.{last['number']}")
        seen += numbers(page)
    assert seen == said[::-1]
    assert await ada.error("search", query="tea", before="nowhere") == "bad-number"
    assert await ada.error("search", query="tea", before="r_" + "x" * 26 + ".1") == "bad-number"


async def test_long_hits_make_short_pages(join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.index, "search", partial(store.index.search, limit=DEADLINE))  # texts of 16 KiB take time
    ada = await join("ada")
    for _ in range(20):
        await ada.say("tea " * 4000)
    page = await ada.done("search", query="tea", limit=50)
    assert 0 < len(page["hits"]) < 20
    assert page["more"]


@pytest.mark.parametrize("query", ["", "-tea", "x" * 501, "has:nothing", "before:yesterday", "👍"])
async def test_what_cannot_be_searched_for_is_refused(join: Join, query: str) -> None:
    ada = await join("ada")
    assert await ada.error("search", query=query) == "bad-search"


async def test_one_search_at_a_time(join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await join("ada")
    again = await join(token=ada.token)
    bob = await join("bob")
    await ada.say("tea")
    late = Late(store.index.search, lambda question, *_: question.asker == ada.id)
    monkeypatch.setattr(store.index, "search", late)
    asked = ada.send("search", query="tea")
    await late.called()
    assert await again.error("search", query="tea") == "search-busy"
    assert len(await found(bob, "tea")) == 1
    late.go_on.set()
    assert len(numbers(await ada.reply(asked))) == 1
    assert len(await found(again, "tea")) == 1


async def test_removed_while_the_search_runs(join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = await join("ada"), await join("bob")
    other = await join(token=bob.token)
    await ada.done("create_room", name="tea")
    await bob.done("join_room", room="#tea")
    await ada.say("green tea", "#tea")
    late = Late(store.index.search)
    monkeypatch.setattr(store.index, "search", late)
    asked = bob.send("search", query="green")
    await late.called()
    await other.done("leave_room", room="#tea")
    late.go_on.set()
    assert numbers(await bob.reply(asked)) == []


async def test_deleted_while_the_search_runs(join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = await join("ada"), await join("bob")
    stays, goes = await ada.say("green tea"), await ada.say("green secret")
    late = Late(store.index.search)
    monkeypatch.setattr(store.index, "search", late)
    asked = bob.send("search", query="green")
    await late.called()
    await ada.done("delete_message", room="#lobby", of=goes)
    late.go_on.set()
    assert numbers(await bob.reply(asked)) == [stays]
    assert b"green secret" not in bob.heard[bob.heard.index(b"message_deleted") :]


async def test_who_came_back_while_the_search_ran_finds_no_more_than_they_may_read(
    chat: Chat, join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea", kind="private", people=["@bob"])
    early = await ada.say("green tea", "#tea")
    leaf = await ada.say("green leaf", "#tea")
    late = Late(store.index.search)
    monkeypatch.setattr(store.index, "search", late)
    asked = bob.send("search", query="green")
    await late.called()
    room = chat.rooms.find("#tea")
    assert room is not None
    room.members[bob.id].since = early + 1  # as if they had left and were taken in again
    late.go_on.set()
    assert numbers(await bob.reply(asked)) == [leaf]


@pytest.mark.parametrize(
    ("failure", "code"), [(SearchTooSlow(), "search-too-slow"), (IndexUnavailable("disk"), "search-unavailable")]
)
async def test_what_fails_is_said(
    join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str
) -> None:
    ada = await join("ada")

    def fail(question: Question, limit: float = 1.0) -> Page:
        raise failure

    monkeypatch.setattr(store.index, "search", fail)
    assert await ada.error("search", query="tea") == code


async def test_the_index_follows_by_itself(
    join: Join, chat: Chat, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [True, True, False]
    asked: list[bool] = []

    def index_more() -> bool:
        asked.append(left.pop(0) if left else False)
        return asked[-1]

    monkeypatch.setattr("hobnob.chat.searching.FOLLOW_EVERY", 0.0)
    monkeypatch.setattr(store.index, "index_more", index_more)
    await (await join("ada")).say("tea")
    await eventually(lambda: asked[:3] == [True, True, False])
