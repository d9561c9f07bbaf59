"""Who may act on whom, and what an act does: kicks, and the lines in the audit log."""

import pytest
from tests.unit.chat.conftest import Join, TestStore, operator, promote, quiet

from hobnob.chat.chat import Chat
from hobnob.chat.rights import Standing
from hobnob.protocol.records import Role

ACTS: list[tuple[str, dict[str, object]]] = [
    ("kick", {"room": "#tea"}),
    ("ban", {"room": "#tea"}),
    ("mute", {"room": "#tea"}),
    ("ban", {}),
    ("mute", {}),
]


async def test_a_kick_takes_somebody_out_who_may_come_back(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    await ada.done("kick", room="#tea", person="@bob", reason="shoes off")
    for client in (ada, bob):
        await client.event("member_left", person=bob.id, by=ada.id, reason="shoes off")
    await bob.event("room_lost")
    await ada.say("without bob", room="#tea")
    assert await bob.error("read_history", room="#tea") == "not-a-member"
    assert await ada.error("kick", room="#tea", person="@bob") == "not-a-member"
    await bob.done("join_room", room="#tea")
    await quiet(bob)
    assert bob.texts() == []


async def test_a_visitor_is_kicked_too(join: Join, visit: Join) -> None:
    ada, dan = await join("ada"), await visit("dan")
    await ada.done("create_room", name="tea")
    await dan.done("join_room", room="#tea")
    await ada.done("kick", room="#tea", person="@dan")
    await ada.event("member_left", person=dan.id)
    await ada.say("without dan", room="#tea")
    assert await dan.error("send_message", room="#tea", text="x") == "not-a-member"
    await quiet(dan)
    assert dan.lines == []


@pytest.mark.parametrize(("do", "fields"), ACTS)
async def test_members_may_not_moderate(join: Join, do: str, fields: dict[str, object]) -> None:
    ada, bob = await join("ada"), await join("bob")
    await join("cleo")
    await ada.done("create_room", name="tea", people=["@bob", "@cleo"])
    assert await bob.error(do, person="@cleo", **fields) == "not-allowed"
    assert await bob.error(do, person="@ada", **fields) == "not-allowed"


@pytest.mark.parametrize(("do", "fields", "where"), [(do, fields, "server") for do, fields in ACTS]
                         + [(do, fields, "room") for do, fields in ACTS if fields])  # fmt: skip
async def test_nobody_acts_on_who_has_the_same_role(
    chat: Chat, join: Join, do: str, fields: dict[str, object], where: str
) -> None:
    ada, mod, peer, bob = [await join(name) for name in ("ada", "mod", "peer", "bob")]
    room = (await ada.done("create_room", name="tea", people=["@mod", "@peer", "@bob"]))["room"]["id"]
    for client in (mod, peer):
        if where == "server":
            await promote(chat, client, "moderator")
        else:
            await ada.done("set_role", room=room, person=client.id, role="moderator")
    reply = await mod.ask(do, person="@peer", **fields)
    assert (reply["error"], reply["hint"]) == ("not-allowed", "They have the same role as you or a higher one.")
    assert await mod.error(do, person="@mod", **fields) == "not-allowed"
    await mod.done(do, person=bob.id, **fields)


@pytest.mark.parametrize(
    ("actor", "target", "allowed"),
    [
        (("owner", "member"), ("owner", "member"), True),
        (("owner", "member"), ("member", "member"), True),
        (("moderator", "member"), ("member", "guest"), True),
        (("moderator", "member"), ("guest", "member"), True),
        (("moderator", "member"), ("moderator", "member"), False),
        (("moderator", "member"), ("owner", "member"), False),
        (("owner", "member"), ("moderator", "moderator"), False),
        (("owner", "member"), ("owner", "owner"), False),
        (("moderator", "moderator"), ("member", "member"), True),
        (("moderator", "moderator"), ("owner", "member"), False),
        (("owner", "moderator"), ("owner", "owner"), False),
        (("owner", "owner"), ("moderator", "moderator"), True),
        (("owner", "owner"), ("owner", "owner"), True),
    ],
)
def test_who_is_above_whom(actor: tuple[Role, Role], target: tuple[Role, Role], allowed: bool) -> None:
    assert Standing(*actor).above(Standing(*target)) is allowed


async def test_a_role_on_the_server_counts_in_ones_rooms(chat: Chat, join: Join) -> None:
    ada, mod, bob = await join("ada"), await join("mod"), await join("bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    await promote(chat, mod, "moderator")
    assert await mod.error("kick", room="#tea", person="@bob") == "not-a-member"
    await mod.done("join_room", room="#tea")
    await mod.done("kick", room="#tea", person="@bob")
    await bob.event("room_lost")
    assert await mod.error("kick", room="#tea", person="@ada") == "not-allowed"
    assert await ada.error("kick", room="#tea", person="@mod") == "not-allowed"


async def test_people_in_a_direct_room_are_equals(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await promote(chat, ada, "owner")
    room = (await ada.done("open_direct", people=["@bob"]))["room"]["id"]
    for do in ("kick", "ban", "mute"):
        assert await ada.error(do, room=room, person="@bob") == "not-allowed"
    of = await bob.say("mine", room=room)
    assert await ada.error("delete_message", room=room, of=of) == "not-allowed"


async def test_who_runs_the_server_acts_everywhere_but_in_direct_rooms(chat: Chat, join: Join) -> None:
    server, ada, bob = await operator(chat), await join("ada"), await join("bob")
    room = (await ada.done("create_room", name="secret", kind="private", people=["@bob"]))["room"]["id"]
    of = await bob.say("hello", room=room)
    assert (await server.done("list_members", room="#secret"))["members"]
    assert (await server.done("read_history", room=room))["messages"][0]["text"] == "hello"
    await server.done("delete_message", room="#secret", of=of)
    await server.done("set_topic", room=room, topic="keep quiet")
    await server.done("send_message", room="#secret", text="This room is being moved.")
    await server.done("typing", room="#secret")
    await server.done("react", room="#secret", of=await bob.say("good", room=room), emoji="x")
    assert await server.error("leave_room", room="#secret") == "not-a-member"
    await server.done("kick", room="#secret", person="@ada")
    await server.done("ban", room=room, person="@bob")
    await quiet(ada, bob)
    direct = (await ada.done("open_direct", people=["@bob"]))["room"]["id"]
    assert await server.error("read_history", room=direct) == "no-such-room"
    assert await server.error("send_message", room=direct, text="x") == "no-such-room"


async def test_every_act_is_a_line_of_the_audit_log(chat: Chat, join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = (await ada.done("create_room", name="tea", people=["@bob"]))["room"]["id"]
    await ada.done("mute", room="#tea", person="@bob", seconds=60, reason="one")
    await ada.done("unmute", room="#tea", person="@bob")
    await ada.done("kick", room="#tea", person="@bob", reason="two")
    await ada.done("ban", room="#tea", person="@bob", reason="three")
    await ada.done("unban", room="#tea", person="@bob")
    lines, more = store.audit(room=room, before=None, limit=10)
    assert [(line.action, line.reason) for line in lines[::-1]] == [
        ("mute", "one"), ("unmute", ""), ("kick", "two"), ("ban", "three"), ("unban", ""),
    ]  # fmt: skip
    for line in lines:
        assert (line.by, line.person, line.person_name, line.room_name) == (ada.id, bob.id, "bob", "tea")
    assert not more


async def test_an_act_is_repeated_without_being_done_twice(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = (await ada.done("create_room", name="tea", people=["@bob"]))["room"]["id"]
    ref = "r" * 24
    first = await ada.done("kick", room="#tea", person="@bob", ref=ref)
    await bob.done("join_room", room="#tea")
    again = await ada.done("kick", room="#tea", person="@bob", ref=ref)
    assert (again["number"], again["repeated"]) == (first["number"], True)
    assert await ada.error("kick", room="#tea", person="@bob", reason="other", ref=ref) == "ref-reused"
    assert len(store.audit(room=room, before=None, limit=10)[0]) == 1


async def test_what_moderators_did_is_heard_by_those_whom_it_concerns(chat: Chat, join: Join) -> None:
    ada, bob, mod, boss, cleo = [await join(name) for name in ("ada", "bob", "mod", "boss", "cleo")]
    room = (await ada.done("create_room", name="tea", people=["@bob", "@mod", "@cleo"]))["room"]["id"]
    await ada.done("set_role", room=room, person=mod.id, role="moderator")
    await promote(chat, boss, "moderator")
    await quiet(ada, bob, mod, boss, cleo)
    for client in (ada, mod, boss):
        client.forget()
    await ada.done("kick", room="#tea", person="@bob")
    await boss.done("mute", person="@cleo")
    await quiet(ada, bob, mod, boss, cleo)
    clients = {"ada": ada, "bob": bob, "mod": mod, "boss": boss, "cleo": cleo}
    heard = {name: [e["action"] for e in client.events("moderated")] for name, client in clients.items()}
    assert heard == {"ada": ["kick"], "mod": ["kick"], "boss": ["kick", "mute"], "bob": [], "cleo": []}
