"""Saying, editing, deleting, reacting and pinning: what each does, and how it is refused."""

import pytest
from tests.unit.chat.conftest import Client, Join, quiet

from hobnob.chat.chat import Chat
from hobnob.protocol.records import message_id


async def message(client: Client, number: int, room: str = "#lobby") -> dict[str, object]:
    page = await client.done("read_history", room=room, around=number, limit=1)
    (found,) = page["messages"]
    assert found["number"] == number
    return dict(found)


async def test_a_message_is_told_with_all_that_belongs_to_it(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = ada.welcome["rooms"][0]["id"]
    first = await ada.say("the first")
    number = await ada.say(
        "hello @Bob!", kind="action", reply_to=message_id(room, first), thread=message_id(room, first), ref="r" * 32
    )
    told = await bob.event("message_sent", number=number)
    assert told == {
        "event": "message_sent", "room": room, "number": number, "count": 2, "at": told["at"], "by": ada.id,
        "by_name": "ada", "text": "hello @Bob!", "kind": "action", "reply_to": message_id(room, first),
        "thread": message_id(room, first), "mentions": [bob.id], "ref": "r" * 32,
    }  # fmt: skip


async def test_tags_are_passed_on_with_a_message_and_without(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    number = await ada.say("hi", tags={"x/mood": "glad\x1b\n"})
    assert (await bob.event("message_sent", number=number))["tags"] == {"x/mood": "glad"}
    assert (await message(bob, number))["tags"] == {"x/mood": "glad"}
    await ada.done("send_tags", room="#lobby", tags={"x/mood": "sad"})
    told = await bob.event("tags_sent")
    assert (told["by"], told["tags"], len(told["ref"])) == (ada.id, {"x/mood": "sad"}, 44)
    await ada.done("send_tags", room="@bob", tags={"x": ""})
    assert (await bob.event("tags_sent", tags={"x": ""}))["room"] != told["room"]
    kept = (await ada.done("send_tags", room="#lobby", tags={"x": "kept"}, keep=True))["number"]
    assert (await bob.event("tags_sent", number=kept))["tags"] == {"x": "kept"}
    facts = (await bob.done("events_since", log="#lobby", number=number))["events"]
    assert [(fact["event"], fact["tags"]) for fact in facts] == [("tags_sent", {"x": "kept"})]
    await ada.done("delete_message", room="#lobby", of=number, reason="too glad")
    assert (await bob.event("message_deleted", of=number))["reason"] == "too glad"
    assert "tags" not in await message(bob, number)
    facts = (await bob.done("events_since", log="#lobby", number=number - 1))["events"]
    assert "tags" not in facts[0]


@pytest.mark.parametrize("tags", [{"": ""}, {"a b": ""}, {"a=b": ""}, {"a": "x" * 4095}, {"ä": ""}])
async def test_what_are_no_tags_is_refused(join: Join, tags: dict[str, str]) -> None:
    ada = await join("ada")
    assert await ada.error("send_message", room="#lobby", text="hi", tags=tags) == "bad-tags"
    assert await ada.error("send_tags", room="#lobby", tags=tags) == "bad-tags"


async def test_a_text_is_cleaned_once_for_everybody(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.say("a\x1b[31mb\r\nc\x07")
    await quiet(bob)
    assert bob.texts() == ["a[31mb\nc"]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\x00\x1b"])
async def test_an_empty_message_is_refused(join: Join, text: str) -> None:
    ada = await join("ada")
    number = await ada.say("something")
    assert await ada.error("send_message", room="#lobby", text=text) == "text-empty"
    assert await ada.error("edit_message", room="#lobby", of=number, text=text) == "text-empty"


async def test_a_message_holds_16_kib_of_utf8(join: Join) -> None:
    ada = await join("ada")
    number = await ada.say("x" * 16 * 1024)
    await ada.say("ä" * 8 * 1024)
    for text in ("x" * (16 * 1024 + 1), "ä" * 8 * 1024 + "x"):
        assert await ada.error("send_message", room="#lobby", text=text) == "text-too-long"
        assert await ada.error("edit_message", room="#lobby", of=number, text=text) == "text-too-long"


async def test_an_edit_replaces_the_text_and_keeps_the_versions(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    number = await ada.say("won")
    await ada.done("edit_message", room="#lobby", of=number, text="two")
    await ada.done("edit_message", room="#lobby", of=number, text="three @bob")
    told = await bob.event("message_edited", text="three @bob")
    assert (told["of"], told["mentions"]) == (number, [bob.id])
    now = await message(bob, number)
    assert now["text"] == "three @bob"
    assert now["edited_at"]
    versions = (await bob.done("read_versions", room="#lobby", of=number))["versions"]
    assert [version["text"] for version in versions] == ["won", "two"]


async def test_only_ones_own_messages_can_be_edited_or_deleted(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    number = await ada.say("mine")
    assert await bob.error("edit_message", room="#lobby", of=number, text="x") == "not-yours"
    assert await bob.error("delete_message", room="#lobby", of=number) == "not-allowed"


async def test_the_owner_of_a_room_may_delete_what_others_said(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea")
    await bob.done("join_room", room="#tea")
    number = await bob.say("rude", room="#tea")
    await ada.done("delete_message", room="#tea", of=number)
    assert (await bob.event("message_deleted", of=number))["author"] == bob.id


NUMBERED = [
    ("edit_message", {"text": "x"}), ("delete_message", {}), ("read_versions", {}), ("react", {"emoji": "x"}),
    ("unreact", {"emoji": "x"}), ("pin", {}), ("unpin", {}),
]  # fmt: skip


@pytest.mark.parametrize(("do", "fields"), NUMBERED, ids=[do for do, _ in NUMBERED])
async def test_a_number_that_is_no_message_is_refused_and_so_is_a_deleted_one(
    join: Join, do: str, fields: dict[str, object]
) -> None:
    ada = await join("ada")
    number = await ada.say("mine")
    for of in (0, 1, number + 1, 2**53 - 1):
        assert await ada.error(do, room="#lobby", of=of, **fields) == "bad-number"
    for bad in (-1, 2**53, "1", 1.5):
        assert await ada.error(do, room="#lobby", of=bad, **fields) == "bad-command"
    await ada.done("delete_message", room="#lobby", of=number)
    assert await ada.error(do, room="#lobby", of=number, **fields) == "deleted"


async def test_reactions_are_kept_by_emoji_and_person_and_may_be_taken_back(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    number = await ada.say("cake?")
    await ada.done("react", room="#lobby", of=number, emoji="👍")
    await bob.done("react", room="#lobby", of=number, emoji="👍")
    await bob.done("react", room="#lobby", of=number, emoji="yes")
    again = await bob.done("react", room="#lobby", of=number, emoji="yes")
    assert "number" not in again
    assert (await message(ada, number))["reactions"] == {"👍": [ada.id, bob.id], "yes": [bob.id]}
    await bob.done("unreact", room="#lobby", of=number, emoji="yes")
    assert "number" not in await bob.done("unreact", room="#lobby", of=number, emoji="yes")
    assert "number" not in await ada.done("unreact", room="#lobby", of=number, emoji="never")
    assert (await message(ada, number))["reactions"] == {"👍": [ada.id, bob.id]}
    await quiet(ada)
    assert [e["emoji"] for e in ada.events("reaction_added")] == ["👍", "👍", "yes"]
    assert [e["emoji"] for e in ada.events("reaction_removed")] == ["yes"]


@pytest.mark.parametrize("emoji", ["", " ", "two words", "x" * 33, "\x1b", "a\nb", "👍" * 9])
async def test_what_is_no_reaction_is_refused(join: Join, emoji: str) -> None:
    ada = await join("ada")
    number = await ada.say("cake?")
    assert await ada.error("react", room="#lobby", of=number, emoji=emoji) == "emoji-invalid"
    assert await ada.error("unreact", room="#lobby", of=number, emoji=emoji) == "emoji-invalid"


async def test_a_message_takes_50_different_reactions(join: Join) -> None:
    ada = await join("ada")
    number = await ada.say("cake?")
    for n in range(50):
        await ada.done("react", room="#lobby", of=number, emoji=f"r{n}")
    assert await ada.error("react", room="#lobby", of=number, emoji="r50") == "too-many"


async def test_a_message_is_pinned_once_and_unpinned(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    number = await ada.say("rules")
    await bob.done("pin", room="#lobby", of=number)
    assert "number" not in await ada.done("pin", room="#lobby", of=number)
    assert (await message(ada, number))["pinned"]
    await ada.done("unpin", room="#lobby", of=number)
    assert "number" not in await ada.done("unpin", room="#lobby", of=number)
    assert "pinned" not in await message(ada, number)


async def test_visitors_speak_edit_react_and_delete_too(join: Join, visit: Join) -> None:
    ada, eve = await join("ada"), await visit("eve")
    number = await eve.say("hello")
    await eve.done("edit_message", room="#lobby", of=number, text="hello all")
    await eve.done("react", room="#lobby", of=number, emoji="x")
    await eve.done("delete_message", room="#lobby", of=number)
    await quiet(ada)
    assert ada.texts() == ["hello"]
    assert len(ada.events("message_edited", "reaction_added", "message_deleted")) == 3


async def test_history_is_read_in_pages_from_any_side(join: Join) -> None:
    ada = await join("ada")
    numbers = [await ada.say(f"{n}") for n in range(10)]

    async def page(**fields: object) -> tuple[list[int], bool]:
        reply = await ada.done("read_history", room="#lobby", **fields)
        return [numbers.index(m["number"]) for m in reply.get("messages", [])], reply.get("more", False)

    assert await page() == (list(range(10)), False)
    assert await page(limit=3) == ([7, 8, 9], True)
    assert await page(before=numbers[3], limit=2) == ([1, 2], True)
    assert await page(after=numbers[3], limit=2) == ([4, 5], True)
    assert await page(after=numbers[9]) == ([], False)
    assert await page(before=1) == ([], False)
    assert await page(around=numbers[5], limit=5) == ([3, 4, 5, 6, 7], True)
    assert await page(limit=0) == ([9], True)
    assert await page(limit=10**6) == (list(range(10)), False)
    assert await ada.error("read_history", room="#lobby", before=1, after=1) == "bad-command"


async def test_a_page_around_a_message_holds_it_however_long_its_neighbours_are(join: Join) -> None:
    ada = await join("ada")
    sent = [ada.send("send_message", room="#lobby", text=f"{n}" + "x" * 16_000) for n in range(60)]
    numbers = [(await ada.reply(asked))["number"] for asked in sent]
    for wanted in (0, 20, 59):
        reply = await ada.done("read_history", room="#lobby", around=numbers[wanted], limit=200)
        assert numbers[wanted] in [m["number"] for m in reply["messages"]]
        assert sum(len(m["text"]) for m in reply["messages"]) <= 256 * 1024
        assert reply["more"]


async def test_facts_are_read_from_any_number_on(join: Join) -> None:
    ada = await join("ada")
    numbers = [await ada.say(f"{n}") for n in range(5)]
    reply = await ada.done("events_since", log="#lobby", number=numbers[1], limit=2)
    assert [fact["number"] for fact in reply["events"]] == numbers[2:4]
    assert (reply["head"], reply["more"]) == (numbers[-1], True)
    assert [fact["event"] for fact in (await ada.done("events_since", log="me", number=0))["events"]] == ["room_gained"]
    await ada.done("set_name", name="adele")
    assert (await ada.done("events_since", log="house", number=0))["events"][0]["name"] == "adele"
    assert (await ada.done("events_since", log="#lobby", number=2**53 - 1)).get("events", []) == []


async def test_a_ping_tells_the_time(chat: Chat) -> None:
    assert (await Client(chat).done("ping"))["at"].endswith("Z")


async def test_what_is_read_may_be_said_as_a_time(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    first, second = await ada.say("one"), await ada.say("two")
    at = (await message(bob, first))["at"]
    unread = (await bob.done("list_unread", room="#lobby"))["rooms"][0]
    assert "read_at" not in unread
    await bob.done("mark_read", room="#lobby", number=second)
    assert (await bob.done("list_unread", room="#lobby"))["rooms"][0]["read_at"] == (await message(bob, second))["at"]
    await bob.done("mark_read", room="#lobby", at="2099-01-01T00:00:00.000Z")
    marked = await bob.event("read_marked", moment="2099-01-01T00:00:00.000Z")
    assert marked["upto"] == second
    await bob.done("mark_read", room="#lobby", at="2001-01-01T00:00:00.000Z")
    found = (await bob.done("list_unread", room="#lobby"))["rooms"][0]
    assert (found["read_at"], found["unread"]) == ("2001-01-01T00:00:00.000Z", 2)
    assert await bob.error("mark_read", room="#lobby", at="now") == "bad-time"
    assert at


async def test_a_time_is_a_number_and_the_room_spoken_in_last_is_first(join: Join, visit: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    number = await ada.say("first")
    at = (await message(bob, number))["at"]
    assert (await bob.done("find_number", room="#lobby", at=at))["number"] >= number
    assert "number" not in await bob.done("find_number", room="#lobby", at="2001-01-01T00:00:00.000Z")
    assert await bob.error("find_number", room="#lobby", at="yesterday") == "bad-time"
    assert await bob.error("find_number", room="#nowhere", at=at) == "no-such-room"
    await ada.done("send_message", room="@bob", text="psst")
    recent = (await bob.done("list_recent"))["rooms"]
    assert [found["room"]["kind"] for found in recent] == ["direct", "public"]
    assert recent[1]["at"] == at
    assert [person["name"] for person in recent[0]["room"]["people"]] == ["ada", "bob"]
    assert len((await bob.done("list_recent", limit=1))["rooms"]) == 1
    eve = await visit("eve")
    await eve.say("hello")
    assert [found["room"]["name"] for found in (await eve.done("list_recent"))["rooms"]] == ["lobby"]
