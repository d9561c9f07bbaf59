"""Coming in by a password or a token: making an account, logging in, and what neither tells a stranger."""

import asyncio
from itertools import count
from typing import Any

import pytest
from tests.unit.chat.conftest import CHEAP, PASSWORD, Client, VisitorCodec, eventually, operator, quiet
from tests.unit.chat.entrance.conftest import clear, far, registered

from hobnob.chat.chat import Chat
from hobnob.chat.limits import Limit, Limits, Rate, Rates
from hobnob.chat.origins import Origins
from hobnob.chat.passwords import Cost, Passwords
from hobnob.chat.policy import Policy
from hobnob.protocol.ids import new_token, token_hash


async def test_a_hello_with_a_password_makes_an_account_and_another_logs_in(chat: Chat) -> None:
    ada = await registered(chat)
    assert ada.welcome["you"] == {"id": ada.id, "name": "ada", "kind": "account"}
    assert [room["name"] for room in ada.welcome["rooms"]] == ["lobby"]
    number = await ada.say("I am here")
    again = await far(chat).hello("ADA", password=PASSWORD)
    assert again.welcome["you"] == ada.welcome["you"]
    assert again.welcome["rooms"][0]["head"] == number
    assert again.token != ada.token
    back = await Client(chat).hello(token=again.token)
    assert back.id == ada.id
    await back.say("three of me")
    await again.event("message_sent", text="three of me")


async def test_who_registers_is_told_of_in_the_log_of_the_house(chat: Chat) -> None:
    bob = await Client(chat).hello("bob")
    ada = await registered(chat)
    assert (await bob.event("account_registered"))["by"] == ada.id


@pytest.mark.parametrize("name", ["ada", "gus", "nobody", "two words", "", "Client-7", "x" * 500, "аdа", "ada\n"])
async def test_no_wrong_answer_tells_whose_name_it_is(chat: Chat, name: str) -> None:
    await registered(chat, "ada")
    await Client(chat).hello("gus")
    for client in (far(chat), Client(chat, VisitorCodec(chat))):
        assert await client.error("hello", name=name, password="wrong " + PASSWORD) == "wrong-password"
    assert await far(chat).error("hello", password=PASSWORD) == "wrong-password"


