"""Whether a name is surely free, without a look at the store."""

import pytest
from tests.unit.chat.conftest import Client, Join, TestStore, VisitorCodec

from hobnob.buses.local import LocalBus
from hobnob.chat import kept_names
from hobnob.chat.chat import Chat
from hobnob.chat.kept_names import KeptNames
from hobnob.protocol.events import PersonRenamed
from hobnob.protocol.names import fold, skeleton
from hobnob.protocol.records import Person
from hobnob.stores.store import AddPerson, Item


def knowing(*names: str) -> KeptNames:
    kept = KeptNames()
    kept.know([(fold(name), skeleton(name)) for name in names])
    return kept


def test_a_name_is_surely_free_only_once_all_are_known() -> None:
    assert not KeptNames().lack("eve")
    kept = knowing("Ada")
    assert kept.lack("eve")
    assert not any(map(kept.lack, ("Ada", "ADA", "\u0410da")))  # the last one looks like it


def test_a_name_is_known_from_before_it_is_kept_and_never_forgotten() -> None:
    kept = knowing()
    kept.note(Item((), writes=(AddPerson(Person("p_eve", "Eve")),)))
    kept.note(Item((PersonRenamed(by="p_eve", by_name="Eve", name="Evelyn"),)))
    assert not any(map(kept.lack, ("eve", "evelyn", "EVELYN")))


def test_where_many_are_kept_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_names, "MOST", 2)
    assert knowing("Ada", "Bob").lack("zoe")
    assert not knowing("Ada", "Bob", "Eve").lack("zoe"), "there may be more of them than were read"
    kept = knowing("Ada", "Bob")
    for name in ("Eve", "Kay", "Max"):
        kept.note(Item((), writes=(AddPerson(Person(f"p_{name}", name)),)))
    assert not kept.lack("zoe")


class Asked:
    """Counts the names that the store is asked for."""

    def __init__(self, store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self._ask = store.names_taken
        monkeypatch.setattr(store, "names_taken", self._count)

    def _count(self, names: list[str]) -> dict[str, str]:
        self.names += names
        return self._ask(names)


async def test_the_store_is_asked_only_for_names_that_somebody_kept_had(
    chat: Chat, join: Join, visit: Join, store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(store, monkeypatch)
    ada = await join("ada")
    await ada.done("set_name", name="adele")
    ada.leave()
    (await visit("eve")).leave()
    assert await Client(chat, VisitorCodec(chat)).error("hello", name="Adele") == "name-taken"
    assert (await visit("ada")).welcome["you"]["name"] == "ada", "it is free again, as the store says"
    assert asked.names == ["Adele", "ada"]


async def test_who_was_kept_before_the_start_is_known(store: TestStore) -> None:
    first = Chat(store, LocalBus())
    await first.open()
    (await Client(first).hello("ada")).leave()
    await first.stop("The test goes on.")
    second = Chat(store, LocalBus())
    await second.open()
    assert await Client(second, VisitorCodec(second)).error("hello", name="ada") == "name-taken"
    await second.stop("The test is over.")
