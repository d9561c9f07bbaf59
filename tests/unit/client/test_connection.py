"""Coming back: hello and resume, commands that are sent again, and when it is better to give up."""

import asyncio
from pathlib import Path

import pytest
from tests.unit.client.fakes import LOBBY, ME, TEA, FakeLink, FakeServer, message, state, welcome

from hobnob.client.client import Client
from hobnob.client.connection import MOST_CONNECTIONS
from hobnob.client.errors import CannotConnect, ClientError, Closed, Refused
from hobnob.client.subscription import Disconnected, Heard, Reconnected
from hobnob.client.tokens import TokenFile
from hobnob.protocol.codec import MAX_CLIENT_FRAME
from hobnob.protocol.events import Gap, Goodbye, ReadMarked, RoomLost
from hobnob.protocol.replies import Done, Events, Joined, Unread, UnreadRooms


async def sending(chat: Client, text: str = "hi") -> "asyncio.Task[object]":
    task: asyncio.Task[object] = asyncio.create_task(chat.send("#tea", text))
    await asyncio.sleep(0)
    return task


async def test_a_command_is_answered() -> None:
    server = FakeServer()
    async with server.client() as chat:
        task = await sending(chat)
        command = await server.links[0].next_command(1)
        assert (command["do"], command["room"], len(command["ref"]) >= 32) == ("send_message", "#tea", True)
        server.links[0].answer(command["id"], Done(7, "t"))
        sent = await task
        assert (getattr(sent, "room", None), getattr(sent, "number", None)) == (TEA, 7)


async def test_what_was_not_answered_goes_out_again_with_its_ref() -> None:
    server = FakeServer()
    async with server.client() as chat:
        tasks = [await sending(chat, text) for text in ("one", "two", "three")]
        await server.links[0].next_command(3)
        server.links[0].answer(server.links[0].sent[1]["id"], Done(1))
        server.links[0].cut()
        again = await server.link(1)
        await again.next_command(2)
        assert again.sent[1:] == server.links[0].sent[2:]
        for command in again.sent[1:]:
            again.answer(command["id"], Done(2, repeated=True))
        await asyncio.gather(*tasks)


async def test_hello_names_what_was_heard() -> None:
    server = FakeServer(lambda: welcome(state(head=4), me=2, house=3, token="hb_new"))
    async with server.client() as chat:
        events = chat.events()
        server.links[0].say(message(5), message(6), ReadMarked(room=TEA, upto=6, number=3, by=ME))
        for _ in range(3):
            await anext(events)
        server.greet = lambda: welcome(state(head=6), me=3, house=3)
        server.links[0].cut()
        hello = await (await server.link(1)).next_command(0)
        assert hello["token"] == "hb_new"
        assert "name" not in hello
        assert (hello["epoch"], hello["me"], hello["house"], hello["rooms"]) == ("e1", 3, 3, {TEA: 6})


async def test_what_was_missed_is_playback_and_nothing_comes_twice() -> None:
    server = FakeServer(lambda: welcome(state(head=1)))
    async with server.client() as chat:
        events = chat.events()
        server.links[0].say(message(2))
        server.greet = lambda: welcome(state(head=4))
        server.links[0].cut()
        (await server.link(1)).say(message(2), message(3), message(4), message(5), message(5), message(4))
        (await server.link(1)).say(message(6))
        heard = [await anext(events) for _ in range(7)]
        assert heard == [
            Heard(message(2)),
            Heard(Disconnected("The connection to teahouse:8080 broke.")),
            Heard(Reconnected()),
            Heard(message(3), playback=True),
            Heard(message(4), playback=True),
            Heard(message(5)),
            Heard(message(6)),
        ]


async def test_a_new_epoch_begins_anew() -> None:
    server = FakeServer(lambda: welcome(state(head=9)))
    async with server.client() as chat:
        events = chat.events()
        server.greet = lambda: welcome(state(LOBBY, "lobby", head=2), epoch="e2")
        server.links[0].cut()
        (await server.link(1)).say(message(3, room=LOBBY))
        assert [(await anext(events)).event for _ in range(3)][1:] == [
            Reconnected(new_epoch=True),
            message(3, room=LOBBY),
        ]
        assert list(chat.rooms) == [LOBBY]


