"""Private rooms: open to who was asked in, and never there where others can read along."""

import pytest
from tests.unit.chat.conftest import AFAR, OVERHEARD, Client, Join, TestStore, VisitorCodec, operator, quiet

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.limits import Limit, Limits, Rate, Rates
from hobnob.chat.origins import Origins


async def private(owner: Client, *people: str) -> str:
    return str((await owner.done("create_room", name="secret", kind="private", people=people))["room"]["id"])


async def test_who_was_asked_in_may_join(join: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    room = await private(ada)
    await ada.done("invite_person", room="#secret", person="@bob")
    await ada.event("person_invited", person=bob.id)
    asked = await bob.event("invited_to_room", room=room)
    assert (asked["name"], asked["kind"], asked["inviter_name"]) == ("secret", "private", "ada")
    await bob.done("join_room", room="#secret")
    await bob.say("thanks", room=room)
    for ref in (room, "#secret"):
        assert await eve.error("join_room", room=ref) == "no-such-room"


async def test_an_invitation_is_kept_and_counts_once(store: TestStore, chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await private(ada)
    bob.leave()
    await ada.done("invite_person", room="#secret", person="bob")
    await chat.stop("It starts again.")
    again = Chat(store, LocalBus())
    await again.open()
    bob = await Client(again).hello(token=bob.token)
    await bob.done("join_room", room="#secret")
    await bob.done("leave_room", room="#secret")
    assert await bob.error("join_room", room="#secret") == "no-such-room"
    await again.stop("The test is over.")


async def test_who_is_kicked_needs_a_new_invitation(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await private(ada, "@bob")
    await ada.done("kick", room="#secret", person="@bob")
    assert await bob.error("join_room", room="#secret") == "no-such-room"
    await ada.done("invite_person", room="#secret", person="@bob")
    await bob.done("join_room", room="#secret")


async def test_who_is_banned_comes_in_by_no_invitation(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await private(ada)
    await ada.done("invite_person", room="#secret", person="@bob")
    await ada.done("ban", room="#secret", person="@bob")
    assert await bob.error("join_room", room="#secret") == "no-such-room"
    assert await ada.error("invite_person", room="#secret", person="@bob") == "banned"
    await ada.done("unban", room="#secret", person="@bob")
    assert await bob.error("join_room", room="#secret") == "no-such-room"


async def test_a_visitor_is_asked_in_too(chat: Chat, join: Join, visit: Join) -> None:
    ada, dan, eve = await join("ada"), await visit("dan"), await visit("eve")
    room = await private(ada)
    await ada.done("invite_person", room="#secret", person="@dan")
    await ada.event("person_invited", person=dan.id)
    await dan.done("join_room", room="#secret")
    await ada.say("hello dan", room=room)
    await quiet(dan)
    assert dan.lines == ["ada: hello dan"]
    assert await eve.error("join_room", room=room) == "no-such-room"
    await dan.done("leave_room", room=room)
    assert await dan.error("join_room", room=room) == "no-such-room"


async def test_guests_and_the_muted_ask_nobody_in(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await join("cleo")
    await private(ada, "@bob")
    await ada.done("set_role", room="#secret", person="@bob", role="guest")
    assert await bob.error("invite_person", room="#secret", person="@cleo") == "not-allowed"
    await ada.done("set_role", room="#secret", person="@bob", role="member")
    await ada.done("mute", room="#secret", person="@bob")
    assert await bob.error("invite_person", room="#secret", person="@cleo") == "muted"


async def test_who_is_in_already_is_not_asked_in(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await private(ada, "@bob")
    await ada.done("invite_person", room="#secret", person="@bob")
    await quiet(bob)
    assert bob.events("invited_to_room", "person_invited") == []
    room = (await ada.done("open_direct", people=["@bob"]))["room"]["id"]
    assert await ada.error("invite_person", room=room, person="@bob") == "not-allowed"


async def test_the_name_of_a_hidden_room_is_taken_and_nothing_else_shows(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    await private(ada)
    await eve.done("create_room", name="public")
    await eve.done("create_room", name="mine")
    tries: list[tuple[str, dict[str, object]]] = [("create_room", {}), ("change_room", {"room": "#mine"})]
    for do, fields in tries:
        hidden, open_one = [await eve.ask(do, name=name, **fields) for name in ("secret", "public")]
        assert hidden["error"] == "room-taken"
        assert {**hidden, "reply": ""} == {**open_one, "reply": ""}
    assert await eve.error("join_room", room="#secret", create=True) == "no-such-room"


@pytest.mark.parametrize("kept_from", ["role", "mute", "limit"])
async def test_who_makes_no_rooms_learns_of_no_hidden_one(chat: Chat, join: Join, kept_from: str) -> None:
    ada, eve = await join("ada"), await Client(chat, origin=AFAR).hello("eve")
    await private(ada)
    server = await operator(chat)
    if kept_from == "role":
        await server.done("set_role", person="@eve", role="guest")
    elif kept_from == "mute":
        await server.done("mute", person="@eve")
    else:
        chat.limits = Limits(Origins(), rates={Limit.CREATING: Rates(person=Rate(1, 0.001))})
        await eve.done("create_room", name="mine")
    hidden, missing = [await eve.ask("join_room", room=name, create=True) for name in ("#secret", "#missing")]
    assert "error" in hidden
    assert {**hidden, "reply": ""} == {**missing, "reply": ""}


async def test_who_runs_the_server_joins_any_but_direct_rooms(chat: Chat, join: Join) -> None:
    server, ada = await operator(chat), await join("ada")
    await join("bob")
    room = await private(ada, "@bob")
    await server.done("join_room", room="#secret")
    await ada.event("member_joined", room=room, person=server.id, role="owner")
    direct = (await ada.done("open_direct", people=["@bob"]))["room"]["id"]
    assert await server.error("join_room", room=direct) == "no-such-room"


COMMANDS: list[tuple[str, dict[str, object]]] = [
    ("join_room", {}), ("leave_room", {}), ("send_message", {"text": "x"}), ("read_history", {}), ("list_members", {}),
    ("list_unread", {}), ("search", {"query": "hidden"}), ("mark_read", {}), ("typing", {}),
    ("invite_person", {"person": "@eve"}), ("kick", {"person": "@eve"}), ("change_room", {"slow": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("do", "fields"), COMMANDS, ids=[do for do, _ in COMMANDS])
async def test_where_others_can_read_along_a_private_room_is_as_one_that_is_not_there(
    chat: Chat, join: Join, do: str, fields: dict[str, object]
) -> None:
    ada = await join("ada")
    room = await private(ada)
    second = await Client(chat, origin=OVERHEARD).hello(token=ada.token)
    missing = await second.ask(do, room="#nothing", **fields)
    for ref in (room, "#secret"):
        reply = await second.ask(do, room=ref, **fields)
        assert {**reply, "reply": ""} == {**missing, "reply": ""}


async def test_where_others_can_read_along_nothing_of_a_private_room_is_told(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = await private(ada, "@bob")
    number = await ada.say("hidden", room=room)
    await bob.done("set_draft", room=room, text="a hidden draft")
    second = Client(chat, origin=OVERHEARD)
    await second.hello(token=bob.token, epoch=bob.welcome["epoch"], me=0, house=0, rooms={room: 0})
    await ada.say("hidden too", room=room)
    await ada.done("set_topic", room=room, topic="hidden as well")
    await bob.done("mark_read", room=room, number=number)
    await bob.done("set_draft", room=room, text="another hidden draft")
    await second.done("list_rooms")
    await second.done("list_unread")
    await second.done("events_since", log="me", number=0)
    await second.done("search", query="hidden")
    await second.done("read_people", people=["@ada", "@bob"])
    await second.done("list_people")
    await second.done("list_recent")
    await second.done("list_settings")
    await quiet(bob, second)
    for word in (b"hidden", b"secret", room.encode()):
        assert word not in second.heard
    assert await second.error("create_room", name="own", kind="private") == "not-confidential"
    await second.say("but the lobby is there")


async def test_an_invitation_to_a_private_room_is_not_told_where_others_can_read_along(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    room = await private(ada)
    dan = await Client(chat, VisitorCodec(chat), OVERHEARD).hello("dan")
    await ada.done("invite_person", room=room, person="@dan")
    assert await dan.error("join_room", room=room) == "no-such-room"
    await quiet(dan)
    assert room.encode() not in dan.heard
