"""Bans: whom they keep out and send away, until when, and whom they never hit."""

import pytest
from tests.unit.chat.conftest import (
    AFAR,
    SECOND,
    Client,
    Frame,
    Join,
    OperatorCodec,
    TestStore,
    VisitorCodec,
    operator,
    promote,
    quiet,
)
from tests.unit.clock import Clock

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.gateways.gateway import Origin

OFFICE = Origin("198.51.100.20", confidential=True, loopback=False)
SIX = Origin("2001:db8:1:2::5", confidential=True, loopback=False)


async def refused(chat: Chat, name: str | None = None, origin: Origin = AFAR, **fields: object) -> str:
    """With what code who comes from there is refused."""
    return await Client(chat, origin=origin).error("hello", name=name, **fields)


def is_gone(client: Client) -> bool:
    client.pull()
    return client.link.closed


def last_word(client: Client) -> str:
    assert is_gone(client)
    return str(client.frames[-1]["text"])


async def standing(client: Client) -> list[Frame]:
    """The restrictions of the server that hold."""
    return list((await client.done("list_restrictions")).get("restrictions", []))


async def test_a_banned_person_is_sent_away_and_stays_out(chat: Chat, join: Join) -> None:
    server, bob = await operator(chat), await join("bob")
    second = await Client(chat).hello(token=bob.token)
    await server.done("ban", person="@bob", reason="spam")
    for client in (bob, second):
        assert last_word(client) == "You are banned from this server. Reason: spam."
    reply = await Client(chat).ask("hello", token=bob.token)
    assert (reply["error"], reply["hint"]) == ("banned", "You are banned from this server. Reason: spam.")
    await server.done("unban", person="@bob")
    await Client(chat).hello(token=bob.token)


async def test_who_is_away_is_banned_by_name_too(chat: Chat, join: Join) -> None:
    server, bob = await operator(chat), await join("bob")
    bob.leave()
    await server.done("ban", person="bob")
    assert await refused(chat, token=bob.token) == "banned"


async def test_nothing_reaches_the_banned_after_the_last_word(chat: Chat, join: Join) -> None:
    server, ada, bob = await operator(chat), await join("ada"), await join("bob")
    bob.conversation.pause()
    await ada.say("not for bob any more")
    await server.done("ban", person=bob.id)
    await quiet(ada)
    assert is_gone(bob)
    assert bob.texts() == []
    assert (bob.frames[-1]["event"], bob.frames[-1]["code"]) == ("goodbye", "banned")


async def test_a_message_under_way_when_its_sender_is_banned_is_not_kept(
    chat: Chat, join: Join, store: TestStore
) -> None:
    server, ada, bob = await operator(chat), await join("ada"), await join("bob")
    store.gate.clear()
    asked = server.send("ban", person="@bob")
    await quiet(ada)
    bob.send("send_message", room="#lobby", text="too late")
    store.gate.set()
    assert (await server.reply(asked))["ok"]
    await quiet(ada)
    assert ada.texts() == []


async def test_a_ban_ends_by_the_clock(timed: Chat, clock: Clock) -> None:
    server, bob = await operator(timed), await Client(timed).hello("bob")
    await server.done("ban", person="@bob", seconds=60)
    assert last_word(bob) == "You are banned from this server until 2025-11-24 16:01 UTC."
    clock.now += 59 * SECOND
    assert await refused(timed, token=bob.token) == "banned"
    assert len(await standing(server)) == 1
    clock.now += 1 * SECOND
    assert await standing(server) == []
    await Client(timed).hello(token=bob.token)


async def test_bans_outlive_a_restart(chat: Chat, store: TestStore, join: Join) -> None:
    server, bob = await operator(chat), await join("bob")
    await server.done("ban", person="@bob")
    await server.done("ban", network="203.0.113.0/24")
    await chat.stop("It starts again.")
    again = Chat(store, LocalBus())
    await again.open()
    assert await refused(again, token=bob.token, origin=OFFICE) == "banned"
    assert await refused(again, "eve", AFAR) == "banned"
    await again.stop("The test is over.")


