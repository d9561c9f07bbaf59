"""When the house stops: everyone gets a last word, and what was said before is kept and answered."""

import asyncio

from tests.unit.chat.conftest import Client, TestStore, VisitorCodec

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat


async def opened(store: TestStore) -> Chat:
    chat = Chat(store, LocalBus())
    await chat.open()
    return chat


async def test_everyone_gets_a_last_word(store: TestStore) -> None:
    chat = await opened(store)
    clients = [
        await Client(chat).hello("ada"),
        await Client(chat, VisitorCodec(chat)).hello("eve"),
        Client(chat),
        await Client(chat).hello("slow"),
    ]
    clients[3].conversation.pause()
    await chat.stop("The server goes to sleep.")
    assert all(client.link.closed for client in clients)
    for client in (clients[0], clients[2], clients[3]):
        assert client.pull()[-1] == {
            "event": "goodbye",
            "text": "The server goes to sleep.",
            "code": "stopping",
        }
    clients[1].pull()
    assert clients[1].lines[-1] == "bye: The server goes to sleep."
    assert not chat.empty.is_set()
    for client in clients:
        client.leave()
    assert chat.empty.is_set()


async def test_what_was_said_is_kept_told_and_answered(store: TestStore) -> None:
    chat = await opened(store)
    ada, bob = await Client(chat).hello("ada"), await Client(chat).hello("bob")
    number = await ada.say("first")
    room = ada.welcome["rooms"][0]["id"]
    sent = [ada.send("send_message", room="#lobby", text=f"{n}") for n in range(10)]
    edit = bob.send("edit_message", room="#lobby", of=number, text="not mine")
    topic = bob.send("set_topic", room="#lobby", topic="the end")
    late = bob.send("send_message", room="#lobby", text="too late")
    await chat.stop("The end.")
    to_ada, answers = ({frame["reply"]: frame for frame in c.pull() if "reply" in frame} for c in (ada, bob))
    assert all(to_ada[asked].get("ok") for asked in sent)
    assert [m for m in bob.texts() if m.isdigit()] == [f"{n}" for n in range(10)]
    assert bob.frames[-1]["event"] == ada.frames[-1]["event"] == "goodbye"
    kept = [message.text for message in store.history(room, before=None, after=0, around=None, limit=99, since=1)[0]]
    assert kept == ["first", *(f"{n}" for n in range(10))]
    assert answers[edit]["error"] in ("not-yours", "stopping")
    for asked in (topic, late):
        assert answers[asked].get("error") == "stopping" or answers[asked].get("ok")


async def test_commands_that_wait_for_the_store_are_answered_too(store: TestStore) -> None:
    chat = await opened(store)
    clients = [await Client(chat).hello(f"client{n}") for n in range(6)]
    number = await clients[1].say("mine")
    asked = [
        clients[0].send("create_room", name="tea"),
        clients[1].send("edit_message", room="#lobby", of=number, text="better"),
        clients[2].send("open_direct", people=["@client3"]),
        clients[3].send("leave_room", room="#lobby"),
        clients[4].send("read_history", room="#lobby"),
        clients[5].send("set_name", name="renamed"),
    ]
    for _ in range(3):
        await asyncio.sleep(0)
    await chat.stop("The end.")
    for client, command in zip(clients, asked, strict=True):
        reply = [frame for frame in client.pull() if frame.get("reply") == command]
        assert reply, client.frames
        assert reply[0].get("ok") or reply[0]["error"] == "stopping", reply


async def test_who_comes_too_late_is_told_so(store: TestStore) -> None:
    chat = await opened(store)
    stopping = asyncio.ensure_future(chat.stop("The end."))
    await asyncio.sleep(0)
    client = Client(chat)
    assert await client.error("hello", name="late") == "stopping"
    await stopping


async def test_what_was_kept_is_there_after_the_next_start(store: TestStore) -> None:
    chat = await opened(store)
    ada = await Client(chat).hello("ada")
    for n in range(3):
        await ada.say(f"{n}")
    await chat.stop("The end.")
    chat = await opened(store)
    back = await Client(chat).hello(token=ada.token)
    assert [m["text"] for m in (await back.done("read_history", room="#lobby"))["messages"]] == ["0", "1", "2"]
    await chat.stop("The end.")
