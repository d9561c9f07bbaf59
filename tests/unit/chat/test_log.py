"""The live end of a log lets facts through in order, once each, whatever comes first and how often."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.chat.conftest import Client, Join, eventually
from tests.unit.chat.readers import said

from hobnob.chat.chat import Chat
from hobnob.chat.log import Log
from hobnob.chat.session import Session
from hobnob.protocol.events import Event, TypingChanged


class Taken:
    """A log, what it let through and how often it asked for help."""

    def __init__(self, head: int = 0) -> None:
        self.numbers: list[int] = []
        self.asked = 0
        self.log = Log("r_x", head, self._apply, self._late)

    def _apply(self, event: Event, origin: Session | None) -> None:
        self.numbers.append(event.number)

    def _late(self, log: Log) -> None:
        self.asked += 1


@given(st.integers(0, 30).flatmap(lambda head: st.tuples(
    st.just(head), st.lists(st.integers(1, 30), max_size=60), st.permutations(range(head + 1, 31)))))  # fmt: skip
def test_any_order_with_any_repetitions_is_let_through_once_and_in_order(
    given: tuple[int, list[int], list[int]],
) -> None:
    head, repeated, rest = given
    taken = Taken(head)
    for number in [*repeated, *rest, *repeated]:
        taken.log.take(said(number))
    assert taken.numbers == list(range(head + 1, 31))
    assert taken.log.head == 30
    assert not taken.log.broken


def test_what_is_not_kept_is_let_through_at_once() -> None:
    taken = Taken()
    taken.log.take(said(2))
    taken.log.take(TypingChanged(room="r_x"))
    assert taken.numbers == [0]
    assert taken.log.broken
    assert taken.asked == 1


def test_help_is_asked_once_for_each_hole() -> None:
    taken = Taken()
    for number in (3, 4, 5, 1, 2, 6, 8, 9, 7):
        taken.log.take(said(number))
    assert taken.numbers == list(range(1, 10))
    assert taken.asked == 2


def test_who_waits_for_a_number_is_called_when_it_was_let_through() -> None:
    taken = Taken()
    called: list[int] = []
    for number in (3, 0, 1):
        taken.log.when(number, lambda number=number: called.append(number))  # type: ignore[misc]
    assert called == [0]
    taken.log.take(said(3))
    taken.log.take(said(2))
    assert called == [0]
    taken.log.take(said(1))
    assert called == [0, 3, 1]
    taken.log.take(said(4))
    assert called == [0, 3, 1]


def test_who_waits_for_a_number_is_called_when_the_log_is_followed_no_more() -> None:
    taken = Taken()
    called: list[int] = []
    for number in (1, 2):
        taken.log.when(number, lambda number=number: called.append(number))  # type: ignore[misc]
    taken.log.end()
    assert called == [1, 2]
    taken.log.end()
    assert called == [1, 2]


async def test_who_comes_while_their_last_client_goes_waits_for_no_log_that_has_ended(
    chat: Chat, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a commit and its being told here, somebody's log may end with their last client."""
    ada = await join("ada")
    heads = chat.store.heads

    def ahead(logs: Sequence[str]) -> dict[str, int]:
        return {log: head + (log == ada.id) for log, head in heads(logs).items()}

    monkeypatch.setattr(chat.store, "heads", ahead)
    back = Client(chat)
    asked = back.send("hello", token=ada.token)
    await eventually(lambda: bool(chat.logs.live[ada.id]._waiting))
    ada.leave()
    assert (await back.reply(asked))["ok"]
