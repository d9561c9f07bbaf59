"""Several connections of one account are one person: each hears what the others do, and strangers see no seams."""

import re
from collections.abc import AsyncIterator

import pytest
from tests.unit.chat.conftest import Client
from tests.unit.gateways.irc.test_conversations_with_chat import Talker, house

from hobnob.chat.chat import Chat
from hobnob.protocol.masks import mask_of

ADA = ":ada!~u@host"
PASSWORD = "correct-horse-battery"


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with house() as chat:
        yield chat


async def told(talker: Talker) -> list[str]:
    """What came since, without tags."""
    await talker.say(b"")
    lines, talker.inbox = talker.inbox, []
    return [re.sub("^@[^ ]+ ", "", line) for line in lines]


async def say(talker: Talker, *lines: str) -> list[str]:
    """What a client is told until it has said some lines."""
    for line in lines:
        await talker.say(f"{line}\r\n".encode())
    return await told(talker)


async def connect(chat: Chat, nick: str, password: str = "", capabilities: str = "") -> Talker:
    talker = Talker(chat)
    first = [f"CAP REQ :{capabilities}", "CAP END"] if capabilities else []
    await say(talker, *first, *([f"PASS {nick}:{password}"] if password else []), f"NICK {nick}", "USER x 0 * :x")
    return talker


async def ada_twice(chat: Chat, capabilities: str = "") -> tuple[Talker, Talker, Talker]:
    """Two connections of ada's account, both in #tea, and bob, who is there too."""
    one = await connect(chat, "ada", capabilities=capabilities)
    await say(one, f"NS REGISTER {PASSWORD}", "JOIN #tea")
    two = await connect(chat, "ada", PASSWORD, capabilities)
    bob = await connect(chat, "bob")
    assert (await say(two, "JOIN #tea"))[0] == f"{ADA} JOIN #tea"
    await say(bob, "JOIN #tea")
    for talker in (one, two):
        await told(talker)
    return one, two, bob


async def test_one_hears_what_the_other_says(chat: Chat) -> None:
    one, two, bob = await ada_twice(chat)
    assert await say(one, "PRIVMSG #tea :hi", "PRIVMSG bob :psst", "NOTICE #tea :note") == []
    lines = [f"{ADA} PRIVMSG #tea :hi", f"{ADA} PRIVMSG bob :psst", f"{ADA} NOTICE #tea :note"]
    assert await told(two) == lines, "also what is said to others in private"
    assert await told(bob) == lines, "once"
    await say(bob, "PRIVMSG ada :both of you")
    for talker in (one, two):
        assert await told(talker) == [":bob!~u@host PRIVMSG ada :both of you"]


async def test_what_is_said_in_a_browser_is_heard_too(chat: Chat) -> None:
    one, two, _ = await ada_twice(chat)
    web = await Client(chat).hello("ada", password=PASSWORD)
    await web.say("from the page", room="#tea")
    await web.say("to you", room="@bob")
    for talker in (one, two):
        assert await told(talker) == [f"{ADA} PRIVMSG #tea :from the page", f"{ADA} PRIVMSG bob :to you"]


async def test_what_one_changes_is_so_for_both(chat: Chat) -> None:
    one, two, bob = await ada_twice(chat)
    assert (await say(one, "TOPIC #tea :green", "NICK ida", "MODE #tea +m"))[0] == f"{ADA} TOPIC #tea :green"
    assert await told(two) == [f"{ADA} TOPIC #tea :green", f"{ADA} NICK ida", ":ida!~u@host MODE #tea :+m"]
    assert await told(bob) == [f"{ADA} TOPIC #tea :green", f"{ADA} NICK ida", ":ida!~u@host MODE #tea :+m"]
    assert (await say(two, "WHOIS ida"))[0].split()[:4] == [":hobnob.test", "311", "ida", "ida"]
    assert await say(one, "PART #tea :enough") == [":ida!~u@host PART #tea :enough"]
    assert await told(two) == [":ida!~u@host PART #tea :enough"]
    assert await say(two, "PRIVMSG #tea :still?") == [":hobnob.test 404 ida #tea :Join the room first."]


async def test_joining_is_of_one_connection_and_shown_once(chat: Chat) -> None:
    """A client hears the channels that it has joined; to others one came with the first and goes with the last."""
    one, two, bob = await ada_twice(chat)
    await say(bob, "JOIN #milk")
    await say(one, "JOIN #milk")
    assert await told(two) == []
    assert await told(bob) == [f"{ADA} JOIN #milk"]
    await say(two, "JOIN #milk")
    assert await told(bob) == []
    await say(one, "QUIT :one of two")
    assert (await told(bob), await told(two)) == ([], [])
    await say(two, "QUIT :the last")
    assert await told(bob) == [f"{ADA} QUIT :the last"]


async def test_what_one_has_read_the_other_has(chat: Chat) -> None:
    one, two, bob = await ada_twice(chat, "draft/read-marker server-time message-tags")
    await say(bob, "PRIVMSG #tea :hi")
    for talker in (one, two):
        await told(talker)
    [line] = await say(one, "MARKREAD #tea timestamp=2099-01-01T00:00:00.000Z")
    assert line.startswith(":hobnob.test MARKREAD #tea :timestamp=2")
    assert await told(two) == [line]


async def test_being_away_is_of_the_person(chat: Chat) -> None:
    one, two, bob = await ada_twice(chat)
    await say(one, "AWAY :tea")
    assert await say(bob, "PRIVMSG ada :hi", "WHOIS ada") != []
    assert ":hobnob.test 301 ada ada :tea" in await say(two, "WHOIS ada")
    assert (await say(two, "AWAY"))[-1] == ":hobnob.test 305 ada :You are no longer marked as being away"
    assert not [line for line in await say(one, "WHOIS ada") if " 301 " in line]


async def test_hosts_tell_no_address_and_stay(chat: Chat) -> None:
    """Of one connection as of the other, under every nick, and back after reconnecting."""
    one, two, bob = await ada_twice(chat)
    here = chat.people.named("ada")
    assert here is not None
    hosts = {mask.partition("@")[2] for mask in (mask_of(here.person.id, "ada"), mask_of(here.person.id, "ida"))}
    await say(one, "NICK ida", "QUIT")
    await say(two, "QUIT")
    await connect(chat, "ida", PASSWORD)
    back = chat.people.named("ida")
    assert back is not None
    [host] = hosts | {mask_of(back.person.id, "ida").partition("@")[2]}
    assert re.fullmatch(r"[a-z2-7]{10}\.hobnob", host)
    about = " ".join(await say(bob, "WHOIS ida", "WHO ida %iuh", "WHOWAS ada", "USERHOST ida"))
    assert "~u host" in about
    assert "127.0.0.1" not in about


async def test_nothing_is_sent_before_a_client_has_said_something(chat: Chat) -> None:
    talker = Talker(chat)
    assert (talker.inbox, bytes(talker.link.written)) == ([], b"")
    await talker.say(b"CAP LS 302\r\n")
    assert talker.inbox[0].startswith(":hobnob.test CAP * LS ")
