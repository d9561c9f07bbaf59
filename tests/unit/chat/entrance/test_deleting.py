"""Deleting an account: gone for good, with what one said or without."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from tests.unit.chat.conftest import CHEAP, DEADLINE, PASSWORD, Client, VisitorCodec, eventually, quiet
from tests.unit.chat.entrance.conftest import far, registered

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.policy import Policy
from hobnob.protocol.events import MessageDeleted
from hobnob.protocol.records import Person
from hobnob.stores.store import Item, Outcome, Refused, Store


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.blanking.BATCH", 3)
    monkeypatch.setattr("hobnob.chat.blanking.REST", 0.0)


async def test_who_deletes_the_account_is_gone_and_what_they_said_stays(chat: Chat) -> None:
    ada, bob = await registered(chat), await registered(chat, "bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    number = await ada.say("remember me", room="#tea")
    others = [await far(chat).hello("ada", password=PASSWORD),
              await Client(chat, VisitorCodec(chat)).hello("ada", password=PASSWORD)]  # fmt: skip
    assert await ada.error("delete_account", password="wrong " + PASSWORD) == "wrong-password"
    await ada.done("delete_account", password=PASSWORD)
    assert (await ada.event("goodbye"))["code"] == "account-deleted"
    assert all(client.link.closed for client in (ada, *others))
    assert (await bob.event("account_deleted"))["by"] == ada.id
    assert {event["room"] for event in bob.events("member_left")} == {room["id"] for room in ada.welcome["rooms"]} | {
        (await bob.event("room_gained", name="tea"))["room"]
    }
    page = (await bob.done("read_history", room="#tea"))["messages"]
    assert [(m["number"], m["by_name"], m["text"]) for m in page] == [(number, "ada", "remember me")]
    assert [m["name"] for m in (await bob.done("list_members", room="#tea"))["members"]] == ["bob"]
    for token in (ada.token, others[0].token):
        assert await Client(chat).error("hello", token=token) == "token-unknown"
    assert await Client(chat).error("hello", name="ada", password=PASSWORD) == "wrong-password"
    for fields in ({}, {"password": PASSWORD, "register": True}):
        assert await Client(chat).error("hello", name="Ada", **fields) == "name-taken"
    for ref in ("@ada", ada.id):
        assert await bob.error("open_direct", people=[ref]) == "no-such-person"


async def test_who_wants_all_deleted_takes_every_message_along(chat: Chat) -> None:
    ada, bob = await registered(chat), await registered(chat, "bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    for n in range(5):
        await ada.say(f"secret {n}", room="#tea")
        await ada.say(f"secret {n}", room="@bob")
    last = await ada.say("secret in the lobby")
    kept = await bob.say("not hers")
    await ada.done("edit_message", room="#lobby", of=last, text="secret still")
    await ada.done("delete_account", password=PASSWORD, messages="blank")
    await eventually(lambda: chat.store.blanking() == [])
    await quiet(bob)
    assert len(bob.events("message_deleted")) == 11
    assert all(event["author"] == ada.id and "by" not in event for event in bob.events("message_deleted"))
    bob.forget()
    bob.heard.clear()
    rooms = [listing["id"] for listing in (await bob.done("list_rooms"))["rooms"]]
    assert len(rooms) == 3
    for room in rooms:
        await bob.done("read_history", room=room)
        await bob.done("events_since", log=room, number=0)
    assert (await bob.done("search", query="secret")).get("hits", []) == []
    assert b"secret" not in bob.heard
    assert [hit["number"] for hit in (await bob.done("search", query="hers"))["hits"]] == [kept]
    assert chat.store.messages_by(ada.id, 10) == []
    await Client(chat).hello("ada")  # the name is free


async def test_who_wants_all_deleted_takes_their_names_along(chat: Chat) -> None:
    anna, bob = await registered(chat, "anna"), await registered(chat, "bob")
    await anna.done("set_name", name="ada")
    await anna.done("create_room", name="tea", people=["@bob"], topic="mine")
    number = await bob.say("hello ada", room="#tea")
    for do, fields in (
        ("react", {"of": number, "emoji": "x"}), ("pin", {"of": number}), ("set_topic", {"topic": "hers"}),
        ("set_mask", {"kind": "mute", "mask": "eve"}), ("change_room", {"slow": 1}), ("kick", {"person": "@bob"}),
        ("invite_person", {"person": "@bob"}),
    ):  # fmt: skip
        await anna.done(do, room="#tea", **fields)
    await bob.done("join_room", room="#tea")
    await anna.done("set_name", name="ada2")
    await anna.done("delete_account", password=PASSWORD, messages="blank")
    await eventually(lambda: chat.store.blanking() == [])
    room = await chat.rooms.open("tea")
    assert room is not None
    chat.rooms.forget(room)
    bob.forget()
    bob.heard.clear()
    for log in ("#tea", "#lobby", "house", "me"):
        await bob.done("events_since", log=log, number=0)
    await bob.done("list_rooms")
    await bob.done("read_room", room="#tea")
    await bob.done("list_members", room="#tea")
    for name in (b"anna", b'"ada', b'"ada2'):
        assert name not in bob.heard
    assert b"hello ada" in bob.heard  # in the words of others


async def test_what_was_begun_goes_on_after_a_restart(chat: Chat, kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = await registered(chat), await registered(chat, "bob")
    for n in range(7):
        await ada.say(f"secret {n}")
    monkeypatch.setattr("hobnob.chat.blanking.REST", 60.0)
    await ada.done("delete_account", password=PASSWORD, messages="blank")
    await bob.until(lambda frame: len(bob.events("message_deleted")) == 3)
    assert len(kept.messages_by(ada.id, 10)) == 4
    await chat.stop("restart")
    monkeypatch.setattr("hobnob.chat.blanking.REST", 0.0)
    again = Chat(kept, LocalBus(), policy=Policy(password_cost=CHEAP))
    await again.open()
    await eventually(lambda: kept.blanking() == [])
    assert kept.messages_by(ada.id, 10) == []
    await again.stop("done")


async def test_what_fails_is_tried_again(chat: Chat, kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.blanking.TRY_AGAIN_AFTER", 0.0)
    ada = await registered(chat)
    await ada.say("secret")
    keep, failed = kept.keep, threading.Event()

    def failing(items: Sequence[Item], now: int) -> list[Outcome]:
        if not failed.is_set() and any(isinstance(event, MessageDeleted) for item in items for event in item.events):
            failed.set()
            return [Refused("store-unavailable")] * len(items)
        return keep(items, now)

    monkeypatch.setattr(kept, "keep", failing)
    await ada.done("delete_account", password=PASSWORD, messages="blank")
    await eventually(lambda: kept.blanking() == [])
    assert failed.is_set()
    assert kept.messages_by(ada.id, 10) == []


async def test_the_last_owner_stays(chat: Chat) -> None:
    olga = await registered(chat, "olga", invite=await chat.owner_code())
    assert await olga.error("delete_account", password=PASSWORD) == "last-owner"
    other = await registered(chat, "otto", invite=await chat.owner_code())
    asked = [client.send("delete_account", password=PASSWORD) for client in (olga, other)]
    replies = [await client.reply(sent) for client, sent in zip((olga, other), asked, strict=True)]
    assert sorted(reply.get("error", "ok") for reply in replies) == ["last-owner", "ok"]
    assert len(chat.store.staff()) == 1
    lines, _ = chat.store.audit(room=None, before=None, limit=1)
    assert (lines[0].action, lines[0].role, lines[0].what) == ("role", "member", "deleted their account")


async def test_of_two_owners_one_stays_however_late_it_is_read_who_they_are(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = await registered(chat, "olga", invite=await chat.owner_code())
    otto = await registered(chat, "otto", invite=await chat.owner_code())
    staff, is_read, other_is_gone = chat.store.staff, threading.Event(), threading.Event()

    def slow() -> list[Person]:
        found = staff()
        if not is_read.is_set():
            is_read.set()
            other_is_gone.wait(DEADLINE)
        return found

    monkeypatch.setattr(chat.store, "staff", slow)
    asked = olga.send("delete_account", password=PASSWORD)
    await asyncio.to_thread(is_read.wait, DEADLINE)
    await otto.done("delete_account", password=PASSWORD)
    other_is_gone.set()
    assert (await olga.reply(asked))["error"] == "last-owner"


async def test_a_guest_has_no_account_to_delete(chat: Chat) -> None:
    gus = await Client(chat).hello("gus")
    assert await gus.error("delete_account", password=PASSWORD) == "account-needed"


async def test_invites_of_a_deleted_account_are_void(chat: Chat) -> None:
    ada = await registered(chat)
    await ada.done("create_room", name="tea")
    code = (await ada.done("create_invite", room="#tea"))["code"]
    await ada.done("delete_account", password=PASSWORD)
    assert await Client(chat).error("hello", name="eve", invite=code) == "invite-unknown"
