"""Who does not say who they are has to go, whatever they say instead, and nobody else has."""

import asyncio
from collections.abc import Callable

import pytest
from tests.unit.chat.conftest import Client, Join, PlainWire, VisitorCodec, eventually

from hobnob.chat.chat import Chat
from hobnob.chat.looking import go_on
from hobnob.chat.strangers import INTRODUCE_WITHIN
from hobnob.gateways.irc import IrcCodec
from hobnob.gateways.lines import LinesCodec

STRANGERS: dict[str, tuple[Callable[[Chat], Client], bytes]] = {
    "JSON, silent": (Client, b""),
    "JSON, half a line": (Client, b'{"do":"hello","na'),
    "JSON, pings": (Client, b'{"do":"ping"}\n'),
    "JSON, refused": (Client, b'{"do":"hello","name":"Server"}\n'),
    "IRC, half registered": (lambda chat: Client(chat, IrcCodec(chat)), b"CAP LS 302\r\nNICK eve\r\n"),
    "lines, no name": (lambda chat: Client(chat, LinesCodec(chat, greeted=True)), b"ev"),
    "lines, a refused name": (lambda chat: Client(chat, LinesCodec(chat, greeted=True)), b"Server\r\n"),
    "a codec of visitors": (lambda chat: Client(chat, VisitorCodec(chat)), b""),
}


@pytest.fixture(autouse=True)
def a_look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.strangers.LOOK_EVERY", 0.001)


@pytest.mark.parametrize(("enter", "said"), STRANGERS.values(), ids=STRANGERS.keys())
async def test_a_stranger_has_to_go(chat: Chat, join: Join, enter: Callable[[Chat], Client], said: bytes) -> None:
    ada, stranger, newcomer = await join("ada"), enter(chat), Client(chat)
    stranger.conversation.receive(said)
    for client in (ada, stranger):
        client.conversation.began -= INTRODUCE_WITHIN
    await eventually(lambda: stranger.link.closed)
    assert b"You did not say who you are in time." in stranger.link.written
    assert not ada.link.closed
    assert not newcomer.link.closed


async def test_a_stranger_who_reads_nothing_has_to_go(chat: Chat) -> None:
    stranger = Client(chat)
    stranger.conversation.pause()
    stranger.conversation.began -= INTRODUCE_WITHIN
    await eventually(lambda: stranger.link.closed)


async def test_a_stranger_who_cannot_be_told_keeps_nobody_else_in(
    chat: Chat, logged: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mute(PlainWire):
        def farewell(self, reason: str, code: str) -> bytes:
            raise ValueError("no words")

    first, second = Client(chat, VisitorCodec(chat)), Client(chat)
    first.conversation.session.wire = Mute()
    for client in (first, second):
        client.conversation.began -= INTRODUCE_WITHIN
    await eventually(lambda: second.link.closed)
    assert [line["event"] for line in logged] == ["a last word could not be said"]


async def test_a_stranger_leaves_no_line_in_the_log(chat: Chat, join: Join, logged: list[dict[str, object]]) -> None:
    """Whoever connects a thousand times a second must not fill the disk."""
    for enter, said in STRANGERS.values():
        stranger = enter(chat)
        stranger.conversation.receive(said)
        stranger.leave()
    ada = await join("ada")
    ada.leave()
    assert [(line["event"], line["person"]) for line in logged] == [("client came", ada.id), ("client left", ada.id)]


async def test_a_look_that_fails_is_not_the_last_one(logged: list[dict[str, object]]) -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        raise ValueError(looks)

    looking = asyncio.create_task(go_on(look))
    await eventually(lambda: looks > 2)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert {line["event"] for line in logged} == {"a look at the clients failed; it goes on"}
