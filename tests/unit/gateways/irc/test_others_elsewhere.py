"""What people on other gateways do, as an IRC client sees it, with no capability and with all: no flood, no riddle."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.unit.chat.conftest import DEADLINE, PASSWORD, Client, operator
from tests.unit.gateways.irc.test_conversations_with_chat import HOME, Talker, house

from hobnob.chat.chat import Chat
from hobnob.gateways.gateway import Origin
from hobnob.gateways.irc.capabilities import CAPABILITIES
from hobnob.gateways.irc.said import MAX_LINES

ALL = " ".join(row.name for row in CAPABILITIES.values() if row.asked)
LONG = "word " * 3000
MANY = "\n".join(f"line {number}" for number in range(500))
Act = Callable[["Web", int], Awaitable[object]]


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with house() as chat:
        yield chat


async def listener(chat: Chat, capabilities: str = "", origin: Origin = HOME) -> Talker:
    """Irc, an IRC client that is in #tea and has read all up to here."""
    irc = Talker(chat, origin)
    await irc.say(b"CAP REQ :" + capabilities.encode() + b"\r\n" if capabilities else b"")
    await irc.say(b"NICK irc\r\nUSER x 0 * :Irc\r\nCAP END\r\n")
    await irc.say(b"JOIN #tea\r\n")
    irc.inbox.clear()
    return irc


async def heard(irc: Talker) -> list[str]:
    """What came since, without tags."""
    await irc.say(b"")
    lines, irc.inbox = irc.inbox, []
    return [re.sub("^@[^ ]+ ", "", line) for line in lines]


class Web(Client):
    """Somebody in a browser; `tea` is the id of #tea."""

    tea = ""


async def web(chat: Chat) -> Web:
    client = await Web(chat).hello("web")
    assert isinstance(client, Web)
    client.tea = (await client.done("join_room", room="#tea", create=True))["room"]["id"]
    return client


