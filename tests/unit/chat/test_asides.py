"""Asides: heard by those with the role who are there, and by nobody else; kept nowhere."""

import pytest
from tests.unit.chat.conftest import OVERHEARD, Client, Join, TestStore, operator, promote, quiet

from hobnob.chat.chat import Chat


async def tea(join: Join) -> tuple[Client, Client, Client, Client]:
    """#tea with its owner, a moderator, a speaker and a member."""
    ada, mod, sue, bob = [await join(name) for name in ("ada", "mod", "sue", "bob")]
    await ada.done("create_room", name="tea", people=["@mod", "@sue", "@bob"])
    await ada.done("set_role", room="#tea", person="@mod", role="moderator")
    await ada.done("set_role", room="#tea", person="@sue", role="speaker")
    for client in (mod, sue, bob):
        await client.done("join_room", room="#tea")
    return ada, mod, sue, bob


def asides(client: Client) -> list[str]:
    return [frame["text"] for frame in client.frames if frame.get("event") == "aside_sent"]


@pytest.mark.parametrize(("to", "hear"), [("owner", 1), ("moderator", 2), ("speaker", 3)])
async def test_those_with_the_role_hear_it_and_who_said_it(join: Join, to: str, hear: int) -> None:
    clients = await tea(join)
    await clients[-1].done("send_aside", room="#tea", to=to, text="between us")
    for client in clients:
        await quiet(client)
    assert [bool(asides(client)) for client in clients] == [*(n < hear for n in range(3)), True]


async def test_it_is_kept_nowhere(join: Join, store: TestStore) -> None:
    ada, *_, bob = await tea(join)
    before = await ada.done("read_history", room="#tea")
    assert (await bob.done("send_aside", room="#tea", text="between us")).get("number", 0) == 0
    event = await ada.event("aside_sent")
    assert event.get("number", 0) == 0
    assert await ada.done("read_history", room="#tea") | {"reply": 0} == before | {"reply": 0}
    assert "hits" not in await ada.done("search", query="between us")
    assert b"between us" not in repr(store.__dict__).encode()


async def test_all_clients_of_a_moderator_hear_it(chat: Chat, join: Join) -> None:
    ada, *_, bob = await tea(join)
    second = await Client(chat).hello(token=ada.token)
    await bob.done("send_aside", room="#tea", text="between us")
    await second.event("aside_sent", text="between us", to="moderator")


async def test_moderators_of_the_server_who_are_there_are_moderators(chat: Chat, join: Join) -> None:
    *_, bob = await tea(join)
    eve = await join("eve")
    await eve.done("join_room", room="#tea")
    await promote(chat, eve, "moderator")
    await bob.done("send_aside", room="#tea", text="between us")
    await eve.event("aside_sent", text="between us")


async def test_where_nobody_is_told_one_is_told_so(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    assert await ada.error("send_aside", room="#tea", text="between us") == "nobody-there"
    await bob.done("join_room", room="#tea")
    assert await ada.error("send_aside", room="#tea", text="between us") == "nobody-there"
    await bob.done("send_aside", room="#tea", text="between us")


async def test_who_may_not_say_one(chat: Chat, join: Join) -> None:
    ada, *_, bob = await tea(join)
    eve = await join("eve")
    assert await eve.error("send_aside", room="#tea", text="between us") == "not-a-member"
    assert await bob.error("send_aside", room="@ada", text="between us") == "no-such-room"
    await bob.say("hi", room="@ada")
    assert await bob.error("send_aside", room="@ada", text="between us") == "not-allowed"
    assert await bob.error("send_aside", room="#tea", text=" ") == "text-empty"
    assert await bob.error("send_aside", room="#tea", text="between us", to="member") == "bad-command"
    await ada.done("change_room", room="#tea", posting="moderators")
    await bob.done("send_aside", room="#tea", text="though I may not write")
    await ada.done("mute", room="#tea", person="@bob")
    assert await bob.error("send_aside", room="#tea", text="between us") == "muted"
    await ada.done("change_room", room="#tea", private=True)
    assert await eve.error("send_aside", room="#tea", text="between us") == "no-such-room"


async def test_an_aside_of_a_private_room_goes_over_no_open_line(chat: Chat, join: Join) -> None:
    ada, mod, _, bob = await tea(join)
    open_line = await Client(chat, origin=OVERHEARD).hello(token=mod.token)
    await ada.done("change_room", room="#tea", private=True)
    await bob.done("send_aside", room="#tea", text="between us")
    await mod.event("aside_sent", text="between us")
    await quiet(open_line)
    assert asides(open_line) == []


async def test_the_console_may_say_one_from_outside(chat: Chat, join: Join) -> None:
    ada, *_ = await tea(join)
    await (await operator(chat)).done("send_aside", room="#tea", to="owner", text="between us")
    await ada.event("aside_sent", text="between us")
