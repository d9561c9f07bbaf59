"""Who may come in: everybody, those with an invite, those who make an account with one."""

import pytest
from tests.unit.chat.conftest import AFAR, CHEAP, PASSWORD, Client, VisitorCodec, operator
from tests.unit.chat.entrance.conftest import clear, far, invite, registered

from hobnob.chat.chat import Chat
from hobnob.chat.handling import HANDLERS
from hobnob.chat.policy import Access, Policy
from hobnob.gateways.gateway import Codec
from hobnob.protocol.account_commands import Prove
from hobnob.protocol.commands import AnyCommand, Hello, Ping
from hobnob.stores.store import Store


def house(access: Access) -> Policy:
    return Policy(access=access, password_cost=CHEAP)


INVITE = pytest.mark.parametrize("policy", [house("invite")], ids=["invite"])
ACCOUNTS = pytest.mark.parametrize("policy", [house("accounts")], ids=["accounts"])
CLOSED = pytest.mark.parametrize("policy", [house("invite"), house("accounts")], ids=["invite", "accounts"])


def codecs(chat: Chat) -> list[Codec | None]:
    return [None, VisitorCodec(chat)]


@INVITE
async def test_a_stranger_needs_an_invite_and_is_in_with_it(chat: Chat) -> None:
    for n, codec in enumerate(codecs(chat)):
        client = Client(chat, codec, AFAR)
        assert await client.error("hello", name=f"eve{n}") == "invite-needed"
        code = await invite(chat)
        await client.hello(f"eve{n}", invite=f" {code.upper()} ")
        await client.say("I am in")
        assert await Client(chat, None, AFAR).error("hello", name="mal", invite=code) == "invite-unknown"


@ACCOUNTS
async def test_where_accounts_are_asked_for_the_newcomer_registers(chat: Chat) -> None:
    code = await invite(chat, uses=2)
    assert await far(chat).error("hello", name="eve", password=PASSWORD, register=True) == "invite-needed"
    for client in (far(chat), Client(chat, VisitorCodec(chat), AFAR)):
        assert await client.error("hello", name="eve", invite=code) == "account-needed"
    ada = await far(chat).hello("ada", password=PASSWORD, register=True, invite=code)
    assert ada.welcome["you"]["kind"] == "account"
    bob = await Client(chat, VisitorCodec(chat), AFAR).hello("bob", password=PASSWORD, register=True, invite=code)
    await bob.say("hi")
    await far(chat).hello("bob", password=PASSWORD)
    await far(chat).hello(token=ada.token)


@CLOSED
async def test_a_stranger_learns_of_no_name_before_the_invite(chat: Chat) -> None:
    code = await invite(chat)
    ada = await registered(chat, "ada", invite=code)
    vic = await Client(chat, VisitorCodec(chat)).hello(
        "vic", invite=await invite(chat), password=PASSWORD, register=True
    )
    for name in ("ada", vic.welcome["you"]["name"], "nobody", "Server", "two words", "#", None):
        for more in ({}, {"invite": "x" * 26}, {"invite": code}):
            error = "invite-unknown" if more else "invite-needed"
            assert await far(chat).error("hello", name=name, **more) == error
            assert await far(chat).error("hello", name=name, register=True, password=PASSWORD, **more) == (
                error if name else "bad-command"
            )
    await ada.say("still alone")


@CLOSED
async def test_nothing_can_be_done_before_hello(chat: Chat) -> None:
    assert HANDLERS.keys() == set(AnyCommand.__args__)
    assert {command for command, handler in HANDLERS.items() if handler.before_hello} == {Hello, Ping, Prove}
    stranger = far(chat)
    for do, fields in (("list_rooms", {}), ("search", {"query": "x"}), ("read_history", {"room": "#lobby"}),
                       ("join_room", {"room": "#lobby"}), ("use_invite", {"code": "x"})):  # fmt: skip
        assert await stranger.error(do, **fields) == "hello-first"


@CLOSED
async def test_who_has_a_token_from_earlier_comes_in(chat: Chat, kept: Store) -> None:
    chat.policy = house("open")
    gus = await far(chat).hello("gus")
    chat.policy = house("accounts")
    back = await far(chat).hello(token=gus.token)
    await back.say("as ever")
    assert await far(chat).error("hello", token="hb_" + "x" * 32) == "token-unknown"


@CLOSED
async def test_who_runs_the_server_needs_no_invite(chat: Chat) -> None:
    owner = await operator(chat)
    assert owner.welcome["you"]["role"] == "owner"
    await owner.say("it is mine")


@CLOSED
async def test_an_invite_is_not_taken_in_clear_text(chat: Chat) -> None:
    code = await invite(chat)
    assert await clear(chat).error("hello", name="eve", invite=code) == "not-confidential"
    await far(chat).hello("eve", invite=code, password=PASSWORD, register=True)


@INVITE
async def test_no_invite_lets_in_who_is_banned_or_comes_when_the_doors_are_closed(chat: Chat) -> None:
    code, server = await invite(chat), await operator(chat)
    gus = await far(chat).hello("gus", invite=await invite(chat))
    await server.done("close_doors", seconds=60)
    for fields in ({}, {"password": PASSWORD, "register": True}):
        for more in ({}, {"invite": code}, {"invite": "x" * 26}):
            assert await far(chat).error("hello", name="eve", **fields, **more) == "doors-closed"
    await far(chat).hello(token=gus.token)
    await server.done("close_doors", seconds=0)
    await server.done("ban", network=AFAR.address)
    for more in ({}, {"invite": code}):
        assert await far(chat).error("hello", name="eve", **more) == "banned"
    await server.done("unban", network=AFAR.address)
    await far(chat).hello("eve", invite=code)


@INVITE
async def test_no_invite_brings_back_who_is_banned_from_the_room(chat: Chat) -> None:
    ada = await registered(chat, "ada", invite=await invite(chat))
    gus = await far(chat).hello("gus", invite=await invite(chat))
    await ada.done("create_room", name="tea", kind="private", people=["@gus"])
    await ada.done("ban", room="#tea", person="@gus")
    code = (await ada.done("create_invite", room="#tea"))["code"]
    assert await gus.error("use_invite", code=code) == "banned"
    back = await far(chat).hello(token=gus.token, invite=code)
    assert [room["name"] for room in back.welcome["rooms"]] == ["lobby"]
    await far(chat).hello("eve", invite=code)


@INVITE
async def test_a_refused_hello_takes_no_use(chat: Chat) -> None:
    code = await invite(chat)
    await far(chat).hello("ada", invite=await invite(chat))
    for codec in codecs(chat):
        client = Client(chat, codec, AFAR)
        assert await client.error("hello", name="ada", invite=code) == "name-taken"
        assert await client.error("hello", name="a b", invite=code) == "name-invalid"
        fields = {"name": "eve", "password": "short", "register": True}
        assert await client.error("hello", invite=code, **fields) == "password-weak"
    await far(chat).hello("eve", invite=code)


@INVITE
async def test_of_many_who_come_at_once_as_many_get_in_as_the_invite_has_uses(chat: Chat) -> None:
    code = await invite(chat, uses=3)
    clients = [Client(chat, codec, AFAR) for _ in range(4) for codec in codecs(chat)]
    asked = [client.send("hello", name=f"n{n}", invite=code) for n, client in enumerate(clients)]
    replies = [await client.reply(sent) for client, sent in zip(clients, asked, strict=True)]
    assert sorted(reply.get("error", "ok") for reply in replies) == ["invite-unknown"] * 5 + ["ok"] * 3
