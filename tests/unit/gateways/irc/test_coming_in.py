"""Coming in over the real chat: what the settings ask for, and what is refused where others can read along."""

import base64
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from tests.unit.chat.conftest import operator
from tests.unit.gateways.irc.test_conversations_with_chat import Talker, house

from hobnob.chat.chat import Chat
from hobnob.gateways.gateway import Origin
from hobnob.gateways.irc.settings import DayMessage, IrcSettings
from hobnob.protocol.moderation_commands import Ban

CLEAR = Origin("203.0.113.7", confidential=False, loopback=False)
SECRET = "TLS."


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with house() as chat:
        yield chat


async def said(talker: Talker, *lines: str) -> list[str]:
    """What a client is answered to some lines."""
    await talker.say("".join(f"{line}\r\n" for line in lines).encode())
    lines_said, talker.inbox = talker.inbox, []
    return lines_said


async def test_credentials_are_refused_where_others_can_read_along(chat: Chat) -> None:
    await said(Talker(chat), "NICK ada", "REGISTER * * secret-of-ada")
    stranger = Talker(chat, CLEAR)
    (listed,) = await said(stranger, "CAP LS")
    assert not {"sasl", "draft/account-registration"} & set(listed.partition(" :")[2].split())
    assert await said(stranger, "CAP REQ sasl") == [":hobnob.test CAP * NAK :sasl"]
    (refused,) = await said(stranger, "AUTHENTICATE PLAIN")
    assert refused.startswith(":hobnob.test 904 * :")
    assert refused.endswith(SECRET)
    (refused,) = await said(stranger, "NICK bob", "REGISTER * * secret-of-bob")
    assert refused.startswith(":hobnob.test FAIL REGISTER TEMPORARILY_UNAVAILABLE * :")
    locked = IrcSettings(password="open sesame")
    for settings, word in ((locked, "open sesame"), (IrcSettings(), "ada:secret-of-ada")):
        client = Talker(chat, CLEAR, settings)
        numeric, last_word = await said(client, f"PASS :{word}", "NICK ada", "USER a 0 * :a")
        assert numeric.startswith(":hobnob.test 464 * :")
        assert last_word.startswith("ERROR :")
        assert last_word.endswith(SECRET)
        assert client.link.closed


@pytest.mark.parametrize(
    "line",
    [
        "OPER root :open sesame", "NS IDENTIFY ada secret-of-ada", "PRIVMSG NickServ :IDENTIFY ada secret-of-ada",
        "NICKSERV REGISTER secret-of-bob", "NS GHOST ada secret-of-ada", "NS SET PASSWORD secret-of-bob another-secret",
        "REGISTER * * secret-of-bob", "AUTHENTICATE PLAIN", "AUTHENTICATE SCRAM-SHA-256",
    ],
)  # fmt: skip
async def test_nor_are_they_taken_later(chat: Chat, line: str) -> None:
    await said(Talker(chat), "NICK ada", "REGISTER * * secret-of-ada")
    stranger = Talker(chat, CLEAR)
    await said(stranger, "NICK bob", "USER b 0 * :b")
    (refused,) = await said(stranger, line)
    assert refused.endswith(SECRET)
    assert not refused.startswith(":hobnob.test 9") or " 904 " in refused
    assert stranger.conversation.session.person is not None
    assert (stranger.conversation.session.person.name, stranger.conversation.session.person.kind) == ("bob", "visitor")


async def test_tls_is_promised_to_who_can_read_the_promise(chat: Chat) -> None:
    settings = IrcSettings(sts_port=6697, sts_days=30)
    tls = Origin("203.0.113.7", confidential=True, loopback=False)
    for origin, value in ((CLEAR, "port=6697"), (tls, "duration=2592000")):
        client = Talker(chat, origin, settings)
        assert f" sts={value} " in " ".join(await said(client, "CAP LS 302")) + " "
        assert await said(client, "CAP REQ sts") == [":hobnob.test CAP * NAK :sts"]
        assert " sts" not in " ".join(await said(Talker(chat, origin, settings), "CAP LS"))
    assert "sts=" not in " ".join(await said(Talker(chat, settings=settings), "CAP LS 302"))
    assert "sts=" not in " ".join(await said(Talker(chat, CLEAR), "CAP LS 302"))


async def test_a_server_may_ask_for_a_password(chat: Chat) -> None:
    settings = IrcSettings(password="open sesame", network="Cave")
    refusal = "This server asks for a password. Send the right one by PASS."
    for lines in ((), ("PASS :open",), ("PASS :ada:open sesame",)):
        client = Talker(chat, settings=settings)
        assert await said(client, *lines, "NICK ada", "USER a 0 * :a") == [
            f":hobnob.test 464 * :{refusal}",
            f"ERROR :{refusal}",
        ]
        assert client.link.closed
    welcome = await said(Talker(chat, settings=settings), "PASS :open sesame", "NICK ada", "USER a 0 * :a")
    assert welcome[0] == ":hobnob.test 001 ada :Welcome to Cave, ada"


async def test_who_logs_in_needs_no_password_of_the_server_but_who_makes_an_account_does(chat: Chat) -> None:
    settings = IrcSettings(password="open sesame")
    welcome = ":hobnob.test 001 ada :Welcome to hobnob.test, ada"
    lines = ("CAP REQ sasl", "NICK ada", "REGISTER * * secret-of-ada", "USER a 0 * :a")
    for words in ((), ("PASS :open",)):
        (refused,) = (await said(Talker(chat, settings=settings), *words, *lines))[1:]
        assert refused.startswith(":hobnob.test FAIL REGISTER TEMPORARILY_UNAVAILABLE * :This server asks for a")
    assert welcome in await said(Talker(chat, settings=settings), "PASS :open sesame", *lines, "CAP END")
    payload = base64.b64encode(b"\0ada\0secret-of-ada").decode()
    login = ("CAP REQ sasl", "NICK x", "USER a 0 * :a", "AUTHENTICATE PLAIN", f"AUTHENTICATE {payload}", "CAP END")
    assert welcome in await said(Talker(chat, settings=settings), *login)


