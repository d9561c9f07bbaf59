"""The guarantee "exactly once": the same ref answers with what the first command did, and nothing happens twice."""

from collections.abc import Sequence

import pytest
from tests.unit.chat.conftest import Client, Join, Late, TestStore, new_ref, quiet

from hobnob.chat.chat import Chat
from hobnob.stores.store import Item, Outcome, Unknown


async def test_a_repeated_send_answers_with_the_first_ones_number(join: Join) -> None:
    ada, bob, ref = await join("ada"), await join("bob"), new_ref()
    first = await ada.done("send_message", room="#lobby", text="once", ref=ref)
    again = await ada.done("send_message", room="#lobby", text="once", ref=ref)
    assert (again["number"], again["at"], again["repeated"]) == (first["number"], first["at"], True)
    await quiet(bob)
    assert bob.texts() == ["once"]


async def test_a_send_repeated_before_the_first_is_committed_is_kept_once(
    chat: Chat, join: Join, store: TestStore
) -> None:
    ada, bob, ref = await join("ada"), await join("bob"), new_ref()
    second = await Client(chat).hello(token=ada.token)
    store.gate.clear()
    asked = [
        (client, client.send("send_message", room="#lobby", text="once", ref=ref)) for client in (ada, ada, second)
    ]
    await quiet(bob)
    store.gate.set()
    replies = [await client.reply(sent) for client, sent in asked]
    assert len({reply["number"] for reply in replies}) == 1
    assert [reply.get("repeated", False) for reply in replies] == [False, True, True]
    await quiet(bob)
    assert bob.texts() == ["once"]


