"""Logging in by a token that is proved and not sent; and tokens for programs that cannot get one themselves."""

import pytest
from tests.unit.chat.conftest import CHEAP, PASSWORD, Client, VisitorCodec, operator, quiet
from tests.unit.chat.entrance.conftest import clear, far, registered
from tests.unit.scram_client import ScramClient

from hobnob.chat.chat import Chat
from hobnob.chat.devices import MOST_DEVICES
from hobnob.chat.failed_logins import FREE_TRIES
from hobnob.chat.policy import Policy
from hobnob.chat.proofs import ANSWERED_AFTER


async def asked(client: Client, name: str = "ada", nonce: str = "rOprNGfwEbeRWgbNEkqO") -> str:
    """What a client is asked who wants to be somebody, without the server's nonce."""
    message = str((await client.done("prove", message=f"n,,n={name},r={nonce}"))["message"])
    await client.ask("prove", message="")
    return message.partition(",")[2]


async def proof(client: Client, token: str, name: str = "ada", header: str = "n,,") -> tuple[str, str]:
    """The proof that a client would send, and what it expects to be answered."""
    scram = ScramClient(name, token, header)
    message = (await client.done("prove", message=scram.first))["message"]
    return scram.final(message), scram.answer


async def proved(client: Client, token: str, name: str = "ada", header: str = "n,,") -> Client:
    """A client that has shown that it has a token, and was shown the same by the server."""
    said, answer = await proof(client, token, name, header)
    assert (await client.done("prove", message=said))["message"] == answer
    return client


async def added(ada: Client, name: str = "weechat") -> str:
    return str((await ada.done("add_device", password=PASSWORD, name=name))["token"])


@pytest.mark.parametrize("header", ["n,,", "y,,", "n,a=Ada,"])
async def test_a_token_that_was_never_sent_lets_its_owner_in(chat: Chat, header: str) -> None:
    ada = await registered(chat)
    token = await added(ada)
    phone = await (await proved(far(chat), token, "Ada", header)).hello(proved=True)
    assert (phone.id, phone.welcome["you"]["kind"]) == (ada.id, "account")
    assert "token" not in phone.welcome
    (here,) = [each for each in (await phone.done("list_devices"))["devices"] if each.get("current")]
    assert here["name"] == "weechat"
    await ada.done("revoke_device", device=here["id"])
    await phone.event("goodbye")
    again = far(chat)
    said, _ = await proof(again, token)
    assert await again.error("prove", message=said) == "wrong-password"


async def test_a_device_that_is_revoked_after_the_proof_is_out(chat: Chat) -> None:
    ada = await registered(chat)
    made = await ada.done("add_device", password=PASSWORD)
    phone = await proved(far(chat), made["token"])
    await ada.done("revoke_device", device=made["device"])
    assert await phone.error("hello", proved=True) == "token-unknown"
    phone = await proved(far(chat), await added(ada))
    await ada.done("delete_account", password=PASSWORD)
    assert await phone.error("hello", proved=True) == "token-unknown"


async def test_who_was_renamed_after_the_proof_has_the_new_name(chat: Chat) -> None:
    ada = await registered(chat)
    phone = await proved(far(chat), await added(ada))
    await ada.done("set_name", name="eve")
    await phone.hello(proved=True)
    assert (phone.welcome["you"]["name"], phone.id) == ("eve", ada.id)


async def test_every_token_of_an_account_can_be_proved(chat: Chat) -> None:
    ada = await registered(chat)
    by_password = await Client(chat).hello("ada", password=PASSWORD)
    gus = await Client(chat).hello("gus")
    claimed = (await gus.done("register", password=PASSWORD, name="gustav"))["token"]
    for name, token in (("ada", ada.token), ("ada", by_password.token), ("ada", await added(ada)), ("gustav", claimed)):
        client = await (await proved(far(chat), token, name)).hello(proved=True)
        assert client.welcome["you"]["name"] == name


async def test_a_guests_token_proves_nothing(chat: Chat) -> None:
    gus = await Client(chat).hello("gus")
    thief = far(chat)
    said, _ = await proof(thief, gus.token, "gus")
    assert await thief.error("prove", message=said) == "wrong-password"


async def test_who_is_here_becomes_the_account(chat: Chat) -> None:
    ada = await registered(chat)
    bob = await registered(chat, "bob")
    await proved(bob, await added(ada))
    assert (await bob.done("log_in", proved=True))["you"]["id"] == ada.id


