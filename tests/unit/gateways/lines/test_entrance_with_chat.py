"""Invites, accounts and moderation typed in lines, in a real chat: what people read, and what becomes of them."""

import re
from collections.abc import AsyncIterator

import pytest
from tests.unit.gateways.lines.test_with_chat import Terminal

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.passwords import Cost
from hobnob.chat.policy import Access, Policy
from hobnob.gateways.gateway import Origin
from hobnob.gateways.lines.arriving import NAME
from hobnob.gateways.lines.console import HEARD, ConsoleCodec
from hobnob.protocol.errors import HINTS
from hobnob.stores.memory import MemoryStore

PASSWORD = "correct horse battery"
FAR = Origin("192.0.2.7", loopback=False)
CLEAR = Origin("192.0.2.8", confidential=False, loopback=False)


class Desk:
    """A desk at which nothing is done."""

    waiting = ""

    def send_away(self, last_word: str) -> int:
        return 0

    def stop(self) -> None:
        raise AssertionError("nobody asked for it")


@pytest.fixture
async def chat(request: pytest.FixtureRequest) -> AsyncIterator[Chat]:
    """With the access of `pytest.mark.parametrize("chat", …, indirect=True)`; otherwise an invite is needed."""
    access: Access = getattr(request, "param", "invite")
    chat = Chat(MemoryStore(), LocalBus(), policy=Policy(access=access, password_cost=Cost(memory=8, passes=1)))
    await chat.open()
    yield chat
    await chat.stop("The test is over.")


@pytest.fixture
def operator(chat: Chat) -> Terminal:
    terminal = Terminal(chat, ConsoleCodec(chat, Desk()))
    terminal.type("\n")
    return terminal


async def invite(operator: Terminal, words: str = "") -> str:
    """A new invite's code."""
    operator.type(f"/invite {words}\n")
    text = await operator.reads("anywhere          ")
    assert "This lets people in: " in text
    await operator.until(lambda: "\n" in operator.text)
    code, _, operator.text = operator.text.partition("\n")
    assert re.fullmatch("[a-z2-7]{26}", code)
    return code


async def come_in(chat: Chat, operator: Terminal, name: str, origin: Origin = FAR) -> Terminal:
    """Somebody with an invite of their own, and an account."""
    person = Terminal(chat, origin=origin)
    person.type(f"{name}\n{await invite(operator)}\n/register\n{PASSWORD}\n{PASSWORD}\n")
    await person.reads(f"The name {name} is yours now.")
    await person.reads("\n")
    return person


async def test_a_stranger_learns_nothing_before_the_invite(chat: Chat, operator: Terminal) -> None:
    ada = await come_in(chat, operator, "ada")
    ada.type("a secret\n/who\n")
    await ada.reads("You are ada")
    strangers = [Terminal(chat, origin=origin) for origin in (FAR, CLEAR)]
    for stranger, last in zip(strangers, ("Invite: ", "as openssl s_client speaks it."), strict=True):
        for line in ("ada", "/who", "/rooms", "hello", "/history", "/msg ada hi"):
            stranger.type(f"{line}\n")
        await stranger.reads(last)
    for taken, free in (("ada", "nobody"), ("/login ada", "/login nobody")):
        answers = []
        for typed in (taken, free):
            stranger = Terminal(chat, origin=FAR)
            stranger.type(f"{typed}\n{PASSWORD}1\n")
            answers.append(await stranger.reads("): " if "/" in typed else "Ask for another."))
        assert answers[0] == answers[1]
    for stranger in strangers:
        assert "secret" not in stranger.text
        assert "name is taken" not in stranger.text


async def test_an_invite_lets_in_once(chat: Chat, operator: Terminal) -> None:
    code = await invite(operator)
    for expected in ("Welcome, bob0.", HINTS["invite-unknown"]):
        person = Terminal(chat, origin=FAR)
        person.type(f"bob0\nhobnob://h:8080/#invite={code}\n")
        await person.reads(expected)


@pytest.mark.parametrize("chat", ["accounts"], indirect=True)
async def test_an_account_is_made_with_an_invite_and_come_back_to(chat: Chat, operator: Terminal) -> None:
    person = Terminal(chat, origin=FAR)
    person.type(f"bob\n{await invite(operator)}\n")
    await person.reads("New password (your screen shows it as you type): ")
    person.type(f"bob\nbob\n{PASSWORD}\n{PASSWORD}\n")
    assert "at least 8 characters" in await person.reads("Welcome, bob.")
    person.type("bye\n")
    await person.reads("Bye, bob.")
    again = Terminal(chat, origin=FAR)
    again.type(f"/login bob\nwrong\n{PASSWORD}\n/who\n")
    assert HINTS["wrong-password"] in await again.reads("Welcome, bob.")
    assert PASSWORD not in again.text
    again.type("/logout\n")
    await again.until(lambda: again.closed)
    assert again.text.endswith("\n* You are logged out.\n")
    assert again.text.count("logged out") == 1


