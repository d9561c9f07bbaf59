"""Who is kept out of a room, or from writing in it, by a mask, a key or a limit; and who comes in all the same."""

import pytest
from tests.unit.chat.conftest import Client, Frame, Join, VisitorCodec, quiet

from hobnob.chat.chat import Chat
from hobnob.chat.handlers.masks import MOST_MASKS
from hobnob.protocol.masks import host


async def room_of(asker: Client, room: str = "#tea") -> Frame:
    return await asker.done("read_room", room=room)


@pytest.fixture
async def ada(join: Join) -> Client:
    """The owner of #tea."""
    ada = await join("ada")
    await ada.done("create_room", name="tea")
    return ada


async def test_a_mask_keeps_out_by_name_before_anybody_has_it(chat: Chat, ada: Client, join: Join) -> None:
    await ada.done("set_mask", room="#tea", kind="ban", mask="b?b")
    bob, eve = await join("Bob"), await join("eve")
    assert await bob.error("join_room", room="#tea") == "banned"
    await eve.done("join_room", room="#tea")
    await bob.done("set_name", name="rob")
    await bob.done("join_room", room="#tea")
    await ada.done("set_mask", room="#tea", kind="ban", mask="b?b!*@*", on=False)
    assert "masks" not in await room_of(ada)


async def test_a_mask_of_a_host_follows_a_person_under_every_name(ada: Client, join: Join) -> None:
    bob = await join("bob")
    await ada.done("set_mask", room="#tea", kind="ban", mask=f"*!*@{host(bob.id)}")
    await bob.done("set_name", name="rob")
    assert await bob.error("join_room", room="#tea") == "banned"


async def test_an_exception_lets_in_all_the_same(ada: Client, join: Join) -> None:
    await ada.done("set_mask", room="#tea", kind="ban", mask="*!*@*")
    await ada.done("set_mask", room="#tea", kind="exception", mask="bob")
    bob, eve = await join("bob"), await join("eve")
    await bob.done("join_room", room="#tea")
    assert await eve.error("join_room", room="#tea") == "banned"


@pytest.mark.parametrize("kind", ["ban", "mute"])
async def test_who_is_meant_by_a_mask_may_not_write(ada: Client, join: Join, kind: str) -> None:
    bob = await join("bob")
    await bob.done("join_room", room="#tea")
    await bob.say("hi", room="#tea")
    await ada.done("set_mask", room="#tea", kind=kind, mask="bob")
    assert await bob.error("send_message", room="#tea", text="hi") == "muted"
    assert await bob.error("set_topic", room="#tea", topic="mine") == "muted"
    await ada.done("set_mask", room="#tea", kind="exception", mask="bob")
    await bob.say("hi", room="#tea")
    await ada.done("set_mask", room="#tea", kind="exception", mask="bob", on=False)
    assert await bob.error("send_message", room="#tea", text="hi") == "muted"
    await bob.done("set_name", name="rob")
    await bob.say("hi", room="#tea")


@pytest.mark.parametrize("kind", ["ban", "mute"])
async def test_masks_silence_neither_moderators_nor_speakers(ada: Client, join: Join, kind: str) -> None:
    bob = await join("bob")
    await bob.done("join_room", room="#tea")
    await ada.done("set_mask", room="#tea", kind=kind, mask="*")
    await ada.say("hi", room="#tea")
    assert await bob.error("send_message", room="#tea", text="hi") == "muted"
    await ada.done("set_role", room="#tea", person=bob.id, role="speaker")
    await bob.say("hi", room="#tea")
    await ada.done("set_role", room="#tea", person=bob.id, role="member")
    assert await bob.error("send_message", room="#tea", text="hi") == "muted"


async def test_the_case_of_a_mask_does_not_count(ada: Client) -> None:
    await ada.done("set_mask", room="#tea", kind="ban", mask="BOB!*@*")
    await ada.done("set_mask", room="#tea", kind="ban", mask="bob")
    await ada.done("set_mask", room="#tea", kind="mute", mask="Bob")
    assert [mask["mask"] for mask in (await room_of(ada))["masks"]] == ["BOB!*@*", "Bob!*@*"]
    await ada.done("set_mask", room="#tea", kind="ban", mask="bob!*@*", on=False)
    assert [mask["mask"] for mask in (await room_of(ada))["masks"]] == ["Bob!*@*"]


async def test_a_mask_of_accounts(chat: Chat, ada: Client, join: Join) -> None:
    await ada.done("set_mask", room="#tea", kind="ban", mask="account:b*")
    guest = await join("bert")
    await guest.done("join_room", room="#tea")
    await guest.done("leave_room", room="#tea")
    await guest.done("register", password="correct horse battery staple")
    assert await guest.error("join_room", room="#tea") == "banned"


