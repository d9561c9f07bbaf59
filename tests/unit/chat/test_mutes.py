"""Mutes: who is muted reads and does not write, in one room or anywhere, until it ends."""

import pytest
from tests.unit.chat.conftest import (
    AFAR,
    PASSWORD,
    SECOND,
    Client,
    Join,
    Late,
    TestStore,
    VisitorCodec,
    operator,
    quiet,
)
from tests.unit.clock import Clock

from hobnob.chat.chat import Chat
from hobnob.chat.restrictions import Restrictions
from hobnob.gateways.gateway import Origin

WRITING: list[tuple[str, dict[str, object]]] = [
    ("send_message", {"text": "x"}),
    ("edit_message", {"of": 4, "text": "x"}),
    ("react", {"of": 4, "emoji": "x"}),
    ("unreact", {"of": 4, "emoji": "x"}),
    ("pin", {"of": 4}),
    ("unpin", {"of": 4}),
    ("set_topic", {"topic": "x"}),
    ("typing", {}),
]


async def room_with(ada: Client, bob: Client) -> None:
    """A room of ada's, in which message 4 is bob's."""
    await ada.done("create_room", name="tea", people=["@bob"])
    assert await bob.say("before", room="#tea") == 4


@pytest.mark.parametrize(("do", "fields"), WRITING, ids=[do for do, _ in WRITING])
async def test_the_muted_read_and_do_not_write(join: Join, do: str, fields: dict[str, object]) -> None:
    ada, bob = await join("ada"), await join("bob")
    await room_with(ada, bob)
    await ada.done("mute", room="#tea", person="@bob", reason="rest a bit")
    await bob.event("member_muted", person=bob.id, reason="rest a bit")
    reply = await bob.ask(do, room="#tea", **fields)
    hint = "You may read but not write in #tea. Reason: rest a bit."
    assert (reply["error"], reply["hint"]) == ("muted", hint)
    assert (await bob.done("read_history", room="#tea"))["messages"][0]["text"] == "before"
    await bob.say("elsewhere")
    await bob.done("delete_message", room="#tea", of=4)
    await ada.done("unmute", room="#tea", person="@bob")
    await bob.event("member_unmuted", person=bob.id)
    await bob.say("again", room="#tea")


async def test_a_mute_on_the_server_is_one_in_every_room(chat: Chat, join: Join) -> None:
    server, ada, bob = await operator(chat), await join("ada"), await join("bob")
    await room_with(ada, bob)
    await server.done("mute", person="@bob", seconds=3600)
    for room in ("#tea", "#lobby", "@ada"):
        reply = await bob.ask("send_message", room=room, text="x")
        assert reply["error"] == "muted"
        assert reply["hint"].startswith("You may read but not write on this server until ")
    assert await bob.error("create_room", name="mine", topic="x") == "muted"
    await ada.say("others go on")
    await server.done("unmute", person="@bob")
    await bob.say("again")


async def test_a_visitor_is_muted_as_well(join: Join, visit: Join) -> None:
    ada, dan = await join("ada"), await visit("dan")
    await ada.done("create_room", name="tea")
    await dan.done("join_room", room="#tea")
    await ada.done("mute", room="#tea", person="@dan")
    assert await dan.error("send_message", room="#tea", text="x") == "muted"
    dan.leave()
    await quiet(ada)
    await ada.done("unmute", room="#tea", person="@dan")


