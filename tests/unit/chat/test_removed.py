"""Who is taken out of a room, or banned from it, hears and reads nothing more of it at once, by no way there is."""

from collections.abc import Callable

import pytest
from tests.unit.chat.conftest import PASSWORD, Client, Join, Late, TestStore, VisitorCodec, operator, quiet

from hobnob.chat.chat import Chat
from hobnob.protocol.records import message_id

ROOM = "#tea"
SECRET = "for members only"


@pytest.fixture(params=["kick", "ban"])
def removal(request: pytest.FixtureRequest) -> str:
    """The command that removes."""
    return str(request.param)


async def room_of(ada: Client, *people: str) -> str:
    return str((await ada.done("create_room", name="tea", people=people))["room"]["id"])


async def test_nothing_more_is_heard(join: Join, removal: str) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = await room_of(ada, "@bob")
    await ada.done(removal, room=ROOM, person="@bob")
    of = await ada.say(SECRET, room=ROOM)
    await ada.done("edit_message", room=ROOM, of=of, text=SECRET)
    await ada.done("set_topic", room=ROOM, topic=SECRET)
    await ada.done("typing", room=ROOM)
    await ada.done("react", room=ROOM, of=of, emoji="x")
    await quiet(ada, bob)
    assert SECRET.encode() not in bob.heard
    heard = [frame["event"] for frame in bob.pull() if frame.get("room") == room and "event" in frame]
    assert heard[-2:] == ["member_left", "room_lost"]


@pytest.mark.parametrize("codec", [None, VisitorCodec], ids=["guest", "visitor"])
async def test_what_waited_for_a_slow_reader_is_not_written(
    chat: Chat, join: Join, removal: str, codec: Callable[[Chat], VisitorCodec] | None
) -> None:
    ada = await join("ada")
    await room_of(ada)
    bob = await Client(chat, None if codec is None else codec(chat)).hello("bob")
    await bob.done("join_room", room=ROOM)
    bob.conversation.pause()
    for _ in range(3):
        await ada.say(SECRET, room=ROOM)
    await ada.say("in the lobby")
    await ada.done(removal, room=ROOM, person="@bob")
    bob.conversation.resume()
    await quiet(ada, bob)
    assert SECRET.encode() not in bob.heard
    assert b"in the lobby" in bob.heard


async def test_nothing_is_read_any_more(join: Join, removal: str) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = await room_of(ada, "@bob")
    of = await ada.say("an early " + SECRET, room=ROOM)
    await ada.done("edit_message", room=ROOM, of=of, text=SECRET)
    await ada.done(removal, room=ROOM, person="@bob")
    await quiet(bob)
    bob.heard.clear()
    reads: list[tuple[str, dict[str, object]]] = [
        ("read_history", {}), ("read_versions", {"of": of}), ("list_members", {}), ("list_unread", {}),
        ("react", {"of": of, "emoji": "x"}), ("report", {"of": of}), ("mark_read", {}), ("set_draft", {"text": "x"}),
        ("search", {"query": "members"}), ("delete_message", {"of": of}), ("send_message", {"text": "x"}),
        ("send_message", {"text": "x", "reply_to": message_id(room, of)}), ("typing", {}),
    ]  # fmt: skip
    for do, fields in reads:
        for ref in (ROOM, room):
            assert await bob.error(do, room=ref, **fields) == "not-a-member"
    assert await bob.error("events_since", log=room, number=0) == "not-a-member"
    assert (await bob.done("search", query="members")).get("hits", []) == []
    assert (await bob.done("list_unread"))["rooms"][0]["room"] != room
    assert SECRET.encode() not in bob.heard


async def test_who_resumes_is_told_nothing_that_came_after(chat: Chat, join: Join, removal: str) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = await room_of(ada, "@bob")
    bob.leave()
    await ada.say(SECRET, room=ROOM)
    await ada.done(removal, room=ROOM, person="bob")
    await ada.say(SECRET, room=ROOM)
    back = Client(chat)
    await back.hello(token=bob.token, epoch=bob.welcome["epoch"], me=0, house=0, rooms={room: 1})
    await quiet(back)
    assert SECRET.encode() not in back.heard
    assert room not in [state["id"] for state in back.welcome["rooms"]]
    assert back.events("room_lost")[0]["room"] == room


