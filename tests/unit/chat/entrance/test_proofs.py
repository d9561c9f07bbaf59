"""Logging in by a token that is proved and not sent; and tokens for programs that cannot get one themselves."""

import pytest
from tests.unit.chat.conftest import PASSWORD, Client, VisitorCodec, quiet
from tests.unit.chat.entrance.conftest import clear, far, registered
from tests.unit.scram_client import ScramClient

from hobnob.chat.chat import Chat
from hobnob.chat.devices import MOST_DEVICES
from hobnob.chat.failed_logins import FREE_TRIES
from hobnob.chat.policy import Policy


async def asked(client: Client, name: str = "ada", nonce: str = "rOprNGfwEbeRWgbNEkqO") -> str:
    """What a client is asked who wants to be somebody, without the server's nonce."""
    message = str((await client.done("ask_challenge", message=f"n,,n={name},r={nonce}"))["message"])
    return message.partition(",")[2]


async def proof(client: Client, token: str, name: str = "ada", header: str = "n,,") -> tuple[str, str]:
    """The proof that a client would send, and what it expects to be answered."""
    scram = ScramClient(name, token, header)
    message = (await client.done("ask_challenge", message=scram.first))["message"]
    return scram.final(message), scram.answer


async def added(ada: Client, name: str = "weechat") -> str:
    return str((await ada.done("add_device", password=PASSWORD, name=name))["token"])


@pytest.mark.parametrize("header", ["n,,", "y,,", "n,a=Ada,"])
async def test_a_token_that_was_never_sent_lets_its_owner_in(chat: Chat, header: str) -> None:
    ada = await registered(chat)
    token = await added(ada)
    phone = far(chat)
    said, answer = await proof(phone, token, "Ada", header)
    await phone.hello(proof=said)
    assert (phone.id, phone.welcome["you"]["kind"], phone.welcome["proof"]) == (ada.id, "account", answer)
    assert "token" not in phone.welcome
    (here,) = [each for each in (await phone.done("list_devices"))["devices"] if each.get("current")]
    assert here["name"] == "weechat"
    await ada.done("revoke_device", device=here["id"])
    await phone.event("goodbye")
    again = far(chat)
    said, _ = await proof(again, token)
    assert await again.error("hello", proof=said) == "wrong-password"


async def test_every_token_of_an_account_can_be_proved(chat: Chat) -> None:
    ada = await registered(chat)
    by_password = await Client(chat).hello("ada", password=PASSWORD)
    gus = await Client(chat).hello("gus")
    claimed = (await gus.done("register", password=PASSWORD, name="gustav"))["token"]
    for name, token in (("ada", ada.token), ("ada", by_password.token), ("ada", await added(ada)), ("gustav", claimed)):
        client = far(chat)
        await client.hello(proof=(await proof(client, token, name))[0])
        assert client.welcome["you"]["name"] == name


async def test_a_guests_token_proves_nothing(chat: Chat) -> None:
    gus = await Client(chat).hello("gus")
    thief = far(chat)
    said, _ = await proof(thief, gus.token, "gus")
    assert await thief.error("hello", proof=said) == "wrong-password"


async def test_who_is_here_becomes_the_account(chat: Chat) -> None:
    ada = await registered(chat)
    bob = await registered(chat, "bob")
    said, answer = await proof(bob, await added(ada))
    welcome = await bob.done("log_in", proof=said)
    assert (welcome["you"]["id"], welcome["proof"]) == (ada.id, answer)


async def test_a_proof_is_good_once_and_for_its_own_challenge_alone(chat: Chat) -> None:
    token = await added(await registered(chat))
    one, other = far(chat), far(chat)
    said, _ = await proof(one, token)
    await asked(other)
    assert await other.error("hello", proof=said) == "bad-command"
    await one.hello(proof=said)
    assert await one.error("log_in", proof=said) == "bad-command"
    assert await far(chat).error("hello", proof=said) == "bad-command"


async def test_after_another_challenge_the_first_one_is_void(chat: Chat) -> None:
    ada = await registered(chat)
    client = far(chat)
    said, _ = await proof(client, ada.token)
    await asked(client)
    assert await client.error("hello", proof=said) == "bad-command"
    said, _ = await proof(client, ada.token)
    assert await client.error("ask_challenge", message="nonsense") == "bad-command"
    assert await client.error("hello", proof=said) == "bad-command"


async def test_the_challenge_tells_nothing_of_whose_name_it_is(chat: Chat) -> None:
    stranger = far(chat)
    before = {name: await asked(stranger, name) for name in ("ada", "gus", "nobody", "no name")}
    assert len(set(before.values())) == 4
    ada = await registered(chat)
    await Client(chat).hello("gus")
    assert {name: await asked(stranger, name) for name in before} == before
    await ada.done("delete_account", password=PASSWORD)
    assert {name: await asked(stranger, name) for name in before} == before
    assert await asked(stranger, "ADA") == before["ada"]
    said, _ = await proof(stranger, "hb_x", "nobody")
    wrong = await stranger.ask("hello", proof=said)
    said, _ = await proof(stranger, "hb_x", "ada")
    assert {**await stranger.ask("hello", proof=said), "reply": ""} == {**wrong, "reply": ""}


