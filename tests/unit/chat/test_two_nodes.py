"""Two nodes on one store and a bus that loses, repeats and shuffles: the store is the truth."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import pytest
from tests.unit.chat.conftest import (
    AFAR,
    CHEAP,
    DEADLINE,
    PASSWORD,
    Client,
    TestStore,
    VisitorCodec,
    eventually,
    operator,
    quiet,
)

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.policy import Policy
from hobnob.protocol.events import Event
from hobnob.protocol.ids import AUDIT

SEEDS = range(3)


class LossyBus:
    """One node's end of a bus. What is published may reach the other never, twice, or much later."""

    alone = False

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self.other: LossyBus
        self.lost = 0.3
        self._hear: Callable[[Event], None] = lambda _: None
        self._delayed: list[Event] = []

    async def start(self, hear: Callable[[Event], None]) -> None:
        self._hear = hear

    def publish(self, event: Event) -> None:
        draw = self._draw
        for _ in range(0 if draw.random() < self.lost else draw.choice((1, 1, 2))):
            self._delayed.append(event)
        while self._delayed and draw.random() < 0.6:
            late = self._delayed.pop(draw.randrange(len(self._delayed)))
            asyncio.get_running_loop().call_soon(self.other.deliver, late)

    def deliver(self, event: Event) -> None:
        self._hear(event)

    async def stop(self) -> None:
        self._hear = lambda _: None


class Nodes:
    """Two nodes, each other's neighbours."""

    def __init__(self, store: TestStore, seed: int) -> None:
        draw = random.Random(seed)
        self.draw = draw
        self.buses = LossyBus(draw), LossyBus(draw)
        self.buses[0].other, self.buses[1].other = self.buses[1], self.buses[0]
        policy = Policy(password_cost=CHEAP)
        self.chats = Chat(store, self.buses[0], policy=policy), Chat(store, self.buses[1], policy=policy)

    def lose_everything(self) -> None:
        for bus in self.buses:
            bus.lost = 1.0

    async def join(self, node: int, name: str) -> Client:
        return await Client(self.chats[node]).hello(name)


@pytest.fixture(params=SEEDS)
async def nodes(
    request: pytest.FixtureRequest, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Nodes]:
    monkeypatch.setattr("hobnob.chat.logs.FILL_AFTER", 0.005)
    monkeypatch.setattr("hobnob.chat.logs.LOOK_EVERY", 0.02)
    nodes = Nodes(store, request.param)
    for chat in nodes.chats:
        await chat.open()
    yield nodes
    for chat in nodes.chats:
        await chat.stop("The test is over.")


def numbers(client: Client, room: str) -> list[int]:
    """The numbers of a room's facts, as a client heard them."""
    return [frame["number"] for frame in client.pull() if frame.get("room") == room and frame.get("number")]


async def caught_up(store: TestStore, room: str, *clients: Client) -> int:
    """Wait until clients have heard the last fact of a room; its number."""
    head = store.heads([room])[room]
    await eventually(lambda: all(numbers(client, room)[-1:] == [head] for client in clients))
    return head


async def test_readers_on_both_nodes_hear_every_fact_once_and_in_order(nodes: Nodes, store: TestStore) -> None:
    clients = [await nodes.join(n % 2, f"client{n}") for n in range(4)]
    room = clients[0].welcome["rooms"][0]["id"]
    await quiet(*clients)
    for n in range(120):
        nodes.draw.choice(clients).send("send_message", room="#lobby", text=f"{n}")
        if nodes.draw.random() < 0.4:
            await asyncio.sleep(0)
    await quiet(*clients)
    head = await caught_up(store, room, *clients)
    for client in clients:
        heard = numbers(client, room)
        assert heard == list(range(heard[0], head + 1))
        assert sorted(map(int, client.texts())) == list(range(120))
        assert client.texts() == clients[0].texts()


async def test_a_lost_last_message_is_found_by_the_heads(nodes: Nodes, store: TestStore) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(1, "bob")
    nodes.lose_everything()
    await ada.say("the last one")
    await bob.event("message_sent", text="the last one")


async def test_the_heads_are_looked_at_again_after_a_failure(nodes: Nodes, store: TestStore) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(1, "bob")
    nodes.lose_everything()
    store.blind = True
    looked = store.looks
    await eventually(lambda: store.looks > looked + 4)
    await ada.say("while nobody could read")
    store.blind = False
    await bob.event("message_sent", text="while nobody could read")


