"""Names, guests who come back, presence and attachment, drafts and settings."""

import pytest
from tests.unit.chat.conftest import Client, Join, Late, TestStore, VisitorCodec, eventually, quiet

from hobnob.chat.chat import Chat
from hobnob.chat.handlers.people import is_news
from hobnob.chat.people import Here
from hobnob.protocol.errors import ChatError
from hobnob.protocol.records import Person

# Names


async def test_without_a_name_one_is_given(chat: Chat, join: Join) -> None:
    assert (await join(None)).welcome["you"]["name"].startswith("guest-")
    assert (await join("  ")).welcome["you"]["name"].startswith("guest-")
    visitors = [await Client(chat, VisitorCodec(chat)).hello() for _ in range(3)]
    assert [v.welcome["you"]["name"] for v in visitors] == ["Client", "Client-2", "Client-3"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("Ada", "name-taken"), ("ADA", "name-taken"), ("аԁа", "name-lookalike"), ("Server", "name-reserved"),
     ("Client-7", "name-reserved"), ("two words", "name-invalid"), ("x" * 33, "name-invalid"), ("#a", "name-invalid")],
)  # fmt: skip
async def test_a_name_that_may_not_be_had_is_refused(chat: Chat, join: Join, name: str, code: str) -> None:
    await join("ada")
    bob = await join("bob")
    for codec in (None, VisitorCodec(chat)):
        assert await Client(chat, codec).error("hello", name=name) == code
    assert await bob.error("set_name", name=name) == code


async def test_of_two_who_want_one_name_at_once_one_gets_it(chat: Chat) -> None:
    for n in range(8):
        clients = [Client(chat), Client(chat, VisitorCodec(chat)), Client(chat)]
        asked = [
            client.send("hello", name=name) for client, name in zip(clients, (f"n{n}", f"N{n}", f"n{n}"), strict=True)
        ]
        replies = [await client.reply(sent) for client, sent in zip(clients, asked, strict=True)]
        assert [reply.get("error", "ok") for reply in replies].count("ok") == 1
        assert [reply.get("error") for reply in replies].count("name-taken") == 2


