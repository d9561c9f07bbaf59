"""A client whose connection is cut again and again, whose server dies, comes back, and is another one."""

import asyncio
import random
import shutil
import socket

from tests.e2e.cutting import CuttingProxy
from tests.net.client.conftest import HOST, Come, Start

from hobnob.client.client import Client
from hobnob.client.subscription import Reconnected, Subscription
from hobnob.protocol.events import MessageSent

CUTS = 100


async def heard(events: Subscription, count: int) -> list[str]:
    """The next messages' texts."""
    found: list[str] = []
    async for event, _ in events:
        if isinstance(event, MessageSent):
            found.append(event.text)
            if len(found) == count:
                break
    return found


async def said(chat: Client, room: str) -> list[str]:
    """What the server keeps of a room."""
    pages = [page async for page in chat.history(room)]
    return [message.text for page in reversed(pages) for message in page]


def cut(chat: Client, proxy: CuttingProxy, cuts: int) -> None:
    """Cut the connection now, and the next ones where the proxy likes."""
    proxy.cuts_left = cuts
    assert chat._connection._link is not None
    chat._connection._link.close()


async def is_right(chat: Client, fresh: Client, room: str) -> None:
    """The mirror is what a client finds that comes now; it may hear the last of it a moment later."""
    ours = chat.rooms[room]
    theirs = await fresh.follow(room, messages=ours.keeps)
    async with asyncio.timeout(30):
        while ours.head < theirs.head or ours.reading is not None or chat.rooms.stale:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert list(ours.messages.values()) == list(theirs.messages.values())
    assert {member.name for member in ours.members.values()} == {member.name for member in theirs.members.values()}
    assert (ours.topic, ours.count) == (theirs.topic, theirs.count)


def test_a_proxy_that_shall_cut_no_more_is_done_with_it() -> None:
    with socket.create_server((HOST, 0)) as server:
        proxy = CuttingProxy(server.getsockname()[1], 9, random.Random(1), 1)
        with socket.create_connection((HOST, proxy.port), 10) as let_in_before, server.accept()[0] as far:
            proxy.cuts_left = 0
            let_in_before.sendall(b"hi")
            assert far.recv(9) == b"h"
            assert let_in_before.recv(9) == b""
        with socket.create_connection((HOST, proxy.port), 10) as near, server.accept()[0] as far:
            near.sendall(b"hello")
            assert far.recv(9) == b"hello"
        proxy.close()


async def test_cut_a_hundred_times_everything_is_done_once_and_heard_once(start: Start, come: Come) -> None:
    server = start()
    luck = random.Random(7)
    sending, reading = (CuttingProxy(server.port, 0, luck, 12_000) for _ in range(2))
    texts = [f"{number} {'x' * luck.randint(0, 100)}" for number in range(1500)]
    try:
        async with come(server.port, "fresh") as fresh:
            await fresh.create("load")
            async with come(sending.port, "ada") as ada, come(reading.port, "bob") as bob:
                await ada.join("#load")
                await bob.join("#load")
                await bob.follow("#load", messages=20)
                events = bob.events()
                cut(ada, sending, CUTS)
                cut(bob, reading, CUTS)
                listening = asyncio.create_task(heard(events, len(texts)))
                batches = [texts[first : first + 20] for first in range(0, len(texts), 20)]
                for batch in batches:
                    await asyncio.gather(*(ada.send("#load", text) for text in batch))
                assert await listening == texts
                assert await said(fresh, "#load") == texts
                await is_right(bob, fresh, "#load")
            assert (sending.cuts_left, reading.cuts_left) == (0, 0)
    finally:
        await asyncio.to_thread(sending.close)
        await asyncio.to_thread(reading.close)


async def test_a_server_that_is_killed_loses_nothing(start: Start, come: Come) -> None:
    server = start()
    texts = [str(number) for number in range(600)]
    async with come(server.port, "ada") as ada, come(server.port, "bob") as bob:
        await ada.create("load")
        await bob.join("#load")
        await bob.follow("#load", messages=100)
        listening = asyncio.create_task(heard(bob.events(), len(texts)))
        sending = [asyncio.create_task(ada.send("#load", text)) for text in texts]
        for share in (100, 300):
            await asyncio.gather(*sending[:share])
            server.kill()
            server = await asyncio.to_thread(start, port=server.port)
        sent = await asyncio.gather(*sending)
        assert [message.number for message in sent] == sorted(message.number for message in sent)
        assert await listening == texts
        assert await said(ada, "#load") == texts
        async with come(server.port, "fresh") as fresh:
            await fresh.join("#load")
            await is_right(bob, fresh, "#load")


async def test_another_server_in_its_place_is_a_new_epoch(start: Start, come: Come) -> None:
    server = start()
    async with come(server.port, "ada") as ada:
        await ada.create("tea")
        await ada.send("#lobby", "old")
        await ada.follow("#lobby")
        token = ada.token
        events = ada.events()
        server.kill()
        shutil.rmtree(server.data)
        await asyncio.to_thread(start, port=server.port)
        async for event, _ in events:
            if isinstance(event, Reconnected):
                assert event.new_epoch
                break
        assert ada.token != token
        assert [room.name for room in ada.rooms.values()] == ["lobby"]
        async with come(server.port, "fresh") as fresh:
            await fresh.send("#lobby", "new")
            assert await heard(events, 1) == ["new"]
            await is_right(ada, fresh, "#lobby")


async def test_who_was_away_for_long_reads_what_was_said_by_page(start: Start, come: Come) -> None:
    server = start()
    proxy = CuttingProxy(server.port, 0, random.Random(1), 1)
    texts = [str(number) for number in range(2500)]
    try:
        async with come(server.port, "ada") as ada, come(proxy.port, "bob") as bob:
            await bob.follow("#lobby", messages=100)
            events = bob.events()
            cut(bob, proxy, 1_000_000)  # from here on nothing gets through
            await in_pieces(ada, texts)
            proxy.cuts_left = 0
            assert await heard(events, len(texts)) == texts
            await is_right(bob, ada, "#lobby")
    finally:
        await asyncio.to_thread(proxy.close)


async def in_pieces(chat: Client, texts: list[str]) -> None:
    for first in range(0, len(texts), 500):
        await asyncio.gather(*(chat.send("#lobby", text) for text in texts[first : first + 500]))
