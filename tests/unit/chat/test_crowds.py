"""Crowded rooms: comings and goings are told to those alone whose protocol demands it; facts and messages to all."""

import pytest
from tests.unit.chat.conftest import Client, Join, quiet

from hobnob.chat.chat import Chat

COMINGS = ("member_joined", "member_attached", "member_detached", "member_left", "presence_changed")


@pytest.fixture(autouse=True)
def small_crowds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.room.CROWD", 2)


async def test_in_a_crowd_json_hears_facts_and_messages_and_no_comings(chat: Chat, join: Join, visit: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.event("member_attached", by=bob.id)
    eve = await visit("eve")  # the third one: told, as it was no crowd before
    await ada.event("member_joined", person=eve.id)
    ada.forget()
    mallory = await visit("mallory")
    cleo = await join("cleo")
    await mallory.done("set_presence", state="away", text="tea")
    await cleo.say("hello")
    mallory.leave()
    await cleo.done("leave_room", room="#lobby")
    await quiet(ada)
    assert [(event["event"], event["number"]) for event in ada.events(*COMINGS)] == [
        ("member_joined", 4), ("member_left", 6),
    ]  # fmt: skip
    assert ada.texts() == ["hello"]
    here = (await ada.done("list_members", room="#lobby"))["members"]
    assert {member["name"] for member in here if member.get("attached")} == {"ada", "bob", "eve"}


async def test_who_shares_a_small_room_too_is_told_and_so_are_ones_own_clients(chat: Chat, join: Join) -> None:
    ada, bob, _ = await join("ada"), await join("bob"), await join("cleo")
    await ada.done("create_room", name="tea", people=["@bob"])
    other = await Client(chat).hello(token=ada.token)
    cleo_only = await join("dan")
    for client in (bob, other, cleo_only):
        client.forget()
    await ada.done("set_presence", state="away", text="tea")
    await quiet(bob, other, cleo_only)
    assert [event["by"] for event in bob.events("presence_changed")] == [ada.id]
    assert [event["by"] for event in other.events("presence_changed")] == [ada.id]
    assert cleo_only.events("presence_changed") == []
