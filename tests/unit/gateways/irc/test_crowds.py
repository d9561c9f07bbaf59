"""In a crowded room IRC clients hear who comes and goes all the same: their protocol demands it."""

import pytest
from tests.unit.chat.conftest import Client, quiet
from tests.unit.gateways.irc.test_conversations_with_chat import Talker, house


async def test_irc_hears_all_comings_also_in_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.chat.room.CROWD", 1)
    async with house() as chat:
        ada, root, dan = await Client(chat).hello("ada"), Talker(chat), Talker(chat)
        await root.say(b"NICK root\r\nUSER u 0 * :root\r\nJOIN #lobby\r\n")
        await quiet(ada)
        ada.forget()
        root.inbox = []
        await dan.say(b"NICK dan\r\nUSER u 0 * :dan\r\nJOIN #lobby\r\n")
        await dan.say(b"QUIT :bye\r\n")
        await root.say(b"")
        await quiet(ada)
        assert [line.split()[1] for line in root.inbox] == ["JOIN", "QUIT"]
        assert ada.events("member_joined", "member_attached", "presence_changed") == []
