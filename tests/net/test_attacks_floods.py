"""Floods of IRC lines of every kind: slowed first, then ended by a clear last word, and nobody else notices.

It is the same over TCP and over WebSocket.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from tests.net.websocket import PING, TEXT, frame, irc_socket, web_socket
from tests.net.whole import Client, Whole, whole

from hobnob.chat.limits import RATES, Limit, Limits, Rate, Rates
from hobnob.chat.origins import Origins
from hobnob.gateways.gateway import FLOOD
from hobnob.gateways.irc.codec import BACKLOG
from hobnob.gateways.web.settings import WebSettings

SOON = 10.0
AFAR = "203.0.113.7"
COMMANDS = {
    "PRIVMSG": "PRIVMSG #tea :{n}\r\n",
    "PRIVMSG to oneself": "PRIVMSG ada :{n}\r\n",
    "NOTICE": "NOTICE #tea :{n}\r\n",
    "TAGMSG": "@+a=b TAGMSG #tea\r\n",
    "WHO": "WHO #tea\r\n",
    "LIST": "LIST\r\n",
    "NAMES": "NAMES #tea\r\n",
    "WHOIS": "WHOIS ada\r\n",
    "MODE": "MODE #tea\r\n",
    "setting a mode": "MODE #tea +S {n}\r\n",
    "TOPIC": "TOPIC #tea :{n}\r\n",
    "NICK": "NICK ada{n}\r\n",
    "AWAY": "AWAY :{n}\r\n",
    "PING": "PING {n}\r\n",
    "MOTD": "MOTD\r\n",
    "LUSERS": "LUSERS\r\n",
    "CAP": "CAP LS 302\r\n",
    "JOIN": "JOIN #room{n}\r\n",
    "PART": "PART #tea{n}\r\n",
    "NickServ": "NS INFO {n}\r\n",
    "junk": "junk {n}\r\n",
    "no UTF-8": "\udcff{n}\r\n",
    "blank lines": "\r\n",
}


@pytest.fixture(autouse=True)
def last_words_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.net.connection.CLOSE_WITHIN", 60.0)


@pytest.fixture
async def house() -> AsyncIterator[Whole]:
    async with whole(web=WebSettings(close_timeout=60.0)) as house:
        few: dict[Limit, Rates] = dict.fromkeys(RATES, Rates(person=Rate(20, 0.5)))
        house.chat.limits = Limits(Origins(), rates={**few, Limit.TALKING: Rates(person=Rate(100, 5))})
        yield house


async def over_tcp(house: Whole, address: str | None = None) -> Client:
    return await house.connect(address=address)


OVER = pytest.mark.parametrize("over", [over_tcp, irc_socket], ids=["TCP", "WebSocket"])
Connect = Callable[[Whole, str | None], Awaitable[Client]]


async def registered(house: Whole, nick: str, address: str | None = None, over: Connect = over_tcp) -> Client:
    client = await over(house, address)
    client.send(f"NICK {nick}\r\nUSER x 0 * :x\r\nJOIN #tea\r\n".encode())
    await client.until(b" 366 ")
    return client


async def flood(client: Client, command: str, most: int = 4 * BACKLOG) -> int:
    """Send as fast as is taken, until the connection is lost or there were `most` bytes; how many lines were sent."""
    size = count = 0
    with suppress(ConnectionError):
        while size < most:
            lines = "".join(command.format(n=n) for n in range(count, count + 100))
            client.send(lines.encode(errors="surrogateescape"))
            size, count = size + len(lines), count + 100
            await client.writer.drain()
    return count


@OVER
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
async def test_who_floods_is_slowed_and_then_sent_away_with_a_word(house: Whole, command: str, over: Connect) -> None:
    honest = await registered(house, "bob")
    attacker = await registered(house, "ada", AFAR, over)
    flooding = asyncio.create_task(flood(attacker, command))
    async with asyncio.timeout(SOON):
        heard = await attacker.rest()
        await flooding
    attacker.cut()
    assert heard.endswith(f"ERROR :{FLOOD}\r\n".encode())
    honest.send(b"PING here\r\n")
    await honest.until(b"PONG hobnob :here")
    async with asyncio.timeout(SOON):
        while len(house.chat.conversations) > 1:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_many_lines_in_one_message_of_a_websocket_are_no_way_around(house: Whole) -> None:
    attacker = await registered(house, "ada", AFAR, irc_socket)
    Client.send(attacker, frame(TEXT, b"junk\n" * 12_000))
    heard = await attacker.rest()
    assert heard.endswith(f"ERROR :{FLOOD}\r\n".encode())
    assert heard.count(b" 421 ") < 200


async def test_who_pings_without_end_is_read_no_further_for_a_while(house: Whole) -> None:
    house.chat.limits = Limits(Origins(), rates={Limit.TALKING: Rates(person=Rate(100, 0.001))})
    attacker = await web_socket(house, AFAR)
    attacker.send(frame(TEXT, b'{"do":"hello","id":1,"name":"ada"}'))
    await attacker.until(b'"reply":1')
    attacker.send(frame(PING, b"") * 5000)
    async with asyncio.timeout(SOON):
        while not all(conversation.slow for conversation in house.chat.conversations):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    honest = await registered(house, "bob")
    honest.send(b"PING here\r\n")
    await honest.until(b"PONG hobnob :here")


@OVER
async def test_what_fits_is_only_slowed(house: Whole, over: Connect) -> None:
    """A page of lines is taken up in order, later; PONG comes behind them, and a goodbye too."""
    house.chat.limits = Limits(Origins(), rates={Limit.SENDING: Rates(person=Rate(20, 200))})
    bob = await registered(house, "bob")
    ada = await registered(house, "ada", AFAR, over)
    ada.send(b"".join(b"TOPIC #tea :%d\r\n" % n for n in range(60)) + b"PING after\r\n")
    heard = await ada.until(b":after")
    assert heard.count(b" TOPIC ") == 60
    assert not re.search(rb" (263|400) ", heard)
    await bob.until(b"TOPIC #tea :59")
    ada.send(b"".join(b"TOPIC #tea :%d\r\n" % n for n in range(60, 120)))
    ada.leave()
    assert b" QUIT " not in await bob.until(b"TOPIC #tea :119")
    await bob.until(b" QUIT ")


@OVER
async def test_this_machine_may_send_as_much_as_it_likes(over: Connect) -> None:
    async with whole() as house:
        ada = await registered(house, "ada", over=over)
        count = await flood(ada, "junk {n}\r\n")
        ada.send(b"PING after\r\n")
        assert (await ada.until(b":after")).count(b" 421 ") == count
