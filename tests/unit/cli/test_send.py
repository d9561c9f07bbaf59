"""Sending many messages: in order, and an honest count when something goes wrong. The client is a fake."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from hobnob.cli.send import Sending
from hobnob.client.client import Client
from hobnob.client.errors import Refused
from hobnob.client.messages import Sent


class FakeClient:
    """Keeps what it is sent; refuses "bad", and never answers "lost"."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.joined: list[tuple[str, bool]] = []

    async def join(self, room: str, *, create: bool) -> None:
        self.joined.append((room, create))

    async def send(self, room: str, text: str) -> Sent:
        self.said.append(text)
        await asyncio.sleep(0)
        if text == "bad":
            raise Refused("bad-text", "That will not do.")
        if text == "lost":
            await asyncio.Event().wait()
        return Sent(room, len(self.said))


async def lines(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


def sending(client: FakeClient, room: str = "#ops", patience: float = 60) -> Sending:
    return Sending(cast(Client, client), room, patience)


async def test_all_of_it_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeClient()
    texts = [str(number) for number in range(2000)]
    assert await sending(client).all(lines(*texts)) == 0
    assert client.said == texts
    assert client.joined == [("#ops", True)]
    assert capsys.readouterr().err == ""


async def test_blank_lines_say_nothing() -> None:
    client = FakeClient()
    assert await sending(client).all(lines("", " \t", "a")) == 0
    assert client.said == ["a"]


async def test_no_room_is_joined_for_one_person() -> None:
    client = FakeClient()
    assert await sending(client, "@ada").all(lines("a")) == 0
    assert client.joined == []


async def test_a_refusal_ends_it_although_more_could_come(capsys: pytest.CaptureFixture[str]) -> None:
    async def endless() -> AsyncIterator[str]:
        yield "good"
        yield "bad"
        await asyncio.Event().wait()

    assert await sending(FakeClient()).all(endless()) == 1
    assert capsys.readouterr().err == "hobnob: That will not do. 1 line was kept.\n"


async def test_no_answer_ends_it_after_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    assert await sending(FakeClient(), patience=0.01).all(lines("a", "lost", "b")) == 1
    told = capsys.readouterr().err
    assert (
        told
        == "hobnob: The server has not answered for 0.01 s. 2 lines were kept, and for 1 more there is no answer yet.\n"
    )
