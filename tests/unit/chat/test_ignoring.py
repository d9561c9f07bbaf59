"""From whom one takes direct messages: ignored people, and those one shares no room with, are refused alike."""

import pytest
from tests.unit.chat.conftest import Client, Frame, Join, quiet

from hobnob.chat.chat import Chat

REFUSED = {"error": "not-reachable", "hint": "They take no messages or invitations from you."}

TOLD: list[tuple[str, dict[str, object]]] = [
    ("set_topic", {"topic": "read this"}),
    ("send_tags", {"tags": {"a": "read this"}}),
    ("send_tags", {"tags": {"a": "read this"}, "keep": True}),
    ("typing", {}),
]
"""What else could be said in a direct room."""


def refusal(reply: Frame) -> Frame:
    return {key: reply.get(key) for key in ("error", "hint")}


async def test_who_is_ignored_begins_no_direct_room(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    await ada.done("ignore", person="@eve")
    await ada.event("person_ignored", person=eve.id)
    for do, fields in (("open_direct", {"people": ["@ada"]}), ("send_message", {"room": "@ada", "text": "hi"})):
        assert refusal(await eve.ask(do, **fields)) == REFUSED
    await quiet(ada)
    assert ada.events("room_gained", "message_sent") == []
    await ada.done("unignore", person="@eve")
    await eve.say("hi", room="@ada")
    await ada.event("message_sent", text="hi")


async def test_who_is_ignored_later_writes_no_more_and_reads_on(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    room = (await eve.done("open_direct", people=["@ada"]))["room"]["id"]
    of = await eve.say("before", room=room)
    await ada.done("ignore", person="@eve")
    for ref in (room, "@ada"):
        assert refusal(await eve.ask("send_message", room=ref, text="x")) == REFUSED
    for do, fields in (("edit_message", {"text": "x"}), ("react", {"emoji": "x"}), ("pin", {})):
        assert refusal(await eve.ask(do, room=room, of=of, **fields)) == REFUSED
    for do, told in TOLD:
        assert refusal(await eve.ask(do, room=room, **told)) == REFUSED
    await quiet(ada)
    assert ada.events("topic_changed", "tags_sent", "typing_changed") == []
    assert [m["text"] for m in (await eve.done("read_history", room=room))["messages"]] == ["before"]
    await ada.say("but I may", room=room)
    await eve.event("message_sent", text="but I may")
    assert (await eve.done("open_direct", people=["@ada"]))["room"]["id"] == room


async def test_a_message_sent_while_one_is_being_ignored_is_not_kept(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    room = (await eve.done("open_direct", people=["@ada"]))["room"]["id"]
    asked = ada.send("ignore", person="@eve")
    replies = [await eve.ask("send_message", room=room, text=f"{n}") for n in range(20)]
    assert (await ada.reply(asked))["ok"]
    assert refusal(replies[-1]) == REFUSED
    assert refusal(await eve.ask("send_message", room=room, text="x")) == REFUSED


async def test_who_takes_messages_only_from_people_they_share_a_room_with(chat: Chat, join: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    await ada.done("set_directs", allow="shared")
    await ada.event("directs_changed", allow="shared")
    for other in (bob, eve):
        assert refusal(await other.ask("open_direct", people=["@ada"])) == REFUSED
    await ada.done("create_room", name="tea", people=["@bob"])
    room = (await bob.done("open_direct", people=["@ada"]))["room"]["id"]
    await bob.say("hello", room=room)
    assert refusal(await eve.ask("send_message", room="@ada", text="x")) == REFUSED
    await bob.done("leave_room", room="#tea")
    assert refusal(await bob.ask("send_message", room=room, text="x")) == REFUSED
    await ada.done("set_directs", allow="all")
    await bob.say("hello again", room=room)
    await eve.say("hello", room="@ada")


async def test_a_visitor_shares_a_room_while_they_are_in_it(join: Join, visit: Join) -> None:
    ada, dan = await join("ada"), await visit("dan")
    await ada.done("set_directs", allow="shared")
    assert refusal(await dan.ask("send_message", room="@ada", text="x")) == REFUSED
    await ada.done("create_room", name="tea")
    await dan.done("join_room", room="#tea")
    await dan.done("send_message", room="@ada", text="hello")
    await ada.event("message_sent", text="hello")
    await ada.done("ignore", person="@dan")
    assert refusal(await dan.ask("send_message", room="@ada", text="x")) == REFUSED


async def test_being_ignored_and_sharing_no_room_look_alike(join: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    await ada.done("set_directs", allow="shared")
    await bob.done("ignore", person="@eve")
    for do, field in (("open_direct", "people"), ("send_message", "room")):
        replies = []
        for name in ("@ada", "@bob"):
            fields = {"people": [name]} if field == "people" else {"room": name, "text": "x"}
            reply = await eve.ask(do, **fields)
            del reply["reply"]
            replies.append(reply)
        assert replies[0] == replies[1]


async def test_who_is_ignored_asks_nobody_in_and_takes_nobody_in(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    await ada.done("ignore", person="@eve")
    await eve.done("create_room", name="trap")
    assert refusal(await eve.ask("invite_person", room="#trap", person="@ada")) == REFUSED
    assert refusal(await eve.ask("create_room", name="other", people=["@ada"])) == REFUSED
    await quiet(ada)
    assert ada.events("invited_to_room", "room_gained") == []
    await ada.done("unignore", person="@eve")
    await eve.done("invite_person", room="#trap", person="@ada")
    await ada.event("invited_to_room", name="trap")


async def test_among_several_an_ignored_one_is_heard_by_the_others(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    bob = await join("bob")
    room = (await bob.done("open_direct", people=["@ada", "@eve"]))["room"]["id"]
    await ada.done("ignore", person="@eve")
    await eve.say("to you both", room=room)
    await bob.event("message_sent", text="to you both")
    assert refusal(await eve.ask("open_direct", people=["@ada", "@eve", "@bob", "@cleo"]))["error"] == "no-such-person"


async def test_one_knows_whom_one_ignores(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    await join("eve")
    await join("bob")
    for name in ("@eve", "@bob", "@eve"):
        await ada.done("ignore", person=name)
    await ada.done("set_directs", allow="shared")
    listed = await ada.done("list_ignored")
    assert [person["name"] for person in listed["people"]] == ["bob", "eve"]
    assert listed["directs"] == "shared"
    await ada.done("unignore", person="bob")
    again = await Client(chat).hello(token=ada.token)
    assert [person["name"] for person in (await again.done("list_ignored"))["people"]] == ["eve"]
    assert await ada.error("ignore", person="@ada") == "not-allowed"
    assert await ada.error("ignore", person="@nobody") == "no-such-person"


async def test_nobody_ignores_without_end(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.handlers.ignoring.MOST_IGNORED", 1)
    ada = await join("ada")
    await join("eve")
    await join("bob")
    await ada.done("ignore", person="@eve")
    assert await ada.error("ignore", person="@bob") == "too-many"
    await ada.done("ignore", person="@eve")


async def test_nothing_of_this_is_kept_for_visitors(join: Join, visit: Join) -> None:
    await join("ada")
    dan = await visit("dan")
    assert await dan.error("ignore", person="@ada") == "not-kept"
    assert await dan.error("set_directs", allow="shared") == "not-kept"
