"""Changing a room: name, private or public, history, who writes, how often."""

import pytest
from tests.unit.chat.conftest import OVERHEARD, Client, Join, TestStore, operator, promote, quiet

from hobnob.chat.chat import Chat


async def test_a_room_is_renamed(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = (await ada.done("create_room", name="tea", people=["@bob"]))["room"]["id"]
    await ada.done("change_room", room="#tea", name="Coffee")
    event = await bob.event("room_changed", room=room, name="Coffee")
    assert (event["changed"], event["name_before"]) == (["name"], "tea")
    await bob.say("here", room="#coffee")
    assert await bob.error("send_message", room="#tea", text="x") == "no-such-room"
    await bob.done("create_room", name="tea")
    assert await ada.error("change_room", room="#coffee", name="TEA") == "room-taken"
    assert await ada.error("change_room", room="#coffee", name="not a name") == "name-invalid"
    await ada.done("change_room", room="#coffee", name="COFFEE")


async def test_a_room_that_became_private_is_hidden(join: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    await ada.done("create_room", name="tea", people=["@bob"])
    await ada.done("change_room", room="#tea", private=True)
    assert await eve.error("join_room", room="#tea") == "no-such-room"
    assert [room["name"] for room in (await eve.done("list_rooms"))["rooms"]] == ["lobby"]
    await bob.say("still here", room="#tea")
    await ada.done("change_room", room="#tea", private=False)
    await eve.done("join_room", room="#tea")


async def test_who_could_be_overheard_hears_no_more_of_a_room_that_becomes_private(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    room = (await ada.done("create_room", name="tea"))["room"]["id"]
    bob = await Client(chat, origin=OVERHEARD).hello("bob")
    await bob.done("join_room", room="#tea")
    bob.conversation.pause()
    await ada.done("change_room", room="#tea", private=True)
    await ada.event("member_detached", by=bob.id)
    await ada.say("a secret", room="#tea")
    bob.conversation.resume()
    await quiet(bob)
    assert bob.texts() == []
    assert await bob.error("read_history", room=room) == "no-such-room"


async def test_history_can_be_hidden_from_who_comes_later(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea", kind="private", history="all")
    await ada.say("early", room="#tea")
    await ada.done("invite_person", room="#tea", person="@bob")
    await bob.done("join_room", room="#tea")
    assert [m["text"] for m in (await bob.done("read_history", room="#tea"))["messages"]] == ["early"]
    await ada.done("change_room", room="#tea", history="joined")
    assert (await bob.done("read_history", room="#tea")).get("messages", []) == []


async def test_what_was_hidden_is_published_only_on_purpose(join: Join) -> None:
    ada = await join("ada")
    await ada.done("create_room", name="tea", kind="private")
    assert await ada.error("change_room", room="#tea", private=False) == "bad-command"
    assert await ada.error("change_room", room="#tea", private=False, history="joined") == "bad-command"
    await ada.done("change_room", room="#tea", private=False, history="all")
    assert await ada.error("change_room", room="#tea", history="joined") == "bad-command"


async def test_where_only_moderators_write_others_read_and_react(join: Join) -> None:
    ada, mod, bob = await join("ada"), await join("mod"), await join("bob")
    await ada.done("create_room", name="news", people=["@mod", "@bob"])
    await ada.done("set_role", room="#news", person="@mod", role="moderator")
    mine = await bob.say("before", room="#news")
    await ada.done("change_room", room="#news", posting="moderators")
    for do, fields in (
        ("send_message", {"text": "x"}),
        ("edit_message", {"of": mine, "text": "x"}),
        ("set_topic", {"topic": "x"}),
        ("pin", {"of": mine}),
        ("typing", {}),
    ):
        assert await bob.error(do, room="#news", **fields) == "only-moderators"
    of = await mod.say("news", room="#news")
    await ada.say("more", room="#news")
    await bob.done("react", room="#news", of=of, emoji="👍")
    await ada.done("change_room", room="#news", posting="all")
    await bob.say("again", room="#news")


async def test_a_moderator_of_the_server_writes_where_only_moderators_write(chat: Chat, join: Join) -> None:
    ada, boss = await join("ada"), await join("boss")
    await ada.done("create_room", name="news", people=["@boss"])
    await ada.done("change_room", room="#news", posting="moderators")
    assert await boss.error("send_message", room="#news", text="x") == "only-moderators"
    await promote(chat, boss, "moderator")
    await boss.say("an announcement", room="#news")


async def test_a_message_under_way_when_only_moderators_write_is_not_kept(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="news", people=["@bob"])
    store.gate.clear()
    asked = ada.send("change_room", room="#news", posting="moderators")
    await quiet(bob)
    late = bob.send("send_message", room="#news", text="too late")
    store.gate.set()
    assert (await bob.reply(late))["error"] == "only-moderators"
    assert (await ada.reply(asked))["ok"]


async def test_moderators_set_the_pace_and_owners_the_rest(join: Join) -> None:
    ada, mod, bob = await join("ada"), await join("mod"), await join("bob")
    await ada.done("create_room", name="tea", people=["@mod", "@bob"])
    await ada.done("set_role", room="#tea", person="@mod", role="moderator")
    of_owners: list[dict[str, object]] = [{"name": "coffee"}, {"private": True}, {"history": "all"}]
    of_moderators: list[dict[str, object]] = [{"posting": "moderators"}, {"slow": 5}]
    for change in of_owners:
        assert await mod.error("change_room", room="#tea", **change) == "not-allowed"
    for change in of_moderators:
        assert await bob.error("change_room", room="#tea", **change) == "not-allowed"
        await mod.done("change_room", room="#tea", **change)


async def test_the_lobby_keeps_its_name_and_stays_public(chat: Chat) -> None:
    server = await operator(chat)
    assert await server.error("change_room", room="#lobby", name="hall") == "not-allowed"
    assert await server.error("change_room", room="#lobby", private=True) == "not-allowed"
    await server.done("change_room", room="#lobby", slow=3, posting="moderators")


@pytest.mark.parametrize("change", [{}, {"slow": 0}, {"name": "tea"}, {"private": False}, {"posting": "all"}])
async def test_what_is_so_already_is_no_change(join: Join, store: TestStore, change: dict[str, object]) -> None:
    ada = await join("ada")
    room = (await ada.done("create_room", name="tea"))["room"]["id"]
    head = store.heads([room])[room]
    await ada.done("change_room", room="#tea", **change)
    assert store.heads([room])[room] == head


async def test_what_changed_is_in_the_audit_log(join: Join, store: TestStore) -> None:
    ada = await join("ada")
    room = (await ada.done("create_room", name="tea"))["room"]["id"]
    await ada.done("change_room", room="#tea", name="coffee", private=True, slow=10)
    assert await ada.error("change_room", room="#coffee", slow=6 * 3600 + 1) == "bad-command"
    (line,), _ = store.audit(room=room, before=None, limit=10)
    assert (line.action, line.room_name, line.what) == ("room", "tea", "name coffee, kind private, slow 10")


async def test_the_state_of_a_room_says_who_may_write(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    await ada.done("create_room", name="tea")
    await ada.done("change_room", room="#tea", posting="moderators", slow=7)
    bob = await join("bob")
    joined = (await bob.done("join_room", room="#tea"))["room"]
    assert (joined["posting"], joined["slow"]) == ("moderators", 7)
    back = await Client(chat).hello(token=bob.token)
    assert [(r["posting"], r["slow"]) for r in back.welcome["rooms"] if r["name"] == "tea"] == [("moderators", 7)]