@pytest.mark.parametrize(
    ("network", "origin"),
    [
        ("203.0.113.7", AFAR),
        ("203.0.113.0/24", AFAR),
        ("203.0.113.99/24", AFAR),
        ("203.0.0.0/8", AFAR),
        ("::ffff:203.0.113.0/120", AFAR),
        ("203.0.113.7", Origin("::ffff:203.0.113.7", loopback=False)),
        ("2001:db8::/32", SIX),
        ("2001:db8:1:2::/64", SIX),
        ("2001:db8:1:2::5", Origin("2001:db8:1:2::5%eth0", loopback=False)),
    ],
)
async def test_a_banned_network_is_sent_away_and_stays_out(chat: Chat, network: str, origin: Origin) -> None:
    server = await operator(chat)
    bob, stranger = await Client(chat, origin=origin).hello("bob"), Client(chat, origin=origin)
    office = await Client(chat, origin=OFFICE).hello("cleo")
    await server.done("ban", network=network, reason="flood")
    for client in (bob, stranger):
        assert last_word(client) == "You are banned from this server. Reason: flood."
    assert await refused(chat, "eve", origin) == await refused(chat, None, origin, token=bob.token) == "banned"
    await quiet(office)
    await Client(chat, origin=OFFICE).hello(token=bob.token)
    await server.done("unban", network=network)
    await Client(chat, origin=origin).hello("eve")


@pytest.mark.parametrize(
    ("network", "says"),
    [
        ("0.0.0.0/0", "too broad"),
        ("203.0.0.0/7", "too broad"),
        ("::/0", "too broad"),
        ("2001::/15", "too broad"),
        ("127.0.0.1", "machine of the server"),
        ("127.0.0.0/8", "machine of the server"),
        ("::1", "machine of the server"),
        ("::/16", "machine of the server"),
        ("::ffff:127.0.0.1", "machine of the server"),
        ("somewhere", "Give an address or a network"),
        ("", "Give an address or a network"),
        ("203.0.113.7/33", "Give an address or a network"),
    ],
)
async def test_a_careless_network_is_refused(chat: Chat, network: str, says: str) -> None:
    reply = await (await operator(chat)).ask("ban", network=network)
    assert reply["error"] == "bad-network"
    assert says in reply["hint"]


async def test_nobody_bans_the_network_they_come_from(chat: Chat) -> None:
    mod = Client(chat, OperatorCodec(chat), AFAR)
    await mod.hello()
    for network in ("203.0.113.7", "203.0.113.0/24", "203.0.0.0/8"):
        assert await mod.error("ban", network=network) == "bad-network"
    await mod.done("ban", network="203.0.113.8")


async def test_a_ban_names_one_of_person_and_network(chat: Chat, join: Join) -> None:
    server = await operator(chat)
    await join("bob")
    for do in ("ban", "unban"):
        assert await server.error(do) == "bad-command"
        assert await server.error(do, person="@bob", network="203.0.113.7") == "bad-command"
    assert await server.error("ban", network="203.0.113.7", room="#lobby") == "bad-command"
    assert await server.error("ban", person="@nobody") == "no-such-person"


async def test_a_visitor_is_banned_with_their_host(chat: Chat) -> None:
    server = await operator(chat)
    for origin in (AFAR, SIX):
        dan = await Client(chat, VisitorCodec(chat), origin).hello("dan")
        await server.done("ban", person="@dan")
        assert is_gone(dan)
        assert dan.lines == ["bye: You are banned from this server."]
    assert await refused(chat, "dan", AFAR) == "banned"
    assert await refused(chat, "dan", Origin("2001:db8:1:2:abcd::1", loopback=False)) == "banned"
    await Client(chat, origin=Origin("2001:db8:1:3::1", loopback=False)).hello("cleo")
    listed = await standing(server)
    assert [each["network"] for each in listed] == ["2001:db8:1:2::/64", "203.0.113.7"]
    await server.done("unban", person="dan")
    assert await standing(server) == []


async def test_a_visitor_on_the_servers_machine_is_not_banned_with_it(chat: Chat, visit: Join) -> None:
    server = await operator(chat)
    await visit("dan")
    assert await server.error("ban", person="@dan") == "bad-network"


async def test_a_later_ban_of_the_same_takes_the_place_of_the_first(timed: Chat, clock: Clock) -> None:
    server, bob = await operator(timed), await Client(timed).hello("bob")
    await server.done("ban", person="@bob")
    await server.done("ban", person="@bob", seconds=10)
    (one,) = await standing(server)
    assert one["until"] is not None
    clock.now += 10 * SECOND
    await Client(timed).hello(token=bob.token)


