"""Who does not say who they are has to go, whatever they say instead, and nobody else has."""

from collections.abc import Callable

import pytest
from tests.unit.chat.conftest import Client, Join, VisitorCodec, eventually

from hobnob.chat.chat import Chat
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


async def test_a_stranger_leaves_no_line_in_the_log(chat: Chat, join: Join, logged: list[dict[str, object]]) -> None:
    """Whoever connects a thousand times a second must not fill the disk."""
    for enter, said in STRANGERS.values():
        stranger = enter(chat)
        stranger.conversation.receive(said)
        stranger.leave()
    ada = await join("ada")
    ada.leave()
    assert [(line["event"], line["person"]) for line in logged] == [("client came", ada.id), ("client left", ada.id)]
