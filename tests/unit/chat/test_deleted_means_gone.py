"""The guarantee "deleted means gone": nobody can reach the text again, and no number is missing for it."""

from collections.abc import Awaitable
from typing import Any

import pytest
from tests.unit.chat.conftest import Client, Join, Late, TestStore, VisitorCodec, quiet

from hobnob.chat.chat import Chat
from hobnob.chat.conversation import READING
from hobnob.gateways.json_lines import JsonLinesWire


async def test_neither_history_nor_versions_nor_facts_bring_a_deleted_text_back(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    number = await ada.say("secret one @bob")
    await ada.done("edit_message", room="#lobby", of=number, text="secret two @bob")
    await bob.done("react", room="#lobby", of=number, emoji="👀")
    await bob.done("pin", room="#lobby", of=number)
    await ada.done("delete_message", room="#lobby", of=number)
    bob.forget()
    bob.heard.clear()
    page = (await bob.done("read_history", room="#lobby"))["messages"]
    await bob.done("events_since", log="#lobby", number=0)
    assert await bob.error("read_versions", room="#lobby", of=number) == "deleted"
    await quiet(bob)
    assert b"secret" not in bob.heard
    assert [(m["number"], m["deleted"]) for m in page] == [(number, True)]
    assert not {"text", "mentions", "reactions", "pinned", "edited_at"} & page[0].keys()


async def test_who_resumes_is_told_the_numbers_without_the_text(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = bob.welcome["rooms"][0]
    bob.leave()
    number = await ada.say("secret one")
    await ada.done("edit_message", room="#lobby", of=number, text="secret two")
    gone = (await ada.done("delete_message", room="#lobby", of=number))["number"]
    back = await Client(chat).hello(token=bob.token, epoch=bob.welcome["epoch"], rooms={room["id"]: room["head"]})
    await back.event("message_deleted", of=number)
    assert b"secret" not in back.heard
    numbers = [frame["number"] for frame in back.frames if frame.get("room") == room["id"] and frame.get("number")]
    assert numbers == list(range(room["head"] + 1, gone + 1))


async def say_and_edit(ada: Client) -> int:
    number = await ada.say("secret one")
    await ada.done("edit_message", room="#lobby", of=number, text="secret two")
    return number


async def say_edit_and_delete(ada: Client) -> int:
    number = await ada.say("secret one")
    await ada.say("harmless")
    await ada.done("edit_message", room="#lobby", of=number, text="secret two")
    await ada.done("delete_message", room="#lobby", of=number)
    return number


async def test_what_waits_for_a_slow_reader_is_erased_and_no_number_is_missing(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await quiet(bob)
    bob.conversation.pause()
    number = await say_edit_and_delete(ada)
    await quiet(ada)
    bob.conversation.resume()
    await bob.event("message_deleted", of=number)
    assert b"secret" not in bob.heard
    heard = [frame for frame in bob.frames if frame.get("number", 0) >= number and "event" in frame]
    assert [frame["number"] for frame in heard] == [number, number + 1, number + 2, number + 3]
    assert heard[0]["deleted"]


PAGES: list[tuple[str, dict[str, object]]] = [
    ("history", {"do": "read_history", "room": "#lobby"}),
    ("events_since", {"do": "events_since", "log": "#lobby", "number": 0}),
    ("versions", {"do": "read_versions", "room": "#lobby", "of": 3}),
]


@pytest.mark.parametrize(("reading", "fields"), PAGES)
async def test_a_page_that_a_slow_reader_had_asked_for_is_read_when_they_can_take_it(
    join: Join, reading: str, fields: dict[str, Any]
) -> None:
    ada = await join("ada")
    number = await say_and_edit(ada)
    bob = await join("bob")
    await quiet(bob)
    asked = bob.send(**fields)
    bob.conversation.pause()
    await quiet(ada)
    await ada.done("delete_message", room="#lobby", of=number)
    bob.send("ping")
    bob.conversation.resume()
    reply = await bob.reply(asked)
    assert reply.get("ok") or reply["error"] == "deleted"
    await quiet(bob)
    assert b"secret" not in bob.heard


@pytest.mark.parametrize(("reading", "fields"), PAGES)
async def test_a_page_that_was_read_before_the_deletion_is_not_told_after_it(
    join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch, reading: str, fields: dict[str, Any]
) -> None:
    ada = await join("ada")
    number = await say_and_edit(ada)
    bob = await join("bob")
    await quiet(bob)
    late = Late(getattr(store, reading))
    monkeypatch.setattr(store, reading, late)
    asked = bob.send(**fields)
    await late.called()
    await ada.done("delete_message", room="#lobby", of=number)
    late.go_on.set()
    reply = await bob.reply(asked)
    assert reply.get("ok") or reply["error"] == "deleted"
    assert b"secret" not in bob.heard


@pytest.mark.parametrize(("reading", "fields"), [*PAGES, ("search", {"do": "search", "query": "secret"})])
async def test_a_page_that_was_looked_at_just_before_the_deletion_is_not_told_after_it(
    chat: Chat, join: Join, monkeypatch: pytest.MonkeyPatch, reading: str, fields: dict[str, Any]
) -> None:
    ada = await join("ada")
    number = await say_and_edit(ada)
    bob = await join("bob")
    await quiet(bob)
    guarded = chat._guarded
    deleted = False

    async def before_it_is_answered(outcome: Awaitable[object], command: object) -> object:
        nonlocal deleted
        reply = await guarded(outcome, command)
        if isinstance(command, READING) and not deleted:
            deleted = True
            await ada.done("delete_message", room="#lobby", of=number)
        return reply

    monkeypatch.setattr(chat, "_guarded", before_it_is_answered)
    reply = await bob.reply(bob.send(**fields))
    assert deleted
    assert reply.get("ok") or reply["error"] == "deleted"
    assert b"secret" not in bob.heard


async def test_what_waits_in_a_format_for_people_is_left_out(chat: Chat, join: Join, visit: Join) -> None:
    ada, eve = await join("ada"), await visit("eve")
    eve.conversation.pause()
    number = await say_edit_and_delete(ada)
    await quiet(ada)
    eve.conversation.resume()
    await quiet(eve)
    assert b"secret" not in eve.heard
    assert eve.lines[0] == "ada: harmless"
    assert eve.lines[-1] == f"ada deletes {number}"


async def test_what_waits_for_the_last_reader_of_a_format_is_erased_when_they_have_changed_it(
    chat: Chat, join: Join
) -> None:
    ada, bob = await join("ada"), await join("bob")
    await quiet(bob)
    bob.conversation.session.wire = JsonLinesWire(echo=False)
    bob.conversation.pause()
    number = await ada.say("secret one")
    await quiet(ada)
    bob.conversation.session.wire = JsonLinesWire()
    await ada.done("delete_message", room="#lobby", of=number)
    bob.conversation.resume()
    await bob.event("message_deleted", of=number)
    assert b"secret" not in bob.heard


async def test_what_waits_for_who_has_left_the_room_is_erased(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    second = await Client(chat, VisitorCodec(chat)).hello(token=bob.token)
    second.conversation.pause()
    number = await ada.say("secret one")
    await bob.done("leave_room", room="#lobby")
    await ada.done("delete_message", room="#lobby", of=number)
    second.conversation.resume()
    await quiet(second)
    assert second.lines == []
    assert b"secret" not in second.heard