async def test_an_account_can_be_made_by_an_invite_that_pass_brings(chat: Chat) -> None:
    """And where none is needed, what else it brings is in nobody's way."""
    code = (await (await operator(chat)).done("create_invite"))["code"]
    answers = await said(Talker(chat), "PASS whatever", "NICK ada", "REGISTER * * secret-of-ada")
    assert answers[0].startswith(":hobnob.test REGISTER SUCCESS ada :")
    chat.policy = replace(chat.policy, access="invite")
    for words in ((), ("PASS whatever",)):
        (refused,) = await said(Talker(chat), *words, "NICK bob", "REGISTER * * secret-of-bob")
        assert refused.startswith(":hobnob.test FAIL REGISTER TEMPORARILY_UNAVAILABLE * :")
    answers = await said(Talker(chat), f"PASS {code}", "NICK bob", "REGISTER * * secret-of-bob")
    assert answers[0].startswith(":hobnob.test REGISTER SUCCESS bob :")


async def test_registration_is_as_the_operator_wants_it(chat: Chat) -> None:
    settings = IrcSettings(register_before_connecting=False, email_required=True, motd=DayMessage(("Hi.", "Be kind.")))
    client = Talker(chat, settings=settings)
    listed = await said(client, "CAP LS 302")
    assert " draft/account-registration=email-required " in " ".join(listed)
    (early,) = await said(client, "NICK ada", "REGISTER * * secret-of-ada")
    assert early.startswith(":hobnob.test FAIL REGISTER COMPLETE_CONNECTION_REQUIRED * :")
    welcome = await said(client, "USER a 0 * :a", "CAP END")
    assert welcome[-4:] == [
        ":hobnob.test 375 ada :- hobnob.test message of the day -",
        ":hobnob.test 372 ada :- Hi.",
        ":hobnob.test 372 ada :- Be kind.",
        ":hobnob.test 376 ada :End of /MOTD command",
    ]
    for email in ("*", "ada", "@example.org", "ada@localhost"):
        (bad,) = await said(client, f"REGISTER * {email} secret-of-ada")
        assert bad.startswith(":hobnob.test FAIL REGISTER INVALID_EMAIL * :")
    answers = await said(client, "REGISTER * ada@example.org secret-of-ada")
    assert answers[0].startswith(":hobnob.test REGISTER SUCCESS ada :")


async def test_nickserv_asks_for_an_address_too_and_keeps_it(chat: Chat) -> None:
    client = Talker(chat, settings=IrcSettings(email_required=True))
    await said(client, "NICK ada", "USER a 0 * :a")
    for email in ("", "ada"):
        (refused,) = await said(client, f"NS REGISTER secret-of-ada {email}")
        assert refused.endswith(" NOTICE ada :Give an e-mail address to register here.")
    await said(client, "NS REGISTER secret-of-ada ada@example.org")
    person = chat.store.person_by_name("ada")
    assert person is not None
    assert chat.store.settings(person.id) == {"email": "ada@example.org"}


async def test_who_never_ends_the_negotiation_has_not_come_in(chat: Chat) -> None:
    client = Talker(chat)
    await said(client, "CAP LS 302", "NICK ada", "REGISTER * * secret-of-ada", "USER a 0 * :a")
    assert client.conversation.session.person is not None
    assert not client.conversation.introduced
    other = Talker(chat)
    await said(other, "NICK bob", "USER b 0 * :b", "PRIVMSG ada :psst")
    assert await said(client, "PING x") == [":hobnob.test PONG hobnob.test :x"]
    await said(client, "CAP END")
    assert client.conversation.introduced


async def test_who_runs_the_server_may_have_left_word(chat: Chat) -> None:
    settings = IrcSettings(admin=("The library", "Second floor", "library@example.org"))
    client = Talker(chat, settings=settings)
    await said(client, "NICK ada", "USER a 0 * :a")
    assert await said(client, "ADMIN") == [
        ":hobnob.test 256 ada hobnob.test :Administrative info",
        ":hobnob.test 257 ada :The library",
        ":hobnob.test 258 ada :Second floor",
        ":hobnob.test 259 ada :library@example.org",
    ]


async def test_without_an_operator_in_the_settings_nobody_is_one(chat: Chat) -> None:
    chat.policy = replace(chat.policy, operator_name="", operator_password="")
    client = Talker(chat)
    await said(client, "NICK ada", "USER a 0 * :a")
    (refused,) = await said(client, "OPER root password")
    assert refused.startswith(":hobnob.test 491 ada :")


async def test_who_is_banned_from_the_server_is_told_so_and_cut(chat: Chat) -> None:
    root, eve = Talker(chat), Talker(chat)
    await said(root, "NICK root", "USER a 0 * :a", "OPER root :open sesame")
    await said(eve, "NICK eve", "USER a 0 * :a", "REGISTER * * secret-of-eve")
    await chat.perform(root.conversation.session, Ban(person="@eve"))
    back = Talker(chat)
    refused, last_word = await said(back, "PASS eve:secret-of-eve", "NICK eve", "USER a 0 * :a")
    assert refused.startswith(":hobnob.test 465 * :")
    assert last_word.startswith("ERROR :")
    assert back.link.closed
