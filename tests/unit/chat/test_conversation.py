"""One ordered queue per connection: what is submitted together, what waits, and when a client is read no further."""

import asyncio
import json

import pytest
from tests.unit.chat.conftest import Client, Join, TestStore, VisitorCodec, eventually, quiet

from hobnob.chat.chat import Chat
from hobnob.chat.conversation import MOST_SAID


def replies(client: Client) -> list[str]:
    return [frame["reply"] for frame in client.pull() if frame.get("reply") is not None]


async def test_sends_in_a_row_are_committed_together(join: Join, store: TestStore) -> None:
    ada = await join("ada")
    frames = b"".join(Client.frame("send_message", f"m{n}", room="#lobby", text=f"{n}") for n in range(100))
    store.batches.clear()
    ada.conversation.receive(frames)
    await ada.reply("m99")
    assert store.batches == [100]
    assert replies(ada)[-100:] == [f"m{n}" for n in range(100)]


async def test_anything_else_waits_for_all_before_it(join: Join, store: TestStore) -> None:
    ada = await join("ada")
    store.gate.clear()
    sent = [ada.send("send_message", room="#lobby", text=f"{n}") for n in range(3)]
    others = [ada.send("set_topic", room="#lobby", topic="t"), ada.send("ping"), ada.send("nonsense")]
    last = ada.send("send_message", room="#lobby", text="last")
    before = len(replies(ada))
    await asyncio.sleep(0)
    assert len(replies(ada)) == before
    store.gate.set()
    await ada.reply(last)
    assert replies(ada)[before:] == [*sent, *others, last]
    frames = [frame.get("event") or frame.get("reply") for frame in ada.frames]
    assert frames.index("topic_changed") < frames.index(others[1])


async def test_what_waits_for_nothing_is_answered_at_once(join: Join, chat: Chat) -> None:
    ada = await join("ada")
    before = len(replies(ada))
    asked = [ada.send("ping"), ada.send("send_message", room="#lobby", text=""), ada.send("ping")]
    chat.pace.flush()  # and the loop has had no turn
    assert replies(ada)[before:] == asked


async def test_small_talk_keeps_its_place_between_commands(join: Join) -> None:
    ada = await join("ada")
    frames = b""
    for n in range(20):
        frames += Client.frame("send_message", f"m{n}", room="#lobby", text=f"{n}")
        frames += Client.frame("no_such_command", f"bad{n}")
        if n % 5 == 0:
            frames += Client.frame("ping", f"p{n}")
    ada.conversation.receive(frames)
    await ada.reply("bad19")
    expected = [id for n in range(20) for id in (f"m{n}", f"bad{n}", *([f"p{n}"] if n % 5 == 0 else []))]  # noqa: A001
    assert replies(ada)[1:] == expected


async def test_a_refused_send_keeps_its_place(join: Join) -> None:
    ada = await join("ada")
    texts = ["a", "", "b", "x" * 20_000, "c"]
    ids = [ada.send("send_message", room="#lobby", text=text) for text in texts]
    await ada.reply(ids[-1])
    assert replies(ada)[1:] == ids
    assert ada.texts() == ["a", "b", "c"]


async def test_who_says_too_much_is_read_no_further_until_it_is_done(join: Join, store: TestStore) -> None:
    ada = await join("ada")
    store.gate.clear()
    ada.send("set_topic", room="#lobby", topic="slow")
    ada.conversation.receive(b"".join(Client.frame("ping", f"p{n}") for n in range(MOST_SAID + 1)))
    assert not ada.link.reading
    store.gate.set()
    await ada.reply(f"p{MOST_SAID}")
    assert ada.link.reading


async def test_who_sends_too_many_bytes_is_read_no_further_until_it_is_done(join: Join, store: TestStore) -> None:
    ada = await join("ada")
    store.gate.clear()
    for n in range(20):
        ada.send("send_message", room="#lobby", text="x" * 16_000 + str(n))
    assert not ada.link.reading
    store.gate.set()
    await eventually(lambda: ada.link.reading)
    await quiet(ada)
    assert len(ada.texts()) == 20


