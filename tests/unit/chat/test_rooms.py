"""Rooms: making, joining, leaving, topics, members; direct rooms; rooms of visitors."""

import asyncio
import threading
from itertools import count

import pytest
from tests.unit.chat.conftest import DEADLINE, Client, Join, Late, TestStore, VisitorCodec, eventually, quiet

from hobnob.chat.chat import Chat
from hobnob.gateways.gateway import Attach, Manner
from hobnob.protocol.commands import JoinRoom
from hobnob.protocol.replies import Joined
from hobnob.stores.memory import MemoryStore
from hobnob.stores.store import Membership


async def test_a_room_is_made_with_its_maker_as_owner_and_people_in_it(join: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    made = await ada.done(
        "create_room", name="Tea", kind="private", topic="hot\ndrinks", people=["@bob", bob.id, "ada"]
    )
    room = made["room"]
    assert made["created"]
    assert (room["name"], room["kind"], room["topic"], room["history"], room["role"]) == (
        "Tea", "private", "hot drinks", "joined", "owner",
    )  # fmt: skip
    assert (await bob.event("room_gained", room=room["id"]))["name"] == "Tea"
    await ada.say("welcome", room="#tea")
    await bob.event("message_sent", text="welcome")
    members = (await bob.done("list_members", room="#TEA"))["members"]
    assert {(m["name"], m.get("role", "member")) for m in members} == {("ada", "owner"), ("bob", "member")}
    await quiet(eve)
    assert eve.texts() == []


async def test_who_is_taken_in_hears_the_room_where_they_hear_all_of_theirs(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    chosen = Client(chat)  # as an IRC client, which hears what it has joined itself
    chosen.conversation.session.manner = Manner("choosy", keeps=True, attach=Attach.NOTHING, facts=False)
    await chosen.hello(token=bob.token)
    chosen.forget()
    await ada.done("create_room", name="tea", people=["@bob"])
    await ada.say("welcome", room="#tea")
    await chosen.done("create_room", name="coffee")
    await chosen.say("to myself", room="#coffee")
    await bob.event("message_sent", text="to myself")
    assert bob.texts() == ["welcome", "to myself"]
    assert chosen.texts() == ["to myself"]


async def test_names_of_rooms_are_unique_as_names_compare(join: Join) -> None:
    ada = await join("ada")
    await ada.done("create_room", name="straße")
    for name in ("Straße", "#straße"):
        assert await ada.error("create_room", name=name) == "room-taken"
    for name, code in (
        ("", "name-invalid"),
        ("a b", "name-invalid"),
        ("x" * 33, "name-invalid"),
        ("ws", "name-reserved"),
    ):
        assert await ada.error("create_room", name=name) == code
        assert await ada.error("join_room", room=name, create=True) == code


async def test_a_room_that_cannot_be_made_is_refused(join: Join) -> None:
    ada = await join("ada")
    assert await ada.error("create_room", name="tea", topic="x" * 1001) == "topic-too-long"
    assert await ada.error("create_room", name="tea", people=["@nobody"]) == "no-such-person"
    assert await ada.error("create_room", name="tea", people=["a b"]) == "no-such-person"
    assert await ada.error("create_room", name="tea", people=["ada"] * 101) == "too-many"
    assert await ada.error("create_room", name="tea", kind="public", history="joined") == "bad-command"
    assert await ada.error("create_room", name="tea", kind="direct") == "bad-command"
    assert await ada.error("join_room", room="#tea") == "no-such-room"


async def test_who_joins_is_told_and_hears_from_then_on(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea")
    before = await ada.say("before", room="#tea")
    joined = await bob.done("join_room", room="tea")
    assert joined["number"] == before + 1
    assert (joined["room"].get("unread", 0), joined["room"]["head"]) == (0, before + 1)
    await ada.event("member_joined", person=bob.id, person_name="bob")
    await ada.event("member_attached", by=bob.id)
    await ada.say("after", room="#tea")
    await bob.event("message_sent", text="after")
    again = await bob.done("join_room", room="tea")
    assert "number" not in again
    assert again["room"]["unread"] == 1
    await quiet(bob)
    assert bob.texts() == ["after"]


async def test_two_who_make_one_room_at_once_are_both_in_it(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    for n in range(10):
        asked = [client.send("join_room", room=f"#room{n}", create=True) for client in (ada, bob)]
        replies = [await client.reply(id) for client, id in zip((ada, bob), asked, strict=True)]  # noqa: A001
        assert replies[0]["room"]["id"] == replies[1]["room"]["id"]
        assert [reply.get("created", False) for reply in replies].count(True) == 1
        await ada.say("both?", room=f"#room{n}")
        await bob.event("message_sent", room=replies[0]["room"]["id"])


async def test_a_topic_is_told_and_may_be_removed(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("set_topic", room="#lobby", topic="tea\x07 time")
    assert (await bob.event("topic_changed"))["topic"] == "tea time"
    assert (await join("eve")).welcome["rooms"][0]["topic"] == "tea time"
    assert "number" not in await ada.done("set_topic", room="#lobby", topic="tea time")
    await ada.done("set_topic", room="#lobby", topic="")
    await bob.event("topic_changed", topic="")
    assert await ada.error("set_topic", room="#lobby", topic="x" * 1001) == "topic-too-long"


async def test_members_are_listed_in_pages(join: Join) -> None:
    people = [await join(f"person{n}") for n in range(5)]
    people[0].leave()
    ids: list[str] = []
    after = None
    while True:
        page = await people[1].done("list_members", room="#lobby", after=after, limit=2)
        ids += [m["id"] for m in page["members"]]
        if not page.get("more"):
            break
        after = ids[-1]
    assert ids == sorted(person.id for person in people)
    states = {m["name"]: (m.get("state", "offline"), m.get("attached", False)) for m in
              (await people[1].done("list_members", room="#lobby"))["members"]}  # fmt: skip
    assert states == {"person0": ("offline", False), **{f"person{n}": ("online", True) for n in range(1, 5)}}


async def test_the_directory_shows_public_rooms_and_ones_own(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea", topic="hot")
    listed = {room["name"]: room for room in (await bob.done("list_rooms"))["rooms"]}
    assert set(listed) == {"lobby", "tea"}
    assert (listed["tea"]["topic"], listed["tea"]["members"], listed["tea"].get("member", False)) == ("hot", 1, False)
    assert (listed["lobby"]["members"], listed["lobby"]["attached"], listed["lobby"]["member"]) == (2, 2, True)


# Direct rooms


async def test_a_direct_room_is_one_for_each_set_of_people(join: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    first = (await ada.done("open_direct", people=["@bob"]))["room"]
    assert (first["kind"], {person["name"] for person in first["people"]}) == ("direct", {"ada", "bob"})
    assert (await bob.done("open_direct", people=[ada.id, "bob", "@ada"]))["room"]["id"] == first["id"]
    both = (await ada.done("open_direct", people=["@eve", "@bob"]))["room"]
    assert both["id"] != first["id"]
    assert (await eve.done("open_direct", people=["@bob", "@ada"]))["room"]["id"] == both["id"]
    assert await ada.error("open_direct", people=[]) == "no-such-person"
    assert [person["name"] for person in (await ada.done("open_direct", people=["@ada"]))["room"]["people"]] == ["ada"]
    assert await ada.error("open_direct", people=["@nobody"]) == "no-such-person"
    assert await ada.error("open_direct", people=["@bob"] * 21) == "too-many"
    assert await ada.error("leave_room", room=first["id"]) == "not-allowed"
    assert await ada.error("join_room", room="@bob") == "bad-command"


async def test_two_who_open_one_direct_room_at_once_are_in_the_same(join: Join) -> None:
    for n in range(10):
        a, b = await join(f"a{n}"), await join(f"b{n}")
        asked = a.send("open_direct", people=[f"@b{n}"]), b.send("open_direct", people=[f"@a{n}"])
        assert (await a.reply(asked[0]))["room"]["id"] == (await b.reply(asked[1]))["room"]["id"]
    for n in range(10):
        a, b = await join(f"c{n}"), await join(f"d{n}")
        said = a.send("send_message", room=f"@d{n}", text="hi"), b.send("send_message", room=f"@c{n}", text="hi")
        assert (await a.reply(said[0]))["ok"]
        assert (await b.reply(said[1]))["ok"]


async def test_a_message_to_a_person_makes_the_room_and_all_their_clients_hear_it(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    second = await Client(chat).hello(token=bob.token)
    mine = await Client(chat).hello(token=ada.token)
    await ada.say("psst", room="@bob")
    for client in (ada, bob, second, mine):
        await client.event("message_sent", text="psst")
    await bob.say("yes?", room="@ada")
    await bob.say("by id", room=f"@{ada.id}")
    for client in (ada, bob, second, mine):
        await client.event("message_sent", text="by id")
        assert client.texts() == ["psst", "yes?", "by id"]
    assert (await ada.done("read_history", room="@bob"))["messages"][0]["text"] == "psst"
    assert await ada.error("send_message", room="@nobody", text="x") == "no-such-person"
    assert await ada.error("send_message", room="@", text="x") == "no-such-person"


async def test_who_is_away_finds_the_direct_room_when_they_come_back(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    bob.leave()
    await ada.say("when you are back", room="@bob")
    back = await Client(chat).hello(token=bob.token)
    direct = [room for room in back.welcome["rooms"] if room["kind"] == "direct"]
    assert [(room["unread"], room["people"] and len(room["people"])) for room in direct] == [(1, 2)]


async def test_visitors_have_direct_rooms_while_they_are_here(chat: Chat, join: Join, visit: Join) -> None:
    ada, eve = await join("ada"), await visit("eve")
    await eve.say("psst", room="@ada")
    await ada.event("message_sent", text="psst")
    await ada.say("yes?", room="@eve")
    await eventually(lambda: eve.pull() is not None and "ada: yes?" in eve.lines)
    other = await visit("mallory")
    await eve.say("to you", room="@mallory")
    await eventually(lambda: other.pull() is not None and "eve: to you" in other.lines)
    eve.leave()
    other.leave()
    again = await visit("eve")
    await again.say("am I known?", room="@ada")
    heard = await ada.event("message_sent", text="am I known?")
    assert heard["room"] != ada.events("message_sent")[0]["room"]


# Rooms of visitors


async def test_a_visitor_comes_into_a_live_room_at_once(chat: Chat, join: Join, visit: Join) -> None:
    ada, eve = await join("ada"), await visit("eve")
    room = (await ada.done("create_room", name="tea"))["room"]
    joined = chat.perform(eve.conversation.session, JoinRoom(room="#tea"))
    assert joined.done(), "nothing is kept of it, so there was nothing to wait for"
    assert isinstance(joined.result(), Joined)
    await ada.event("member_joined", room=room["id"], person_name="eve")
    again = chat.perform(eve.conversation.session, JoinRoom(room="#tea"))
    assert isinstance(await again, Joined), "and is not in it twice"
    assert [event["room"] for event in ada.events("member_joined")].count(room["id"]) == 1


async def test_who_comes_at_once_meets_what_everybody_meets_at_the_door(chat: Chat, join: Join, visit: Join) -> None:
    ada, eve = await join("ada"), await visit("eve")
    await ada.done("create_room", name="tea")
    for change, refusal, changed_back in (
        ({"key": "sesame"}, "bad-key", {"key": ""}),
        ({"limit": 1}, "room-full", {"limit": 0}),
        ({"private": True}, "no-such-room", {"private": False}),
    ):
        await ada.done("change_room", room="#tea", **change)
        assert await eve.error("join_room", room="#tea") == refusal
        await ada.done("change_room", room="#tea", **changed_back)
    await ada.done("set_mask", room="#tea", kind="ban", mask="eve!*@*")
    assert await eve.error("join_room", room="#tea") == "banned"
    await ada.done("set_mask", room="#tea", kind="ban", mask="eve!*@*", on=False)
    await ada.done("ban", person=eve.id, room="#tea")
    assert await eve.error("join_room", room="#tea") == "banned"
    await ada.done("unban", person=eve.id, room="#tea")
    await eve.done("join_room", room="#tea")


async def test_a_room_of_visitors_goes_with_the_last_of_them(chat: Chat, store: TestStore, visit: Join) -> None:
    eve, mallory = await visit("eve"), await visit("mallory")
    made = await eve.done("join_room", room="#tea", create=True)
    await mallory.done("join_room", room="#tea")
    await eve.say("hello", room="#tea")
    eve.leave()
    await mallory.say("alone", room="#tea")
    await mallory.done("leave_room", room="#tea")
    await eventually(lambda: store.room(made["room"]["id"]) is None)
    assert await mallory.error("send_message", room="#tea", text="x") == "no-such-room"
    assert (await mallory.done("join_room", room="#tea", create=True))["created"]


async def test_a_room_of_visitors_stays_once_a_guest_has_joined(chat: Chat, join: Join, visit: Join) -> None:
    ada, eve = await join("ada"), await visit("eve")
    await eve.done("join_room", room="#tea", create=True)
    await ada.done("join_room", room="#tea")
    eve.leave()
    ada.leave()
    back = await Client(chat).hello(token=ada.token)
    assert {room["name"] for room in back.welcome["rooms"]} == {"lobby", "tea"}


async def test_who_joins_while_the_last_visitor_leaves_is_in_the_room_or_told_that_it_is_gone(
    chat: Chat, join: Join
) -> None:
    ada = await join("ada")
    outcomes = set()
    for n in range(24):
        eve = await Client(chat, VisitorCodec(chat)).hello(f"eve{n}")
        await eve.done("join_room", room=f"#tea{n}", create=True)
        asked = ada.send("join_room", room=f"#tea{n}")
        for _ in range(n % 8):
            await asyncio.sleep(0)
        eve.leave()
        reply = await ada.reply(asked)
        outcomes.add(reply.get("error", "joined"))
        if reply.get("ok"):
            await ada.say(f"still here {n}", room=f"#tea{n}")
            await quiet(ada)
            assert ada.texts()[-1] == f"still here {n}"
    assert outcomes <= {"joined", "no-such-room"}


async def test_who_reads_a_room_while_it_comes_and_goes_is_in_one_that_is_there(
    chat: Chat, store: TestStore, visit: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve, mallory = await visit("eve"), await visit("mallory")
    calls, begun, first, later = count(), threading.Event(), threading.Event(), threading.Event()

    def slowly(room: str) -> list[Membership]:
        call, found = next(calls), MemoryStore.members(store, room)
        begun.set()
        assert (first if call == 0 else later).wait(DEADLINE)
        return found

    monkeypatch.setattr(store, "members", slowly)
    made = eve.send("join_room", room="#tea", create=True)
    await eventually(begun.is_set)
    asked = mallory.send("join_room", room="#tea")
    for _ in range(20):  # let it read as far as it can
        await asyncio.sleep(0)
    first.set()
    room = (await eve.reply(made))["room"]["id"]
    eve.leave()
    await eventually(lambda: store.room(room) is None or any("reply" in frame for frame in mallory.pull()[1:]))
    later.set()
    if (await mallory.reply(asked)).get("ok"):
        await mallory.say("in here", room="#tea")
    else:
        assert (await mallory.done("join_room", room="#tea", create=True))["created"]


@pytest.mark.parametrize("do", ["mark_read", "mark_unread", "list_unread", "set_draft"])
async def test_what_is_not_kept_for_visitors_is_refused_in_words(visit: Join, do: str) -> None:
    eve = await visit("eve")
    assert await eve.error(do, room="#lobby", number=1, text="x") == "not-kept"
    assert await eve.error("change_setting", key="a", value="b") == "not-kept"
    assert await eve.error("list_settings") == "not-kept"
    assert await eve.error("events_since", log="me", number=0) == "not-kept"


async def test_a_visitor_who_is_gone_before_their_room_is_made_leaves_none(
    chat: Chat, join: Join, visit: Join, store: TestStore
) -> None:
    ada, vic = await join("ada"), await visit("vic")
    store.gate.clear()
    vic.send("create_room", name="tea")
    await quiet(ada)
    vic.leave()
    store.gate.set()
    await ada.done("create_room", name="coffee")
    await eventually(lambda: store.room_by_name("tea") is None)


async def test_a_visitor_who_is_gone_before_they_are_in_is_no_member(
    chat: Chat, join: Join, visit: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob, vic = await join("ada"), await join("bob"), await visit("vic")
    await bob.done("create_room", name="tea")
    bob.leave()
    room = chat.rooms.find("tea")
    assert room is not None
    chat.rooms.forget(room)
    late = Late(store.room_by_name)
    monkeypatch.setattr(store, "room_by_name", late)
    vic.send("join_room", room="#tea")
    await late.called()
    vic.leave()
    late.go_on.set()
    await ada.done("join_room", room="#tea")
    assert {m["name"] for m in (await ada.done("list_members", room="#tea"))["members"]} == {"ada", "bob"}
