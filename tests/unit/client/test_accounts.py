"""How a client comes in as an account, becomes one, and is logged out: what it says, and what it forgets."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.client.fakes import FakeLink, FakeServer, welcome

from hobnob.client.errors import CannotConnect, ClientError, Refused
from hobnob.client.identity import LOGGED_OUT, NAME_GONE, Identity
from hobnob.client.subscription import Disconnected
from hobnob.client.tokens import TokenFile
from hobnob.protocol.events import Goodbye
from hobnob.protocol.ids import is_token
from hobnob.protocol.records import Person
from hobnob.protocol.replies import Registered, Reply, Welcome

LONG = "correct horse battery"


def account(token: str | None = None) -> Welcome:
    first = welcome(token=token)
    return replace(first, you=replace(first.you, kind="account"))


def said(link: FakeLink, position: int = 0) -> dict[str, Any]:
    """What a command said, besides what every hello says."""
    return {
        name: value
        for name, value in link.sent[position].items()
        if name not in ("do", "id", "client", "rooms", "new_token")
    }


def refuses(server: FakeServer, *codes: str, then: Welcome | None = None) -> None:
    """Refuse a hello after the other, then let in."""

    def greet(link: FakeLink) -> None:
        for code in codes:
            link.refuse(0, code)
        if then is not None:
            link.answer(0, then)

    server.greet_on = greet  # type: ignore[method-assign]


async def test_a_password_logs_in_once_and_the_token_after_that(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    server = FakeServer(lambda: account("hb_mine"))
    async with server.client(file, password=LONG, device="desk"):
        assert said(server.links[0]) == {"name": "ada", "password": LONG, "device": "desk"}
        assert file.read() == "hb_mine"
        server.links[0].cut()
        assert said(await server.link(1))["token"] == "hb_mine"
        assert LONG not in str(server.links[1].sent)
    async with server.client(file, password=LONG):
        assert said(server.links[2]) == {"token": "hb_mine"}


async def test_a_void_token_gives_way_to_the_password(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    file.write("hb_void")
    server = FakeServer()
    refuses(server, "token-unknown", then=account("hb_new"))
    async with server.client(file, password=LONG):
        assert [said(server.links[0], number) for number in (0, 1)] == [
            {"token": "hb_void"},
            {"name": "ada", "password": LONG},
        ]
    assert file.read() == "hb_new"


async def test_who_is_logged_out_elsewhere_stays_out_and_is_told_so() -> None:
    server = FakeServer(lambda: account("hb_mine"))
    async with server.client(password=LONG) as chat:
        events = chat.events()
        refuses(server, "token-unknown", then=account())
        server.links[0].cut()
        assert isinstance((await anext(events)).event, Disconnected)
        with pytest.raises(CannotConnect) as ended:
            await anext(events)
        assert (ended.value.code, ended.value.hint) == ("token-unknown", LOGGED_OUT)
        assert len(server.links[1].sent) == 1  # neither the name nor the password was tried
        with pytest.raises(ClientError, match="logged out"):
            await chat.send("#tea", "hi")


async def test_a_guest_who_is_logged_out_does_not_come_back_as_somebody_of_the_same_name() -> None:
    server = FakeServer(lambda: welcome(token="hb_guest"))
    async with server.client() as chat:
        events = chat.events()
        refuses(server, "token-unknown", then=welcome(token="hb_other"))
        server.links[0].say(Goodbye("This device was logged out.", "logged-out"))
        server.links[0].cut()
        assert isinstance((await anext(events)).event, Disconnected)
        with pytest.raises(CannotConnect) as ended:
            await anext(events)
        assert (ended.value.code, ended.value.hint) == ("token-unknown", NAME_GONE)
        assert len(server.links[1].sent) == 1


async def test_a_wrong_password_is_a_sentence() -> None:
    server = FakeServer()
    refuses(server, "wrong-password")
    with pytest.raises(CannotConnect) as refused:
        await server.client(password=LONG).__aenter__()
    assert refused.value.code == "wrong-password"


async def test_an_account_is_made_with_the_hello() -> None:
    server = FakeServer(lambda: account("hb_mine"))
    async with server.client(password=LONG, register=True, invite="CODE"):
        assert said(server.links[0]) == {"name": "ada", "password": LONG, "register": True, "invite": "CODE"}
        server.links[0].cut()
        assert "CODE" not in str((await server.link(1)).sent)


async def test_an_invite_is_taken_by_who_is_known_too() -> None:
    server = FakeServer()
    async with server.client(token="hb_mine", invite="CODE"):
        assert said(server.links[0]) == {"token": "hb_mine", "invite": "CODE"}


class Claimed(FakeServer):
    """Answers each command after a hello with the next of `answers`: a reply, or the code of a refusal."""

    def __init__(self, *answers: Reply | str) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    async def dial(self) -> FakeLink:
        link = await super().dial()
        self.answering = asyncio.create_task(self._answer(link))
        return link

    async def _answer(self, link: FakeLink) -> None:
        position = 0
        while self.answers:
            command = await link.next_command(position)
            position += 1
            if command["do"] == "hello":
                continue
            self.asked.append(command)
            match self.answers.pop(0):
                case Reply() as reply:
                    link.answer(command["id"], reply)
                case "cut":
                    link.cut()
                    return
                case str() as code:
                    link.refuse(command["id"], code)


ADA = Person("p_" + "a" * 26, "ada", "account")


async def test_a_guest_becomes_the_account(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    file.write("hb_guest")
    server = Claimed(Registered(ADA, "hb_account"), Reply())
    async with server.client(file, password=LONG, register=True, invite="CODE") as chat:
        assert said(server.links[0]) == {"token": "hb_guest"}
        assert [(each["do"], each.get("password"), each.get("code")) for each in server.asked] == [
            ("register", LONG, None),
            ("use_invite", None, "CODE"),
        ]
        assert (chat.token, file.read()) == ("hb_account", "hb_account")


async def test_a_claim_that_is_refused_is_why_one_is_not_in(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    file.write("hb_guest")
    server = Claimed("password-weak")
    with pytest.raises(CannotConnect) as refused:
        await server.client(file, password="x", register=True).__aenter__()
    assert refused.value.code == "password-weak"
    assert file.read() == "hb_guest"
    assert server.links[0].closed


async def test_a_claim_whose_answer_was_lost_is_found_done() -> None:
    server = Claimed("cut", "already-account")
    async with server.client(token="hb_guest") as chat:
        refuses(server, "token-unknown", then=account("hb_account"))
        await chat.register(LONG)
        assert [said(server.links[1], number) for number in (0, 1)] == [
            {"token": "hb_guest", "epoch": "e1", "me": 0, "house": 0},
            {"name": "ada", "password": LONG, "epoch": "e1", "me": 0, "house": 0},
        ]
        assert chat.token == "hb_account"


async def test_who_is_an_account_already_is_told_so() -> None:
    server = Claimed("already-account")
    server.greet = account
    async with server.client(token="hb_mine") as chat:
        with pytest.raises(Refused) as refused:
            await chat.register(LONG)
        assert refused.value.code == "already-account"


@pytest.mark.parametrize("way", ["log_out", "delete_account"])
async def test_who_logs_out_leaves_nothing_here(tmp_path: Path, way: str) -> None:
    file = TokenFile(tmp_path / "token")
    server = Claimed(Reply())
    server.greet = lambda: account("hb_mine")
    async with server.client(file) as chat:
        assert file.read() == "hb_mine"
        await (chat.log_out() if way == "log_out" else chat.delete_account(LONG))
        assert server.asked[0]["do"] == way
        assert file.read() is None
        assert server.links[0].closed


@pytest.mark.parametrize(
    "secret",
    [{"password": LONG}, {"password": LONG, "register": True}, {"invite": "CODE"}, {"token": "hb_a", "invite": "CODE"},
     {"token": "hb_a", "kind": "account"}],
    ids=str,
)  # fmt: skip
async def test_nothing_secret_is_said_where_others_hear_it(secret: dict[str, Any]) -> None:
    server = FakeServer()
    server.confidential = False
    with pytest.raises(CannotConnect) as refused:
        await server.client(**secret).__aenter__()
    assert refused.value.code == "not-confidential"
    assert server.links[0].sent == []
    assert server.links[0].closed


async def test_a_guest_may_be_heard_but_makes_no_account(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    file.write("hb_guest")
    server = FakeServer()
    server.confidential = False
    async with server.client(file) as chat:
        for act in (chat.register(LONG), chat.change_password(LONG, LONG), chat.use_invite("CODE")):
            with pytest.raises(Refused) as refused:
                await act
            assert refused.value.code == "not-confidential"
        assert len(server.links[0].sent) == 1


async def test_an_account_s_token_is_known_for_one_the_next_time(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    server = FakeServer(lambda: account("hb_mine"))
    async with server.client(file, password=LONG):
        assert file.is_account()
    refuses(server, "token-unknown", then=welcome(token="hb_guest"))
    with pytest.raises(CannotConnect) as ended:  # not as somebody new of the same name
        await server.client(file).__aenter__()
    assert ended.value.hint == LOGGED_OUT
    server.confidential = False
    with pytest.raises(CannotConnect) as heard:
        await server.client(file).__aenter__()
    assert heard.value.code == "not-confidential"
    assert server.links[-1].sent == []


def test_no_secret_is_shown_by_chance() -> None:
    shown = repr(Identity("ada", "hb_token", password="hb_password", invite="hb_invite"))
    assert "hb_" not in shown


async def test_a_newcomer_whose_answer_was_lost_is_the_same_the_next_time(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    server = FakeServer()
    server.greet_on = lambda link: link.cut()  # type: ignore[method-assign]
    with pytest.raises(CannotConnect) as lost:
        await server.client(file).__aenter__()
    assert lost.value.code == "hung-up"
    [hello] = server.links[0].sent
    assert is_token(hello["new_token"])
    assert file.read() == hello["new_token"]
    del server.greet_on
    async with server.client(file):
        assert said(server.links[1]) == {"token": hello["new_token"]}
    assert file.read() == hello["new_token"]


@pytest.mark.parametrize("code", ["name-taken", "invite-needed", "banned"])
async def test_a_newcomer_who_is_refused_keeps_no_token(tmp_path: Path, code: str) -> None:
    file = TokenFile(tmp_path / "token")
    server = FakeServer()
    refuses(server, code)
    with pytest.raises(CannotConnect):
        await server.client(file).__aenter__()
    assert not file.path.exists()


async def test_who_is_cancelled_while_a_token_is_forgotten_leaves_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = welcome()
    server = FakeServer(lambda: replace(first, you=replace(first.you, kind="visitor")))
    file = TokenFile(tmp_path / "token")

    def cancelled() -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(file, "forget", cancelled)
    with pytest.raises(asyncio.CancelledError):
        await server.client(file).__aenter__()
    assert [link.closed for link in server.links] == [True]


async def test_a_visitor_has_no_token(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "token")
    first = welcome()
    server = FakeServer(lambda: replace(first, you=replace(first.you, kind="visitor")))
    async with server.client(file) as chat:
        assert chat.token is None
    assert not file.path.exists()


async def test_who_said_hello_before_has_the_token_that_was_chosen(tmp_path: Path) -> None:
    """The server gives none when a hello is said again, as with the password and a stale token before it."""
    file = TokenFile(tmp_path / "token")
    file.write("hb_stale")
    server = FakeServer()
    refuses(server, "token-unknown", then=welcome())
    async with server.client(file) as chat:
        assert chat.token == server.links[0].sent[1]["new_token"]
        assert file.read() == chat.token
