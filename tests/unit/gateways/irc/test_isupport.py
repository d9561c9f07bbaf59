"""What the tokens of ISUPPORT promise holds: each length and number is allowed, and what is beyond it is not."""

from collections.abc import AsyncIterator

import pytest
from tests.unit.gateways.irc.test_conversations_with_chat import Talker, house

from hobnob.chat.chat import Chat
from hobnob.gateways.irc.isupport import ISUPPORT, MAX_CHANNELS, MAX_MONITORED, MOST_MASKS
from hobnob.gateways.irc.modes import MOST_CHANGES

LONG = "a" * 500


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with house() as chat:
        yield chat


async def answers(talker: Talker, *lines: str) -> list[str]:
    """What a client is answered to some lines."""
    for line in lines:
        await talker.say(f"{line}\r\n".encode())
    talker.pull()
    said, talker.inbox = talker.inbox, []
    return said


async def here(chat: Chat, name: str) -> Talker:
    """Somebody who is in #tea; who comes first owns it."""
    talker = Talker(chat)
    await answers(talker, f"NICK {name}", "USER x 0 * :x", "JOIN #tea")
    return talker


SERVER, ADA = ":hobnob.test", ":ada!~u@host"
LIMITS = [
    ("AWAYLEN", ["AWAY :" + LONG[:301], "NOTICE ada :x", "WHOIS ada"], f"{SERVER} 301 ada ada :{LONG[:300]}"),
    ("BOT", ["MODE ada +B"], f"{ADA} MODE ada :+B"),
    ("CHANNELLEN", ["JOIN #" + LONG[:32]], f"{ADA} JOIN #{LONG[:32]}"),
    ("CHANNELLEN", ["JOIN #" + LONG[:33]], f"{SERVER} 403 ada #{LONG[:33]} :"),
    ("CHANTYPES", ["JOIN &tea"], f"{SERVER} 403 ada &tea :"),
    ("EXTBAN", ["MODE #tea +b ~a:eve"], f"{ADA} MODE #tea +b :~a:eve"),
    ("EXTBAN", ["MODE #tea +b ~m:eve"], f"{ADA} MODE #tea +b :~m:eve!*@*"),
    ("KEYLEN", ["MODE #tea +k " + LONG[:32]], f"{ADA} MODE #tea +k :{LONG[:32]}"),
    ("KEYLEN", ["MODE #tea +k " + LONG[:33]], f"{SERVER} 696 ada #tea k "),
    ("KICKLEN", ["KICK #tea bob :" + LONG[:301]], f"{ADA} KICK #tea bob :{LONG[:300]}"),
    ("NAMELEN", ["SETNAME " + LONG[:150]], f"{ADA} SETNAME " + LONG[:150]),
    ("NAMELEN", ["SETNAME " + LONG[:151]], f"{SERVER} FAIL SETNAME INVALID_REALNAME"),
    ("NICKLEN", ["NICK " + LONG[:32]], f"{ADA} NICK {LONG[:32]}"),
    ("NICKLEN", ["NICK " + LONG[:33]], f"{SERVER} 432 ada {LONG[:33]} :"),
    ("PREFIX", ["MODE #tea +o bob", "NAMES #tea"], f"{SERVER} 353 ada = #tea :~ada @bob"),
    ("TARGMAX", ["PRIVMSG bob,b,c,d,e :x"], f"{SERVER} 407 ada e :"),
    ("TARGMAX", ["KICK #tea bob,b,c,d,e :x"], f"{SERVER} 407 ada e :"),
    ("TARGMAX", ["USERHOST b c d e f bob"], f"{SERVER} 302 ada :"),
    ("TARGMAX", ["WHOIS a,b,c,d,e,f,g,h,i,bob,k"], f"{SERVER} 311 ada bob "),
    ("TOPICLEN", ["TOPIC #tea :" + LONG[:390], "TOPIC #tea"], f"{SERVER} 332 ada #tea :{LONG[:390]}"),
    ("UTF8ONLY", ["PRIVMSG #tea :\udcff"], f"{SERVER} FAIL PRIVMSG INVALID_UTF8"),
]


