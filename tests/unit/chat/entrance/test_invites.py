"""Invites: who makes them, what they give, and how they end."""

import json
import re
from typing import Any

import pytest
from tests.unit.chat.conftest import PASSWORD, Client, VisitorCodec, operator, quiet
from tests.unit.chat.entrance.conftest import clear, far, invite, registered

from hobnob.chat.chat import Chat
from hobnob.chat.invites import OWNER_INVITE, code_hash
from hobnob.protocol.links import Link, parse_link


def audited(chat: Chat) -> list[tuple[str, str, str, str]]:
    """What the audit log says of invites: by whom, what, whose, for which room."""
    lines, _ = chat.store.audit(room=None, before=None, limit=100)
    return [(line.by_name, line.what, line.person_name, line.room_name) for line in reversed(lines)]


async def owner(chat: Chat, name: str = "olga") -> Client:
    """An account that owns the server."""
    return await Client(chat).hello(name, password=PASSWORD, register=True, invite=await chat.owner_code())


def member(chat: Chat, room: str, person: Client) -> str | None:
    """Somebody's role in a live room."""
    live = chat.rooms.find(room)
    assert live is not None
    found = live.members.get(person.id)
    return None if found is None else found.role


# Making


async def test_owners_and_moderators_of_the_server_make_invites_and_members_do_not(chat: Chat) -> None:
    olga, ada = await owner(chat), await registered(chat)
    made = await olga.done("create_invite", uses=5, expires_in=60, role="moderator")
    assert made["invite"] | {"created_at": "", "expires_at": "", "id": ""} == {
        "id": "", "role": "moderator", "by": olga.id, "by_name": "olga", "created_at": "", "uses_left": 5,
        "expires_at": "",
    }  # fmt: skip
    assert re.fullmatch("[a-z2-7]{26}", made["code"])
    mona = await registered(chat, "mona", invite=made["code"])
    assert mona.welcome["you"]["role"] == "moderator"
    await mona.done("create_invite", role="guest")
    for other in (ada, await Client(chat).hello("gus"), await Client(chat, VisitorCodec(chat)).hello("vic")):
        assert await other.error("create_invite") in ("not-allowed", "not-kept")
    assert await mona.error("create_invite", role="owner") == "not-allowed"
    assert ("olga", "made", "", "") in audited(chat)
    assert ("mona", "used", "olga", "") in audited(chat)


async def test_owners_and_moderators_of_a_room_make_invites_to_it(chat: Chat) -> None:
    ada, bob = await registered(chat), await registered(chat, "bob")
    await ada.done("create_room", name="tea", kind="private", people=["@bob"])
    made = await ada.done("create_invite", room="#tea", role="moderator")
    assert (made["invite"]["room_name"], made["invite"]["role"]) == ("tea", "moderator")
    assert await bob.error("create_invite", room="#tea") == "not-allowed"
    assert await bob.error("create_invite", room="#nowhere") == "no-such-room"
    await bob.done("open_direct", people=["@ada"])
    assert await bob.error("create_invite", room="@ada") == "not-allowed"


async def test_a_code_is_shown_once_and_kept_as_a_hash(chat: Chat, tmp_path: Any) -> None:
    olga = await owner(chat)
    chat.reached_at = lambda: Link("chat.example.org", 8080, key="", scheme="https")
    made = await olga.done("create_invite")
    link, web = parse_link(made["link"]), parse_link(made["web"])
    assert link is not None
    assert web is not None
    assert link.invite == web.invite == made["code"]
    listed = await olga.done("list_invites")
    assert made["code"] not in json.dumps(listed)
    await clear(chat).hello("gus")
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert made["code"].encode() not in file.read_bytes()


async def test_no_code_is_made_or_used_in_clear_text(chat: Chat) -> None:
    code = await invite(chat)
    guest = await clear(chat).hello("gus")
    assert await guest.error("use_invite", code=code) == "not-confidential"
    assert await guest.error("create_invite", room="#lobby") == "not-confidential"


