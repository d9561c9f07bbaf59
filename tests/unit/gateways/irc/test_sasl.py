"""AUTHENTICATE over the real chat: payloads in pieces, what a client becomes, and any nonsense at any step."""

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.gateways.irc.test_coming_in import said
from tests.unit.gateways.irc.test_conversations_with_chat import Talker, house
from tests.unit.scram_client import ScramClient

from hobnob.chat.chat import Chat
from hobnob.chat.failed_logins import FREE_TRIES
from hobnob.chat.session import Session
from hobnob.gateways.gateway import Origin
from hobnob.gateways.irc.capabilities import CAPABILITIES
from hobnob.gateways.irc.commands.sasl import CHUNK, MECHANISMS
from hobnob.protocol.account_commands import AddDevice
from hobnob.protocol.moderation_commands import Ban
from hobnob.protocol.replies import DeviceAdded
from hobnob.stores.store import Account

PASSWORD = "secret-of-ada"
PLAIN = "AUTHENTICATE PLAIN"
SCRAM = "AUTHENTICATE SCRAM-SHA-256"
TOO_LONG = ":hobnob.test 905 * :This is too long for a login"


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with house() as chat:
        yield chat


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def plain(name: str = "ada", password: str = PASSWORD) -> tuple[str, str]:
    """The lines of a login by password."""
    return PLAIN, "AUTHENTICATE " + encoded(f"\0{name}\0{password}")


async def come(chat: Chat, name: str, *lines: str, capabilities: str = "") -> Talker:
    """A client that is in, after some lines."""
    client = Talker(chat)
    await said(client, f"CAP REQ :{capabilities}", f"NICK {name}", "USER x 0 * :x", "CAP END", *lines)
    return client


async def ada(chat: Chat, *lines: str) -> Talker:
    return await come(chat, "ada", f"REGISTER * * {PASSWORD}", *lines)


async def token_of(chat: Chat, client: Talker) -> str:
    session: Session = client.conversation.session
    made = await chat.perform(session, AddDevice(password=PASSWORD))
    assert isinstance(made, DeviceAdded)
    return made.token


def numerics(lines: list[str]) -> list[str]:
    return [line.split()[1] for line in lines]


class Whole(Talker):
    """A client that keeps what it is sent as it is."""

    async def payload(self, *lines: str) -> str:
        """What the payload of the answer says, put together."""
        self.conversation.receive("".join(f"{line}\r\n" for line in lines).encode())
        while not self.link.written.endswith(b"\r\n"):
            self.link.news.clear()
            await self.link.news.wait()
        parts = [line.removeprefix("AUTHENTICATE ") for line in self.link.written.decode().split("\r\n")[:-1]]
        self.link.written.clear()
        assert all(len(part) == CHUNK for part in parts[:-1])
        assert len(parts[-1]) < CHUNK
        return base64.b64decode("".join(parts).removesuffix("+")).decode()


def pieces(text: str) -> list[str]:
    """The lines of a payload."""
    whole = encoded(text)
    return ["AUTHENTICATE " + (whole[start : start + CHUNK] or "+") for start in range(0, len(whole) + 1, CHUNK)]


def test_what_is_offered_is_what_there_is() -> None:
    value = CAPABILITIES["sasl"].value
    assert value(None) == ",".join(MECHANISMS)  # type: ignore[arg-type]  # it is the same for all clients


async def test_a_long_password_comes_in_pieces(chat: Chat) -> None:
    password = "correct horse battery staple " * 10 + "x"
    await said(Talker(chat), "NICK foo", f"REGISTER * * :{password}")
    client = Talker(chat)
    payload = encoded(f"foo\0foo\0{password}")
    assert len(payload) == 400
    assert await said(client, PLAIN, f"AUTHENTICATE {payload}") == ["AUTHENTICATE +"]
    assert numerics(await said(client, "AUTHENTICATE +")) == ["900", "903"]
    client = Talker(chat)
    await said(client, PLAIN)
    assert await said(client, f"AUTHENTICATE {payload}x") == [TOO_LONG]


async def test_a_payload_may_not_go_on_for_ever(chat: Chat) -> None:
    client = Talker(chat)
    await said(client, PLAIN, *[f"AUTHENTICATE {'A' * CHUNK}"] * 20)
    assert await said(client, f"AUTHENTICATE {'A' * CHUNK}") == [TOO_LONG]
    assert await said(client, PLAIN) == ["AUTHENTICATE +"]


@pytest.mark.parametrize("nonce", ["r" * 24, "r" * 246, "r" * 247, "r" * 248, "r" * 249, "r" * 900])
async def test_long_messages_go_in_pieces_both_ways(chat: Chat, nonce: str) -> None:
    token = await token_of(chat, await ada(chat))
    client = Whole(chat)
    scram = ScramClient("ada", token, nonce=nonce)
    await client.payload(SCRAM)
    asked = await client.payload(*pieces(scram.first))
    assert await client.payload(*pieces(scram.final(asked))) == scram.answer
    assert numerics(await said(client, "AUTHENTICATE +")) == ["900", "903"]


async def test_a_token_is_as_good_as_a_password_where_only_that_can_be_said(chat: Chat) -> None:
    first = await ada(chat)
    token = await token_of(chat, first)
    assert numerics((await said(Talker(chat), *plain(password=token)))[1:]) == ["900", "903"]
    by_pass = Talker(chat)
    welcome = await said(by_pass, f"PASS ada:{token}", "NICK x", "USER x 0 * :x")
    assert welcome[0] == ":hobnob.test 001 ada :Welcome to hobnob.test, ada"
    await said(first, "NS REVOKE IRC client", "NS REVOKE irc")
    assert by_pass.link.closed