async def test_who_asks_again_while_it_is_kept_is_answered_alike(
    chat: Chat, join: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ref = await join("ada"), new_ref()
    second = await Client(chat).hello(token=ada.token)
    late = Late(store.kept_ref)
    monkeypatch.setattr(store, "kept_ref", late)
    again = second.send("set_name", name="lovelace", ref=ref)
    await late.called()
    done = await ada.done("set_name", name="lovelace", ref=ref)
    late.go_on.set()
    reply = await second.reply(again)
    assert (reply["number"], reply["at"], reply["repeated"]) == (done["number"], done["at"], True)


async def test_a_ref_with_other_content_is_refused(join: Join) -> None:
    ada, ref = await join("ada"), new_ref()
    number = await ada.say("once", ref=ref)
    assert await ada.error("send_message", room="#lobby", text="other", ref=ref) == "ref-reused"
    assert await ada.error("edit_message", room="#lobby", of=number, text="once", ref=ref) == "ref-reused"
    assert await ada.error("set_topic", room="#lobby", topic="once", ref=ref) == "ref-reused"
    assert await ada.error("create_room", name="once", ref=ref) == "ref-reused"


async def test_another_persons_ref_is_another_ref(join: Join) -> None:
    ada, bob, ref = await join("ada"), await join("bob"), new_ref()
    assert await ada.say("hello", ref=ref) != await bob.say("hello", ref=ref)


@pytest.mark.parametrize("ref", ["", "short", "a" * 65, "a" * 30 + " ", "a" * 30 + "\n", "ä" * 30])
async def test_a_ref_that_is_none_is_refused(join: Join, ref: str) -> None:
    ada = await join("ada")
    assert await ada.error("send_message", room="#lobby", text="hi", ref=ref) == "bad-ref"
    assert await ada.error("mark_read", room="#lobby", ref=ref) == "bad-ref"


async def test_a_refused_command_uses_up_no_ref(join: Join, store: TestStore) -> None:
    ada, bob = await join("ada"), await join("bob")
    ref = new_ref()
    assert await ada.error("send_message", room="#lobby", text=" ", ref=ref) == "text-empty"
    assert await ada.say("now with text", ref=ref)
    ref, number = new_ref(), await bob.say("bob's")
    assert await ada.error("edit_message", room="#lobby", of=number, text="mine", ref=ref) == "not-yours"
    assert await ada.say("mine", ref=ref)
    ref = new_ref()
    assert await ada.error("set_name", name="bob", ref=ref) == "name-taken"
    assert await ada.done("set_name", name="ada2", ref=ref)


COMMANDS = [
    ("edit_message", {"room": "#lobby", "of": "N", "text": "better"}),
    ("delete_message", {"room": "#lobby", "of": "N"}),
    ("react", {"room": "#lobby", "of": "N", "emoji": "👍"}),
    ("pin", {"room": "#lobby", "of": "N"}),
    ("set_topic", {"room": "#lobby", "topic": "tea"}),
    ("set_name", {"name": "adele"}),
    ("leave_room", {"room": "#lobby"}),
    ("mark_read", {"room": "#lobby"}),
    ("mark_unread", {"room": "#lobby", "number": "N"}),
    ("set_draft", {"room": "#lobby", "text": "well"}),
    ("change_setting", {"key": "theme", "value": "dark"}),
]


@pytest.mark.parametrize(("do", "fields"), COMMANDS, ids=[do for do, _ in COMMANDS])
async def test_any_command_may_be_repeated_with_its_ref(
    join: Join, store: TestStore, do: str, fields: dict[str, object]
) -> None:
    ada, ref = await join("ada"), new_ref()
    number = await ada.say("the first")
    fields = {key: number if value == "N" else value for key, value in fields.items()}
    first = await ada.done(do, **fields, ref=ref)
    logs = [ada.id, "house", ada.welcome["rooms"][0]["id"]]
    heads = store.heads(logs)
    again = await ada.done(do, **fields, ref=ref)
    assert (again["number"], again["repeated"]) == (first["number"], True)
    assert store.heads(logs) == heads


async def test_unreact_and_unpin_may_be_repeated_with_their_ref(join: Join) -> None:
    ada = await join("ada")
    number = await ada.say("the first")
    await ada.done("react", room="#lobby", of=number, emoji="x")
    await ada.done("pin", room="#lobby", of=number)
    for do, fields in (("unreact", {"emoji": "x"}), ("unpin", {})):
        ref = new_ref()
        first = await ada.done(do, room="#lobby", of=number, ref=ref, **fields)
        again = await ada.done(do, room="#lobby", of=number, ref=ref, **fields)
        assert (again["number"], again["repeated"]) == (first["number"], True)


async def test_a_repeated_create_room_answers_with_the_room_of_the_first(join: Join) -> None:
    ada, ref = await join("ada"), new_ref()
    first = await ada.done("create_room", name="tea", ref=ref)
    again = await ada.done("create_room", name="tea", ref=ref)
    assert again["room"]["id"] == first["room"]["id"]
    assert again["number"] == first["number"] == 1


async def test_a_repeated_join_answers_with_the_first_joining(join: Join) -> None:
    ada, bob, ref = await join("ada"), await join("bob"), new_ref()
    await ada.done("create_room", name="tea")
    first = await bob.done("join_room", room="#tea", ref=ref)
    again = await bob.done("join_room", room="#tea", ref=ref)
    assert again["room"]["id"] == first["room"]["id"]
    assert again["number"] == first["number"]
    await quiet(ada)
    assert (
        len([e for e in ada.events("member_joined") if e["person"] == bob.id and e["room"] == first["room"]["id"]]) == 1
    )


async def test_a_repeated_join_that_made_the_room_answers_with_it(join: Join) -> None:
    ada, ref = await join("ada"), new_ref()
    first = await ada.done("join_room", room="#tea", create=True, ref=ref)
    assert first["created"]
    again = await ada.done("join_room", room="#tea", create=True, ref=ref)
    assert again["room"]["id"] == first["room"]["id"]


async def test_a_repeated_open_direct_answers_with_the_same_room(join: Join) -> None:
    ada, ref = await join("ada"), new_ref()
    await join("bob")
    first = await ada.done("open_direct", people=["@bob"], ref=ref)
    again = await ada.done("open_direct", people=["@bob"], ref=ref)
    assert again["room"]["id"] == first["room"]["id"]


async def test_repeating_a_join_after_having_left_tells_nothing_of_the_room(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    ref = new_ref()
    made = await bob.done("create_room", name="secret", kind="private", people=["@ada"], ref=ref)
    await bob.done("leave_room", room=made["room"]["id"])
    await ada.say("now without bob", room=made["room"]["id"])
    assert await bob.error("create_room", name="secret", kind="private", people=["@ada"], ref=ref) == "no-such-room"


async def test_a_join_repeated_by_another_client_lets_that_one_hear_the_room(chat: Chat, join: Join) -> None:
    ada, ref = await join("ada"), new_ref()
    await ada.done("join_room", room="#tea", create=True, ref=ref)
    second = await Client(chat).hello(token=ada.token)
    await second.done("join_room", room="#tea", create=True, ref=ref)
    await ada.say("heard twice", room="#tea")
    await quiet(ada, second)
    assert ada.texts() == second.texts() == ["heard twice"]


async def test_a_ref_given_while_the_outcome_is_unknown_tells_what_became_of_it(join: Join, store: TestStore) -> None:
    ada, bob, ref = await join("ada"), await join("bob"), new_ref()

    def keeps_and_forgets(items: Sequence[Item]) -> list[Outcome]:
        store.failing = None
        store.keep(items, 0)
        return [Unknown() for _ in items]

    store.failing = keeps_and_forgets
    assert await ada.error("send_message", room="#lobby", text="perhaps", ref=ref) == "unknown-outcome"
    again = await ada.done("send_message", room="#lobby", text="perhaps", ref=ref)
    assert again["repeated"]
    await bob.event("message_sent", text="perhaps")
    await ada.say("surely")
    await quiet(bob)
    assert bob.texts() == ["perhaps", "surely"]