async def test_a_proof_is_good_once_and_for_its_own_challenge_alone(chat: Chat) -> None:
    token = await added(await registered(chat))
    one, other = far(chat), far(chat)
    said, _ = await proof(one, token)
    await proof(other, token)
    assert await other.error("prove", message=said) == "bad-command"
    await one.done("prove", message=said)
    await one.hello(proved=True)
    assert await one.error("log_in", proved=True) == "bad-command"
    assert await one.error("prove", message=said) == "bad-command"
    assert await far(chat).error("hello", proved=True) == "bad-command"


async def test_nothing_is_proved_before_the_proof(chat: Chat) -> None:
    ada = await registered(chat)
    client = far(chat)
    said, _ = await proof(client, ada.token)
    assert await client.error("hello", proved=True) == "bad-command"
    assert await client.error("prove", message=said) == "bad-command"
    said, _ = await proof(client, ada.token)
    assert await client.error("prove", message="nonsense") == "bad-command"
    assert await client.error("prove", message=said) == "bad-command"
    await proved(client, ada.token)
    said, _ = await proof(client, "hb_wrong")
    assert await client.error("hello", proved=True) == "bad-command"


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
    wrong = await stranger.ask("prove", message=said)
    said, _ = await proof(stranger, "hb_x", "ada")
    assert {**await stranger.ask("prove", message=said), "reply": ""} == {**wrong, "reply": ""}


@pytest.mark.parametrize("name", ["ada", "nobody"])
async def test_how_much_there_is_to_read_does_not_show(chat: Chat, name: str) -> None:
    """Each answer leaves so long after its question that the reading is over by then."""
    await registered(chat)
    stranger = far(chat)
    asked_at = chat.loop.time()
    said, _ = await proof(stranger, "hb_x", name)
    answered_at = chat.loop.time()
    await stranger.error("prove", message=said)
    waits = (answered_at - asked_at, chat.loop.time() - answered_at)
    assert min(waits) > 0.9 * ANSWERED_AFTER  # clocks are as fine as they are


async def test_a_new_name_changes_nothing_for_the_devices(chat: Chat) -> None:
    ada = await registered(chat)
    first, before = await added(ada), await asked(far(chat))
    await ada.done("set_name", name="ada-lovelace")
    second = await added(ada)
    assert await asked(far(chat), "ada-lovelace") == before
    for token in (first, second):
        await (await proved(far(chat), token, "ada-lovelace")).hello(proved=True)
    other = far(chat)
    said, _ = await proof(other, first, "ada")
    assert await other.error("prove", message=said) == "wrong-password"


async def test_wrong_proofs_are_counted_like_wrong_passwords(chat: Chat) -> None:
    ada = await registered(chat)
    client = far(chat)
    for _ in range(FREE_TRIES):
        said, _ = await proof(client, "hb_wrong")
        assert await client.error("prove", message=said) == "wrong-password"
    said, _ = await proof(client, ada.token)
    assert await client.error("prove", message=said) == "too-fast"
    assert await far(chat).error("hello", name="ada", password=PASSWORD) == "too-fast"
    assert (await Client(chat).hello("ada", password=PASSWORD)).id == ada.id


async def test_a_password_is_no_token(chat: Chat) -> None:
    await registered(chat)
    client = far(chat)
    said, _ = await proof(client, PASSWORD)
    refused = await client.ask("prove", message=said)
    assert refused["error"] == "wrong-password"
    assert "a password goes with PLAIN" in refused["hint"]


async def test_nobody_is_somebody_else_by_their_own_token(chat: Chat) -> None:
    ada = await registered(chat)
    await registered(chat, "bob")
    client = far(chat)
    scram = ScramClient("ada", ada.token, "n,a=bob,")
    assert await client.error("prove", message=scram.first) == "wrong-password"


async def test_nothing_of_it_goes_where_others_read_along(chat: Chat) -> None:
    ada = await registered(chat)
    overheard = clear(chat)
    assert await overheard.error("prove", message="n,,n=ada,r=1") == "not-confidential"
    bob = await clear(chat).hello("bob")
    assert await bob.error("add_device", password=PASSWORD) == "not-confidential"
    assert len(chat.store.devices(ada.id)) == 1


@pytest.mark.parametrize("policy", [Policy(access="accounts", password_cost=CHEAP)])
async def test_who_has_an_account_needs_no_invite(chat: Chat) -> None:
    maker = await operator(chat)
    code = (await maker.done("create_invite"))["code"]
    ada = await registered(chat, invite=code)
    assert (await (await proved(far(chat), ada.token)).hello(proved=True)).id == ada.id


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
