"""Reports, the audit log, and doors that let nobody new in."""

from tests.unit.chat.conftest import (
    OVERHEARD,
    SECOND,
    Client,
    Join,
    OperatorCodec,
    TestStore,
    eventually,
    operator,
    promote,
    quiet,
)
from tests.unit.chat.test_bans import refused
from tests.unit.clock import Clock

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.gateways.lines import LinesCodec


async def lines(client: Client, **fields: object) -> list[dict[str, object]]:
    """A page of the audit log."""
    return list((await client.done("read_audit", **fields)).get("entries", []))


async def test_a_report_reaches_the_moderators_and_nobody_else(chat: Chat, join: Join) -> None:
    ada, bob, eve, boss = [await join(name) for name in ("ada", "bob", "eve", "boss")]
    await promote(chat, boss, "moderator")
    room = (await ada.done("create_room", name="tea", people=["@bob", "@eve"]))["room"]["id"]
    of = await eve.say("something bad", room=room)
    await bob.done("report", room="#tea", of=of, reason="this is bad")
    for client in (ada, boss):
        event = await client.event("moderated", action="report")
        assert (event["by_name"], event["person"], event["of"], event["room"]) == ("bob", eve.id, of, room)
        assert event["reason"] == "this is bad"
        assert "something bad" not in str(event)
    await quiet(bob, eve)
    assert bob.events("moderated") == eve.events("moderated") == []


async def test_a_report_is_heard_in_the_words_of_every_gateway(chat: Chat, join: Join) -> None:
    desk = Client(chat, LinesCodec(chat))
    desk.conversation.receive(b"/name boss\n")
    ada, bob = await join("ada"), await join("bob")
    await eventually(lambda: chat.people.named("boss") is not None)
    await ada.done("create_room", name="tea", people=["@bob"])
    desk.conversation.receive(b"/join tea\n")
    await ada.event("member_joined", person_name="boss")
    await ada.done("set_role", room="#tea", person="@boss", role="moderator")
    of = await ada.say("something bad", room="#tea")
    await bob.done("report", room="#tea", of=of, reason="rude")
    await eventually(lambda: f"* bob reports message {of} of ada in #tea (rude)".encode() in desk.link.written)


async def test_one_reports_only_what_one_may_read(join: Join) -> None:
    ada, eve = await join("ada"), await join("eve")
    await ada.done("create_room", name="tea", kind="private", people=["@eve"])
    of = await ada.say("gone soon", room="#tea")
    await ada.done("delete_message", room="#tea", of=of)
    assert await eve.error("report", room="#tea", of=of) == "deleted"
    assert await eve.error("report", room="#tea", of=999) == "bad-number"
    await eve.done("leave_room", room="#tea")
    assert await eve.error("report", room="#tea", of=of) == "no-such-room"


async def test_moderators_read_what_concerns_them(chat: Chat, join: Join) -> None:
    ada, bob, boss = await join("ada"), await join("bob"), await join("boss")
    await ada.done("create_room", name="tea", people=["@bob"])
    await ada.done("create_room", name="secret", kind="private")
    await ada.done("change_room", room="#secret", slow=3)
    await ada.done("kick", room="#tea", person="@bob")
    await ada.done("ban", room="#tea", person="@bob")
    await promote(chat, boss, "moderator")
    assert [line["action"] for line in await lines(ada, room="#tea")] == ["ban", "kick"]
    assert [line["action"] for line in await lines(boss)] == ["role", "ban", "kick", "room"]
    assert [line["action"] for line in await lines(boss, room="#secret")] == ["room"]
    assert await ada.error("read_audit") == "not-allowed"
    assert await bob.error("read_audit", room="#tea") == "not-a-member"
    assert await boss.error("read_audit", room="#nothing") == "no-such-room"
    page = await boss.done("read_audit", limit=3)
    assert page["more"] is True
    assert [line["action"] for line in await lines(boss, before=page["entries"][-1]["number"])] == ["room"]


async def test_the_audit_log_is_not_read_where_others_can_read_along(chat: Chat, join: Join) -> None:
    boss, bob = await join("boss"), await join("bob")
    await boss.done("create_room", name="tea", people=["@bob"])
    second = await Client(chat, origin=OVERHEARD).hello(token=boss.token)
    assert await second.error("read_audit", room="#tea") == "not-confidential"
    await boss.done("mute", room="#tea", person=bob.id)
    await boss.event("moderated", action="mute")
    await quiet(second)
    assert second.events("moderated") == []


async def test_deleting_what_others_said_is_an_act(chat: Chat, join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    room = (await ada.done("create_room", name="tea", people=["@bob"]))["room"]["id"]
    theirs, own, mine = (
        await bob.say("theirs", room=room),
        await bob.say("own", room=room),
        await ada.say("x", room=room),
    )
    assert await bob.error("delete_message", room=room, of=mine) == "not-allowed"
    await bob.done("delete_message", room=room, of=own)
    await ada.done("delete_message", room=room, of=mine)
    await ada.done("delete_message", room=room, of=theirs, reason="rude")
    (line,), _ = store.audit(room=room, before=None, limit=10)
    assert (line.action, line.by, line.person, line.of, line.reason) == ("delete", ada.id, bob.id, theirs, "rude")
    (read, *_) = (await bob.done("read_history", room=room))["messages"]
    assert (read["deleted"], read.get("text", "")) == (True, "")


async def test_closed_doors_let_nobody_new_in(timed: Chat, clock: Clock) -> None:
    server, bob = await operator(timed), await Client(timed).hello("bob")
    assert await bob.error("close_doors", seconds=60) == "not-allowed"
    await server.done("close_doors", seconds=3600)
    assert await refused(timed, "eve") == await refused(timed, None) == "doors-closed"
    assert await refused(timed, "eve", password="correct horse battery", register=True) == "doors-closed"
    await Client(timed).hello(token=bob.token)
    await Client(timed, OperatorCodec(timed)).hello()
    await bob.say("who is in goes on")
    await server.done("close_doors", seconds=0)
    await Client(timed).hello("eve")
    await server.done("close_doors", seconds=60)
    clock.now += 60 * SECOND
    await Client(timed).hello("cleo")
    assert await server.error("close_doors", seconds=7 * 24 * 3600 + 1) == "bad-command"


async def test_closed_doors_stay_closed_over_a_restart(store: TestStore, timed: Chat, clock: Clock) -> None:
    server, bob = await operator(timed), await Client(timed).hello("bob")
    await server.done("close_doors", seconds=3600)
    for _ in range(250):  # more than are read at once
        await server.done("mute", person=bob.id)
        await server.done("unmute", person=bob.id)
    await timed.stop("It starts again.")
    again = Chat(store, LocalBus(), clock=clock)
    await again.open()
    assert await refused(again, "eve") == "doors-closed"
    clock.now += 3600 * SECOND
    await Client(again).hello("eve")
    await again.stop("The test is over.")
