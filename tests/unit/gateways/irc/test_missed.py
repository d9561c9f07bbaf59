"""What was missed is shown once to clients without CHATHISTORY, whatever ended their connection."""

from tests.unit.gateways.irc.test_conversations_with_chat import house
from tests.unit.gateways.irc.test_several_connections import connect, say, told

from hobnob.stores.memory import MemoryStore

PASSWORD = "correct-horse-battery"


async def test_what_was_heard_before_a_restart_is_not_shown_again() -> None:
    store = MemoryStore()
    async with house(store) as chat:
        ada, bob = await connect(chat, "ada"), await connect(chat, "bob")
        for client in (ada, bob):
            await say(client, f"NS REGISTER {PASSWORD}", "JOIN #tea")
        await say(bob, "PRIVMSG #tea :heard", "PRIVMSG ada :heard too")
        assert [line.rpartition(":")[2] for line in await told(ada)][-2:] == ["heard", "heard too"]
    async with house(store) as chat:
        bob = await connect(chat, "bob", PASSWORD)
        await say(bob, "JOIN #tea", "PRIVMSG #tea :missed")
        ada = await connect(chat, "ada", PASSWORD, "server-time")
        assert [line for line in await say(ada, "JOIN #tea") if "NOTICE" in line or "PRIVMSG" in line] == [
            ":hobnob.test NOTICE #tea :Said while you were away (1):",
            ":bob!~u@host PRIVMSG #tea :missed",
            ":hobnob.test NOTICE #tea :That was it; from here on it is now.",
        ]
