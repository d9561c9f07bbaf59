"""IRC clients in the real chat: order, attachment, and people on other gateways."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs
from tests.unit.chat.conftest import Client, MemoryLink

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.gateways.gateway import Origin
from hobnob.gateways.irc import IrcCodec
from hobnob.stores.memory import MemoryStore


class IrcClient:
    """An IRC client without a socket. Hosts are shown as ``host``: they are random."""

    def __init__(self, chat: Chat) -> None:
        self.link = MemoryLink()
        self.conversation = chat.enter(IrcCodec(chat), self.link, Origin("127.0.0.1"))
        self._pings = 0

    def send(self, *lines: str) -> None:
        self.conversation.receive("".join(f"{line}\r\n" for line in lines).encode())

    async def ask(self, *lines: str) -> list[str]:
        """Send lines and a PING; what came up to its PONG."""
        self._pings += 1
        pong = f"PONG hobnob :{self._pings}"
        self.send(*lines, f"PING {self._pings}")
        async with asyncio.timeout(30):
            while True:
                if f"{pong}\r\n".encode() in self.link.written:
                    break
                await asyncio.sleep(0.001)
        return [line for line in self.read() if not line.endswith(pong)]

    def read(self) -> list[str]:
        """The lines that came, senders as their nick alone."""
        lines, self.link.written = self.link.written.decode().split("\r\n")[:-1], bytearray()
        return [
            line.partition("!")[0] + " " + line.partition(" ")[2] if "!" in line.split()[0] else line for line in lines
        ]


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    chat = Chat(MemoryStore(), LocalBus())
    await chat.open()
    yield chat
    await chat.stop("The test is over.")


async def registered(chat: Chat, nick: str) -> IrcClient:
    client = IrcClient(chat)
    lines = await client.ask(f"NICK {nick}", "USER x 0 * :x")
    assert f":hobnob 001 {nick} :Welcome to hobnob, {nick}" in lines
    return client


async def test_all_at_once_is_done_in_order(chat: Chat) -> None:
    client = IrcClient(chat)
    lines = await client.ask("NICK ada", "USER x 0 * :x", "JOIN #tea", "PRIVMSG #tea :hi", "NICK ida", "MODE #tea")
    assert lines[-6:-1] == [
        ":ada JOIN #tea",
        ":hobnob 353 ada = #tea :~ada",
        ":hobnob 366 ada #tea :End of NAMES list",
        ":ada NICK ida",
        ":hobnob 324 ida #tea :+n",
    ]


async def test_who_comes_is_told_how_many_are_here(chat: Chat) -> None:
    """Only who is registered counts as a user; strangers are told nothing before."""
    await registered(chat, "ada")
    stranger, bob = IrcClient(chat), IrcClient(chat)
    assert await stranger.ask("LUSERS") == [":hobnob 451 * :You have not registered; send NICK and USER first"]
    lines = await bob.ask("NICK bob", "USER x 0 * :x")
    assert [line for line in lines if " 25" in line or " 26" in line] == [
        ":hobnob 251 bob :There are 0 users and 2 invisible on 1 servers",
        ":hobnob 252 bob 0 :operator(s) online",
        ":hobnob 253 bob 1 :unknown connection(s)",
        ":hobnob 254 bob 0 :channels formed",
        ":hobnob 255 bob :I have 2 clients and 0 servers",
        ":hobnob 265 bob 2 2 :Current local users 2, max 2",
        ":hobnob 266 bob 2 2 :Current global users 2, max 2",
    ]
    assert [line.split()[1] for line in lines][-8:] == ["251", "252", "253", "254", "255", "265", "266", "422"]


async def test_others_have_it_before_the_pong(chat: Chat) -> None:
    ada, bob = await registered(chat, "ada"), await registered(chat, "bob")
    await ada.ask("JOIN #tea")
    assert await bob.ask("JOIN #tea") == [
        ":bob JOIN #tea",
        ":hobnob 353 bob = #tea :~ada bob",
        ":hobnob 366 bob #tea :End of NAMES list",
    ]
    assert ada.read() == [":bob JOIN #tea"]
    assert await bob.ask(*(f"PRIVMSG #tea :{number}" for number in range(100)), "PART #tea :bye") == [
        ":bob PART #tea :bye"
    ]
    assert ada.read() == [*(f":bob PRIVMSG #tea :{number}" for number in range(100)), ":bob PART #tea :bye"]
    await bob.ask("JOIN #tea")
    bob.send("QUIT :tired")
    assert bob.link.closed
    await ada.ask()
    assert bob.read() == ["ERROR :Bye: tired"]


async def test_quit_is_heard_once(chat: Chat) -> None:
    ada, bob = await registered(chat, "ada"), await registered(chat, "bob")
    await ada.ask("JOIN #tea,#milk")
    await bob.ask("JOIN #tea,#milk")
    ada.read()
    bob.send("QUIT :tired")
    assert await ada.ask() == [":bob QUIT tired"]
    assert (await ada.ask("NAMES #tea"))[0] == ":hobnob 353 ada = #tea :~ada"


async def test_people_of_other_gateways(chat: Chat) -> None:
    ada, bob = await registered(chat, "ada"), Client(chat)
    await bob.ask("hello", name="bob")
    assert await ada.ask("JOIN #lobby") == [
        ":ada JOIN #lobby",
        ":hobnob 332 ada #lobby :Everyone is welcome here.",
        ":hobnob 353 ada = #lobby :ada bob",
        ":hobnob 366 ada #lobby :End of NAMES list",
    ]
    sent = await bob.ask("send_message", room="#lobby", text="one\ntwo")
    await bob.ask("edit_message", room="#lobby", of=sent["number"], text="three")
    await bob.ask("send_message", room="@ada", text="psst")
    assert await ada.ask("PRIVMSG bob :\x01ACTION nods\x01") == [
        ":bob PRIVMSG #lobby :one",
        ":bob PRIVMSG #lobby :two",
        ":bob PRIVMSG #lobby :* edited: three",
        ":bob PRIVMSG ada :psst",
    ]
    heard = await bob.event("message_sent", text="nods")
    assert (heard["by_name"], heard["kind"]) == ("ada", "action")


@pytest.mark.parametrize(
    "line", ["PRIVMSG # :x", "PRIVMSG #a,b@c :x", "TOPIC #a\x02 :x", "JOIN #,##,#a@b", "NAMES #,x"]
)
async def test_names_that_are_none_are_refused(chat: Chat, line: str) -> None:
    client = await registered(chat, "ada")
    answers = await client.ask(line)
    assert answers
    assert all(answer.startswith((":hobnob 4", ":hobnob 366")) for answer in answers), answers


async def test_a_name_that_is_taken(chat: Chat) -> None:
    await registered(chat, "ada")
    client = IrcClient(chat)
    assert await client.ask("NICK Ada", "USER x 0 * :x", "JOIN #tea") == [
        ":hobnob 433 * Ada :This name is taken. Choose another.",
        ":hobnob 451 * :You have not registered; send NICK and USER first",
    ]
    assert (await client.ask("NICK eve"))[0] == ":hobnob 001 eve :Welcome to hobnob, eve"


async def test_names_are_those_of_people_on_other_gateways_too(chat: Chat) -> None:
    page = await Client(chat).hello("ace")
    for nick in ("ace", "ACE", "асе"):  # the last in Cyrillic letters
        client = IrcClient(chat)
        (refused,) = await client.ask(f"NICK {nick}", "USER x 0 * :x")
        assert refused.startswith(f":hobnob 433 * {nick} :")
        assert (await client.ask("NICK eve"))[0].startswith(":hobnob 001 eve ")
        (refused,) = await client.ask(f"NICK {nick}")
        assert refused.startswith(f":hobnob 433 eve {nick} :")
        client.send("QUIT")
    page.leave()  # a guest's name stays theirs
    ada = await registered(chat, "ada")
    (refused,) = await ada.ask("NICK ace")
    assert refused.startswith(":hobnob 433 ada ace :")
    other = Client(chat)
    assert await other.error("hello", name="Ada") == "name-taken"
    ada.send("QUIT")
    assert (await other.ask("hello", name="Ada"))["you"]["name"] == "Ada"


async def test_what_one_says_at_quitting_is_clean_for_others_and_not_in_the_log(chat: Chat) -> None:
    ada = await Client(chat).hello("ada")
    eve = await registered(chat, "eve")
    await eve.ask("JOIN #lobby")
    with capture_logs() as logged:
        eve.send("QUIT :so\x1b[2J long" + "!" * 400)
        gone = await ada.event("presence_changed", state="offline")
    assert gone["text"].startswith("so[2J long!")
    assert len(gone["text"]) == 300
    assert [line["reason"] for line in logged if line["event"] == "client left"] == ["goodbye"]


async def test_what_was_said_is_found(chat: Chat) -> None:
    ada, bob = await registered(chat, "ada"), await registered(chat, "bob")
    await ada.ask("JOIN #tea", "PRIVMSG #tea :green tea\x02 is ready")
    assert await bob.ask("SEARCH tea") == [":hobnob NOTICE bob :Nothing was found."]
    await bob.ask("JOIN #tea", "JOIN #milk")
    lines = await bob.ask("SEARCH green tea")
    assert [line[: line.index("[")] + line[line.index("]") :] if "[" in line else line for line in lines] == [
        ":hobnob NOTICE bob :#tea 2 ] <ada> \x02green\x02 \x02tea\x02 is ready",
        ":hobnob NOTICE bob :That is all.",
    ]
    assert await bob.ask("SEARCH #milk tea") == [":hobnob NOTICE bob :Nothing was found."]
    assert await bob.ask("SEARCH #nowhere tea") == [
        ":hobnob 403 bob #nowhere :There is no such room, or you may not see it."
    ]
    assert await bob.ask("SEARCH :has:fun") == [
        ":hobnob 400 bob SEARCH :has: takes link, pin, reaction, reply or thread."
    ]
    assert await bob.ask("SEARCH") == [":hobnob 461 bob SEARCH :Not enough parameters"]


async def test_who_leaves_with_a_long_reason_sees_what_the_others_see(chat: Chat) -> None:
    ada, bob = await registered(chat, "ada"), await registered(chat, "bob")
    await ada.ask("JOIN #tea")
    await bob.ask("JOIN #tea")
    own = await ada.ask(f"PART #tea :{'x' * 310}")
    assert [line for line in own if " PART " in line] == [f":ada PART #tea :{'x' * 300}"]
    assert f":ada PART #tea :{'x' * 300}" in await bob.ask()


async def test_a_label_is_answered_once_whenever_somebody_goes(chat: Chat) -> None:
    ada, eve = await registered(chat, "ada"), await registered(chat, "eve")
    await ada.ask("CAP REQ :labeled-response batch echo-message", "PRIVMSG eve :hi")
    ada.send("@label=x PRIVMSG eve :are you there?")
    eve.send("AWAY :asleep")
    echo, away = await ada.ask()
    assert (echo.split()[0], away) == ("@label=x", ":hobnob 301 ada eve :asleep")


async def test_metadata_of_who_comes(chat: Chat) -> None:
    """What is known at once, and with draft/metadata-3, when to ask for all of it."""
    ada, bob, vic = await registered(chat, "ada"), await registered(chat, "bob"), Client(chat)
    await ada.ask("CAP REQ :draft/metadata-2 batch", "METADATA * SUB pronouns url", "MONITOR + vic")
    await bob.ask("CAP REQ :draft/metadata-3 batch", "METADATA * SUB pronouns url", "MONITOR + vic")
    await vic.done("hello", name="dan", details={"pronouns": "he", "url": "https://vic.example", "mood": "fine"})
    await vic.done("set_name", name="vic")
    assert [line for line in await ada.ask() if "730" not in line] == [
        ":hobnob METADATA vic pronouns * :he",
        ":hobnob METADATA vic url * :https://vic.example",
    ]
    assert [line for line in await bob.ask("METADATA vic SYNC") if "730" not in line] == [
        ":hobnob 774 bob vic 0 :Say SYNC to hear what is set",
        ":hobnob BATCH +m1 metadata :vic",
        "@batch=m1 :hobnob 761 bob vic pronouns * :he",
        "@batch=m1 :hobnob 761 bob vic url * :https://vic.example",
        ":hobnob BATCH -m1",
    ]
