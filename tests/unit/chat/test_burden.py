"""What is kept for all slow clients together: who has to go when it is too much, and who stays."""

import secrets
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.chat.conftest import AFAR, Client, Join, eventually

from hobnob.chat.burden import relieve, too_heavy, watch
from hobnob.chat.chat import Chat
from hobnob.chat.conversation import Conversation
from hobnob.chat.tick import Tick

KIB = 1024


@dataclass(eq=False)
class FakeTick:
    size: int

    @property
    def chunks(self) -> list[bytes]:
        return [bytes(self.size)]


@dataclass(eq=False)
class FakeOutbox:
    shared: set[FakeTick]

    @property
    def size(self) -> int:
        return sum(tick.size for tick in self.shared)

    def ticks(self) -> set[FakeTick]:
        return self.shared


@dataclass(eq=False)
class Slow:
    own: int
    shared: set[FakeTick] = field(default_factory=set)

    @property
    def session(self) -> "Slow":
        return self

    @property
    def outbox(self) -> FakeOutbox:
        return FakeOutbox(self.shared)

    def own_bytes(self) -> int:
        return self.own


def gone(clients: list[Slow], most: int) -> list[Slow]:
    return list(too_heavy(clients, most))  # type: ignore[arg-type]


def kept(clients: list[Slow]) -> int:
    ticks: set[FakeTick] = set().union(*(client.shared for client in clients))
    return sum(client.own for client in clients) + sum(tick.size for tick in ticks)


ticks = [FakeTick(size) for size in (1, 10, 100, 1000)]
slow_clients = st.builds(Slow, st.integers(0, 1000), st.sets(st.sampled_from(ticks)))


@given(st.lists(slow_clients, max_size=12), st.integers(0, 5000))
def test_as_many_go_as_have_to_and_no_more(clients: list[Slow], most: int) -> None:
    going = gone(clients, most)
    assert kept([client for client in clients if client not in going]) <= most or len(going) == len(clients)
    assert not going or kept([client for client in clients if client not in going[:-1]]) > most


def test_the_heaviest_go_first() -> None:
    small, large, middle = Slow(10), Slow(1000), Slow(100)
    assert gone([small, large, middle], 50) == [large, middle]


def test_what_a_thousand_share_counts_once() -> None:
    tick = FakeTick(1000)
    assert gone([Slow(0, {tick}) for _ in range(1000)], 1000) == []


# In the chat


async def test_who_does_not_read_has_to_go_when_it_is_too_much(chat: Chat, join: Join) -> None:
    quick, *readers = [await join(f"p{n}") for n in range(5)]
    for reader in readers:
        reader.conversation.pause()
        reader.conversation.session.outbox.put(secrets.token_bytes(300 * KIB))
        reader.conversation.session.outbox.flush()
    slack = 10 * KIB
    relieve(chat.slow, 4 * 300 * KIB + slack)
    assert not any(reader.link.closed for reader in readers)
    relieve(chat.slow, 2 * 300 * KIB + slack)
    assert sum(reader.link.closed for reader in readers) == 2
    assert sum(b"short of memory" in reader.link.written for reader in readers) == 2
    assert not quick.link.closed


async def test_what_is_said_and_not_done_counts(chat: Chat, logged: list[dict[str, object]]) -> None:
    client = await Client(chat, origin=AFAR).hello("ada")
    client.conversation.receive(
        b"".join(Client.frame("send_message", f"{n}", room="#lobby", text="x") for n in range(1000))
    )
    assert client.conversation in chat.slow
    relieve(chat.slow, 100 * KIB)
    assert client.link.closed
    assert [line["clients"] for line in logged if line["log_level"] == "warning"] == [1]


async def test_who_is_quick_again_is_forgotten(chat: Chat, join: Join) -> None:
    ada, bob = await join("ada"), await join("bob")
    for client in (ada, bob):
        client.conversation.pause()
    assert len(chat.slow) == 2
    ada.conversation.resume()
    bob.leave()
    relieve(chat.slow, 0)
    assert chat.slow == {}
    assert not ada.link.closed


async def test_it_is_looked_at_now_and_then(chat: Chat, join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    weighed: list[int] = []

    def weigh(slow: dict[Conversation, None], most: int) -> None:
        weighed.append(most)

    monkeypatch.setattr("hobnob.chat.burden.relieve", weigh)
    monkeypatch.setattr("hobnob.chat.burden.WEIGH_EVERY", 0.001)
    looking = chat.loop.create_task(watch(chat.slow, chat.policy.most_kept))
    await eventually(lambda: len(weighed) > 2)
    looking.cancel()
    assert set(weighed) == {chat.policy.most_kept}


async def test_ticks_are_what_readers_share(chat: Chat, join: Join) -> None:
    ada, bob, eve = await join("ada"), await join("bob"), await join("eve")
    for client in (bob, eve):
        client.conversation.pause()
    await ada.say("hello")
    outboxes = [client.conversation.session.outbox for client in (bob, eve)]
    await eventually(lambda: all(outbox.ticks() for outbox in outboxes))
    assert outboxes[0].ticks() == outboxes[1].ticks()
    assert all(isinstance(tick, Tick) for tick in outboxes[0].ticks())
    assert [outbox.own_bytes() for outbox in outboxes] == [0, 0]
