"""Whom one hears in lines: the words of ignored people are shown nowhere, and everybody else's are."""

import pytest
from tests.unit.gateways.lines.house import Driver, account, visitor

from hobnob.protocol.account_commands import Ignore, SetDirects, Unignore
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Event, MemberAttached, MemberLeft, MessageEdited, MessageSent, ReactionAdded

FROM_ADA = MessageSent(room="r_lobby", number=9, by="p_ada", by_name="ada", text="hi")
FROM_EVE = MessageSent(room="r_lobby", number=9, by="p_eve", by_name="eve", text="hi")


@pytest.fixture
def bob() -> Driver:
    return visitor()


@pytest.fixture
def ada() -> Driver:
    return account()


def shown(driver: Driver, event: Event) -> bytes:
    return driver.client.wire.encode(event, None)


def test_the_house_keeps_whom_an_account_ignores(ada: Driver) -> None:
    ada.house.hear("eve", "boo")
    ada.receive(b"/ignore eve\n/ignore\n/history\n/colour on\n/join tea\n")
    text = ada.take()
    assert text.startswith(
        "You ignore eve: what they say is not shown to you. /unignore eve ends it.\nYou ignore eve.\n"
    )
    assert "boo" not in text
    assert ada.house.done[0] == Ignore(person="@eve")
    for event in (FROM_EVE, MessageEdited(room="r_lobby", by="p_eve", of=1, text="boo"),
                  ReactionAdded(room="r_lobby", by="p_eve", of=1, emoji="x")):  # fmt: skip
        assert shown(ada, event) == b""
    assert shown(ada, FROM_ADA) != b""
    assert shown(ada, MemberAttached(room="r_lobby", by="p_eve", by_name="eve")) != b""
    removed = MemberLeft(room="r_lobby", by="p_eve", by_name="eve", person="p_me", person_name="ada")
    assert shown(ada, removed) != b""
    ada.receive(b"/unignore @eve\n/ignore\n")
    assert ada.take().endswith("What eve says is shown to you.\nYou ignore nobody.\n")
    assert Unignore(person="@eve") in ada.house.done
    assert shown(ada, FROM_EVE) != b""


def test_who_was_ignored_before_is_so_from_the_start(ada: Driver) -> None:
    ada.receive(b"/ignore eve\n")
    ada.house.hear("eve", "boo")
    again = Driver(type(ada.codec)(ada.house, greeted=True), ada.house)  # type: ignore[call-arg]
    again.receive(b"/login ada\ncorrect horse\n")
    assert "boo" not in again.take()
    assert shown(again, FROM_EVE) == b""


def test_a_visitor_ignores_whoever_is_here(bob: Driver) -> None:
    bob.receive(b"/ignore eve\n/ignore BOB\n/ignore ADA\n/ignore\n")
    assert bob.take() == (
        "Nobody of this name is here.\nYou cannot ignore yourself.\n"
        "You ignore ADA: what they say is not shown to you. /unignore ADA ends it.\nYou ignore ada.\n"
    )
    assert shown(bob, FROM_ADA) == b""
    bob.receive(b"/unignore ada\n")
    assert shown(bob, FROM_ADA) != b""


def test_a_refusal_changes_nothing(ada: Driver) -> None:
    ada.house.refusing = ChatError("no-such-person")
    ada.receive(b"/ignore nobody\n/unignore nobody\n/unignore\n")
    assert ada.take() == (
        "Nobody of this name is known here.\n" * 2 + "Write it like this: /unignore <name> (be shown it again).\n"
    )


def test_who_may_write_to_one_alone(bob: Driver) -> None:
    bob.receive(b"/directs shared\n/directs nobody\n")
    assert bob.take() == (
        "You take messages of their own from people with whom you share a room.\n"
        "Write it like this: /directs all|shared (who may write to you alone).\n"
    )
    assert bob.house.done[-1] == SetDirects(allow="shared")
