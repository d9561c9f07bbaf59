"""Details of rooms: set by those who look after one, read by all who see it, told to who hears it, and kept."""

from tests.unit.chat.conftest import Join, TestStore, operator

from hobnob.chat.chat import Chat


async def test_details_are_told_read_and_kept(chat: Chat, join: Join, store: TestStore) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    room = (await ada.done("create_room", name="tea", people=["@bob"]))["room"]["id"]
    await bob.done("join_room", room="#tea")
    await ada.done("set_room_detail", room="#tea", key="url", value=" https://tea.example\n")
    told = await bob.event("room_detail_changed", room=room)
    assert (told["key"], told["value"], told["number"] > 0) == ("url", "https://tea.example", True)
    assert (await eve.done("read_room", room="#tea"))["room"]["details"] == {"url": "https://tea.example"}
    entry = store.room(room)
    assert entry is not None
    assert entry.room.details == {"url": "https://tea.example"}
    await ada.done("set_room_detail", room="#tea", key="url", value=None)
    assert "value" not in await bob.event("room_detail_changed", number=told["number"] + 1)
    assert "details" not in (await eve.done("read_room", room="#tea"))["room"]


async def test_only_moderators_set_them(chat: Chat, join: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    await ada.done("create_room", name="tea", people=["@bob"])
    fields = {"room": "#tea", "key": "url", "value": "x"}
    assert await bob.error("set_room_detail", **fields) == "not-allowed"
    assert await eve.error("set_room_detail", **fields) == "not-a-member"
    await ada.done("set_role", room="#tea", person="@bob", role="moderator")
    await bob.done("set_room_detail", **fields)
    await (await operator(chat)).done("set_room_detail", **fields | {"value": "y"})
    await ada.done("change_room", room="#tea", private=True)
    assert await eve.error("set_room_detail", **fields) == "no-such-room"
    await bob.say("hi", room="@ada")
    assert await bob.error("set_room_detail", **fields | {"room": "@ada"}) == "not-allowed"


async def test_what_no_detail_can_be(join: Join) -> None:
    ada = await join("ada")
    await ada.done("create_room", name="tea")
    for key, value in (("URL", "x"), ("", "x"), ("a b", "x"), ("url", "x" * 401)):
        assert await ada.error("set_room_detail", room="#tea", key=key, value=value) == "detail-invalid"
    for number in range(20):
        await ada.done("set_room_detail", room="#tea", key=f"k{number}", value="x")
    assert await ada.error("set_room_detail", room="#tea", key="url", value="x") == "too-many"
    await ada.done("set_room_detail", room="#tea", key="k0", value="y")
    before = await ada.done("set_room_detail", room="#tea", key="k0", value="z")
    again = await ada.done("set_room_detail", room="#tea", key="k0", value="z")
    assert (before["number"] > 0, again.get("number", 0)) == (True, 0), "what is so already is no fact"


async def test_no_room_has_more_of_them_whoever_sets_two_at_once(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = (await ada.done("create_room", name="tea", people=["@bob"]))["room"]["id"]
    await ada.done("set_role", room="#tea", person="@bob", role="moderator")
    for number in range(19):
        await ada.done("set_room_detail", room="#tea", key=f"k{number}", value="x")
    asked = [who.send("set_room_detail", room="#tea", key=key, value="x") for who, key in ((ada, "a"), (bob, "b"))]
    replies = [await who.reply(command) for who, command in zip((ada, bob), asked, strict=True)]
    assert sorted(reply.get("error", "") for reply in replies) == ["", "too-many"]
    entry = store.room(room)
    assert entry is not None
    assert len(entry.room.details) == 20