ACTS: dict[str, tuple[Act, int, int]] = {
    "a message of one line": (lambda web, _: web.done("send_message", room="#tea", text="hi"), 1, 1),
    "an edit": (lambda web, of: web.done("edit_message", room="#tea", of=of, text=MANY), 1, 1),
    "a long edit": (lambda web, of: web.done("edit_message", room="#tea", of=of, text=LONG), 1, 1),
    "a reaction": (lambda web, of: web.done("react", room="#tea", of=of, emoji="👍"), 0, 1),
    "a pin": (lambda web, of: web.done("pin", room="#tea", of=of), 0, 0),
    "an answer in a thread": (
        lambda web, of: web.done("send_message", room="#tea", text="hi", thread=f"{web.tea}.{of}"), 1, 1,
    ),
    "a deletion": (lambda web, of: web.done("delete_message", room="#tea", of=of), 0, 1),
    "a message of 500 lines": (
        lambda web, _: web.done("send_message", room="#tea", text=MANY), MAX_LINES, MAX_LINES + 2,
    ),
    "a message of 15,000 bytes": (lambda web, _: web.done("send_message", room="#tea", text=LONG), 32, 34),
    "blank lines": (lambda web, _: web.done("send_message", room="#tea", text="a" + "\n" * 999 + "b"), 2, 52),
    "a topic": (lambda web, _: web.done("set_topic", room="#tea", topic="x" * 1000), 1, 1),
    "a role": (lambda web, _: web.done("set_role", room="#tea", person="@irc", role="moderator"), 1, 1),
    "what a room is": (lambda web, _: web.done("change_room", room="#tea", slow=5, posting="moderators"), 1, 1),
    "a draft": (lambda web, _: web.done("set_draft", room="#tea", text="x"), 0, 0),
    "a read mark": (lambda web, _: web.done("mark_read", room="#tea"), 0, 0),
    "a setting": (lambda web, _: web.done("change_setting", key="theme", value="dark"), 0, 0),
    "a detail": (lambda web, _: web.done("set_detail", key="pronouns", value="she"), 0, 0),
    "a detail of the room": (lambda web, _: web.done("set_room_detail", room="#tea", key="url", value="x"), 0, 0),
    "a name": (lambda web, _: web.done("set_name", name="spider"), 1, 1),
    "an account": (lambda web, _: web.done("register", password=PASSWORD), 0, 1),
    "being away": (lambda web, _: web.done("set_presence", state="away", text="x" * 300), 0, 1),
    "a report": (lambda web, of: web.done("report", room="#tea", of=of, reason="x"), 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("able", [False, True], ids=["with no capability", "with all"])
@pytest.mark.parametrize("what", ACTS)
async def test_what_others_do_is_a_line_or_nothing(chat: Chat, what: str, able: bool) -> None:
    act, *lines = ACTS[what]
    other = await web(chat)
    of = await other.say("first", room="#tea")
    irc = await listener(chat, ALL if able else "")
    await act(other, of)
    told = await heard(irc)
    assert len(told) == lines[able], told
    assert all(len(line.encode()) <= 510 for line in told)


async def test_nothing_that_is_said_can_be_a_question_to_a_program(chat: Chat) -> None:
    other = await web(chat)
    irc = await listener(chat)
    for text in ("\x01VERSION\x01", "\x01DCC SEND x 1 2 3\x01", "a\r\nQUIT :b", "\x07\x1b[2J", "one\x00two"):
        await other.say(text, room="#tea")
    assert await heard(irc) == [
        ":web!~u@host PRIVMSG #tea :VERSION",
        ":web!~u@host PRIVMSG #tea :DCC SEND x 1 2 3",
        ":web!~u@host PRIVMSG #tea :a",
        ":web!~u@host PRIVMSG #tea :QUIT :b",
        ":web!~u@host PRIVMSG #tea :[2J",
        ":web!~u@host PRIVMSG #tea :onetwo",
    ]


async def test_typing_reaches_irc_now_and_then(chat: Chat) -> None:
    other = await web(chat)
    irc = await listener(chat, ALL)
    for number in range(100):
        await other.done("typing", room="#tea", on=number % 2 == 0)
    assert await heard(irc) == [":web!~u@host TAGMSG #tea"] * 2


async def test_who_deletes_all_they_said_does_not_flood(chat: Chat) -> None:
    other = await web(chat)
    await other.done("register", password=PASSWORD)
    for number in range(120):
        await other.say(f"{number}", room="#tea")
    irc = await listener(chat, ALL)
    await other.done("delete_account", password=PASSWORD, messages="blank")
    async with asyncio.timeout(DEADLINE):
        while await chat.keeper.read(chat.store.messages_by, other.id, 1):
            await irc.say(b"")
    lines = await heard(irc)
    assert len(lines) < 5
    assert lines[-1].startswith(":web!~u@host PART")


async def test_a_role_on_the_server_shows_in_each_channel(chat: Chat) -> None:
    other = await web(chat)
    await other.done("register", password=PASSWORD)
    irc = await listener(chat)
    await irc.say(b"JOIN #milk\r\n")
    await other.done("join_room", room="#milk")
    await heard(irc)
    server = await operator(chat)
    for role, letters in (("moderator", "+o"), ("member", "-o"), ("guest", "")):
        await server.done("set_role", person="@web", role=role)
        shown = [line.split()[2:4] for line in await heard(irc)]
        assert shown == [["#milk", letters]] * bool(letters), "in #tea they are the owner all the same"
    await irc.say(b"OPER root :open sesame\r\n")
    assert await heard(irc) == [
        ":hobnob.test MODE #tea +q :irc",
        ":hobnob.test 381 irc :You are now an operator of this server",
        ":irc!~u@host MODE irc :+o",
    ]
    await irc.say(b"MODE irc -o\r\n")
    assert await heard(irc) == [":hobnob.test MODE #tea -q :irc", ":irc!~u@host MODE irc :-o"]


async def test_who_may_hear_a_room_no_more_leaves_it(chat: Chat) -> None:
    """Over clear text there are no private rooms, so a client that stayed in one would wait for ever."""
    other = await web(chat)
    irc = await listener(chat, origin=Origin("203.0.113.9", confidential=False, loopback=False))
    await other.done("change_room", room="#tea", private=True)
    *_, last = await heard(irc)
    assert last.startswith(":irc!~u@host PART #tea :This room is private now")
    await irc.say(b"PRIVMSG #tea :hello?\r\n")
    assert (await heard(irc))[0].startswith(":hobnob.test 403 irc #tea")
