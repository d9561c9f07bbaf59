"""One's own account: claiming a name, leaving, another password."""

import asyncio
import json

import pytest
from tests.unit.chat.conftest import PASSWORD, Client, VisitorCodec, eventually, quiet
from tests.unit.chat.entrance.conftest import registered

from hobnob.chat.chat import Chat

OTHER = "another battery staple"

# Claiming


async def test_a_guest_claims_the_name_and_keeps_id_rooms_and_messages(chat: Chat) -> None:
    gus = await Client(chat).hello("gus")
    bob = await Client(chat).hello("bob")
    await gus.done("create_room", name="tea", kind="private", people=["@bob"])
    number = await gus.say("mine", room="#tea")
    reply = await gus.done("register", password=PASSWORD)
    assert reply["you"] == {"id": gus.id, "name": "gus", "kind": "account"}
    assert (await bob.event("account_registered"))["by"] == gus.id
    await gus.done("edit_message", room="#tea", of=number, text="still mine")
    back = await Client(chat).hello("gus", password=PASSWORD)
    assert {room["name"] for room in back.welcome["rooms"]} == {"lobby", "tea"}
    assert (await Client(chat).hello(token=reply["token"])).id == gus.id


async def test_the_tokens_of_before_the_claim_are_void_and_their_sessions_end(chat: Chat) -> None:
    gus = await Client(chat).hello("gus")
    thief = await Client(chat).hello(token=gus.token)
    await gus.done("register", password=PASSWORD)
    await thief.event("goodbye")
    assert thief.link.closed
    assert await Client(chat).error("hello", token=gus.token) == "token-unknown"
    await gus.say("I am in")


async def test_one_may_claim_under_another_name_that_is_free(chat: Chat) -> None:
    gus, bob = await Client(chat).hello("gus"), await registered(chat, "bob")
    assert await gus.error("register", name="Bob", password=PASSWORD) == "name-taken"
    assert await gus.error("register", name="august", password="august1") == "password-weak"
    reply = await gus.done("register", name="august", password=PASSWORD)
    assert reply["you"]["name"] == "august"
    assert (await bob.event("person_renamed"))["name"] == "august"
    await Client(chat).hello("gus")
    assert await gus.error("register", password=PASSWORD) == "already-account"


@pytest.mark.parametrize("name", [None, "victoria"])
async def test_a_visitor_becomes_an_account_in_the_rooms_where_they_are(chat: Chat, name: str | None) -> None:
    ada, vic = await registered(chat), await Client(chat, VisitorCodec(chat)).hello("vic")
    await ada.done("create_room", name="tea")
    await vic.done("join_room", room="#tea")
    await vic.done("join_room", room="#mine", create=True)
    number = await vic.say("said as a visitor", room="#tea")
    ada.forget()
    reply = await vic.done("register", password=PASSWORD, **({} if name is None else {"name": name}))
    called = name or "vic"
    assert reply["you"] == {"id": vic.id, "name": called, "kind": "account"}
    assert "token" not in reply
    told = [(event["room"], event["person_name"]) for event in ada.events("member_joined")]
    assert len(told) == 2  # the lobby and tea, where ada is too
    vic.leave()
    back = await Client(chat).hello(called, password=PASSWORD)
    assert {(room["name"], room.get("role", "member")) for room in back.welcome["rooms"]} == {
        ("lobby", "member"), ("tea", "member"), ("mine", "owner")
    }  # fmt: skip
    await back.done("delete_message", room="#tea", of=number)
    await ada.say("welcome back", room="#tea")
    await back.event("message_sent", text="welcome back")


async def test_a_program_without_a_name_follows_its_own_log_once_it_is_an_account(chat: Chat) -> None:
    program = await Client(chat).hello("Client")
    reply = await program.done("register", name="robot", password=PASSWORD)
    await program.event("room_gained", name="lobby")
    await program.done("change_setting", key="theme", value="dark")
    await program.event("setting_changed", number=2)
    await program.done("set_name", name="android")
    await program.event("person_renamed", name="android")
    assert (await Client(chat).hello(token=reply["token"])).welcome["you"]["name"] == "android"