async def test_a_missing_fact_is_read_again_after_a_failure(nodes: Nodes, store: TestStore) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(1, "bob")
    nodes.lose_everything()
    await ada.say("lost")
    for bus in nodes.buses:
        bus.lost = 0.0
    store.blind = True
    looked = store.looks
    for n in range(20):
        await ada.say(f"not lost {n}")
    await eventually(lambda: store.looks > looked + 4)
    store.blind = False
    await bob.event("message_sent", text="not lost 19")
    assert bob.texts() == ["lost", *(f"not lost {n}" for n in range(20))]


async def test_who_leaves_on_one_node_is_silenced_on_the_other(nodes: Nodes, store: TestStore) -> None:
    bob, ada = await nodes.join(0, "bob"), await nodes.join(1, "ada")
    second = await Client(nodes.chats[1]).hello(token=bob.token)
    room = bob.welcome["rooms"][0]["id"]
    await bob.done("leave_room", room="#lobby")
    await eventually(lambda: room not in second.conversation.session.rooms)
    await ada.say("without bob")
    await caught_up(store, room, ada)
    await quiet(bob, second)
    assert bob.texts() == second.texts() == []
    assert await second.error("send_message", room="#lobby", text="let me in") == "not-a-member"


async def test_who_left_on_the_other_node_cannot_speak_even_if_that_was_not_heard(
    nodes: Nodes, store: TestStore
) -> None:
    bob = await nodes.join(0, "bob")
    second = await Client(nodes.chats[1]).hello(token=bob.token)
    nodes.lose_everything()
    await bob.done("leave_room", room="#lobby")
    assert await second.error("send_message", room="#lobby", text="hello") in ("not-a-member", "try-again")


async def test_a_reply_waits_until_what_came_before_is_told(nodes: Nodes, store: TestStore) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(1, "bob")
    nodes.lose_everything()
    for n in range(5):
        await ada.say(f"unheard {n}")
        asked = bob.send("send_message", room="#lobby", text=f"after {n}")
        await bob.reply(asked)
        frames = [
            frame.get("text") or frame.get("reply") for frame in bob.pull() if "text" in frame or "reply" in frame
        ]
        assert frames[-1] == asked or frames[-2:] == [asked, f"after {n}"]
        await bob.event("message_sent", text=f"after {n}")
        assert bob.texts()[-2:] == [f"unheard {n}", f"after {n}"]


async def test_a_rename_is_heard_on_both_nodes(nodes: Nodes) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(1, "bob")
    nodes.lose_everything()
    await ada.done("set_name", name="adele")
    await bob.event("person_renamed", name="adele")
    assert {m["name"] for m in (await bob.done("list_members", room="#lobby"))["members"]} == {"adele", "bob"}


async def test_a_name_taken_on_one_node_is_taken_on_the_other(nodes: Nodes) -> None:
    await nodes.join(0, "ada")
    assert await Client(nodes.chats[1]).error("hello", name="ADA") == "name-taken"
    assert await Client(nodes.chats[1], VisitorCodec(nodes.chats[1])).error("hello", name="ADA") == "name-taken"


async def test_a_room_gained_on_one_node_is_heard_on_the_other(nodes: Nodes) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(1, "bob")
    room = (await ada.done("open_direct", people=["@bob"]))["room"]["id"]
    await bob.event("room_gained", room=room)
    await eventually(lambda: room in bob.conversation.session.rooms)
    await ada.say("psst", room=room)
    await bob.event("message_sent", room=room, text="psst")


async def test_who_comes_back_on_the_other_node_hears_nothing_twice(nodes: Nodes, store: TestStore) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(0, "bob")
    await nodes.join(1, "reader")
    nodes.lose_everything()
    room = bob.welcome["rooms"][0]["id"]
    await ada.say("heard on the first node")
    heard = (await bob.event("message_sent"))["number"]
    bob.leave()
    back = await Client(nodes.chats[1]).hello(token=bob.token, epoch=bob.welcome["epoch"], rooms={room: heard})
    await ada.say("heard on the second")
    await back.event("message_sent", text="heard on the second")
    assert back.texts() == ["heard on the second"]


async def test_a_device_is_out_on_both_nodes(nodes: Nodes) -> None:
    ada = await Client(nodes.chats[0]).hello("ada", password=PASSWORD, register=True)
    phone = await Client(nodes.chats[1]).hello("ada", password=PASSWORD)
    device = next(d["id"] for d in (await phone.done("list_devices"))["devices"] if d.get("current"))
    nodes.lose_everything()
    await ada.done("revoke_device", device=device)
    await eventually(lambda: phone.link.closed)
    assert await Client(nodes.chats[1]).error("hello", token=phone.token) == "token-unknown"