async def test_a_new_epoch_is_entered_before_anything_is_said_in_it() -> None:
    server = FakeServer()
    async with server.client() as chat:
        link = server.links[0]
        for position, name in enumerate(("cellar", "attic", "garden"), 1):
            room = f"r_{name:a<26}"
            joining = asyncio.create_task(chat.join(f"#{name}", create=name == "attic"))
            link.answer((await link.next_command(position))["id"], Joined(state(room, name)))
            await joining
        link.say(RoomLost(room=f"r_{'cellar':a<26}", number=1, by=ME))
        task = await sending(chat)
        await link.next_command(4)
        server.greet = lambda: welcome(state(LOBBY, "lobby"), epoch="e2")
        link.cut()
        again = await server.link(1)
        await again.next_command(3)
        assert [(sent["do"], sent["room"], sent.get("create", False)) for sent in again.sent[1:]] == [
            ("join_room", "#attic", True),
            ("join_room", "#garden", False),
            ("send_message", "#tea", False),
        ]
        again.answer(again.sent[1]["id"], Joined(state(TEA, "attic", head=4)))
        again.refuse(again.sent[2]["id"], "no-such-room")
        again.answer(again.sent[3]["id"], Done(5))
        await task
        assert chat.rooms["#attic"].id == TEA
        server.greet = lambda: welcome(epoch="e3")
        again.cut()
        third = await server.link(2)
        assert (await third.next_command(1))["room"] == "#attic"
        assert len(third.sent) == 2


async def test_a_room_is_not_entered_again_in_the_same_epoch() -> None:
    server = FakeServer()
    async with server.client() as chat:
        joining = asyncio.create_task(chat.join("#tea"))
        server.links[0].answer((await server.links[0].next_command(1))["id"], Joined(state()))
        await joining
        server.links[0].cut()
        again = await server.link(1)
        task = await sending(chat)
        assert (await again.next_command(1))["do"] == "send_message"
        task.cancel()


async def test_the_server_s_last_word_is_the_reason() -> None:
    server = FakeServer()
    async with server.client() as chat:
        events = chat.events()
        server.links[0].say(Goodbye("The server is stopping.", "stopping"))
        server.links[0].cut()
        assert (await anext(events)).event == Disconnected("The server is stopping.", "stopping")
        (await server.link(1)).cut()
        assert (await anext(events)).event == Reconnected()
        assert (await anext(events)).event == Disconnected("The connection to teahouse:8080 broke.")


async def test_a_command_refused_because_the_server_stops_is_done_by_the_next() -> None:
    server = FakeServer()
    async with server.client() as chat:
        task = await sending(chat)
        server.links[0].refuse((await server.links[0].next_command(1))["id"], "stopping")
        server.links[0].cut()
        again = await server.link(1)
        again.answer((await again.next_command(1))["id"], Done(1))
        await task


async def test_an_unknown_outcome_is_asked_for_again() -> None:
    server = FakeServer()
    async with server.client() as chat:
        task = await sending(chat)
        link = server.links[0]
        first = await link.next_command(1)
        link.refuse(first["id"], "unknown-outcome")
        assert await link.next_command(2) == first
        link.answer(first["id"], Done(1))
        await task


async def test_a_refusal_has_its_code_and_hint() -> None:
    server = FakeServer()
    async with server.client() as chat:
        task = await sending(chat)
        server.links[0].refuse((await server.links[0].next_command(1))["id"], "code-of-tomorrow")
        with pytest.raises(Refused) as refused:
            await task
        assert (refused.value.code, str(refused.value)) == ("code-of-tomorrow", "Because of code-of-tomorrow.")


async def test_what_a_server_says_moves_no_cursor() -> None:
    server = FakeServer()
    server.greet_on = lambda link: link.say_bytes(  # type: ignore[method-assign]
        b'{"reply":0,"error":"banned","hint":"\\u001b[2J\\nhobnob: all is well' + b"x" * 5000 + b'"}'
    )
    with pytest.raises(CannotConnect) as refused:
        await server.client().__aenter__()
    assert refused.value.hint.startswith("[2J hobnob: all is well")
    assert len(refused.value.hint) < 1100
    assert refused.value.hint.isprintable()