async def test_a_password_cannot_be_proved(chat: Chat) -> None:
    await ada(chat)
    client = Whole(chat)
    scram = ScramClient("ada", PASSWORD)
    await client.payload(SCRAM)
    asked = await client.payload(*pieces(scram.first))
    (refused,) = await said(client, *pieces(scram.final(asked)))
    assert refused.startswith(":hobnob.test 904 * :The name or the device token is wrong. SCRAM-SHA-256 takes a device")


async def test_wrong_tries_have_to_wait_whichever_way_they_go(chat: Chat) -> None:
    await ada(chat)
    thief = Whole(chat, Origin("203.0.113.7", confidential=True, loopback=False))
    for _ in range(FREE_TRIES):
        scram = ScramClient("ada", "hb_wrong")
        await thief.payload(SCRAM)
        asked = await thief.payload(*pieces(scram.first))
        assert numerics(await said(thief, *pieces(scram.final(asked)))) == ["904"]
    (refused,) = (await said(thief, *plain()))[1:]
    assert refused.startswith(":hobnob.test 904 * :That was too much")


async def test_an_answer_without_a_proof_before_it_is_none(chat: Chat) -> None:
    """A client that begins twice, in one exchange, has proved nothing by the second time."""
    client = Whole(chat)
    await client.payload(SCRAM)
    await client.payload(*pieces("n,,n=ada,r=1"))
    await client.payload(*pieces("n,,n=ada,r=2"))
    assert numerics(await said(client, "AUTHENTICATE +")) == ["904"]


async def test_after_the_proof_nothing_else_is_to_be_said(chat: Chat) -> None:
    token = await token_of(chat, await ada(chat))
    client = Whole(chat)
    scram = ScramClient("ada", token)
    await client.payload(SCRAM)
    await client.payload(*pieces(scram.final(await client.payload(*pieces(scram.first)))))
    assert numerics(await said(client, *pieces("more"))) == ["904"]
    assert numerics(await said(client, "AUTHENTICATE +"))[-1] == "904"


# What a client becomes


async def test_who_logs_in_as_who_they_are_stays_in_their_channels(chat: Chat) -> None:
    one = await ada(chat, "JOIN #tea")
    bob = await come(chat, "bob", "JOIN #tea", capabilities="away-notify account-notify chghost")
    await said(one)
    assert numerics((await said(one, *plain()))[1:]) == ["900", "903"]
    assert await said(bob, "PRIVMSG #tea :hi", "NAMES #tea") == [
        ":hobnob.test 353 bob = #tea :~ada bob",
        ":hobnob.test 366 bob #tea :End of NAMES list",
    ]
    assert await said(one, "PRIVMSG #tea :hello") == [":bob!~u@host PRIVMSG #tea :hi"]


async def test_who_may_not_be_the_account_stays_who_they_are(chat: Chat) -> None:
    await ada(chat)
    root = await come(chat, "root", "OPER root :open sesame")
    await chat.perform(root.conversation.session, Ban(person="@ada"))
    bob = await come(chat, "bob", "JOIN #tea")
    (refused,) = (await said(bob, *plain()))[1:]
    assert refused.startswith(":hobnob.test 902 bob :You are banned")
    assert await said(bob, "NAMES #tea") == [
        ":hobnob.test 353 bob = #tea :~bob",
        ":hobnob.test 366 bob #tea :End of NAMES list",
    ]


async def test_who_is_nobody_after_all_is_told_so_and_cut(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is changed between the check and the coming in."""
    await ada(chat)
    bob = await come(chat, "bob")
    account = chat.store.account
    bobs = bob.conversation.session

    def changed_once_bob_left(person: str) -> Account | None:
        found = account(person)
        left = bobs.person is not None and bobs.person.name == "ada"
        return replace(found, password="another") if found is not None and left else found

    monkeypatch.setattr(chat.store, "account", changed_once_bob_left)
    begun, refused, last_word = await said(bob, *plain())
    assert begun == "AUTHENTICATE +"
    assert refused.startswith(":hobnob.test 904 * :")
    assert last_word == "ERROR :You could not come in as that account. Connect again."
    assert bob.link.closed


# Any nonsense

PAYLOADS = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"", b"\0ada\0" + PASSWORD.encode()[:-1], b"\0\0", b"n,,n=ada,r=1", b"c=biws,r=1,p=AAAA", b"\xff"]
    ),
    st.text("n,=acrpbiwsy12\0\r\n", max_size=30).map(str.encode),
).map(lambda data: base64.b64encode(data).decode() or "+")
LINES = st.one_of(
    st.sampled_from(["PLAIN", "SCRAM-SHA-256", "EXTERNAL", "*", "+", ":", "", ": ", "A" * 400, "A" * 401]),
    PAYLOADS,
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20),
)
PROPER = ("AUTHENTICATE ", ":hobnob.test 904 ", ":hobnob.test 905 ", ":hobnob.test 906 ", ":hobnob.test 908 ",
          ":hobnob.test 461 ")  # fmt: skip


@given(lines=st.lists(LINES, max_size=30))
@settings(max_examples=40)
def test_nonsense_at_any_step_gets_a_proper_answer(lines: list[str]) -> None:
    async def try_it() -> None:
        async with house() as chat:
            await ada(chat)
            bob, new = await come(chat, "bob"), Talker(chat)
            for client in (bob, new):
                for line in lines:
                    answers = await said(client, f"AUTHENTICATE {line}")
                    assert all(answer.startswith(PROPER) for answer in answers), answers
                await said(client, "AUTHENTICATE *")
                assert await said(client, PLAIN) == ["AUTHENTICATE +"]
            assert bob.conversation.session.person is not None
            assert (bob.conversation.session.person.name, new.conversation.session.person) == ("bob", None)

    asyncio.run(try_it())
