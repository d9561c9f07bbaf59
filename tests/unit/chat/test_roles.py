"""Roles: who gives which, on the server and in rooms, and that somebody stays the owner."""

import pytest
from tests.unit.chat.conftest import PASSWORD, Client, Join, TestStore, operator, promote, quiet

from hobnob.chat.chat import Chat
from hobnob.chat.rights import ROLES, Right
from hobnob.protocol.records import Role


def test_a_higher_role_has_all_rights_of_a_lower_one() -> None:
    assert ROLES["member"] == ROLES["speaker"]
    assert ROLES["guest"] < ROLES["member"] < ROLES["moderator"] < ROLES["owner"] == frozenset(Right)


def test_whoever_may_be_in_a_room_may_speak_where_nothing_says_otherwise() -> None:
    """Saying something asks no table in a room without restrictions."""
    assert all(Right.SPEAK in rights for rights in ROLES.values())


async def test_a_role_in_a_room_is_heard_there_and_counts_at_once(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await join("cleo")
    await ada.done("create_room", name="tea", people=["@bob", "@cleo"])
    await ada.done("set_role", room="#tea", person="@bob", role="moderator")
    for client in (ada, bob):
        await client.event("role_changed", person=bob.id, role="moderator")
    roles = {m["name"]: m.get("role", "member") for m in (await bob.done("list_members", room="#tea"))["members"]}
    assert roles == {"ada": "owner", "bob": "moderator", "cleo": "member"}
    await bob.done("kick", room="#tea", person="@cleo")
    await ada.done("set_role", room="#tea", person="@bob", role="guest")
    assert await bob.error("set_topic", room="#tea", topic="x") == "not-allowed"
    await bob.say("but this", room="#tea")


async def test_a_role_on_the_server_is_kept_and_heard(chat: Chat, store: TestStore, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await promote(chat, bob, "moderator")
    await ada.event("server_role_changed", person=bob.id, role="moderator")
    await bob.done("list_restrictions")
    second = await Client(chat).hello(token=bob.token)
    assert second.welcome["you"]["role"] == "moderator"
    await promote(chat, bob, "member")
    for client in (bob, second):
        assert await client.error("list_restrictions") == "not-allowed"
    assert store.staff() == []


async def test_nobody_gives_more_than_they_have(chat: Chat, join: Join) -> None:
    ada, mod, bob = await join("ada"), await join("mod"), await join("bob")
    await ada.done("create_room", name="tea", people=["@mod", "@bob"])
    await ada.done("set_role", room="#tea", person="@mod", role="moderator")
    reply = await mod.ask("set_role", room="#tea", person="@bob", role="owner")
    assert (reply["error"], reply["hint"]) == ("not-allowed", "You can give at most the role that you have yourself.")
    assert await mod.error("set_role", room="#tea", person="@mod", role="owner") == "not-allowed"
    assert await mod.error("set_role", room="#tea", person="@ada", role="member") == "not-allowed"
    assert await bob.error("set_role", room="#tea", person="@bob", role="member") == "not-allowed"
    await mod.done("set_role", room="#tea", person="@bob", role="moderator")
    assert await mod.error("set_role", room="#tea", person="@bob", role="member") == "not-allowed"
    await mod.done("set_role", room="#tea", person="@mod", role="guest")
    assert await mod.error("kick", room="#tea", person="@bob") == "not-allowed"
    assert await ada.error("set_role", person="@bob", role="moderator") == "not-allowed"


async def test_somebody_stays_the_owner(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    server = await operator(chat)
    for where in ({"room": "#tea"}, {}):
        if not where:
            await promote(chat, ada, "owner")
            await promote(chat, bob, "member")
        assert await ada.error("set_role", person="@ada", role="member", **where) == "last-owner"
        assert await server.error("set_role", person="@ada", role="member", **where) == "last-owner"
        await ada.done("set_role", person="@bob", role="owner", **where)
        await bob.done("set_role", person="@ada", role="member", **where)
        assert await bob.error("set_role", person="@bob", role="guest", **where) == "last-owner"


async def test_two_owners_who_step_down_at_once_leave_one(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    for client in (ada, bob):
        await promote(chat, client, "owner")
    asked = [client.send("set_role", person=client.id, role="member") for client in (ada, bob)]
    replies = [await client.reply(each) for client, each in zip((ada, bob), asked, strict=True)]
    assert sorted(str(reply.get("error")) for reply in replies) == ["None", "last-owner"]


async def test_a_visitor_has_a_role_in_a_room_while_they_are_there(chat: Chat, join: Join, visit: Join) -> None:
    ada, dan = await join("ada"), await visit("dan")
    await join("bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    await dan.done("join_room", room="#tea")
    await ada.done("set_role", room="#tea", person="@dan", role="moderator")
    await dan.done("kick", room="#tea", person="@bob")
    assert await (await operator(chat)).error("set_role", person="@dan", role="moderator") == "not-kept"


async def test_who_helps_to_run_the_server_needs_an_account(chat: Chat, join: Join) -> None:
    bob, server = await join("bob"), await operator(chat)
    for role in ("owner", "moderator"):
        assert await server.error("set_role", person="@bob", role=role) == "account-needed"
    await server.done("set_role", person="@bob", role="guest")
    await bob.done("register", password=PASSWORD)
    await server.done("set_role", person="@bob", role="owner")


async def test_a_speaker_writes_where_only_moderators_do(chat: Chat, join: Join, visit: Join) -> None:
    ada, bob, dan = await join("ada"), await join("bob"), await visit("dan")
    await ada.done("create_room", name="news", people=["@bob"])
    await dan.done("join_room", room="#news")
    await ada.done("change_room", room="#news", posting="moderators")
    for client in (bob, dan):
        assert await client.error("send_message", room="#news", text="hi") == "only-moderators"
        await ada.done("set_role", room="#news", person=client.id, role="speaker")
        await ada.event("role_changed", person=client.id, role="speaker")
        await client.say("hi", room="#news")
        assert await client.error("set_topic", room="#news", topic="mine") == "only-moderators"
        assert await client.error("kick", room="#news", person="@ada") == "not-allowed"
        await ada.done("mute", room="#news", person=client.id)
        assert await client.error("send_message", room="#news", text="hi") == "muted"
        await ada.done("unmute", room="#news", person=client.id)
        await ada.done("set_role", room="#news", person=client.id, role="member")
        assert await client.error("send_message", room="#news", text="hi") == "only-moderators"


async def test_nobody_speaks_on_the_server_as_such(chat: Chat, join: Join) -> None:
    await join("bob")
    server = await operator(chat)
    assert await server.error("set_role", person="@bob", role="speaker") == "bad-command"
    assert await server.error("create_invite", role="speaker") == "bad-command"


async def test_the_same_role_again_is_no_act(join: Join, store: TestStore) -> None:
    ada = await join("ada")
    await join("bob")
    room = (await ada.done("create_room", name="tea", people=["@bob"]))["room"]["id"]
    await ada.done("set_role", room="#tea", person="@bob", role="member")
    assert store.audit(room=room, before=None, limit=10) == ([], False)
    assert await ada.error("set_role", room="#tea", person="@nobody", role="member") == "no-such-person"
    await join("cleo")
    assert await ada.error("set_role", room="#tea", person="@cleo", role="member") == "not-a-member"


@pytest.mark.parametrize("role", ["guest", "member", "moderator", "owner"])
async def test_guests_of_the_server_make_no_rooms_and_join_as_guests(chat: Chat, join: Join, role: Role) -> None:
    ada, eve = await join("ada"), await join("eve")
    await ada.done("create_room", name="tea")
    if role != "member":
        await promote(chat, eve, role)
    if role == "guest":
        assert await eve.error("create_room", name="mine") == "not-allowed"
        assert await eve.error("join_room", room="#mine", create=True) == "not-allowed"
    else:
        await eve.done("create_room", name="mine")
    joined = await eve.done("join_room", room="#tea")
    assert joined["room"].get("role", "member") == ("guest" if role == "guest" else "member")


async def test_who_lost_a_role_meanwhile_does_nothing_with_it(chat: Chat, join: Join, store: TestStore) -> None:
    ada, mod, bob = await join("ada"), await join("mod"), await join("bob")
    await ada.done("create_room", name="tea", people=["@mod", "@bob"])
    await ada.done("set_role", room="#tea", person="@mod", role="moderator")
    store.gate.clear()
    down = ada.send("set_role", room="#tea", person="@mod", role="member")
    await quiet(bob)
    asked = mod.send("kick", room="#tea", person="@bob")
    await quiet(bob)
    store.gate.set()
    assert (await ada.reply(down))["ok"]
    assert (await mod.reply(asked))["error"] == "not-allowed"