async def test_who_logs_in_inside_is_somebody_else_then(chat: Chat, operator: Terminal) -> None:
    ada, bob = await come_in(chat, operator, "ada"), await come_in(chat, operator, "bob")
    ada.type(f"/login bob\n{PASSWORD}\n")
    await ada.reads("You are bob now.\nYou are in #lobby.")
    ada.type("two of me\n")
    await bob.reads("two of me")
    ada.type("/password\nwrong\nsomething quite else\nsomething quite else\nsomething quite else\nhello\n")
    await ada.reads("Your last line was not said")
    await bob.reads("hello\n")
    assert "quite" not in bob.text


async def test_the_operator_sends_away_and_keeps_out(chat: Chat, operator: Terminal) -> None:
    ada, bob = await come_in(chat, operator, "ada"), await come_in(chat, operator, "bob")
    operator.type("/mute bob 10m loud\n")
    await operator.reads("bob may read and not write in #lobby for 10 minutes.")
    assert re.search(r"\* Server muted bob, until .{16} UTC \(loud\)\n", await ada.reads("(loud)\n"))
    bob.type("hello?\n")
    await bob.reads("not write")
    operator.type("/unmute bob\n/kick bob enough\n")
    await bob.reads("* Server removed you from #lobby (enough)\n")
    bob.type("still here?\n")
    await bob.reads(HINTS["not-a-member"])
    operator.type("/ban bob server 1h spam\n/bans server\n")
    await operator.reads("ban  bob, until ")
    await bob.until(lambda: bob.closed)
    assert "spam" in bob.text
    again = Terminal(chat, origin=FAR)
    again.type(f"/login bob\n{PASSWORD}\n")
    await again.until(lambda: again.closed)
    assert NAME not in again.text
    operator.type("/unban bob server\n/audit\n")
    await operator.reads("bob is no longer banned on the server.")
    for act in ("mute bob in #lobby", "unmute bob", "kick bob", "ban bob", "unban bob"):
        assert HEARD not in await operator.reads(f"Server: {act}")


async def test_who_may_not_is_told_so(chat: Chat, operator: Terminal) -> None:
    ada = await come_in(chat, operator, "ada")
    for line in ("/ban Server server", "/doors close", "/audit server", "/bans server", "/role ada owner server"):
        ada.type(f"{line}\n")
        await ada.reads(HINTS["not-allowed"])


async def test_a_room_for_a_few_is_made_and_seen_by_nobody_else(chat: Chat, operator: Terminal) -> None:
    ada, bob, eve = [await come_in(chat, operator, name) for name in ("ada", "bob", "eve")]
    ada.type("/room new den\n/invite bob\n")
    await ada.reads("bob is invited to #den.")
    await bob.reads("* ada invites you to #den. /join den goes there.\n")
    eve.type("/rooms\n/join den\n")
    await eve.reads("lobby")
    assert "den" not in (await eve.reads("\n"))
    bob.type("/join den\nhello\n")
    await ada.reads("* bob joined\nbob: hello\n")
    ada.type("/room writers moderators\n/room slow 10s\n")
    await bob.reads("#den: private, only moderators write, 10 seconds between two messages, newcomers see it from")
    bob.type("hello?\n")
    await bob.reads(HINTS["only-moderators"])
    ada.type("/role bob moderator\n")
    await bob.reads("* ada made bob a moderator of the room\n")
    bob.type("thank you\n/room\n")
    await ada.reads("bob: thank you\n")
    await bob.reads("#den: private, only moderators write")


async def test_an_invite_for_a_room_leads_into_it(chat: Chat, operator: Terminal) -> None:
    ada = await come_in(chat, operator, "ada")
    ada.type("/room new den\n/invite #den 1d\n")
    text = await ada.reads("anywhere          ")
    assert "#den, as member, 1 person, until " in text
    await ada.until(lambda: "\n" in ada.text)
    bob = Terminal(chat, origin=FAR)
    bob.type(f"bob\n{ada.text.partition(chr(10))[0]}\n/rooms\n/join den\nhello\n")
    await bob.reads("  #den  ")
    await ada.reads("bob: hello\n")


async def test_who_is_ignored_is_not_read_and_not_heard_alone(chat: Chat, operator: Terminal) -> None:
    ada, eve = await come_in(chat, operator, "ada"), await come_in(chat, operator, "eve")
    ada.type("/ignore eve\n")
    await ada.reads("You ignore eve: ")
    eve.type("boo\n/msg ada boo\n")
    await eve.reads(HINTS["not-reachable"])
    again = Terminal(chat, origin=FAR)
    again.type(f"/login ada\n{PASSWORD}\n/ignore\n")
    await again.reads("You ignore eve.")
    for terminal in (ada, again):
        terminal.type("/history\n/unignore eve\n")
        assert "boo" not in await terminal.reads("What eve says is shown to you.")
    eve.type("better\n")
    await ada.reads("eve: better")