async def test_a_cancelled_command_is_not_sent_again() -> None:
    server = FakeServer()
    async with server.client() as chat:
        task = await sending(chat)
        await server.links[0].next_command(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.links[0].cut()
        other = await sending(chat, "next")
        again = await server.link(1)
        assert (await again.next_command(1))["text"] == "next"
        other.cancel()


async def test_a_command_that_breaks_every_connection_is_given_up() -> None:
    server = FakeServer()
    async with server.client() as chat:
        task = await sending(chat, "poison")
        for position in range(MOST_CONNECTIONS):
            (await server.link(position)).cut()
        with pytest.raises(Closed, match="again and again"):
            await task


async def test_too_long_a_command_is_not_sent() -> None:
    server = FakeServer()
    async with server.client() as chat:
        with pytest.raises(Refused) as refused:
            await chat.send("#tea", "x" * MAX_CLIENT_FRAME)
        assert refused.value.code == "frame-too-long"
        assert len(server.links[0].sent) == 1


async def test_closing_ends_all_that_waits() -> None:
    server = FakeServer()
    async with server.client() as chat:
        events = chat.events()
        task = await sending(chat)
        await chat.close()
        with pytest.raises(Closed):
            await task
        with pytest.raises(Closed):
            await chat.send("#tea", "late")
        assert [heard async for heard in events] == []
    assert server.links[0].closed


@pytest.mark.parametrize("failures", [1, 5])
async def test_it_tries_until_the_server_is_back(failures: int) -> None:
    server = FakeServer()
    async with server.client():
        server.down = failures
        server.links[0].cut()
        await server.link(1)


async def test_it_gives_up_when_it_is_not_let_in_again() -> None:
    server = FakeServer()
    async with server.client() as chat:
        events = chat.events()
        server.greet_on = lambda link: link.refuse(0, "name-taken")  # type: ignore[method-assign]
        server.links[0].cut()
        assert isinstance((await anext(events)).event, Disconnected)
        with pytest.raises(CannotConnect) as refused:
            await anext(events)
        assert refused.value.code == "name-taken"
        with pytest.raises(ClientError):
            await chat.send("#tea", "hi")


FIRST_WORDS = {
    "a web server": (b"HTTP/1.1 400 Bad Request\r", "not-hobnob"),
    "other JSON": (b"[]", "not-hobnob"),
    "an empty object": (b"{}", "not-hobnob"),
    "no welcome": (b'{"reply":0,"ok":true,"you":1}', "not-hobnob"),
    "a last word": (b'{"event":"goodbye","text":"Full."}', "stopping"),
    "no TLS": (b'{"event":"goodbye","text":"Use TLS.","code":"tls-required"}', "tls-required"),
    "a refusal": (b'{"reply":0,"error":"name-taken"}', "name-taken"),
}


@pytest.mark.parametrize(("first", "code"), FIRST_WORDS.values(), ids=FIRST_WORDS.keys())
async def test_who_does_not_welcome_is_named(first: bytes, code: str) -> None:
    server = FakeServer()
    server.greet_on = lambda link: link.say_bytes(first)  # type: ignore[method-assign]
    with pytest.raises(CannotConnect) as refused:
        await server.client().__aenter__()
    assert refused.value.code == code
    assert refused.value.hint.endswith((".", "?"))
    assert server.links[0].closed


async def test_who_hangs_up_is_named() -> None:
    server = FakeServer()
    server.greet_on = lambda link: link.cut()  # type: ignore[method-assign]
    with pytest.raises(CannotConnect) as refused:
        await server.client().__aenter__()
    assert refused.value.code == "hung-up"


class Forgetful(FakeServer):
    """Knows no token any more."""

    def greet_on(self, link: FakeLink) -> None:
        link.refuse(0, "token-unknown")
        link.answer(0, welcome(token="hb_second"))


async def test_a_kept_token_that_went_stale_gives_way_to_the_name(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    file.write("hb_first")
    server = Forgetful()
    async with server.client(file) as chat:
        assert [hello.get("token") or hello.get("name") for hello in server.links[0].sent] == ["hb_first", "ada"]
        assert chat.token == "hb_second"
        assert file.read() == "hb_second"


async def test_a_token_of_the_caller_s_own_does_not() -> None:
    with pytest.raises(CannotConnect) as refused:
        await Forgetful().client(token="hb_mine").__aenter__()
    assert refused.value.code == "token-unknown"


async def test_a_gap_is_read_by_page() -> None:
    server = FakeServer(lambda: welcome(state(head=1)))
    async with server.client() as chat:
        events = chat.events()
        server.links[0].say(Gap(head=3, room=TEA), message(4))
        reading = asyncio.ensure_future(anext(events))
        command = await server.links[0].next_command(1)
        while command["do"] != "events_since":  # unread messages are counted anew, too
            command = await server.links[0].next_command(server.links[0].sent.index(command) + 1)
        assert (command["log"], command["number"]) == (TEA, 1)
        server.links[0].answer(command["id"], Events((message(2), message(3), message(4)), head=4))
        heard = [await reading, await anext(events), await anext(events)]
        assert heard == [Heard(message(number), playback=True) for number in (2, 3, 4)]


async def test_what_is_unread_is_asked_again_when_more_came_meanwhile() -> None:
    """The answer may count it or not: here the first one does not, and comes after it."""
    server = FakeServer(lambda: welcome(state(head=3, count=3, unread=3)))
    async with server.client() as chat:
        link = server.links[0]
        link.say(ReadMarked(room=TEA, upto=2, number=1, by=ME))
        first = await link.next_command(1)
        link.say(message(4))
        link.answer(first["id"], UnreadRooms((Unread(TEA, read=2, unread=1),)))
        second = await link.next_command(2)
        assert [command["do"] for command in (first, second)] == ["list_unread"] * 2
        link.answer(second["id"], UnreadRooms((Unread(TEA, read=2, unread=2),)))
        while chat.rooms["#tea"].unread != 2:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_events_of_tomorrow_are_left_alone() -> None:
    server = FakeServer()
    async with server.client() as chat:
        events = chat.events()
        server.links[0].say_bytes(b'{"event":"tea_brewed","number":5}')
        server.links[0].say(message(1))
        assert (await anext(events)).event == message(1)