async def test_a_rename_is_told_and_frees_the_old_name(chat: Chat, join: Join, visit: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await visit("eve")
    await ada.done("set_name", name="adele")
    told = await bob.event("person_renamed", name="adele")
    assert (told["by"], told["by_name"], told["number"]) == (ada.id, "ada", 1)
    await eve.done("set_name", name="evelyn")
    told = await bob.event("person_renamed", name="evelyn")
    assert "number" not in told
    await Client(chat).hello("ada")
    await Client(chat, VisitorCodec(chat)).hello("eve")
    await ada.say("who am I")
    assert (await bob.event("message_sent"))["by_name"] == "adele"
    number = await bob.say("hello @adele and @evelyn")
    assert (await ada.event("message_sent", number=number))["mentions"] == [ada.id, eve.id]
    assert await ada.error("set_name", name="evelyn") == "name-taken"
    assert await eve.error("set_name", name="bob") == "name-taken"
    await ada.done("set_name", name="ADELE")
    assert "number" not in await ada.done("set_name", name="ADELE")


async def test_a_name_of_somebody_away_stays_theirs(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    ada.leave()
    for codec in (None, VisitorCodec(chat)):
        assert await Client(chat, codec).error("hello", name="ada") == "name-taken"
    back = await Client(chat).hello(token=ada.token)
    assert back.welcome["you"] == ada.welcome["you"]


async def test_a_visitors_name_is_free_when_they_are_gone(chat: Chat, visit: Join) -> None:
    eve = await visit("eve")
    assert await Client(chat).error("hello", name="eve") == "name-taken"
    eve.leave()
    await Client(chat).hello("eve")


async def test_a_mention_names_members_only_and_each_once(join: Join, visit: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await visit("eve")
    await join("carol")
    await ada.done("create_room", name="tea", people=["@bob"])
    await ada.say("@bob, @BOB and @carol, mail@bob", room="#tea")
    assert (await bob.event("message_sent"))["mentions"] == [bob.id]
    await ada.say("and @eve")
    assert (await bob.event("message_sent", text="and @eve"))["mentions"] == [eve.id]


# Guests


async def test_a_guest_comes_back_with_name_rooms_marks_and_drafts(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    read = await ada.say("read", room="#tea")
    await bob.done("mark_read", room="#tea", number=read)
    await bob.done("set_draft", room="#tea", text="well,")
    await bob.done("set_name", name="robert")
    bob.leave()
    await ada.say("unread @robert", room="#tea")
    back = await Client(chat).hello(token=bob.token)
    assert back.welcome["you"] == {"id": bob.id, "name": "robert"}
    assert "token" not in back.welcome
    tea = next(room for room in back.welcome["rooms"] if room["name"] == "tea")
    assert (tea["read"], tea["unread"], tea["mentions"], tea["draft"]) == (read, 1, 1, {"text": "well,"})
    assert await Client(chat).error("hello", token="hb_nonsense") == "token-unknown"


async def test_visitors_get_no_token_and_are_in_the_lobby(visit: Join) -> None:
    eve = await visit("eve")
    assert "token" not in eve.welcome
    assert eve.welcome["you"]["kind"] == "visitor"
    assert [room["name"] for room in eve.welcome["rooms"]] == ["lobby"]


# Presence and attachment


async def test_of_a_persons_clients_only_the_first_coming_and_the_last_going_are_told(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await quiet(ada)
    assert len([e for e in ada.events("member_attached") if e["by"] == bob.id]) == 1
    second = await Client(chat).hello(token=bob.token)
    bob.leave()
    await quiet(ada)
    assert len([e for e in ada.events("member_attached") if e["by"] == bob.id]) == 1
    assert ada.events("presence_changed", "member_detached") == []
    second.leave()
    gone = await ada.event("presence_changed", by=bob.id)
    assert (gone["state"], gone["text"]) == ("offline", "lost")
    await Client(chat).hello(token=bob.token)
    await quiet(ada)
    assert len([e for e in ada.events("member_attached") if e["by"] == bob.id]) == 2


async def test_who_is_gone_from_one_room_but_here_in_another_is_detached(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    visiting = await Client(chat, VisitorCodec(chat)).hello(token=bob.token)
    await visiting.done("join_room", room="#tea", create=True)
    await quiet(ada, bob, visiting)
    bob.leave()
    await quiet(ada)
    visiting.leave()
    await ada.event("presence_changed", by=bob.id, state="offline")
    assert len(ada.events("presence_changed")) == 1


async def test_away_is_told_once_to_who_shares_a_room(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="tea", people=["@bob"])
    stranger = await join("eve")
    await stranger.done("leave_room", room="#lobby")
    for _ in range(2):
        await bob.done("set_presence", state="away", text="tea\x1b time")
    await bob.done("set_presence", state="online")
    await quiet(ada, stranger)
    told = [(e["state"], e.get("text", "")) for e in ada.events("presence_changed")]
    assert told == [("away", "tea time"), ("online", "")]
    assert stranger.events("presence_changed") == []
    await bob.done("set_presence", state="away")
    states = {m["name"]: m["state"] for m in (await ada.done("list_members", room="#tea"))["members"]}
    assert states == {"ada": "online", "bob": "away"}
    assert await bob.error("set_presence", state="offline") == "bad-command"


async def test_typing_is_not_told_again_and_again(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    for _ in range(20):
        await bob.done("typing", room="#lobby")
    for _ in range(20):
        await bob.done("typing", room="#lobby", on=False)
        await bob.done("typing", room="#lobby")
    await quiet(ada)
    assert [event.get("on", True) for event in ada.events("typing_changed")] == [True, False]
    assert chat.people.get(bob.id).typed is not None  # type: ignore[union-attr]


def test_typingis_news_now_and_then() -> None:
    here = Here(Person("p_ada", "ada"))
    said = [
        (0.0, True),
        (1.0, True),
        (2.0, True),
        (3.0, False),
        (3.1, False),
        (3.2, True),
        (4.0, True),
        (9.9, False),
        (11.0, False),
    ]
    told = [is_news(here, "r_tea", on, at) for at, on in said]
    assert told == [True, False, True, True, False, False, True, True, False]
    assert is_news(here, "r_milk", True, 11.0)
    assert here.typed == {"r_milk": (11.0, True)}


async def test_typing_is_told_and_never_kept(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    head = (await ada.done("events_since", log="#lobby", number=0))["head"]
    await bob.done("typing", room="#lobby")
    await bob.done("typing", room="#lobby", on=False)
    await ada.event("typing_changed", by=bob.id, on=False)
    assert len(ada.events("typing_changed")) == 2
    assert (await ada.done("events_since", log="#lobby", number=0))["head"] == head


# Drafts and settings


async def test_a_draft_is_heard_by_ones_own_clients_only(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    second = await Client(chat).hello(token=ada.token)
    await ada.done("set_draft", room="#lobby", text="I thi\x07nk")
    told = await second.event("draft_changed")
    assert told["text"] == "I think"
    await ada.done("set_draft", room="#lobby", text="")
    await quiet(second, bob)
    assert len(second.events("draft_changed")) == 2
    assert bob.events("draft_changed") == []
    back = await Client(chat).hello(token=ada.token)
    assert "draft" not in back.welcome["rooms"][0]
    assert await ada.error("set_draft", room="#lobby", text="x" * 20_000) == "text-too-long"
    assert await ada.error("set_draft", room="#lobby", text="x", reply_to="x" * 9999) == "bad-number"


async def test_settings_are_kept_told_and_forgotten(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    second = await Client(chat).hello(token=ada.token)
    await ada.done("change_setting", key="theme", value="dark")
    await second.event("setting_changed", key="theme", value="dark")
    assert (await second.done("list_settings"))["settings"] == {"theme": "dark"}
    await second.done("change_setting", key="theme", value=None)
    assert (await ada.done("list_settings")).get("settings", {}) == {}
    for key, value in (("", "x"), ("k" * 65, "x"), ("a\n", "x"), ("k", "x" * 4097), ("k", "ä" * 2049)):
        assert await ada.error("change_setting", key=key, value=value) == "setting-invalid"
    sent = [ada.send("change_setting", key=f"k{n}", value="x") for n in range(200)]
    await ada.reply(sent[-1])
    assert await ada.error("change_setting", key="one more", value="x") == "too-many"
    await ada.done("change_setting", key="k7", value="changed")


async def test_programs_of_the_unnamed_are_visitors_by_number(chat: Chat, join: Join) -> None:
    first, second = await join("Client"), await join("Client")

    welcomes = [client.frames[0] for client in (first, second)]
    assert [(welcome["you"]["name"], welcome["you"]["kind"]) for welcome in welcomes] == [
        ("Client", "visitor"),
        ("Client-2", "visitor"),
    ]
    assert all("token" not in welcome for welcome in welcomes)
    first.leave()
    assert (await join("Client")).frames[0]["you"]["name"] == "Client"


async def test_who_goes_while_they_are_being_renamed_keeps_no_name(
    chat: Chat, join: Join, visit: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = await join("victor")
    await guest.done("set_name", name="hugo")  # so the store has to be asked for the name, which is free again
    vic = await visit("vic")
    late = Late(store.names_taken)
    monkeypatch.setattr(store, "names_taken", late)
    vic.send("set_name", name="victor")
    await late.called()
    vic.leave()
    late.go_on.set()
    await eventually(lambda: is_free(chat, "vic") and is_free(chat, "victor"))


def is_free(chat: Chat, name: str) -> bool:
    """Whether somebody may take a name."""
    try:
        chat.people.reserve(name, "p_somebody")
    except ChatError:
        return False
    chat.people.release(name, "p_somebody")
    return True