async def test_a_new_name_changes_nothing_for_the_devices(chat: Chat) -> None:
    ada = await registered(chat)
    first, before = await added(ada), await asked(far(chat))
    await ada.done("set_name", name="ada-lovelace")
    second = await added(ada)
    assert await asked(far(chat), "ada-lovelace") == before
    for token in (first, second):
        client = far(chat)
        await client.hello(proof=(await proof(client, token, "ada-lovelace"))[0])
    other = far(chat)
    said, _ = await proof(other, first, "ada")
    assert await other.error("hello", proof=said) == "wrong-password"


async def test_wrong_proofs_are_counted_like_wrong_passwords(chat: Chat) -> None:
    ada = await registered(chat)
    client = far(chat)
    for _ in range(FREE_TRIES):
        said, _ = await proof(client, "hb_wrong")
        assert await client.error("hello", proof=said) == "wrong-password"
    said, _ = await proof(client, ada.token)
    assert await client.error("hello", proof=said) == "too-fast"
    assert await far(chat).error("hello", name="ada", password=PASSWORD) == "too-fast"
    assert (await Client(chat).hello("ada", password=PASSWORD)).id == ada.id


async def test_a_password_is_no_token(chat: Chat) -> None:
    await registered(chat)
    client = far(chat)
    said, _ = await proof(client, PASSWORD)
    refused = await client.ask("hello", proof=said)
    assert refused["error"] == "wrong-password"
    assert "a password goes with PLAIN" in refused["hint"]


async def test_nobody_is_somebody_else_by_their_own_token(chat: Chat) -> None:
    ada = await registered(chat)
    await registered(chat, "bob")
    client = far(chat)
    scram = ScramClient("ada", ada.token, "n,a=bob,")
    assert await client.error("ask_challenge", message=scram.first) == "wrong-password"


async def test_nothing_of_it_goes_where_others_read_along(chat: Chat) -> None:
    ada = await registered(chat)
    overheard = clear(chat)
    assert await overheard.error("ask_challenge", message="n,,n=ada,r=1") == "not-confidential"
    assert await overheard.error("hello", proof="c=biws,r=1,p=AAAA") == "not-confidential"
    bob = await clear(chat).hello("bob")
    assert await bob.error("add_device", password=PASSWORD) == "not-confidential"
    assert len(chat.store.devices(ada.id)) == 1


@pytest.mark.parametrize("policy", [Policy(access="accounts")])
async def test_who_has_an_account_needs_no_invite(chat: Chat) -> None:
    assert await far(chat).error("hello", proof="c=biws,r=1,p=AAAA") == "bad-command"
    assert (await asked(far(chat))).startswith("s=")


# Tokens for other programs


async def test_a_token_takes_the_password(chat: Chat) -> None:
    ada = await registered(chat)
    assert await ada.error("add_device", password="wrong-password") == "wrong-password"
    assert await ada.error("add_device", password=ada.token) == "wrong-password"
    gus = await Client(chat).hello("gus")
    assert await gus.error("add_device", password=PASSWORD) == "account-needed"
    made = await ada.done("add_device", password=PASSWORD, name="  my\x07 phone ")
    listed = {each["id"]: each["name"] for each in (await ada.done("list_devices"))["devices"]}
    assert listed[made["device"]] == "my phone"
    assert (await Client(chat).hello(token=made["token"])).id == ada.id


async def test_the_least_used_device_gives_way(chat: Chat) -> None:
    ada = await registered(chat)
    for _ in range(MOST_DEVICES):
        await Client(chat).hello("ada", password=PASSWORD)
    assert len(chat.store.devices(ada.id)) == MOST_DEVICES
    ada = await Client(chat).hello("ada", password=PASSWORD)
    await added(ada)
    await quiet(ada)
    assert len(chat.store.devices(ada.id)) == MOST_DEVICES


async def test_where_only_a_password_can_be_typed_a_token_is_taken_for_it(chat: Chat) -> None:
    ada, bob = await registered(chat), await registered(chat, "bob")
    token = await added(ada)
    typed = await Client(chat, VisitorCodec(chat)).hello("ADA", password=token)
    assert typed.id == ada.id
    assert await Client(chat, VisitorCodec(chat)).error("hello", name="bob", password=token) == "wrong-password"
    assert await Client(chat).error("hello", name="ada", password=token) == "wrong-password"
    assert (await Client(chat, VisitorCodec(chat)).hello("bob", password=PASSWORD)).id == bob.id
    (device,) = [d for d in (await ada.done("list_devices"))["devices"] if d["name"] == "weechat"]
    await ada.done("revoke_device", device=device["id"])
    assert typed.link.closed
