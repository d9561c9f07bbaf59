"""Forgotten passwords."""

from tests.unit.chat.conftest import PASSWORD, Client, operator
from tests.unit.chat.entrance.conftest import clear, registered

from hobnob.chat.chat import Chat


async def test_a_new_password_for_who_forgot_theirs(chat: Chat) -> None:
    ada = await registered(chat)
    root = await operator(chat)
    password = (await root.done("reset_password", person="@ada"))["password"]
    assert len(password.replace("-", "")) == 16
    await ada.event("goodbye")
    assert await Client(chat).error("hello", name="ada", password=PASSWORD) == "wrong-password"
    assert await Client(chat).error("hello", token=ada.token) == "token-unknown"
    back = await Client(chat).hello("ada", password=password)
    assert back.id == ada.id
    lines = (await root.done("read_audit"))["entries"]
    assert (lines[0]["action"], lines[0]["person_name"]) == ("password", "ada")
    assert password not in str(lines)


async def test_only_owners_of_the_server_give_one(chat: Chat) -> None:
    ada, bob = await registered(chat), await registered(chat, "bob")
    assert await bob.error("reset_password", person="@ada") == "not-allowed"
    root = await operator(chat)
    await root.done("set_role", person="@bob", role="moderator")
    assert await bob.error("reset_password", person="@ada") == "not-allowed"
    await root.done("set_role", person="@bob", role="owner")
    await bob.done("reset_password", person="@ada")
    await ada.event("goodbye")


async def test_who_has_no_password_gets_none(chat: Chat) -> None:
    await Client(chat).hello("gus")
    root = await operator(chat)
    assert await root.error("reset_password", person="@gus") == "account-needed"
    assert await root.error("reset_password", person="@nobody") == "no-such-person"
    assert await clear(chat).error("reset_password", person="@gus") == "hello-first"