async def test_a_hello_under_way_tells_nothing_of_the_room(
    chat: Chat, join: Join, store: TestStore, removal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = await room_of(ada, "@bob")
    await ada.say(SECRET, room=ROOM)
    late = Late(store.events_since, lambda log, *_: log == room)
    monkeypatch.setattr(store, "events_since", late)
    back = Client(chat)
    asked = back.send("hello", token=bob.token, epoch=bob.welcome["epoch"], rooms={room: 1})
    await late.called()
    await ada.done(removal, room=ROOM, person="@bob")
    late.go_on.set()
    welcome = await back.reply(asked)
    await quiet(back)
    assert SECRET.encode() not in back.heard
    assert room not in [state["id"] for state in welcome["rooms"]]
    await ada.say(SECRET, room=ROOM)
    await quiet(ada, back)
    assert SECRET.encode() not in back.heard


async def test_a_page_under_way_is_not_told(
    join: Join, store: TestStore, removal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = await room_of(ada, "@bob")
    await ada.say(SECRET, room=ROOM)
    await quiet(bob)
    bob.heard.clear()
    late = Late(store.history, lambda log, *_: log == room)
    monkeypatch.setattr(store, "history", late)
    asked = bob.send("read_history", room=ROOM)
    await late.called()
    await ada.done(removal, room=ROOM, person="@bob")
    late.go_on.set()
    assert (await bob.reply(asked))["error"] == "not-a-member"
    assert SECRET.encode() not in bob.heard


async def test_a_message_under_way_is_not_kept(join: Join, store: TestStore, removal: str) -> None:
    ada, bob = await join("ada"), await join("bob")
    await room_of(ada, "@bob")
    store.gate.clear()
    asked = ada.send(removal, room=ROOM, person="@bob")
    await quiet(bob)
    late = bob.send("send_message", room=ROOM, text="too late")
    store.gate.set()
    assert (await bob.reply(late))["error"] == "not-a-member"
    assert (await ada.reply(asked))["ok"]
    await quiet(ada)
    assert ada.texts() == []


async def test_a_joining_under_way_does_not_undo_a_ban(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = await room_of(ada)
    store.gate.clear()
    asked = ada.send("ban", room=ROOM, person="@bob")
    await quiet(bob)
    joining = bob.send("join_room", room=ROOM)
    store.gate.set()
    assert (await bob.reply(joining))["error"] == "banned"
    assert (await ada.reply(asked))["ok"]
    assert [membership.person.id for membership in store.members(room)] == [ada.id]


async def test_a_ban_under_way_ends_a_membership_that_began_meanwhile(join: Join, store: TestStore) -> None:
    ada, bob, cleo = await join("ada"), await join("bob"), await join("cleo")
    room = await room_of(ada)
    store.gate.clear()
    joining = bob.send("join_room", room=ROOM)
    await quiet(cleo)
    asked = ada.send("ban", room=ROOM, person="@bob")
    await quiet(cleo)
    store.gate.set()
    await bob.reply(joining)
    assert (await ada.reply(asked))["ok"]
    assert [membership.person.id for membership in store.members(room)] == [ada.id]
    assert await bob.error("read_history", room=ROOM) == "not-a-member"


async def test_a_ban_from_the_server_ends_a_hello_under_way(
    chat: Chat, join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, bob = await operator(chat), await join("bob")
    bob.leave()
    late = Late(store.rooms_of, lambda person: person == bob.id)
    monkeypatch.setattr(store, "rooms_of", late)
    back = Client(chat)
    asked = back.send("hello", token=bob.token)
    await late.called()
    await server.done("ban", person="bob")
    late.go_on.set()
    assert (await back.reply(asked))["error"] == "banned"
    assert chat.people.get(bob.id) is None


async def test_a_hello_under_way_brings_no_role_that_was_taken(
    chat: Chat, join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, bob = await operator(chat), await join("bob", password=PASSWORD, register=True)
    await server.done("set_role", person="@bob", role="moderator")
    bob.leave()
    late = Late(store.rooms_of, lambda person: person == bob.id)
    monkeypatch.setattr(store, "rooms_of", late)
    back = Client(chat)
    asked = back.send("hello", token=bob.token)
    await late.called()
    await server.done("set_role", person="bob", role="member")
    late.go_on.set()
    assert (await back.reply(asked))["you"].get("role", "member") == "member"
    assert await back.error("list_restrictions") == "not-allowed"
