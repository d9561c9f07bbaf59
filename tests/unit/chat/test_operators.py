"""What who runs the server does from any client: by a password, as long as they are here."""

import pytest
from tests.unit.chat.conftest import CHEAP, PASSWORD, Client, Join, TestStore, VisitorCodec, operator, promote, quiet

from hobnob.chat.chat import Chat
from hobnob.chat.policy import Policy
from hobnob.gateways.gateway import Origin

WORDS = {"name": "root", "password": "open sesame"}


@pytest.fixture(autouse=True)
def password(chat: Chat) -> None:
    chat.policy = Policy(operator_name="root", operator_password="open sesame", password_cost=CHEAP)


async def test_the_password_makes_an_owner_as_long_as_one_is_here(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await bob.done("create_room", name="tea")
    await ada.done("join_room", room="#tea")
    assert await ada.error("kick", room="#tea", person="@bob") == "not-allowed"
    await ada.done("become_operator", **WORDS)
    await ada.done("change_room", room="#tea", slow=10)
    assert chat.role("r_none", ada.id) is None
    lines = (await ada.done("read_audit"))["entries"]
    assert [(line["action"], line["by_name"], line["role"]) for line in lines[-1:]] == [("role", "ada", "owner")]
    await ada.done("resign_operator")
    assert await ada.error("read_audit") == "not-allowed"
    await ada.done("become_operator", **WORDS)
    ada.leave()
    ada = await Client(chat).hello(token=ada.token)
    assert await ada.error("read_audit") == "not-allowed"


async def test_a_wrong_word_is_wrong_and_tries_are_counted(join: Join) -> None:
    ada = await join("ada")
    for words in ({**WORDS, "name": "Root"}, {**WORDS, "password": "open"}):
        assert await ada.error("become_operator", **words) == "wrong-password"
    await ada.done("become_operator", **WORDS)
    await ada.done("become_operator", **WORDS)


async def test_without_the_setting_nobody_is_an_operator(chat: Chat, join: Join) -> None:
    chat.policy = Policy()
    ada = await join("ada")
    assert await ada.error("become_operator", name="", password="") == "no-operator"


async def test_the_password_is_for_confidential_connections(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    ada.conversation.session.origin = Origin("192.0.2.7", confidential=False, loopback=False)
    assert await ada.error("become_operator", **WORDS) == "not-confidential"


async def test_somebody_is_disconnected_with_all_their_clients(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    phone = await Client(chat).hello(token=bob.token)
    assert await bob.error("disconnect", person="@ada") == "not-allowed"
    await ada.done("become_operator", **WORDS)
    await ada.done("disconnect", person="@bob", reason="too loud")
    for client in (bob, phone):
        last = await client.event("goodbye")
        assert (last["text"], last["code"]) == ("Disconnected by ada: too loud", "kicked")
        assert client.link.closed
    assert await ada.error("disconnect", person="@bob") == "no-such-person"
    bob = await Client(chat).hello(token=bob.token)
    assert bob.welcome["you"]["name"] == "bob"


async def test_everybody_hears_an_announcement(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await bob.done("leave_room", room="#lobby")
    vic = await Client(chat, VisitorCodec(chat)).hello("vic")
    assert await bob.error("announce", text="hello") == "not-allowed"
    await ada.done("become_operator", **WORDS)
    await ada.done("announce", text="tea\nis ready")
    told = await bob.event("announced")
    assert (told["by_name"], told["text"]) == ("ada", "tea is ready")
    assert await ada.error("announce", text=" ") == "text-empty"
    assert await ada.error("announce", text="x" * 1001) == "topic-too-long"
    await quiet(vic)


async def test_files_are_read_again(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    read: list[int] = []

    async def again() -> None:
        read.append(1)

    chat.reload = again
    assert await ada.error("reload") == "not-allowed"
    await ada.done("become_operator", **WORDS)
    await ada.done("reload")
    assert read == [1]


async def test_what_others_do_counts_after_an_operator_has_resigned(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await bob.done("create_room", name="tea", people=["@ada"])
    await ada.done("become_operator", **WORDS)
    await ada.done("resign_operator")
    await bob.done("kick", room="#tea", person="@ada")
    await (await operator(chat)).done("mute", person="@ada", seconds=60)


async def test_a_role_that_is_taken_from_an_operator_does_not_come_back(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    await promote(chat, ada, "moderator")
    await ada.done("become_operator", **WORDS)
    await (await operator(chat)).done("set_role", person="@ada", role="guest")
    await ada.event("server_role_changed", role="guest")
    await ada.done("resign_operator")
    assert await ada.error("read_audit") == "not-allowed"


async def test_a_visitor_who_is_an_operator_keeps_nothing_of_it_with_their_account(
    chat: Chat, store: TestStore, visit: Join
) -> None:
    vic = await visit("vic")
    await vic.done("become_operator", **WORDS)
    await vic.done("register", password=PASSWORD)
    assert store.staff() == []
    await vic.done("read_audit")


async def test_an_invite_of_an_operator_is_good_as_long_as_they_are_one(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    await ada.done("become_operator", **WORDS)
    code = (await ada.done("create_invite", uses=2))["code"]
    await Client(chat).hello("bob", invite=code)
    await ada.done("resign_operator")
    assert await Client(chat).error("hello", name="cleo", invite=code) == "invite-unknown"