async def test_nothing_is_done_for_who_does_not_read(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    ada.conversation.pause()
    ada.conversation.receive(b"".join(Client.frame("ping", f"p{n}") for n in range(MOST_SAID + 1)))
    ada.send("send_message", room="#lobby", text="later")
    await quiet(bob)
    assert bob.texts() == []
    assert not ada.link.reading
    ada.conversation.resume()
    await bob.event("message_sent", text="later")
    await eventually(lambda: ada.link.reading)


async def test_a_frame_may_come_in_any_pieces(join: Join) -> None:
    ada = await join("ada")
    for byte in Client.frame("send_message", "x", room="#lobby", text="grüße"):
        ada.conversation.receive(bytes([byte]))
    await ada.reply("x")
    assert ada.texts() == ["grüße"]


async def test_the_end_of_input_comes_after_all_that_was_said(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    ada.conversation.receive(Client.frame("send_message", "a", room="#lobby", text="1").rstrip(b"\n"))
    ada.conversation.end()
    assert "text" not in await bob.event("presence_changed", state="offline")
    assert ada.link.closed
    assert bob.texts() == ["1"]
    assert replies(ada)[-1] == "a"


async def test_after_the_close_nothing_is_heard_or_written(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    ada.conversation.dismiss("Good bye.", "kicked")
    assert ada.events("goodbye") == [{"event": "goodbye", "text": "Good bye.", "code": "kicked"}]
    ada.send("send_message", room="#lobby", text="never")
    ada.conversation.end()
    ada.conversation.resume()
    ada.conversation.dismiss("Again.", "kicked")
    ada.leave()
    ada.leave()
    await bob.say("hello")
    await quiet(bob)
    assert bob.texts() == ["hello"]
    assert ada.link.closed


async def test_who_is_cut_while_something_is_under_way_has_still_said_it(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    store.gate.clear()
    ada.send("send_message", room="#lobby", text="my last words")
    await asyncio.sleep(0)
    ada.leave()
    store.gate.set()
    await bob.event("message_sent", text="my last words")


@pytest.mark.parametrize(
    "first", [b"\xff\xfe\n", b"{}\n", b'{"do":5}\n', b"[" * 5000 + b"\n", b'{"do":"hello","id":{}}\n']
)
async def test_garbage_is_answered_in_words_and_hurts_nobody(chat: Chat, join: Join, first: bytes) -> None:
    ada, eve = await join("ada"), Client(chat)
    eve.conversation.receive(first)
    assert (await eve.until(lambda frame: "error" in frame))["error"] in ("bad-json", "bad-command", "unknown-command")
    await eve.hello("eve")
    await eve.say("still here")
    await ada.event("message_sent", text="still here")


async def test_before_hello_only_hello_and_ping_are_done(chat: Chat) -> None:
    client = Client(chat)
    assert await client.error("send_message", room="#lobby", text="hi") == "hello-first"
    assert await client.error("list_rooms") == "hello-first"
    assert await client.error("set_presence", state="away") == "hello-first"
    await client.done("ping")
    await client.hello("ada")
    assert await client.error("hello", name="bob") == "already-here"


async def test_a_client_may_be_lost_in_the_midst_of_its_hello(chat: Chat, join: Join) -> None:
    await join("ada")
    for spins in range(12):
        client = Client(chat)
        client.send("hello", name="fleeting")
        for _ in range(spins):
            await asyncio.sleep(0)
        client.leave()
    await eventually(lambda: len(chat.people) == 1)
    visitor = Client(chat, VisitorCodec(chat))
    asked = visitor.send("hello", name="passing")
    visitor.leave()
    async with asyncio.timeout(30):
        while not (again := await Client(chat, VisitorCodec(chat)).ask("hello", name="passing")).get("ok"):
            assert again["error"] == "name-taken"  # until the lost one's hello has come to its end
    assert asked not in json.dumps(visitor.frames)
