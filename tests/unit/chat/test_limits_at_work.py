"""Limits as people meet them: who sends too fast is slowed and loses nothing, who asks too much is told so."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from tests.unit.chat.conftest import AFAR, HERE, Client, Join, TestStore, VisitorCodec

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.handling import HANDLERS
from hobnob.chat.limits import RATES, Limit, Limits, Rate, Rates
from hobnob.chat.origins import Origins
from hobnob.chat.policy import Policy
from hobnob.gateways.gateway import Codec, Manner, Origin
from hobnob.gateways.irc import IrcCodec
from hobnob.gateways.json_lines import JsonLinesCodec
from hobnob.gateways.lines import LinesCodec
from hobnob.protocol.command import Command
from hobnob.protocol.commands import Ping, SendMessage

BURST, PER_SECOND = 5, 200.0


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.conversation.SHORTEST_REST", 0.0)


def limit(chat: Chat, which: Limit, **rates: Rate) -> None:
    """This one limit, and no other."""
    chat.limits = Limits(Origins(), rates={which: Rates(**rates)})


async def from_afar(chat: Chat, name: str, address: str = AFAR.address) -> Client:
    return await Client(chat, origin=Origin(address, confidential=True, loopback=False)).hello(name)


def is_read(client: Client) -> bool:
    return client.link.reading


def frames(count: int, room: str = "#lobby") -> bytes:
    return b"".join(Client.frame("send_message", f"m{n}", room=room, text=f"{n}") for n in range(count))


async def test_who_sends_too_fast_is_slowed_and_loses_nothing(chat: Chat) -> None:
    limit(chat, Limit.SENDING, person=Rate(BURST, PER_SECOND))
    ada, bob = await from_afar(chat, "ada"), await from_afar(chat, "bob")
    began = chat.loop.time()
    ada.conversation.receive(frames(40))
    ada.conversation.receive(Client.frame("ping", "after"))
    assert await bob.say("meanwhile") < 20  # only what was allowed at once is before it
    await ada.reply("after")
    assert chat.loop.time() - began >= (40 - BURST) / PER_SECOND - 0.01
    replies = [frame["reply"] for frame in ada.frames if "reply" in frame]
    assert replies[1:] == [*(f"m{n}" for n in range(40)), "after"]
    assert all(frame["ok"] for frame in ada.frames if "reply" in frame)
    await bob.event("message_sent", text="39")
    assert [text for text in bob.texts() if text.isdigit()] == [str(n) for n in range(40)]


@pytest.mark.parametrize("by", ["address", "room"])
async def test_many_who_share_a_limit_all_get_through(chat: Chat, by: str) -> None:
    limit(chat, Limit.SENDING, **{by: Rate(BURST, PER_SECOND)})
    people = [await from_afar(chat, f"p{n}") for n in range(8)]
    for person in people:
        person.conversation.receive(frames(5))
    for person in people:
        assert (await person.reply("m4"))["ok"]
    for person in people:
        assert [text for text in person.texts() if text == "4"] or await person.event("message_sent", text="4")


async def test_direct_messages_are_slowed_too(chat: Chat) -> None:
    limit(chat, Limit.SENDING, person=Rate(BURST, PER_SECOND))
    ada, bob = await from_afar(chat, "ada"), await from_afar(chat, "bob")
    ada.conversation.receive(frames(20, "@bob"))
    await bob.event("message_sent", text="19")
    assert bob.texts() == [str(n) for n in range(20)]


async def test_who_is_slowed_is_read_no_further_until_all_is_said(chat: Chat) -> None:
    limit(chat, Limit.SENDING, person=Rate(BURST, 0.001))
    ada = await from_afar(chat, "ada")
    ada.conversation.receive(frames(BURST))
    assert is_read(ada)
    ada.conversation.receive(frames(1))
    assert not is_read(ada)
    chat.limits = Limits(Origins(), on=False)
    ada.conversation.receive(Client.frame("ping", "after"))
    ada.conversation._rested()
    await ada.reply("after")
    assert is_read(ada)


@pytest.mark.parametrize("end", ["lost", "dismissed", "stopped"])
async def test_who_goes_while_slowed_leaves_nothing_behind(store: TestStore, end: str) -> None:
    chat = Chat(store, LocalBus())
    await chat.open()
    limit(chat, Limit.SENDING, person=Rate(BURST, 0.001))
    ada = await from_afar(chat, "ada")
    ada.conversation.receive(frames(50))
    await ada.reply("m4")
    resting = ada.conversation._resting
    assert resting is not None
    if end == "lost":
        ada.leave()
    elif end == "dismissed":
        ada.conversation.dismiss("Goodbye.", "kicked")
    await chat.stop("The end.")
    assert resting.cancelled()
    history = store.history(chat.lobby.id, before=None, after=0, around=None, limit=99, since=1)[0]
    assert [message.text for message in history] == [str(n) for n in range(BURST)]


async def test_this_machine_is_not_slowed(chat: Chat) -> None:
    ada = await Client(chat, origin=HERE).hello("ada")
    ada.conversation.receive(frames(2000))
    assert ada.conversation._resting is None
    assert (await ada.reply("m1999"))["ok"]


async def test_where_strangers_look_local_this_machine_is_slowed(store: TestStore) -> None:
    chat = Chat(store, LocalBus(), policy=Policy(loopback_exempt=False))
    await chat.open()
    ada = await Client(chat, origin=HERE).hello("ada")
    ada.conversation.receive(frames(200))
    assert ada.conversation._resting is not None
    await chat.stop("The end.")


async def test_without_limits_nobody_is_slowed(store: TestStore) -> None:
    chat = Chat(store, LocalBus(), policy=Policy(limited=False))
    await chat.open()
    ada = await from_afar(chat, "ada")
    ada.conversation.receive(frames(2000))
    assert (await ada.reply("m1999"))["ok"]
    await chat.stop("The end.")


async def test_who_runs_the_server_meets_no_limit(chat: Chat) -> None:
    class Console(VisitorCodec):
        manner = Manner("console", keeps=False, attach=VisitorCodec.manner.attach, facts=False, operator=True)

    limit(chat, Limit.SENDING, person=Rate(1, 0.001), room=Rate(1, 0.001))
    console = await Client(chat, Console(chat), AFAR).hello("root")
    console.conversation.receive(frames(20))
    assert (await console.reply("m19"))["ok"]


# What is said to a gateway alone


TALK = {
    "JSON": (b"", b'{"do":"ping"}\n'),
    "bad JSON": (b"", b'x\n{"do":"ping"}\n'),
    "IRC": (b"NICK irc\r\nUSER x 0 * :x\r\n", b"PING x\r\n"),
    "IRC, WHO": (b"NICK irc\r\nUSER x 0 * :x\r\nJOIN #lobby\r\n", b"WHO #lobby\r\n"),
    "IRC, unregistered": (b"", b"PING x\r\n"),
    "lines": (b"lines\n", b"/help\n"),
}
CODECS: dict[str, Callable[[Chat], Codec]] = {
    "JSON": JsonLinesCodec,
    "IRC": IrcCodec,
    "lines": partial(LinesCodec, greeted=True),
}


@pytest.mark.parametrize("kind", TALK)
async def test_who_talks_too_much_to_a_gateway_is_read_no_further_for_a_while(chat: Chat, kind: str) -> None:
    codec = next(codec for name, codec in CODECS.items() if name in kind)
    limit(chat, Limit.TALKING, address=Rate(200, 1000))
    client = Client(chat, codec(chat), AFAR)
    first, line = TALK[kind]
    client.conversation.receive(first or line)
    assert is_read(client)
    client.conversation.receive(line * 300)
    assert not is_read(client)
    async with asyncio.timeout(30):
        while not is_read(client):  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_long_answers_count_as_many_lines(chat: Chat) -> None:
    limit(chat, Limit.TALKING, person=Rate(20, 0.001))
    client = Client(chat, LinesCodec(chat, greeted=True), AFAR)
    client.conversation.receive(b"lines\n")
    async with asyncio.timeout(30):
        while b"Welcome" not in client.link.written:
            await client.link.news.wait()
            client.link.news.clear()
    client.conversation.receive(b"/help\n" * 5)
    assert is_read(client)
    client.conversation._put(bytes(30 * 1024))
    client.conversation.receive(b"/help\n")
    assert not is_read(client)


async def test_who_goes_while_owing_lines_leaves_nothing_behind(chat: Chat) -> None:
    limit(chat, Limit.TALKING, address=Rate(5, 0.001))
    client = Client(chat, origin=AFAR)
    client.conversation.receive(b'{"do":"ping"}\n' * 50)
    owing = client.conversation._owing
    assert owing is not None
    client.leave()
    assert owing.cancelled()


async def test_this_machine_may_talk_as_much_as_it_likes(chat: Chat) -> None:
    client = Client(chat, origin=HERE)
    client.conversation.receive(b'{"do":"ping"}\n' * 5000)
    assert client.conversation._owing is None


# What is refused


@pytest.mark.parametrize("which", set(Limit) - {Limit.CONNECTING, Limit.SENDING, Limit.TALKING, Limit.ASKING})
def test_every_limit_counts_some_command(which: Limit) -> None:
    assert which in {handler.limit for handler in HANDLERS.values()}


@pytest.mark.parametrize("command", HANDLERS, ids=lambda command: command.__name__)
def test_every_command_is_counted(command: type[Command]) -> None:
    """A sign of life costs less than counting it; a message is counted by its own handler, as it may be slowed."""
    assert (HANDLERS[command].limit is None) == (command in (Ping, SendMessage))


async def test_who_asks_too_much_is_told_when_to_go_on(chat: Chat) -> None:
    ada = await from_afar(chat, "ada")
    limit(chat, Limit.READING_HISTORY, person=Rate(2, 0.5))
    answers = [await ada.ask("read_history", room="#lobby") for _ in range(3)]
    assert [answer.get("error") for answer in answers] == [None, None, "too-fast"]
    assert answers[2]["hint"] == "That was too much in a short time. Try again in 2 seconds."


async def test_edits_and_reactions_share_the_limit_of_messages(chat: Chat) -> None:
    ada = await from_afar(chat, "ada")
    number = await ada.say("hi")
    limit(chat, Limit.SENDING, person=Rate(2, 0.01))
    await ada.done("edit_message", room="#lobby", of=number, text="hello")
    await ada.done("react", room="#lobby", of=number, emoji="👍")
    assert await ada.error("delete_message", room="#lobby", of=number) == "too-fast"


async def test_rooms_that_are_made_by_joining_or_writing_count_as_made(chat: Chat, join: Join) -> None:
    await join("bob")
    ada = await from_afar(chat, "ada")
    limit(chat, Limit.CREATING, person=Rate(1, 0.01))
    await ada.done("join_room", room="#one", create=True)
    assert await ada.error("join_room", room="#two", create=True) == "too-fast"
    assert await ada.error("create_room", name="three") == "too-fast"
    assert await ada.error("open_direct", people=["@bob"]) == "too-fast"
    assert await ada.error("send_message", room="@bob", text="hi") == "too-fast"
    await ada.done("join_room", room="#one")


async def test_a_room_that_one_may_not_see_is_not_used_up(chat: Chat) -> None:
    ada, eve = await from_afar(chat, "ada"), await from_afar(chat, "eve", "203.0.113.9")
    await ada.done("create_room", name="secret", kind="private")
    limit(chat, Limit.SENDING, room=Rate(2, 0.001))
    for _ in range(5):
        assert await eve.error("send_message", room="#secret", text="hi") == "no-such-room"
    await ada.say("mine", room="#secret")


async def test_saying_hello_counts_for_the_address(chat: Chat) -> None:
    limit(chat, Limit.NAMING, address=Rate(3, 0.01))
    for n in range(3):
        await from_afar(chat, f"p{n}")
    assert await Client(chat, origin=AFAR).error("hello", name="late") == "too-fast"
    await from_afar(chat, "elsewhere", "203.0.113.8")


HINT = b"That was too much in a short time. Try again in 2 minutes."


async def test_on_every_gateway_the_hint_is_said(chat: Chat) -> None:
    limit(chat, Limit.JOINING, person=Rate(1, 0.01))
    json = await from_afar(chat, "json")
    lines = Client(chat, LinesCodec(chat, greeted=True), AFAR)
    irc = Client(chat, IrcCodec(chat), AFAR)
    lines.conversation.receive(b"lines\n/join #one\n/join #two\n")
    irc.conversation.receive(b"NICK irc\r\nUSER x 0 * :x\r\nJOIN #one\r\nJOIN #two\r\n")
    await json.done("join_room", room="#one", create=True)
    json.send("join_room", room="#two")
    for client in (json, lines, irc):
        async with asyncio.timeout(30):
            while HINT not in client.link.written:
                client.link.news.clear()
                await client.link.news.wait()
        assert not client.link.closed


def test_a_pasted_page_is_within_what_is_allowed_at_once() -> None:
    rate = RATES[Limit.SENDING].person
    assert rate is not None
    assert rate.burst >= 60