async def test_nobody_has_more_invites_than_anybody_needs(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.handlers.invites.MOST_INVITES", 3)
    olga = await owner(chat)
    ids = [(await olga.done("create_invite"))["invite"]["id"] for _ in range(3)]
    assert await olga.error("create_invite") == "too-many"
    await olga.done("revoke_invite", invite=ids[0])
    await olga.done("create_invite", expires_in=1)
    later(chat, 2)
    await olga.done("create_invite")
    assert len(chat.store.invites(None)) == 3  # the one that is over is forgotten


@pytest.mark.parametrize("seconds", [0, 2**53 - 1])
async def test_an_invite_may_have_no_end(chat: Chat, seconds: int) -> None:
    made = await (await owner(chat)).done("create_invite", uses=0, expires_in=seconds)
    assert {"uses_left", "expires_at"}.isdisjoint(made["invite"])
    later(chat, 10**8)
    for name in ("ada", "bob", "carol"):
        await far(chat).hello(name, invite=made["code"])


def later(chat: Chat, seconds: int) -> None:
    """Time passes."""
    clock = chat.clock
    chat.clock = chat.keeper._clock = lambda: clock() + seconds * 1000


# Ending


async def test_an_invite_ends_with_its_time_its_uses_and_its_being_taken_back(chat: Chat) -> None:
    olga, gus = await owner(chat), await Client(chat).hello("gus")
    await olga.done("create_room", name="tea", kind="private")
    timed, once, back = [(await olga.done("create_invite", room="#tea", expires_in=60)) for _ in range(3)]
    assert await gus.error("use_invite", code="a" * 26) == "invite-unknown"
    await olga.done("revoke_invite", invite=back["invite"]["id"])
    assert await gus.error("use_invite", code=back["code"]) == "invite-unknown"
    await far(chat).hello("bob", invite=once["code"])
    assert await gus.error("use_invite", code=once["code"]) == "invite-unknown"
    listed = (await olga.done("list_invites"))["invites"]
    assert [each["id"] for each in listed] == [timed["invite"]["id"]]
    later(chat, 61)
    assert await gus.error("use_invite", code=timed["code"]) == "invite-unknown"
    assert (await olga.done("list_invites")).get("invites", []) == []


async def test_an_invite_ends_with_the_rights_of_its_maker(chat: Chat) -> None:
    olga = await owner(chat)
    mona = await registered(chat, "mona", invite=(await olga.done("create_invite", role="moderator"))["code"])
    code = (await mona.done("create_invite", uses=5))["code"]
    await far(chat).hello("one", invite=code)
    await (await operator(chat)).done("set_role", person="@mona", role="member")
    assert await far(chat).error("hello", name="two", invite=code) == "invite-unknown"


async def test_an_invite_ends_with_the_rights_of_its_maker_while_it_is_used(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga, server = await owner(chat), await operator(chat)
    mona = await registered(chat, "mona", invite=(await olga.done("create_invite", role="moderator"))["code"])
    code = (await mona.done("create_invite"))["code"]
    hash_password, late = chat.passwords.hash, [True]

    async def slow(password: str) -> str:
        if late.pop():
            late.append(False)
            await server.done("set_role", person="@mona", role="member")
        return await hash_password(password)

    monkeypatch.setattr(chat.passwords, "hash", slow)
    fields = {"name": "eve", "password": PASSWORD, "register": True, "invite": code}
    assert await far(chat).error("hello", **fields) == "invite-unknown"


async def test_whose_maker_is_banned_is_void(chat: Chat) -> None:
    olga, server = await owner(chat), await operator(chat)
    mona = await registered(chat, "mona", invite=(await olga.done("create_invite", role="moderator"))["code"])
    code = (await mona.done("create_invite"))["code"]
    await server.done("ban", person="@mona")
    assert await far(chat).error("hello", name="eve", invite=code) == "invite-unknown"
    await server.done("unban", person="@mona")
    await far(chat).hello("eve", invite=code)


async def test_who_may_not_take_an_invite_back_does_not_learn_of_it(chat: Chat) -> None:
    olga, ada = await owner(chat), await registered(chat)
    await ada.done("create_room", name="tea")
    theirs = (await olga.done("create_invite"))["invite"]["id"]
    mine = (await ada.done("create_invite", room="#tea"))["invite"]["id"]
    assert await ada.error("revoke_invite", invite=theirs) == "no-such-invite"
    assert [each["id"] for each in (await ada.done("list_invites"))["invites"]] == [mine]
    assert {each["id"] for each in (await olga.done("list_invites"))["invites"]} == {mine, theirs}
    gus = await Client(chat).hello("gus")
    assert (await gus.done("list_invites")).get("invites", []) == []
    await olga.done("revoke_invite", invite=mine)
    assert ("olga", "taken back", "ada", "tea") in audited(chat)


# Rooms


async def test_an_invite_to_a_private_room_makes_one_a_member_at_the_entrance(chat: Chat) -> None:
    ada = await registered(chat)
    await ada.done("create_room", name="tea", kind="private")
    code = (await ada.done("create_invite", room="#tea", uses=2, role="guest"))["code"]
    eve = await far(chat).hello("eve", invite=code)
    assert [room["name"] for room in eve.welcome["rooms"]] == ["lobby", "tea"]
    await ada.event("member_joined", person=eve.id)
    await ada.say("welcome", room="#tea")
    await eve.event("message_sent", text="welcome")
    assert member(chat, "#tea", eve) == "guest"
    vic = await Client(chat, VisitorCodec(chat)).hello("vic", invite=code)
    assert [room["name"] for room in vic.welcome["rooms"]] == ["lobby", "tea"]
    await ada.say("you too", room="#tea")
    await quiet(vic)
    assert vic.lines[-1] == "ada: you too"
    await eve.done("set_draft", room="#tea", text="facts of one's own log go on")
    assert (await eve.event("draft_changed"))["number"] == 3


async def test_who_is_in_takes_an_invite_to_a_room(chat: Chat) -> None:
    ada, gus = await registered(chat), await Client(chat).hello("gus")
    vic = await Client(chat, VisitorCodec(chat)).hello("vic")
    await ada.done("create_room", name="tea", kind="private")
    code = (await ada.done("create_invite", room="#tea", uses=2))["code"]
    reply = await gus.done("use_invite", code=code)
    assert (reply["room"]["name"], reply["number"]) == ("tea", 3)
    await vic.done("use_invite", code=code)
    await gus.say("hello", room="#tea")
    await quiet(vic)
    assert vic.lines[-1] == "gus: hello"
    assert await Client(chat).error("hello", name="eve", invite=code) == "invite-unknown"
    assert (await gus.done("list_rooms"))["rooms"][-1]["name"] == "tea"


async def test_who_is_a_member_already_spends_no_use_but_may_rise(chat: Chat) -> None:
    ada, bob = await registered(chat), await registered(chat, "bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    code = (await ada.done("create_invite", room="#tea"))["code"]
    assert (await bob.done("use_invite", code=code))["room"]["name"] == "tea"
    assert (await ada.done("list_invites"))["invites"][0]["uses_left"] == 1
    higher = (await ada.done("create_invite", room="#tea", role="moderator"))["code"]
    await bob.done("use_invite", code=higher)
    assert (await ada.event("role_changed"))["role"] == "moderator"
    assert member(chat, "#tea", bob) == "moderator"
    assert await bob.error("use_invite", code=higher) == "invite-unknown"


async def test_of_a_room_that_is_gone_nobody_gets_anything(chat: Chat) -> None:
    """Least of all its role on the server."""
    ada = await registered(chat)
    vic = await Client(chat, VisitorCodec(chat)).hello("vic")
    await vic.done("join_room", room="#passing", create=True)
    assert await vic.error("create_invite", room="#passing", role="owner") == "not-kept"
    await ada.done("leave_room", room="#lobby")


async def test_who_is_known_takes_an_invite_along_and_comes_in_without_it_too(chat: Chat) -> None:
    ada, gus = await registered(chat), await Client(chat).hello("gus")
    await ada.done("create_room", name="tea", kind="private")
    code = (await ada.done("create_invite", room="#tea"))["code"]
    back = await Client(chat).hello(token=gus.token, invite=code)
    assert {room["name"] for room in back.welcome["rooms"]} == {"lobby", "tea"}
    again = await Client(chat).hello(token=gus.token, invite=code)
    assert again.id == gus.id
    await Client(chat).hello("ada", password=PASSWORD, invite=code)


async def test_a_guest_by_invite_is_a_guest_everywhere(chat: Chat) -> None:
    code = (await (await owner(chat)).done("create_invite", role="guest", uses=2))["code"]
    gus = await Client(chat).hello("gus", invite=code)
    vic = await Client(chat, VisitorCodec(chat)).hello("vic", invite=code)
    assert gus.welcome["you"]["role"] == vic.welcome["you"]["role"] == "guest"
    assert member(chat, "#lobby", gus) == member(chat, "#lobby", vic) == "guest"
    assert await gus.error("set_topic", room="#lobby", topic="mine") == "not-allowed"


# The owner of the server


async def test_the_owner_link_makes_an_owner_once(chat: Chat) -> None:
    code = await chat.owner_code()
    for client in (far(chat), Client(chat, VisitorCodec(chat))):
        assert await client.error("hello", name="olga", invite=code) == "account-needed"
    olga = await far(chat).hello("olga", password=PASSWORD, register=True, invite=code)
    assert olga.welcome["you"]["role"] == "owner"
    assert [person.name for person in chat.store.staff()] == ["olga"]
    assert await far(chat).error("hello", name="mal", password=PASSWORD, register=True, invite=code) == "invite-unknown"
    await olga.done("create_invite")


async def test_there_is_one_owner_link_at_a_time_and_it_lasts_an_hour(chat: Chat) -> None:
    fields = {"name": "olga", "password": PASSWORD, "register": True}
    first, second = await chat.owner_code(), await chat.owner_code()
    assert await far(chat).error("hello", invite=first, **fields) == "invite-unknown"
    boss = await operator(chat)
    third = (await boss.done("create_invite", role="owner", uses=10, expires_in=10**6))["code"]
    assert await far(chat).error("hello", invite=second, **fields) == "invite-unknown"
    (invite,) = chat.store.invites(None)
    assert (invite.id, invite.uses_left) == (OWNER_INVITE, 1)
    later(chat, 3601)
    assert await far(chat).error("hello", invite=third, **fields) == "invite-unknown"


async def test_an_account_that_is_in_takes_the_owner_link(chat: Chat) -> None:
    code = await chat.owner_code()
    ada, gus = await registered(chat), await Client(chat).hello("gus")
    assert await gus.error("use_invite", code=code) == "account-needed"
    assert await Client(chat).error("hello", token=gus.token, invite=code) == "account-needed"
    await ada.done("use_invite", code=code)
    assert (await ada.event("server_role_changed"))["role"] == "owner"
    lines, _ = chat.store.audit(room=None, before=None, limit=10)
    assert [(line.action, line.role) for line in lines] == [("invite", "owner"), ("role", "owner"), ("invite", "owner")]
    assert (await Client(chat).hello(token=ada.token)).welcome["you"]["role"] == "owner"


async def test_an_account_that_logs_in_takes_the_owner_link_along(chat: Chat) -> None:
    await registered(chat)
    back = await Client(chat).hello("ada", password=PASSWORD, invite=await chat.owner_code())
    assert back.welcome["you"]["role"] == "owner"


def test_a_code_is_the_same_however_it_is_typed() -> None:
    assert code_hash(" ABCD2 \n") == code_hash("abcd2") != code_hash("abcd3")