async def test_who_was_banned_under_another_name_is_unbanned_by_it(chat: Chat, join: Join) -> None:
    server, bob = await operator(chat), await join("bob")
    await server.done("ban", person="@bob")
    await server.done("unban", person="BOB")
    bob = await Client(chat).hello(token=bob.token)
    await server.done("ban", person="@bob")
    assert await server.error("unban", person="@cleo") == "no-such-restriction"
    assert await server.error("unban", network="203.0.113.7") == "no-such-restriction"
    assert await server.error("unban", network="nowhere") == "bad-network"
    assert await server.error("unmute", person="@bob") == "no-such-restriction"


async def test_a_room_ban_removes_and_keeps_out(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea")
    await bob.done("join_room", room="#tea")
    await ada.done("ban", room="#tea", person="@bob", reason="rude")
    await bob.event("member_left", person=bob.id, by=ada.id, reason="rude")
    await ada.event("member_banned", person=bob.id, reason="rude")
    await ada.say("without bob", room="#tea")
    reply = await bob.ask("join_room", room="#tea")
    assert (reply["error"], reply["hint"]) == ("banned", "You are banned from #tea. Reason: rude.")
    assert await bob.error("join_room", room="#tea", create=True) == "banned"
    assert await bob.error("read_history", room="#tea") == "not-a-member"
    await bob.say("elsewhere all is well")
    assert bob.texts() == ["elsewhere all is well"]
    await ada.done("unban", room="#tea", person="@bob")
    await ada.event("member_unbanned", person=bob.id)
    await bob.done("join_room", room="#tea")


async def test_who_is_no_member_is_banned_from_a_room_ahead(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea")
    await ada.done("ban", room="#tea", person="@bob")
    assert await bob.error("join_room", room="#tea") == "banned"
    assert [e["person"] for e in ada.events("member_left")] == []


async def test_a_visitor_is_banned_from_a_room_with_their_host(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    await ada.done("create_room", name="tea")
    dan = await Client(chat, VisitorCodec(chat), AFAR).hello("dan")
    await dan.done("join_room", room="#tea")
    await ada.done("ban", room="#tea", person="@dan")
    await ada.event("member_left", person=dan.id)
    assert await dan.error("join_room", room="#tea") == "banned"
    dan.leave()
    again = await Client(chat, VisitorCodec(chat), AFAR).hello("dan")
    assert await again.error("join_room", room="#tea") == "banned"
    await again.say("still welcome elsewhere")


async def test_a_ban_by_address_never_hits_who_runs_the_server(chat: Chat) -> None:
    server = await operator(chat)
    desk = Client(chat, OperatorCodec(chat), AFAR)
    await server.done("ban", network="203.0.113.0/24")
    await desk.hello()
    await server.done("ban", network="203.0.113.7")
    await quiet(desk)


async def test_a_ban_by_address_never_hits_the_servers_own_moderators(chat: Chat) -> None:
    server = await operator(chat)
    boss = await Client(chat, origin=AFAR).hello("boss")
    bob = await Client(chat, origin=AFAR).hello("bob")
    await promote(chat, boss, "moderator")
    await server.done("ban", network="203.0.113.0/24")
    assert is_gone(bob)
    await quiet(boss)
    await Client(chat, origin=AFAR).hello(token=boss.token)
    await promote(chat, boss, "member")
    assert is_gone(boss)
    assert await refused(chat, token=boss.token) == "banned"


async def test_a_moderator_bans_nobody_above_them(chat: Chat, join: Join) -> None:
    boss, mod = await join("boss"), await join("mod")
    await promote(chat, boss, "owner")
    await promote(chat, mod, "moderator")
    assert await mod.error("ban", person="@boss") == "not-allowed"
    assert await mod.error("ban", person="@Server") == "no-such-person"
    await operator(chat)
    assert await mod.error("ban", person="@Server") == "not-allowed"
    await boss.done("ban", person="@mod")
    assert is_gone(mod)


async def test_from_where_a_visitor_comes_is_not_for_the_moderators_of_a_room(chat: Chat, join: Join) -> None:
    ada, boss = await join("ada"), await join("boss")
    await promote(chat, boss, "moderator")
    await ada.done("create_room", name="tea")
    dan = await Client(chat, VisitorCodec(chat), AFAR).hello("dan")
    await dan.done("join_room", room="#tea")
    await ada.done("ban", room="#tea", person="@dan")
    await ada.event("moderated", action="ban")
    assert [each["person"] for each in (await ada.done("list_restrictions", room="#tea"))["restrictions"]] == [dan.id]
    await ada.done("unban", room="#tea", person="@dan")
    await ada.done("read_audit", room="#tea")
    assert AFAR.address.encode() not in ada.heard
    await boss.event("moderated", action="unban", network=AFAR.address)
