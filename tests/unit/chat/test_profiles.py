"""Who somebody is, who is here, whose coming and going one hears of; and what of it is told to nobody."""

import pytest
from tests.unit.chat.conftest import PASSWORD, Client, Frame, Join, VisitorCodec, quiet

from hobnob.chat.chat import Chat
from hobnob.chat.people import MOST_REMEMBERED
from hobnob.chat.watching import MOST_WATCHED
from hobnob.gateways.gateway import Origin


async def profile(asker: Client, person: str) -> Frame | None:
    people = (await asker.done("read_people", people=[person])).get("people", [])
    return people[0] if people else None


def names(reply: Frame) -> set[str]:
    return {person["person"]["name"] for person in reply.get("people", [])}


async def test_who_somebody_is(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("set_presence", state="away", text="lunch")
    found = await profile(bob, "@ADA")
    assert found is not None
    assert found["person"]["id"] == ada.id
    assert (found["state"], found["text"]) == ("away", "lunch")
    assert [room["name"] for room in found["rooms"]] == ["lobby"]
    assert "addresses" not in found
    assert (await profile(ada, ada.id) or {})["addresses"] == ["127.0.0.1"]
    assert await profile(bob, "nobody") is None
    assert await bob.error("read_people", people=["x"] * 201) == "too-many"


async def test_idle_is_since_the_last_message(join: Join, chat: Chat) -> None:
    now = [1_000_000]
    chat.clock = chat.people._clock = lambda: now[0]
    ada = await join("ada")
    now[0] += 90_000
    assert (await profile(ada, "ada") or {})["idle"] == 90
    await ada.say("here")
    now[0] += 5000
    assert (await profile(ada, "ada") or {})["idle"] == 5


async def test_private_and_direct_rooms_are_told_to_who_is_in_them(join: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    await ada.done("create_room", name="den", kind="private", people=["@bob"])
    await ada.done("open_direct", people=["@bob"])
    await ada.done("join_room", room="#tea", create=True)
    for asker, expected in ((bob, ["den", "lobby", "tea"]), (eve, ["lobby", "tea"])):
        found = await profile(asker, "ada")
        assert found is not None
        assert sorted(room["name"] for room in found["rooms"]) == expected
    assert await eve.error("list_people", room="#den") == await eve.error("list_people", room="#nowhere")
    assert names(await bob.done("list_people", room="#den")) == {"ada", "bob"}


async def test_lists_show_who_shares_a_room(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await Client(chat, VisitorCodec(chat)).hello("vic")
    await bob.done("leave_room", room="#lobby")
    await bob.done("join_room", room="#tea", create=True)
    assert names(await ada.done("list_people")) == {"ada", "vic"}
    assert names(await bob.done("list_people")) == {"bob"}
    assert names(await ada.done("list_people", room="#tea")) == {"bob"}, "a public room may be looked at"
    await bob.done("leave_room", room="#tea")
    assert names(await bob.done("list_people")) == {"bob"}, "oneself at least"
    first = await ada.done("list_people", limit=1)
    assert first["more"]
    second = await ada.done("list_people", limit=1, after=first["people"][0]["person"]["id"])
    assert names(first) | names(second) == {"ada", "vic"}


async def test_who_left_is_remembered_for_a_while(chat: Chat, join: Join) -> None:
    ada, vic = await join("ada"), await Client(chat, VisitorCodec(chat)).hello("vic")
    await vic.done("set_name", name="vicky")
    vic.leave()
    for name in ("vic", "vicky"):
        found = await profile(ada, name)
        assert found is not None
        assert found.get("state", "offline") == "offline"
        assert found["since"]
    other = await Client(chat, VisitorCodec(chat)).hello("Vicky")
    other.leave()
    gone = (await ada.done("list_gone", name="@vicky"))["people"]
    assert [person["person"]["id"] for person in gone] == [other.id, vic.id]
    assert "people" not in await ada.done("list_gone", name="ada")
    for number in range(MOST_REMEMBERED):
        (await Client(chat, VisitorCodec(chat)).hello(f"v{number}")).leave()
    assert await profile(ada, "vicky") is None


async def test_what_who_left_had_told_is_known_until_they_are_gone_for_good(chat: Chat, join: Join) -> None:
    bob, ada = await join("bob"), await join("ada")
    vic = await Client(chat, VisitorCodec(chat)).hello("vic")
    registered = await ada.done("register", password=PASSWORD)
    await vic.done("set_detail", key="realname", value="Victor")
    await ada.done("set_detail", key="realname", value="Ada", keep=False)
    await ada.done("set_detail", key="pronouns", value="she")
    vic.leave()
    ada.leave()

    async def told_by(name: str) -> list[Frame]:
        return [person.get("details", {}) for person in (await bob.done("list_gone", name=name))["people"]]

    assert await told_by("vic") == [{"realname": "Victor"}]
    assert (await profile(bob, "vic") or {})["details"] == {"realname": "Victor"}
    assert await told_by("ada") == [{"realname": "Ada", "pronouns": "she"}]
    back = await Client(chat).hello(token=registered["token"])
    await back.done("set_detail", key="realname", value="Ada again", keep=False)
    await back.done("delete_account", password=PASSWORD)
    assert await told_by("ada") == [{}, {}]


async def test_watched_names_are_heard_of(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    await ada.done("leave_room", room="#lobby")
    assert names(await ada.done("watch", people=["@Vic", "ada", "not a name"])) == {"ada"}
    vic = await Client(chat, VisitorCodec(chat)).hello("vic")
    came = await ada.event("watch_changed", person_name="vic")
    assert (came["state"], came["before"], came["by"]) == ("online", "offline", ada.id)
    await vic.done("set_presence", state="away", text="lunch")
    assert (await ada.event("watch_changed", state="away"))["text"] == "lunch"
    ada.forget()
    await vic.done("set_name", name="vicky")
    assert (await ada.event("watch_changed"))["state"] == "offline"
    ada.forget()
    await vic.done("set_name", name="VIC")
    assert (await ada.event("watch_changed"))["state"] == "away"
    ada.forget()
    vic.leave()
    assert (await ada.event("watch_changed"))["state"] == "offline"
    ada.forget()
    await ada.done("unwatch", people=["vic"])
    await Client(chat, VisitorCodec(chat)).hello("vic")
    await quiet(ada)
    assert ada.events("watch_changed") == []


async def test_who_is_told_anyway_is_not_told_twice(join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("watch", people=["bob"])
    await bob.done("set_presence", state="away")
    await ada.event("presence_changed", state="away")
    await quiet(ada)
    assert ada.events("watch_changed") == []


async def test_watching_has_a_limit_and_an_end(chat: Chat, join: Join) -> None:
    ada = await join("ada")
    await ada.done("watch", people=[f"p{number}" for number in range(MOST_WATCHED)])
    assert await ada.error("watch", people=["one-more"]) == "too-many"
    await ada.done("watch", people=["p1"])
    await ada.done("unwatch")
    await ada.done("watch", people=["one-more"])
    assert chat.watching.watched("one-more")
    ada.leave()
    assert not chat.watching.watched("one-more")


async def test_how_the_server_is(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    Client(chat)
    bob.leave()
    server = await ada.done("read_server")
    assert (server["people"], server["most"], server["rooms"]) == (1, 2, 1)
    assert server["connections"] - server["strangers"] == 1
    assert server["started_at"].endswith("Z")


# What people tell of themselves


async def details(asker: Client, person: str) -> Frame:
    found = await profile(asker, person)
    assert found is not None
    return dict(found.get("details", {}))


async def test_details_are_kept_and_told(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    phone = await Client(chat).hello(token=ada.token)
    await ada.done("set_detail", key="pronouns", value="she")
    for client in (ada, bob, phone):
        assert (await client.event("detail_changed", key="pronouns"))["value"] == "she"
    assert await details(bob, "ada") == {"pronouns": "she"}
    ada.leave()
    phone.leave()
    assert await details(bob, "ada") == {"pronouns": "she"}, "also while they are away"
    ada = await Client(chat).hello(token=ada.token)
    assert await details(bob, "ada") == {"pronouns": "she"}
    bob.forget()
    await ada.done("set_detail", key="pronouns", value=None)
    assert "value" not in await bob.event("detail_changed", key="pronouns")
    assert await details(bob, "ada") == {}


async def test_what_is_not_kept_counts_while_one_is_here_and_nothing_is_kept(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("set_detail", key="realname", value="Ada", keep=False)
    assert await details(bob, "ada") == {"realname": "Ada"}
    await ada.done("set_detail", key="realname", value="Lovelace")
    await quiet(bob)
    bob.forget()
    await ada.done("set_detail", key="realname", value="irssi user", keep=False)
    assert await details(bob, "ada") == {"realname": "Lovelace"}
    assert bob.events("detail_changed") == []
    ada.leave()
    await Client(chat).hello(token=ada.token)
    assert await details(bob, "ada") == {"realname": "Lovelace"}


async def test_details_of_visitors_go_with_them(chat: Chat, join: Join) -> None:
    ada, vic = await join("ada"), await Client(chat, VisitorCodec(chat)).hello("vic")
    await vic.done("set_detail", key="bot", value="yes")
    await ada.event("detail_changed", key="bot")
    assert await details(ada, "vic") == {"bot": "yes"}
    for number in range(19):
        await vic.done("set_detail", key=f"k{number}", value="x")
    assert await vic.error("set_detail", key="one-more", value="x") == "too-many"
    vic.leave()
    vic = await Client(chat, VisitorCodec(chat)).hello("vic")
    assert await details(ada, "vic") == {}


async def test_details_have_a_form(join: Join) -> None:
    ada = await join("ada")
    for key, value in (("", "x"), ("Name", "x"), ("a" * 65, "x"), ("key with space", "x"), ("k", "ü" * 201)):
        assert await ada.error("set_detail", key=key, value=value) == "detail-invalid"
    await ada.done("set_detail", key="k", value="one\ntwo\x1b[2J")
    assert await details(ada, "ada") == {"k": "one two[2J"}


async def test_details_of_all_who_are_listed(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("set_detail", key="pronouns", value="she")
    ada.leave()
    await Client(chat).hello(token=ada.token)
    people = (await bob.done("list_people", room="#lobby"))["people"]
    assert {p["person"]["name"]: p.get("details", {}) for p in people} == {"ada": {"pronouns": "she"}, "bob": {}}


async def test_where_many_are_they_are_counted_now_and_then(
    chat: Chat, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = await join("ada"), await join("bob")
    monkeypatch.setattr("hobnob.chat.handlers.profiles.COUNTED_AT_ONCE", 2)
    assert (await ada.done("read_server"))["people"] == 2
    await join("cleo")
    assert (await ada.done("read_server"))["people"] == 2
    monkeypatch.setattr("hobnob.chat.handlers.profiles.COUNTED_FOR", 0.0)
    assert (await ada.done("read_server"))["people"] == 3


async def test_who_comes_may_tell_something_at_once(chat: Chat, join: Join) -> None:
    bob = await join("bob")
    vic = await Client(chat, VisitorCodec(chat)).hello("vic", details={"realname": "Victor"})
    assert await details(bob, "vic") == {"realname": "Victor"}
    vic.leave()
    assert await Client(chat).error("hello", name="eve", details={"Key": "x"}) == "detail-invalid"
    many = {f"k{number}": "x" for number in range(21)}
    assert await Client(chat).error("hello", name="eve", details=many) == "too-many"


async def test_nothing_of_private_rooms_goes_over_clear_text(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    await ada.done("create_room", name="den", kind="private", people=["@bob"])
    for client in (ada, bob):
        await client.done("leave_room", room="#lobby")
    assert names(await ada.done("list_people")) == {"ada", "bob"}
    clear = await Client(chat).hello(token=ada.token)
    clear.conversation.session.origin = Origin("192.0.2.7", confidential=False, loopback=False)
    assert names(await clear.done("list_people")) == {"ada"}
