"""Signals between programs: heard by clients that came the same way, by nobody else, and kept nowhere."""

from tests.unit.chat.conftest import Client, Join, TestStore, operator, quiet

from hobnob.chat.chat import Chat


async def test_all_clients_that_came_the_same_way_hear_it(chat: Chat, join: Join, visit: Join) -> None:
    ada, bob, dan = await join("ada"), await join("bob"), await visit("dan")
    second = await Client(chat).hello(token=bob.token)
    await ada.done("send_signal", person="@bob", what="VERSION")
    for client in (bob, second):
        event = await client.event("signal_sent", by=ada.id, what="VERSION")
        assert event.get("answer", False) is False
    await bob.done("send_signal", person="@ada", what="VERSION", text="BobChat", answer=True)
    await ada.event("signal_sent", by=bob.id, text="BobChat", answer=True)
    reply = await ada.ask("send_signal", person="@dan", what="VERSION")
    assert (reply["error"], reply["hint"]) == ("nobody-there", "dan is here with no program that could answer this.")
    await quiet(dan)
    assert dan.lines == []


async def test_it_is_kept_nowhere_and_makes_no_room(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    before = await ada.done("list_rooms")
    await ada.done("send_signal", person="@bob", what="PING", text="between us")
    await bob.event("signal_sent", text="between us")
    assert (await ada.done("list_rooms"))["rooms"] == before["rooms"]
    assert b"between us" not in repr(store.__dict__).encode()


async def test_who_cannot_be_asked(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    assert await ada.error("send_signal", person="@nobody", what="PING") == "no-such-person"
    for fields in ({"what": "ping"}, {"what": "A B"}, {"what": "X" * 17}, {"what": "PING", "text": "x" * 401}):
        assert await ada.error("send_signal", person="@bob", **fields) == "bad-command"
    await bob.done("ignore", person="@ada")
    assert await ada.error("send_signal", person="@bob", what="PING") == "not-reachable"
    await bob.done("unignore", person="@ada")
    await (await operator(chat)).done("mute", person="@ada")
    assert await ada.error("send_signal", person="@bob", what="PING") == "muted"
