"""What is unread, against a model too plain to be wrong: a list of messages and a mark for each person."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.chat.conftest import Client, Join, Late, TestStore

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.protocol.records import RoomState

NAMES = ("ada", "bob", "eve")


@dataclass
class Said:
    by: str
    mentions: frozenset[str]
    deleted: bool = False


@dataclass
class Model:
    """Messages by number, and the number that each person has read up to."""

    messages: dict[int, Said] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)

    def unread(self, person: str) -> tuple[int, int]:
        new = [
            said
            for number, said in self.messages.items()
            if number > self.read[person] and said.by != person and not said.deleted
        ]
        return len(new), sum(person in said.mentions for said in new)


PEOPLE = st.sampled_from(NAMES)
SOME = st.sets(PEOPLE, max_size=2)
WHICH = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), PEOPLE, SOME),
        st.tuples(st.just("edit"), WHICH, SOME),
        st.tuples(st.just("delete"), WHICH, st.just(set[str]())),
        st.tuples(st.just("mark_read"), PEOPLE, WHICH),
        st.tuples(st.just("mark_all"), PEOPLE, st.just(0)),
        st.tuples(st.just("mark_unread"), PEOPLE, WHICH),
    ),
    max_size=15,
)


def text(mentions: object) -> str:
    assert isinstance(mentions, set)
    return "hello " + " ".join(f"@{name}" for name in sorted(mentions))


async def do(clients: dict[str, Client], model: Model, step: tuple[str, object, object]) -> None:
    what, first, second = step
    if what == "send":
        assert isinstance(first, str)
        assert isinstance(second, set)
        number = await clients[first].say(text(second))
        model.messages[number] = Said(first, frozenset(second))
    elif what in ("edit", "delete"):
        standing = [(number, said) for number, said in model.messages.items() if not said.deleted]
        if not standing:
            return
        assert isinstance(first, int)
        number, said = standing[first % len(standing)]
        if what == "edit":
            await clients[said.by].done("edit_message", room="#lobby", of=number, text=text(second))
            assert isinstance(second, set)
            said.mentions = frozenset(second)
        else:
            await clients[said.by].done("delete_message", room="#lobby", of=number)
            said.deleted = True
    else:
        assert isinstance(first, str)
        assert isinstance(second, int)
        await mark(clients[first], model, first, what, second)


async def mark(client: Client, model: Model, name: str, what: str, which: int) -> None:
    head = (await client.done("events_since", log="#lobby", number=0, limit=1))["head"]
    number = which % (head + 1)
    if what == "mark_all":
        await client.done("mark_read", room="#lobby")
        model.read[name] = head
    elif what == "mark_read":
        await client.done("mark_read", room="#lobby", number=number)
        model.read[name] = number
    elif number:
        await client.done("mark_unread", room="#lobby", number=number)
        model.read[name] = number - 1


@settings(max_examples=25)
@given(STEPS)
def test_unread_and_mentions_are_as_a_plain_model_says(steps: list[tuple[str, object, object]]) -> None:
    async def run() -> None:
        chat = Chat(TestStore(), LocalBus())
        await chat.open()
        clients = {name: await Client(chat).hello(name) for name in NAMES}
        model = Model()
        for name, client in clients.items():
            model.read[name] = client.welcome["rooms"][0]["read"]
        for step in steps:
            await do(clients, model, step)
        for name, client in clients.items():
            (listed,) = (await client.done("list_unread", room="#lobby"))["rooms"]
            assert (listed.get("unread", 0), listed.get("mentions", 0)) == model.unread(name)
            assert listed.get("read", 0) == model.read[name]
            back = await Client(chat).hello(token=client.token)
            room = back.welcome["rooms"][0]
            assert (room.get("unread", 0), room.get("mentions", 0)) == model.unread(name)
        await chat.stop("The test is over.")

    asyncio.run(run())


async def test_a_mark_is_one_truth_for_all_of_a_persons_clients(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    second = await Client(chat).hello(token=bob.token)
    number = await ada.say("hello @bob")
    assert (await second.done("list_unread"))["rooms"][0]["mentions"] == 1
    await bob.done("mark_read", room="#lobby", number=number)
    assert (await second.event("read_marked"))["upto"] == number
    assert "unread" not in (await second.done("list_unread"))["rooms"][0]
    await bob.done("mark_unread", room="#lobby", number=number)
    assert (await second.done("list_unread", room="#lobby"))["rooms"][0]["unread"] == 1


@pytest.mark.parametrize("number", [2**53 - 1, 99])
async def test_a_number_that_is_not_there_cannot_be_marked(join: Join, number: int) -> None:
    ada = await join("ada")
    assert await ada.error("mark_read", room="#lobby", number=number) == "bad-number"
    assert await ada.error("mark_unread", room="#lobby", number=number + 1 if number == 99 else 0) == "bad-number"


async def test_who_leaves_and_comes_back_has_nothing_unread(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.say("one")
    await bob.done("leave_room", room="#lobby")
    await ada.say("two")
    joined = await bob.done("join_room", room="#lobby")
    assert "unread" not in joined["room"]
    await ada.say("three")
    assert (await bob.done("list_unread"))["rooms"][0]["unread"] == 1


@pytest.mark.parametrize(
    "entering",
    [{"do": "join_room", "room": "#lobby"}, {"do": "open_direct", "people": ["@ada"]}],
    ids=lambda e: e["do"],
)
async def test_what_is_said_while_one_comes_in_is_told_and_not_counted_as_well(
    join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch, entering: dict[str, Any]
) -> None:
    ada, bob = await join("ada"), await join("bob")
    direct = (await ada.done("open_direct", people=["@bob"]))["room"]["id"]
    room = direct if entering["do"] == "open_direct" else "#lobby"
    await ada.done("send_message", room=room, text="before, @bob")
    looking, read = Late(lambda _: None), store.rooms_of

    def late(person: str) -> list[RoomState]:
        looking(person)
        return read(person)

    monkeypatch.setattr(store, "rooms_of", late)
    asked = bob.send(**entering)
    await looking.called()
    said = await ada.done("send_message", room=room, text="meanwhile, @bob")
    looking.go_on.set()
    state = (await bob.reply(asked))["room"]
    assert (state["unread"], state["mentions"]) == (1, 1)
    assert state["head"] == said["number"] - 1
    assert (await bob.event("message_sent", text="meanwhile, @bob"))["number"] == said["number"]