async def test_an_invitation_by_mask_opens_a_private_room(ada: Client, join: Join) -> None:
    bob = await join("bob")
    await ada.done("change_room", room="#tea", private=True)
    assert await bob.error("join_room", room="#tea") == "no-such-room"
    await ada.done("set_mask", room="#tea", kind="invite", mask="bob")
    await bob.done("join_room", room="#tea")


async def test_masks_are_kept_and_told(chat: Chat, ada: Client, join: Join) -> None:
    bob = await join("bob")
    await bob.done("join_room", room="#tea")
    await ada.done("set_mask", room="#tea", kind="ban", mask="eve")
    told = await bob.event("mask_changed", mask="eve!*@*")
    assert (told["kind"], told["by_name"], told.get("on", True)) == ("ban", "ada", True)
    assert [mask["mask"] for mask in (await room_of(bob))["masks"]] == ["eve!*@*"]
    assert "number" not in await ada.done("set_mask", room="#tea", kind="ban", mask="eve"), "it stands already"
    live = chat.rooms.find("tea")
    assert live is not None
    chat.rooms.forget(live)
    again = await chat.rooms.open("tea")
    assert again is not None
    assert list(again.masks) == [("ban", "eve!*@*")]


async def test_only_moderators_set_masks(ada: Client, join: Join) -> None:
    bob = await join("bob")
    assert await bob.error("set_mask", room="#tea", kind="ban", mask="eve") == "not-a-member"
    await bob.done("join_room", room="#tea")
    assert await bob.error("set_mask", room="#tea", kind="ban", mask="eve") == "not-allowed"


@pytest.mark.parametrize("mask", ["", " ", "a b", "a,b", "x" * 200, "account:", "a\nb"])
async def test_what_is_no_mask_is_refused(ada: Client, mask: str) -> None:
    assert await ada.error("set_mask", room="#tea", kind="ban", mask=mask) == "mask-invalid"


async def test_a_room_has_only_so_many_masks(chat: Chat, ada: Client) -> None:
    for number in range(MOST_MASKS):
        await ada.done("set_mask", room="#tea", kind="ban", mask=f"p{number}")
    assert await ada.error("set_mask", room="#tea", kind="ban", mask="one-more") == "too-many"
    await ada.done("set_mask", room="#tea", kind="ban", mask="p1", on=False)
    await ada.done("set_mask", room="#tea", kind="ban", mask="one-more")


# Keys, limits, topics


async def test_a_key_is_asked_for(ada: Client, join: Join) -> None:
    bob, eve = await join("bob"), await join("eve")
    await ada.done("change_room", room="#tea", key="sesame")
    assert await bob.error("join_room", room="#tea") == "bad-key"
    assert await bob.error("join_room", room="#tea", key="Sesame") == "bad-key"
    await bob.done("join_room", room="#tea", key="sesame")
    assert (await room_of(bob))["room"]["key"] == "sesame"
    assert "key" not in (await room_of(eve))["room"]
    await ada.done("invite_person", room="#tea", person="@eve")
    await eve.done("join_room", room="#tea")
    await ada.done("change_room", room="#tea", key="")
    await (await join("max")).done("join_room", room="#tea")


@pytest.mark.parametrize("key", ["a b", "a,b", "x" * 33, "a\n"])
async def test_a_key_is_one_word(ada: Client, key: str) -> None:
    assert await ada.error("change_room", room="#tea", key=key) == "bad-command"


async def test_the_key_is_not_in_the_audit_log(ada: Client) -> None:
    await ada.done("change_room", room="#tea", key="sesame")
    assert "sesame" not in str(await ada.done("read_audit", room="#tea"))


async def test_a_limit_counts_who_is_there(chat: Chat, ada: Client, join: Join) -> None:
    bob, vic = await join("bob"), await Client(chat, VisitorCodec(chat)).hello("vic")
    await ada.done("change_room", room="#tea", limit=2)
    await vic.done("join_room", room="#tea")
    assert await bob.error("join_room", room="#tea") == "room-full"
    vic.leave()
    await bob.done("join_room", room="#tea")


async def test_topics_may_be_for_moderators(ada: Client, join: Join) -> None:
    bob = await join("bob")
    await bob.done("join_room", room="#tea")
    await bob.done("set_topic", room="#tea", topic="mine")
    await ada.done("change_room", room="#tea", topics="moderators")
    told = await bob.event("room_changed", topics="moderators")
    assert told["changed"] == ["topics"]
    assert await bob.error("set_topic", room="#tea", topic="mine again") == "not-allowed"
    await ada.done("set_topic", room="#tea", topic="ours")
    room = (await room_of(bob))["room"]
    assert (room["topic_by"], room["topic"]) == ("ada", "ours")
    assert room["topic_at"] > room["created_at"]


async def test_a_private_room_is_not_there_for_others(ada: Client, join: Join) -> None:
    eve = await join("eve")
    await ada.done("change_room", room="#tea", private=True)
    assert await eve.error("read_room", room="#tea") == await eve.error("read_room", room="#nowhere") == "no-such-room"
    await quiet(eve)
