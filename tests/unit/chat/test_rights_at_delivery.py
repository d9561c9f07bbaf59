"""The guarantees that rights are checked at delivery too, and that hidden rooms answer as missing ones do."""

import pytest
from tests.unit.chat.conftest import Client, Join, Late, TestStore, quiet

from hobnob.chat.chat import Chat
from hobnob.protocol.events import MemberJoined, MemberLeft, RoomLost
from hobnob.protocol.records import message_id
from hobnob.stores.store import Item


async def remove(chat: Chat, room: str, who: Client, by: Client) -> None:
    """What a moderator's command comes to."""
    left = MemberLeft(room=room, person=who.id, person_name="gone", by=by.id, by_name="mod")
    lost = RoomLost(by=who.id, by_name="gone", room=room)
    await chat.tell(Item((left, lost)), lambda _: None)


async def test_who_left_hears_nothing_more(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await bob.done("leave_room", room="#lobby", reason="tired")
    await ada.event("member_left", person=bob.id, reason="tired")
    await ada.say("without bob")
    await ada.done("typing", room="#lobby")
    await quiet(bob)
    assert bob.texts() == []
    assert bob.events("typing_changed") == []
    assert await bob.error("send_message", room="#lobby", text="let me in") == "not-a-member"


async def test_who_leaves_is_gone_on_all_of_their_clients(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    second = await Client(chat).hello(token=bob.token)
    await bob.done("leave_room", room="#lobby")
    await second.event("room_lost")
    await ada.say("without bob")
    await quiet(bob, second)
    assert bob.texts() == second.texts() == []


async def test_who_was_removed_hears_nothing_more_at_once(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = ada.welcome["rooms"][0]["id"]
    await remove(chat, room, bob, ada)
    await ada.say("without bob")
    await quiet(ada, bob)
    assert ada.texts() == ["without bob"]
    assert bob.texts() == []
    assert bob.events("room_lost")


async def test_who_was_removed_hears_that_and_by_whom(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = ada.welcome["rooms"][0]["id"]
    bob.conversation.pause()
    await remove(chat, room, bob, ada)
    bob.conversation.resume()
    await quiet(ada, bob)
    for client in (ada, bob):
        assert [(e["person"], e["by"]) for e in client.events("member_left")] == [(bob.id, ada.id)]


async def test_what_waited_for_who_was_removed_is_not_written(chat: Chat, join: Join, visit: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = ada.welcome["rooms"][0]["id"]
    other = (await ada.done("create_room", name="other", people=["@bob"]))["room"]["id"]
    await quiet(bob)
    bob.conversation.pause()
    await ada.say("for members only")
    await ada.say("elsewhere", room=other)
    await remove(chat, room, bob, ada)
    bob.conversation.resume()
    await quiet(bob)
    assert bob.texts() == ["elsewhere"]


async def test_a_page_that_was_read_for_who_is_removed_meanwhile_is_not_told(
    chat: Chat, join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = ada.welcome["rooms"][0]["id"]
    await ada.say("for members only")
    await quiet(bob)
    bob.heard.clear()
    late = Late(store.history)
    monkeypatch.setattr(store, "history", late)
    asked = bob.send("read_history", room=room)
    await late.called()
    await remove(chat, room, bob, ada)
    late.go_on.set()
    assert (await bob.reply(asked)).get("error") == "not-a-member"
    assert b"for members only" not in bob.heard


async def test_what_waited_for_who_left_by_themselves_is_written(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    bob.conversation.pause()
    await ada.say("before you go")
    bob.send("leave_room", room="#lobby")
    bob.conversation.resume()
    await bob.event("room_lost")
    assert bob.texts() == ["before you go"]


async def test_a_message_under_way_when_its_sender_is_removed_is_not_kept(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = ada.welcome["rooms"][0]["id"]
    left = MemberLeft(room=room, person=bob.id, person_name="bob", by=ada.id, by_name="ada")
    removed = chat.tell(Item((left,)), lambda _: None)
    assert await bob.error("send_message", room="#lobby", text="too late") == "not-a-member"
    await removed
    await quiet(ada)
    assert ada.texts() == []


ROOM_COMMANDS: list[tuple[str, dict[str, object]]] = [
    ("join_room", {}),
    ("leave_room", {}),
    ("set_topic", {"topic": "x"}),
    ("send_message", {"text": "x"}),
    ("edit_message", {"of": 3, "text": "x"}),
    ("delete_message", {"of": 3}),
    ("read_versions", {"of": 3}),
    ("react", {"of": 3, "emoji": "x"}),
    ("unreact", {"of": 3, "emoji": "x"}),
    ("pin", {"of": 3}),
    ("unpin", {"of": 3}),
    ("typing", {}),
    ("list_members", {}),
    ("read_history", {}),
    ("events_since", {"number": 0}),
    ("mark_read", {}),
    ("mark_unread", {"number": 3}),
    ("list_unread", {}),
    ("set_draft", {"text": "x"}),
    ("invite_person", {"person": "@bob"}),
    ("kick", {"person": "@ada"}),
    ("ban", {"person": "@ada"}),
    ("unban", {"person": "@ada"}),
    ("mute", {"person": "@ada"}),
    ("unmute", {"person": "@ada"}),
    ("set_role", {"person": "@ada", "role": "guest"}),
    ("change_room", {"slow": 5}),
    ("change_room", {"name": "other"}),
    ("list_restrictions", {}),
    ("report", {"of": 3}),
    ("read_audit", {}),
]


def aimed(do: str, fields: dict[str, object], room: str) -> dict[str, object]:
    return {**fields, "log" if do == "events_since" else "room": room}


@pytest.mark.parametrize(("do", "fields"), ROOM_COMMANDS, ids=[f"{do}-{n}" for n, (do, _) in enumerate(ROOM_COMMANDS)])
async def test_a_room_one_may_not_see_answers_as_one_that_does_not_exist(
    join: Join, do: str, fields: dict[str, object]
) -> None:
    ada, eve = await join("ada"), await join("eve")
    await join("bob")
    private = (await ada.done("create_room", name="secret", kind="private"))["room"]["id"]
    direct = (await ada.done("open_direct", people=["@bob"]))["room"]["id"]
    for room in (private, direct):
        await ada.say("hidden", room=room)
    missing = [await eve.ask(do, **aimed(do, fields, room)) for room in ("#nothing", "r_" + "a" * 26, "a b", "#", "")]
    hidden = [await eve.ask(do, **aimed(do, fields, room)) for room in ("#secret", "secret", private, direct)]
    for reply in missing + hidden:
        del reply["reply"]
        assert reply == {**missing[0], "error": "no-such-room"}


async def test_hidden_rooms_are_not_listed(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    await ada.done("create_room", name="secret", kind="private")
    await ada.done("create_room", name="tea")
    assert [room["name"] for room in (await eve.done("list_rooms"))["rooms"]] == ["lobby", "tea"]
    assert {room["name"] for room in (await ada.done("list_rooms"))["rooms"]} == {"lobby", "tea", "secret"}


async def test_a_public_room_says_that_one_has_to_join(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    await ada.done("create_room", name="tea")
    for do, fields in ROOM_COMMANDS:
        if do not in ("join_room", "leave_room"):
            assert await eve.error(do, **aimed(do, fields, "#tea")) == "not-a-member"


async def test_history_before_ones_joining_stays_hidden_where_the_room_says_so(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    made = await ada.done("create_room", name="secret", kind="private", people=["@bob"])
    room = made["room"]["id"]
    await bob.done("leave_room", room=room)
    hidden = await ada.say("not for bob", room=room)
    again = await take_in(chat, room, bob, ada)
    seen = await ada.say("for bob too", room=room)
    assert [m["text"] for m in (await bob.done("read_history", room=room))["messages"]] == ["for bob too"]
    facts = (await bob.done("events_since", log=room, number=0))["events"]
    assert [fact["number"] for fact in facts] == [again, seen]
    assert await bob.error("read_versions", room=room, of=hidden) == "bad-number"
    assert await bob.error("react", room=room, of=hidden, emoji="x") == "bad-number"
    for field in ("reply_to", "thread"):
        answer = {"text": "x", field: message_id(room, hidden)}
        assert await bob.error("send_message", room=room, **answer) == "bad-number"
    assert await bob.error("set_draft", room=room, text="x", reply_to=message_id(room, hidden)) == "bad-number"
    assert await bob.error("mark_unread", room=room, number=hidden) == "bad-number"
    assert await bob.error("mark_read", room=room, number=hidden - 1) == "bad-number"
    await bob.done("mark_unread", room=room, number=again)
    assert (await bob.done("list_unread", room=room))["rooms"][0]["unread"] == 1
    back = await Client(chat).hello(token=bob.token, epoch=bob.welcome["epoch"], rooms={room: 0})
    await quiet(back)
    assert [frame["number"] for frame in back.frames if frame.get("room") == room and frame.get("number")] == [
        again,
        seen,
    ]


async def take_in(chat: Chat, room: str, who: Client, by: Client) -> int:
    """What an invitation to a private room comes to: the number of the joining."""
    joined = MemberJoined(room=room, person=who.id, person_name="back", by=by.id, by_name="mod")
    return await chat.tell(Item((joined,)), lambda kept: kept.events[0].number)  # type: ignore[union-attr]


async def test_an_answer_names_only_messages_of_its_own_room(join: Join) -> None:
    ada = await join("ada")
    other = (await ada.done("create_room", name="other"))["room"]["id"]
    number = await ada.say("over there", room=other)
    lobby = ada.welcome["rooms"][0]["id"]
    for field in ("reply_to", "thread"):
        for bad in (message_id(other, number), "nonsense", message_id(lobby, 99), message_id(lobby, 1), "."):
            assert await ada.error("send_message", room="#lobby", text="x", **{field: bad}) == "bad-number"
    assert await ada.error("set_draft", room="#lobby", text="x", reply_to=message_id(other, number)) == "bad-number"


async def test_a_thread_outlives_the_message_it_began_with(join: Join) -> None:
    ada = await join("ada")
    root = message_id(ada.welcome["rooms"][0]["id"], await ada.say("a question"))
    await ada.done("delete_message", room="#lobby", of=int(root.rpartition(".")[2]))
    await ada.say("an answer", thread=root, reply_to=root)
