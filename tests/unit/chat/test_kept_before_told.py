"""The guarantees "kept before told" and "one order": what anyone hears is committed, and all hear it alike."""

import asyncio
import random
from collections.abc import Mapping, Sequence

from tests.unit.chat.conftest import Client, Join, TestStore, eventually, quiet

from hobnob.chat.chat import Chat
from hobnob.gateways.json_lines import JsonLinesCodec, JsonLinesWire
from hobnob.stores.store import Item, Outcome


async def test_nobody_hears_what_is_not_yet_committed(join: Join, visit: Join, store: TestStore) -> None:
    ada, bob, visitor = await join("ada"), await join("bob"), await visit("eve")
    store.gate.clear()
    asked = ada.send("send_message", room="#lobby", text="wait for me")
    await quiet(bob, visitor)
    assert bob.texts() == []
    assert visitor.lines == []
    assert not any(frame.get("reply") == asked for frame in ada.pull())
    store.gate.set()
    await bob.event("message_sent", text="wait for me")
    assert (await ada.reply(asked))["ok"]


async def test_what_is_told_can_be_read_back_at_once(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    asked = [ada.send("send_message", room="#lobby", text=f"{n}") for n in range(20)]
    for n in range(20):
        heard = await bob.event("message_sent", text=f"{n}")
        page = await bob.done("read_history", room="#lobby", around=heard["number"], limit=1)
        assert page["messages"][0]["text"] == f"{n}"
    await ada.reply(asked[-1])


async def test_many_senders_are_heard_in_one_order_on_every_wire_format(chat: Chat, join: Join, visit: Join) -> None:
    senders = [await join(f"sender{n}") for n in range(5)]
    speaking_visitor = await visit("mallory")
    json_reader, visitor = await join("reader"), await visit("eve")
    without_echo = await Client(chat, JsonLinesCodec(chat, JsonLinesWire(echo=False))).hello("noecho")
    draw = random.Random(1)
    said = 0
    for _ in range(40):
        for sender in draw.sample([*senders, speaking_visitor], 3):
            for _ in range(draw.randint(1, 4)):
                sender.send("send_message", room="#lobby", text=f"{said}")
                said += 1
        if draw.random() < 0.5:
            await asyncio.sleep(0)
    await quiet(*senders, speaking_visitor, json_reader, visitor, without_echo)
    order = json_reader.texts()
    assert sorted(map(int, order)) == list(range(said))
    assert all(sender.texts() == order for sender in senders)
    assert without_echo.texts() == order
    assert [line.partition(": ")[2] for line in visitor.lines] == order
    numbers = [frame["number"] for frame in json_reader.events("message_sent")]
    assert numbers == list(range(numbers[0], numbers[0] + said))
    own = [frame["text"] for frame in json_reader.events("message_sent") if frame["by_name"] == "mallory"]
    heard_by_mallory = [line.partition(": ")[2] for line in speaking_visitor.lines]
    assert heard_by_mallory == [text for text in order if text not in own]


async def test_each_senders_messages_keep_their_order_while_rights_change(join: Join) -> None:
    ada, reader = await join("ada"), await join("reader")
    passing = [await join(f"passing{n}") for n in range(10)]
    for n in range(200):
        ada.send("send_message", room="#lobby", text=f"{n}")
        if n % 20 == 10:
            passing[n // 20].send("leave_room", room="#lobby")
            await asyncio.sleep(0)
    await quiet(ada, reader)
    assert reader.texts() == [f"{n}" for n in range(200)]


async def test_a_reply_and_a_pong_come_after_the_effects(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    for n in range(30):
        sent, ping = ada.send("send_message", room="#lobby", text=f"{n}"), ada.send("ping")
        await ada.reply(ping)
        replies = [frame["reply"] for frame in ada.frames if "reply" in frame]
        assert replies[-2:] == [sent, ping]
        await asyncio.sleep(0)  # the write of this turn
        await eventually(lambda n=n: bob.texts()[-1:] == [f"{n}"])  # type: ignore[misc]
        assert ada.texts()[-1] == f"{n}"


async def test_a_pong_comes_after_what_others_had_sent(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    store.gate.clear()
    ada.send("send_message", room="#lobby", text="before")
    ping = bob.send("ping", settled=True)
    ada.send("send_message", room="#lobby", text="after")
    store.gate.set()
    await bob.reply(ping)
    told = [frame.get("text") or frame.get("reply") for frame in bob.frames]
    assert told.index("before") < told.index(ping)


async def test_an_event_has_the_same_bytes_for_every_reader(chat: Chat, join: Join) -> None:
    readers = [await join(f"reader{n}") for n in range(4)]
    await quiet(*readers)
    for reader in readers:
        reader.heard.clear()
    ada, bob = readers[:2]
    number = await ada.say("hello @reader1 and @reader2")
    await ada.done("edit_message", room="#lobby", of=number, text="hello @reader3")
    await bob.done("react", room="#lobby", of=number, emoji="👍")
    await bob.done("typing", room="#lobby")
    await bob.done("set_presence", state="away", text="tea")
    await bob.done("set_name", name="robert")
    await bob.done("set_topic", room="#lobby", topic="all alike")
    await ada.done("delete_message", room="#lobby", of=number)
    await bob.done("leave_room", room="#lobby")
    await quiet(*readers)
    streams = [
        [line for line in bytes(reader.heard).split(b"\n") if b'"event":' in line and b"room_lost" not in line]
        for reader in readers
    ]
    assert len(streams[0]) == 9
    assert streams[0] == streams[1] == streams[2] == streams[3]


async def test_when_telling_one_item_fails_those_of_the_same_commit_are_answered(
    chat: Chat, join: Join, store: TestStore, logged: Sequence[Mapping[str, object]]
) -> None:
    def broken(outcome: Outcome) -> None:
        raise RuntimeError("told the wrong way")

    ada = await join("ada")
    chat.keeper.keep(Item(()), broken)
    await ada.say("in the same commit")
    assert any(line["event"] == "telling what was kept failed" for line in logged)