@pytest.mark.parametrize(("token", "lines", "expected"), LIMITS, ids=[f"{row[0]}-{row[1][0][:9]}" for row in LIMITS])
async def test_what_is_promised_holds(chat: Chat, token: str, lines: list[str], expected: str) -> None:
    assert token in ISUPPORT
    ada = await here(chat, "ada")
    await here(chat, "bob")
    await answers(ada, "CAP REQ setname")
    for line in lines:
        await ada.say(line.encode("utf-8", "surrogateescape") + b"\r\n")
    ada.pull()
    assert any(line.startswith(expected) for line in ada.inbox), ada.inbox


async def test_channels_are_as_many_as_promised(chat: Chat) -> None:
    assert ISUPPORT["CHANLIMIT"] == f"#:{MAX_CHANNELS}"
    ada = await here(chat, "ada")
    for start in range(1, MAX_CHANNELS, 50):
        names = [f"#tea{number}" for number in range(start, min(start + 50, MAX_CHANNELS))]
        lines = await answers(ada, "JOIN " + ",".join(names))
        assert sum(" JOIN #tea" in line for line in lines) == len(names)
    assert await answers(ada, "JOIN #more") == [":hobnob.test 405 ada #more :You have joined too many channels"]
    await answers(ada, "PART #tea")
    assert (await answers(ada, "JOIN #more"))[0] == ":ada!~u@host JOIN #more"


async def test_nicks_to_monitor_are_as_many_as_promised(chat: Chat) -> None:
    assert ISUPPORT["MONITOR"] == str(MAX_MONITORED)
    ada = await here(chat, "ada")
    for number in range(MAX_MONITORED):
        assert await answers(ada, f"MONITOR + nick{number}") == [f":hobnob.test 731 ada :nick{number}"]
    full = f":hobnob.test 734 ada {MAX_MONITORED} more,most :Monitor list is full"
    assert await answers(ada, "MONITOR + more,most") == [full]
    await answers(ada, "MONITOR - nick7")
    assert await answers(ada, "MONITOR + more") == [":hobnob.test 731 ada :more"]


async def test_changes_and_masks_are_as_many_as_promised(chat: Chat) -> None:
    assert (ISUPPORT["MAXLIST"], ISUPPORT["MODES"]) == (f"beI:{MOST_MASKS}", str(MOST_CHANGES))
    ada = await here(chat, "ada")
    letters, masks = "b" * MOST_CHANGES, " ".join(f"bob{number}" for number in range(MOST_CHANGES))
    assert len(await answers(ada, f"MODE #tea +{letters}b {masks} left-out")) == MOST_CHANGES
    for number in range(MOST_CHANGES, MOST_MASKS):
        assert len(await answers(ada, f"MODE #tea +{'beI'[number % 3]} bob{number}")) == 1
    (refused,) = await answers(ada, "MODE #tea +e bob")
    assert refused.startswith(":hobnob.test 478 ada #tea e :")


async def test_every_letter_of_the_modes_is_taken(chat: Chat) -> None:
    ada = await here(chat, "ada")
    kinds = str(ISUPPORT["CHANMODES"]).split(",")
    for letter, set_to, unset_to in [
        *((letter, " eve", " eve") for letter in kinds[0]),
        *((letter, " key", " *") for letter in kinds[1]),
        *((letter, " 5", "") for letter in kinds[2]),
        *((letter, "", "") for letter in kinds[3] if letter != "n"),
    ]:
        for change in (f"+{letter}{set_to}", f"-{letter}{unset_to}"):
            (line,) = await answers(ada, f"MODE #tea {change}")
            assert line.startswith(":ada!~u@host MODE #tea ")
            assert letter in line.split()[3]
    assert await answers(ada, "MODE #tea +n") == []


async def test_names_compare_as_casemapping_says(chat: Chat) -> None:
    assert ISUPPORT["CASEMAPPING"] == "ascii"
    ada = await here(chat, "ada")
    await here(chat, "b[o]B")
    await answers(ada)
    assert await answers(ada, "ISON B[O]b b{o}b") == [":hobnob.test 303 ada :b[o]B"]
    assert await answers(ada, "JOIN #TEA") == []