async def test_each_wrong_answer_costs_one_hash(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    await registered(chat, "ada")
    await Client(chat).hello("gus")
    checked: list[str | None] = []
    verify = Passwords.verify

    async def counted(self: Passwords, kept: str | None, password: str) -> object:
        checked.append(kept)
        return await verify(self, kept, password)

    monkeypatch.setattr(Passwords, "verify", counted)
    for name in ("ada", "gus", "nobody", "two words"):
        await far(chat).error("hello", name=name, password="wrong " + PASSWORD)
    assert len(checked) == 4
    assert [kept is None for kept in checked] == [False, True, True, True]


async def test_who_guesses_has_to_wait_and_the_owner_of_the_name_elsewhere_has_not(chat: Chat) -> None:
    ada = await registered(chat)
    errors = [await far(chat).error("hello", name="ada", password=f"guess number {n}") for n in range(7)]
    assert errors == ["wrong-password"] * 5 + ["too-fast"] * 2
    assert await far(chat).error("hello", name="ada", password=PASSWORD) == "too-fast"
    await Client(chat).hello("ada", password=PASSWORD)
    await far(chat).hello(token=ada.token)


async def test_a_server_that_is_busy_counts_no_try(chat: Chat) -> None:
    await registered(chat)
    chat.passwords.close()
    for _ in range(8):
        assert await far(chat).error("hello", name="ada", password=PASSWORD) == "stopping"


@pytest.mark.parametrize(
    ("password", "word"), [("short", "8 characters"), ("password1", "another password"), ("", "8 characters")]
)
async def test_a_weak_password_is_refused_with_the_reason(chat: Chat, password: str, word: str) -> None:
    client = Client(chat)
    reply = await client.ask("hello", name="ada", password=password, register=True)
    assert reply["error"] == "password-weak"
    assert word in reply["hint"]
    await client.hello("ada")  # the name is free


@pytest.mark.parametrize("policy", [Policy(password_cost=CHEAP, shortest_password=15)])
async def test_a_server_may_ask_for_longer_ones(chat: Chat) -> None:
    reply = await Client(chat).ask("hello", name="ada", password="fourteen chars", register=True)
    assert "15 characters" in reply["hint"]
    await Client(chat).hello("ada", password="fifteen letters!", register=True)


async def test_a_name_that_is_taken_cannot_be_registered(chat: Chat) -> None:
    await registered(chat, "ada")
    await Client(chat).hello("gus")
    await Client(chat, VisitorCodec(chat)).hello("vic")
    for name, code in (
        ("ada", "name-taken"),
        ("Gus", "name-taken"),
        ("vic", "name-taken"),
        ("Server", "name-reserved"),
    ):
        assert await Client(chat).error("hello", name=name, password=PASSWORD, register=True) == code
    for missing in ({"name": "eve"}, {"password": PASSWORD}):
        assert await Client(chat).error("hello", register=True, **missing) == "bad-command"


async def test_of_two_who_register_one_name_at_once_one_gets_it(chat: Chat) -> None:
    clients = [Client(chat) for _ in range(3)]
    asked = [client.send("hello", name="ada", password=PASSWORD, register=True) for client in clients]
    replies = [await client.reply(sent) for client, sent in zip(clients, asked, strict=True)]
    assert sorted(reply.get("error", "ok") for reply in replies) == ["name-taken", "name-taken", "ok"]


async def test_making_accounts_and_logging_in_are_limited(chat: Chat) -> None:
    one = Rates(address=Rate(1, 0.001))
    chat.limits = Limits(Origins(), rates={Limit.REGISTERING: one, Limit.LOGGING_IN: one})
    await far(chat).hello("ada", password=PASSWORD, register=True)
    assert await far(chat).error("hello", name="bob", password=PASSWORD, register=True) == "too-fast"
    await far(chat).hello("ada", password=PASSWORD)
    assert await far(chat).error("hello", name="ada", password=PASSWORD) == "too-fast"
    gus = await far(chat).hello("gus")
    assert await gus.error("register", password=PASSWORD) == "too-fast"
    assert await gus.error("log_in", name="ada", password=PASSWORD) == "too-fast"


# A hello that is said again


@pytest.mark.parametrize("fields", [{}, {"password": PASSWORD, "register": True}], ids=["guest", "account"])
async def test_a_hello_whose_answer_was_lost_is_said_again(chat: Chat, fields: dict[str, Any]) -> None:
    token = new_token()
    lost = Client(chat)
    lost.send("hello", name="ada", new_token=token, **fields)
    await eventually(lambda: chat.people.named("ada") is not None)
    lost.leave()
    ada = await Client(chat).hello("ada", new_token=token, **fields)
    assert ada.welcome["you"]["name"] == "ada"
    assert (await Client(chat).hello(token=token)).id == ada.id
    assert len(chat.store.devices(ada.id)) == 1
    assert await Client(chat).error("hello", name="ada", new_token=new_token(), **fields) == "name-taken"


@pytest.mark.parametrize("token", ["", "hb_", "hb_" + "x" * 31, "hb_" + "x" * 65, "xx_" + "x" * 32, "hb_" + "ä" * 32])
async def test_a_new_token_that_could_be_guessed_is_refused(chat: Chat, token: str) -> None:
    assert await Client(chat).error("hello", name="ada", new_token=token) == "bad-command"


# Logging in later


async def test_who_logs_in_later_becomes_the_account_and_leaves_as_who_they_were(chat: Chat) -> None:
    ada = await registered(chat)
    bob = await Client(chat).hello("bob")
    visitor = await Client(chat, VisitorCodec(chat)).hello("vic")
    reply = await visitor.done("log_in", name="ada", password=PASSWORD)
    assert reply["you"]["id"] == ada.id
    assert "token" not in reply
    await bob.event("presence_changed", state="offline", by=visitor.id)
    await Client(chat, VisitorCodec(chat)).hello("vic")
    await visitor.say("as ada")
    assert (await bob.event("message_sent", text="as ada"))["by"] == ada.id
    await bob.say("to all of you")
    await quiet(visitor)
    assert visitor.lines == ["bob: to all of you"]


async def test_a_guest_who_logs_in_gets_the_token_of_the_account(chat: Chat) -> None:
    ada = await registered(chat)
    guest = await Client(chat).hello("gus")
    reply = await guest.done("log_in", name="ada", password=PASSWORD)
    assert (await Client(chat).hello(token=reply["token"])).id == ada.id
    assert (await Client(chat).hello(token=guest.token)).id == guest.id
    await ada.say("hear me")
    await guest.event("message_sent", text="hear me")


async def test_a_wrong_password_leaves_one_who_one_was(chat: Chat) -> None:
    await registered(chat)
    guest = await Client(chat).hello("gus")
    assert await guest.error("log_in", name="ada", password="wrong " + PASSWORD) == "wrong-password"
    await guest.say("still here")
    assert await Client(chat).error("log_in", name="ada", password=PASSWORD) == "hello-first"


async def test_who_logs_in_again_goes_on_and_nobody_notices(chat: Chat) -> None:
    ada = await registered(chat)
    bob = await Client(chat).hello("bob")
    await bob.done("create_room", name="tea")
    await ada.done("join_room", room="#tea")
    visitor = await Client(chat, VisitorCodec(chat)).hello("ada", password=PASSWORD)
    ada.leave()
    await visitor.done("join_room", room="#tea")
    await quiet(bob)
    bob.forget()
    reply = await visitor.done("log_in", name="ada", password=PASSWORD)
    assert {room["name"] for room in reply["rooms"]} == {"lobby", "tea"}
    await bob.say("still there?", "#tea")
    await quiet(visitor, bob)
    assert visitor.lines == ["bob: still there?"]
    assert [frame["event"] for frame in bob.frames if "event" in frame] == ["message_sent"]
    assert await Client(chat).error("hello", name="ada") == "name-taken"


async def test_who_logs_in_again_is_here_by_the_new_device(chat: Chat) -> None:
    ada = await registered(chat)
    again = await ada.done("log_in", name="ada", password=PASSWORD)
    devices = (await ada.done("list_devices"))["devices"]
    assert [device.get("current", False) for device in devices].count(True) == 1
    (old,) = [device for device in devices if not device.get("current")]
    await ada.done("revoke_device", device=old["id"])
    await ada.say("by the new one")
    assert (await Client(chat).hello(token=again["token"])).id == ada.id


async def test_who_may_not_come_in_as_the_account_stays_who_they_were(chat: Chat) -> None:
    await registered(chat)
    server = await operator(chat)
    await server.done("ban", person="@ada")
    bob = await Client(chat).hello("bob")
    assert await bob.error("log_in", name="ada", password=PASSWORD) == "banned"
    await bob.say("still bob")
    assert await Client(chat).error("hello", name="ada") == "name-taken"


# In clear text


async def test_no_password_is_taken_in_clear_text(chat: Chat) -> None:
    await registered(chat)
    assert await clear(chat).error("hello", name="ada", password=PASSWORD) == "not-confidential"
    assert await clear(chat).error("hello", name="eve", password=PASSWORD, register=True) == "not-confidential"
    guest = await clear(chat).hello("gus")
    assert await guest.error("log_in", name="ada", password=PASSWORD) == "not-confidential"
    assert await guest.error("register", password=PASSWORD) == "not-confidential"


async def test_a_token_of_an_account_that_went_by_in_clear_text_is_void(chat: Chat) -> None:
    ada = await registered(chat)
    other = await Client(chat).hello("ada", password=PASSWORD)
    assert await clear(chat).error("hello", token=ada.token) == "not-confidential"
    await ada.event("goodbye")
    assert ada.link.closed
    assert await Client(chat).error("hello", token=ada.token) == "token-unknown"
    await other.say("my other device is well")


async def test_a_guest_may_come_in_clear_text(chat: Chat) -> None:
    guest = await clear(chat).hello("gus")
    assert (await clear(chat).hello(token=guest.token)).id == guest.id


# Hashes and devices


async def test_a_password_is_hashed_anew_where_the_cost_is_another_one(chat: Chat) -> None:
    ada = await registered(chat)
    before = chat.store.account(ada.id)
    chat.passwords = Passwords(Cost(memory=16, passes=1))
    back = await Client(chat).hello("ada", password=PASSWORD)
    after = chat.store.account(ada.id)
    assert before
    assert after
    assert before.password != after.password
    assert "m=16" in str(after.password)
    await back.say("in")
    await Client(chat).hello("ada", password=PASSWORD)
    assert chat.store.account(ada.id) == after


async def test_a_device_that_is_revoked_while_it_comes_in_stays_out(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await registered(chat)
    other = await Client(chat).hello("ada", password=PASSWORD)
    device = chat.store.device(token_hash(ada.token))
    assert device is not None
    ada.leave()
    reading, let_go = asyncio.Event(), asyncio.Event()
    reach = chat.logs.reach

    async def slow(heads: dict[str, int]) -> None:
        reading.set()
        await let_go.wait()
        await reach(heads)

    monkeypatch.setattr(chat.logs, "reach", slow)
    back = Client(chat)
    asked = back.send("hello", token=ada.token)
    await reading.wait()
    await other.done("revoke_device", device=device[0].id)
    let_go.set()
    assert (await back.reply(asked))["error"] == "token-unknown"
    await quiet(other)
    assert len(chat.people.get(ada.id).sessions) == 1  # type: ignore[union-attr]


async def test_of_many_devices_the_one_not_used_for_longest_is_forgotten(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hobnob.chat.devices.MOST_DEVICES", 3)
    monkeypatch.setattr(chat.keeper, "_clock", count(chat.clock()).__next__)
    first = await registered(chat)
    others = [await Client(chat).hello("ada", password=PASSWORD) for _ in range(3)]
    await first.event("goodbye")
    assert len(chat.store.devices(first.id)) == 3
    for other in others:
        await Client(chat).hello(token=other.token)