async def test_a_claim_that_fails_changes_nothing(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    await registered(chat, "ada")
    visitor = await Client(chat, VisitorCodec(chat)).hello("vic")
    assert await visitor.error("register", name="ada", password=PASSWORD) == "name-taken"
    await visitor.say("still a visitor")
    visitor.leave()
    await Client(chat).hello("vic")


# Leaving


async def test_who_logs_out_is_answered_and_gone_and_the_token_is_void(chat: Chat) -> None:
    ada = await registered(chat)
    other = await Client(chat).hello("ada", password=PASSWORD)
    same_device = await Client(chat).hello(token=ada.token)
    await ada.done("log_out")
    assert [json.dumps(frame.get("event", frame.get("reply"))) for frame in ada.pull()][-1] == '"goodbye"'
    await same_device.event("goodbye")
    assert ada.link.closed
    assert same_device.link.closed
    assert await Client(chat).error("hello", token=ada.token) == "token-unknown"
    await other.say("I stay")


async def test_a_visitor_logs_out_by_leaving(chat: Chat) -> None:
    visitor = await Client(chat, VisitorCodec(chat)).hello("vic")
    await visitor.done("log_out")
    assert visitor.link.closed
    assert "vic" not in [person.name for person in chat.attached(chat.lobby.id)]


# Another password


async def test_with_another_password_all_other_devices_are_out(chat: Chat) -> None:
    ada = await registered(chat)
    others = [
        await Client(chat).hello("ada", password=PASSWORD),
        await Client(chat, VisitorCodec(chat)).hello("ada", password=PASSWORD),
    ]
    same_device = await Client(chat).hello(token=ada.token)
    await ada.done("change_password", old=PASSWORD, new=OTHER)
    for other in others:
        await other.link.news.wait()
        assert other.link.closed
    assert await Client(chat).error("hello", token=others[0].token) == "token-unknown"
    assert await Client(chat).error("hello", name="ada", password=PASSWORD) == "wrong-password"
    await Client(chat).hello("ada", password=OTHER)
    await same_device.say("I stay")
    await ada.say("so do I")


async def test_one_without_a_device_changes_the_password_and_stays_alone(chat: Chat) -> None:
    ada = await registered(chat)
    first = await Client(chat, VisitorCodec(chat)).hello("ada", password=PASSWORD)
    second = await Client(chat, VisitorCodec(chat)).hello("ada", password=PASSWORD)
    await first.done("change_password", old=PASSWORD, new=OTHER)
    await first.say("I stay")
    assert second.link.closed
    assert ada.link.closed
    assert chat.store.devices(ada.id) == []


async def test_the_old_password_is_asked_for_and_the_new_one_has_to_be_good(chat: Chat) -> None:
    ada, gus = await registered(chat), await Client(chat).hello("gus")
    assert await ada.error("change_password", old=OTHER, new=OTHER) == "wrong-password"
    assert await ada.error("change_password", old=PASSWORD, new="password1") == "password-weak"
    assert await gus.error("change_password", old=PASSWORD, new=OTHER) == "account-needed"
    await Client(chat).hello("ada", password=PASSWORD)


async def test_who_logs_in_while_the_password_changes_is_out(chat: Chat) -> None:
    ada = await registered(chat)
    late = Client(chat)
    changed = ada.send("change_password", old=PASSWORD, new=OTHER)
    late.send("hello", name="ada", password=PASSWORD)
    assert (await ada.reply(changed))["ok"]
    told = await late.until(lambda frame: "error" in frame or frame.get("event") == "goodbye")
    assert told.get("error", "wrong-password") in ("wrong-password", "token-unknown")


async def test_a_visitor_who_goes_while_they_register_keeps_nothing(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, vic = await registered(chat), await Client(chat, VisitorCodec(chat)).hello("vic")
    hashes, asked, may_go_on = chat.passwords.hash, asyncio.Event(), asyncio.Event()

    async def slowly(password: str) -> str:
        asked.set()
        await may_go_on.wait()
        return await hashes(password)

    monkeypatch.setattr(chat.passwords, "hash", slowly)
    vic.send("register", name="victor", password=PASSWORD)
    await asked.wait()
    vic.leave()
    may_go_on.set()
    await eventually(lambda: not chat._performing)
    assert vic.id not in chat.logs.live
    for name in ("vic", "victor"):
        await Client(chat, VisitorCodec(chat)).hello(name)
    await quiet(ada)