async def test_who_claims_the_name_is_an_account_on_both_nodes(nodes: Nodes) -> None:
    gus = await nodes.join(0, "gus")
    other = await Client(nodes.chats[1]).hello(token=gus.token)
    visitor = await nodes.join(1, "Client")
    await gus.done("register", password=PASSWORD)
    await eventually(lambda: other.link.closed)
    reply = await visitor.done("register", name="vic", password=PASSWORD)
    back = await Client(nodes.chats[0]).hello(token=reply["token"])
    assert (back.id, back.welcome["you"]["kind"]) == (visitor.id, "account")
    await back.say("from the other node")
    await visitor.event("message_sent", text="from the other node")


async def test_a_deleted_account_is_gone_from_both_nodes(nodes: Nodes) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(1, "bob")
    reply = await ada.done("register", password=PASSWORD)
    elsewhere = await Client(nodes.chats[1]).hello(token=reply["token"])
    number = await ada.say("secret")
    nodes.lose_everything()
    await ada.done("delete_account", password=PASSWORD, messages="blank")
    await bob.event("message_deleted", of=number)
    await eventually(lambda: elsewhere.link.closed)
    await bob.event("account_deleted", by=ada.id)
    assert "ada" not in [member["name"] for member in (await bob.done("list_members", room="#lobby"))["members"]]


async def test_a_ban_on_one_node_counts_on_the_other(nodes: Nodes, store: TestStore) -> None:
    server, bob = await operator(nodes.chats[0]), await nodes.join(1, "bob")
    nodes.lose_everything()
    await server.done("ban", person="bob", reason="spam")
    await eventually(lambda: bob.link.closed)
    assert bob.pull()[-1]["text"] == "You are banned from this server. Reason: spam."
    assert await Client(nodes.chats[1]).error("hello", token=bob.token) == "banned"
    await server.done("unban", person="bob")
    await eventually(lambda: nodes.chats[1].restrictions.banned(bob.id) is None)
    await Client(nodes.chats[1]).hello(token=bob.token)


async def test_a_banned_network_is_sent_away_from_all_nodes(nodes: Nodes, store: TestStore) -> None:
    server = await operator(nodes.chats[0])
    bob = await Client(nodes.chats[1], origin=AFAR).hello("bob")
    await server.done("ban", network="203.0.113.0/24")
    await eventually(lambda: bob.link.closed)
    assert await Client(nodes.chats[1], origin=AFAR).error("hello", name="eve") == "banned"


async def test_who_is_muted_on_one_node_is_silent_on_the_other_even_if_that_was_not_heard(
    nodes: Nodes, store: TestStore
) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(1, "bob")
    room = (await ada.done("create_room", name="tea", people=[bob.id]))["room"]["id"]
    await bob.event("room_gained", room=room)
    nodes.lose_everything()
    await ada.done("mute", room=room, person=bob.id)
    assert await bob.error("send_message", room=room, text="hello") in ("muted", "try-again")
    await quiet(ada)
    assert ada.texts() == []


async def test_a_role_given_on_one_node_counts_on_the_other(nodes: Nodes, store: TestStore) -> None:
    server = await operator(nodes.chats[0])
    bob = await Client(nodes.chats[1]).hello("bob", password=PASSWORD, register=True)
    nodes.lose_everything()
    await server.done("set_role", person="bob", role="moderator")
    await bob.event("server_role_changed", role="moderator")
    await bob.done("list_restrictions")


async def test_a_room_renamed_on_one_node_is_found_by_its_new_name_on_the_other(nodes: Nodes, store: TestStore) -> None:
    ada, bob = await nodes.join(0, "ada"), await nodes.join(1, "bob")
    await ada.done("create_room", name="tea")
    await bob.done("join_room", room="#tea")
    nodes.lose_everything()
    await ada.done("change_room", room="#tea", name="coffee", private=True)
    await bob.event("room_changed", name="coffee")
    await bob.say("here", room="#coffee")
    assert await bob.error("send_message", room="#tea", text="x") == "no-such-room"


async def test_a_ban_while_another_node_starts_is_counted_once(
    nodes: Nodes, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all that asks whether rights are unchanged would be asked again for ever there."""
    server = await operator(nodes.chats[0])
    await nodes.join(0, "bob")
    read, loop = store.rights, asyncio.get_running_loop()
    bans = ["203.0.113.1", "203.0.113.2"]

    def late(log: str) -> int:
        if bans:
            asyncio.run_coroutine_threadsafe(server.done("ban", network=bans.pop()), loop).result(DEADLINE)
        return read(log)

    monkeypatch.setattr(store, "rights", late)
    third = Chat(store, LocalBus())
    await third.open()
    assert third.house_rights == read(AUDIT) == 2
    await (await operator(third)).done("ban", person="bob")
    await third.stop("The test is over.")