async def test_a_message_under_way_when_its_sender_is_muted_is_not_kept(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    await room_with(ada, bob)
    store.gate.clear()
    asked = ada.send("mute", room="#tea", person="@bob")
    await quiet(bob)
    late = bob.send("send_message", room="#tea", text="too late")
    store.gate.set()
    assert (await bob.reply(late))["error"] == "muted"
    assert (await ada.reply(asked))["ok"]
    await quiet(ada)
    assert ada.texts() == ["before"]


async def test_who_is_muted_while_they_make_a_room_makes_none(
    chat: Chat, join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, bob, cleo = await operator(chat), await join("bob"), await join("cleo")
    cleo.leave()
    late = Late(store.person_by_name)
    monkeypatch.setattr(store, "person_by_name", late)
    asked = bob.send("create_room", name="tea", topic="x", people=["@cleo"])
    await late.called()
    await server.done("mute", person="@bob")
    late.go_on.set()
    assert (await bob.reply(asked))["error"] == "muted"


async def test_only_members_are_muted_in_a_room(join: Join) -> None:
    ada = await join("ada")
    await join("bob")
    await ada.done("create_room", name="tea")
    assert await ada.error("mute", room="#tea", person="@bob") == "not-a-member"
    assert await ada.error("unmute", room="#tea", person="@bob") == "no-such-restriction"


LATE = [(do, fields) for do, fields in WRITING if "of" in fields]


@pytest.mark.parametrize(("do", "fields"), LATE, ids=[do for do, _ in LATE])
async def test_who_is_muted_while_the_message_is_looked_up_is_muted(
    join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch, do: str, fields: dict[str, object]
) -> None:
    ada, bob = await join("ada"), await join("bob")
    await room_with(ada, bob)
    if do.startswith("un"):
        await bob.done(do.removeprefix("un"), room="#tea", **fields)
    late = Late(store.message)
    monkeypatch.setattr(store, "message", late)
    asked = bob.send(do, room="#tea", **fields)
    await late.called()
    await ada.done("mute", room="#tea", person="@bob")
    late.go_on.set()
    assert (await bob.reply(asked))["error"] == "muted"


async def test_a_visitor_who_is_removed_while_the_message_is_looked_up_does_not_edit_it(
    join: Join, visit: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, vic = await join("ada"), await visit("vic")
    await ada.done("create_room", name="tea")
    await vic.done("join_room", room="#tea")
    number = await vic.say("before", room="#tea")
    late = Late(store.message)
    monkeypatch.setattr(store, "message", late)
    asked = vic.send("edit_message", room="#tea", of=number, text="after")
    await late.called()
    await ada.done("kick", room="#tea", person="@vic")
    late.go_on.set()
    assert (await vic.reply(asked))["error"] == "not-a-member"
    await quiet(ada)
    assert ada.events("message_edited") == []


SIX = Origin("2001:db8:1:2::7", loopback=False)


@pytest.mark.parametrize("where", [{"room": "#lobby"}, {}], ids=["room", "server"])
async def test_a_visitor_is_muted_with_their_host(chat: Chat, where: dict[str, object]) -> None:
    server = await operator(chat)
    for origin in (AFAR, SIX):
        dan = await Client(chat, VisitorCodec(chat), origin).hello("dan")
        await server.done("mute", person="@dan", reason="rest a bit", **where)
        assert await dan.error("send_message", room="#lobby", text="x") == "muted"
        dan.leave()
        for again in (Client(chat, VisitorCodec(chat), origin), Client(chat, origin=origin)):
            await again.hello()
            reply = await again.ask("send_message", room="#lobby", text="x")
            assert (reply["error"], reply["hint"].endswith("Reason: rest a bit.")) == ("muted", True)
            assert (await again.ask("create_room", name=f"tea{id(again)}")).get("error") == (None if where else "muted")
            again.leave()
    neighbour = await Client(chat, origin=Origin("2001:db8:1:3::1", loopback=False)).hello("cleo")
    await neighbour.say("on another network")
    listed = (await server.done("list_restrictions", **where))["restrictions"]
    assert [each["network"] for each in listed] == ["2001:db8:1:2::/64", "203.0.113.7"]
    await server.done("unmute", person="dan", **where)
    await (await Client(chat, VisitorCodec(chat), AFAR).hello("dan")).say("again")


async def test_a_mute_by_address_means_neither_accounts_nor_moderators(chat: Chat) -> None:
    ada, bob = await Client(chat, origin=AFAR).hello("ada"), await Client(chat, origin=AFAR).hello("bob")
    await ada.done("register", password=PASSWORD)
    await bob.done("create_room", name="tea")
    dan = await Client(chat, VisitorCodec(chat), AFAR).hello("dan")
    await (await operator(chat)).done("mute", person="@dan")
    await ada.say("I have a name to lose")
    await bob.say("my own room", room="#tea")
    assert await bob.error("send_message", room="#lobby", text="x") == "muted"
    assert await dan.error("send_message", room="#lobby", text="x") == "muted"


async def test_a_mute_by_address_ends_by_the_clock_and_holds_after_a_restart(
    timed: Chat, clock: Clock, store: TestStore
) -> None:
    dan = await Client(timed, VisitorCodec(timed), AFAR).hello("dan")
    await (await operator(timed)).done("mute", person="@dan", seconds=60)
    dan.leave()
    again = Restrictions(clock)
    again.load(store)
    assert again.muted("p_somebody", "", [AFAR.address]) is not None
    back = await Client(timed, VisitorCodec(timed), AFAR).hello("dan")
    assert await back.error("send_message", room="#lobby", text="x") == "muted"
    clock.now += 60 * SECOND
    await back.say("again")


async def test_a_visitor_on_the_servers_machine_is_muted_alone(chat: Chat, visit: Join) -> None:
    server, dan, eve = await operator(chat), await visit("dan"), await visit("eve")
    await server.done("mute", person="@dan")
    assert await dan.error("send_message", room="#lobby", text="x") == "muted"
    await eve.say("from the same machine")
