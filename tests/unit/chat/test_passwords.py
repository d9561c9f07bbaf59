"""Hashing and checking passwords: right, wrong and nobody's, in a queue that no caller can upset."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from typing import Literal

import pytest
from argon2 import PasswordHasher

from hobnob.chat.passwords import WRONG, Cost, Passwords, Verdict, WorkQueue
from hobnob.protocol.errors import ChatError

CHEAP = Cost(memory=8, passes=1)
GOOD = "correct horse battery"


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    made.close()


async def test_the_right_one_is_right_and_any_other_wrong(passwords: Passwords) -> None:
    kept = await passwords.hash(GOOD)
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept
    assert await passwords.verify(kept, GOOD) == Verdict(right=True, rehash=False)
    for wrong in ("", GOOD + " ", GOOD.upper(), "x" * 5000, "tab\there", "\ud800"):
        assert await passwords.verify(kept, wrong) == WRONG


async def test_one_password_has_another_hash_each_time(passwords: Passwords) -> None:
    assert await passwords.hash(GOOD) != await passwords.hash(GOOD)


async def test_every_keyboard_types_the_same_password(passwords: Passwords) -> None:
    kept = await passwords.hash("caf\u00e9 au\u00a0lait")
    assert (await passwords.verify(kept, "cafe\u0301 au lait")).right


@pytest.mark.parametrize(
    "kept",
    [None, "", "x", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$broken", "\u00e9", "$2b$12$abcdefghijklmnopqrstuv"],
)
@pytest.mark.parametrize("password", [GOOD, "", "\x00"])
async def test_nobodys_password_is_wrong(passwords: Passwords, kept: str | None, password: str) -> None:
    assert await passwords.verify(kept, password) == WRONG


@pytest.mark.parametrize("password", ["", "\x00" * 9, "x" * 1025, "\U0001f600" * 257])
async def test_what_could_not_be_typed_again_is_not_hashed(passwords: Passwords, password: str) -> None:
    with pytest.raises(ChatError, match="password-weak"):
        await passwords.hash(password)


async def test_a_new_cost_asks_for_a_new_hash(passwords: Passwords) -> None:
    dearer = Passwords(Cost(memory=16, passes=2))
    kept = await passwords.hash(GOOD)
    assert await dearer.verify(kept, GOOD) == Verdict(right=True, rehash=True)
    assert await dearer.verify(kept, "another one") == WRONG
    assert await dearer.verify(await dearer.hash(GOOD), GOOD) == Verdict(right=True)
    dearer.close()


class CountingHasher(PasswordHasher):
    """What takes the time are hash and verify; this tells how often each ran, and of what cost."""

    work: list[str]

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.work.append(str(hash).rpartition("$")[0].rpartition("$")[0])
        return super().verify(hash, password)


async def test_nobodys_account_is_as_much_work_as_somebodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: as many hashes of the same cost, whatever was kept and whatever is asked."""
    monkeypatch.setattr("argon2.PasswordHasher", CountingHasher)
    passwords = Passwords(CHEAP)
    kept = await passwords.hash(GOOD)
    seen = []
    for account in (kept, None):
        for password in ("wrong password", "", "\x00", "x" * 5000):
            CountingHasher.work = []
            await passwords.verify(account, password)
            seen.append(CountingHasher.work)
    assert seen == [["$argon2id$v=19$m=8,t=1,p=1"]] * len(seen)
    passwords.close()


async def test_the_first_to_come_pays_for_nobodys_hash_whoever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    class Noting(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            made.append(password)
            return super().hash(password, salt=salt)

    kept = PasswordHasher(1, 8, 1).hash(GOOD)
    monkeypatch.setattr("argon2.PasswordHasher", Noting)
    for first in (kept, None):
        passwords = Passwords(CHEAP)
        for account in (first, kept, None):
            await passwords.verify(account, GOOD)
            assert len(made) == 1
        made.clear()
        passwords.close()


def test_a_verdict_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        WRONG.right = True  # type: ignore[misc]


def test_argon2_is_not_loaded_before_it_is_needed() -> None:
    program = "import sys, hobnob.chat.passwords as p; p.Passwords().close(); sys.exit('argon2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class Gate:
    """Work that begins, says so, and ends when it is let through."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._open = threading.Event()
        self.began = asyncio.Event()

    def work(self) -> str:
        self._loop.call_soon_threadsafe(self.began.set)
        assert self._open.wait(30)
        return "done"

    def open(self) -> None:
        self._open.set()


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_so_many_run_so_many_wait_and_one_more_is_busy() -> None:
    queue = WorkQueue(at_once=2, waiting=1)
    gates = [Gate() for _ in range(3)]
    tasks = [asyncio.create_task(queue.run(gate.work)) for gate in gates]
    await gates[0].began.wait()
    await gates[1].began.wait()
    assert queue.waiting == 1
    with pytest.raises(ChatError, match="busy") as refused:
        await queue.run(int)
    assert "again in a moment" in refused.value.hint
    assert not gates[2].began.is_set()
    gates[0].open()
    await gates[2].began.wait()
    assert queue.waiting == 0
    for gate in gates:
        gate.open()
    assert await asyncio.gather(*tasks) == ["done"] * 3
    assert await queue.run(int) == 0
    queue.close()


async def test_work_that_nobody_waits_for_any_more_keeps_its_thread() -> None:
    queue = WorkQueue(at_once=1, waiting=5)
    first, second = Gate(), Gate()
    gone = asyncio.create_task(queue.run(first.work))
    await first.began.wait()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert gone.cancelled()
    next_one = asyncio.create_task(queue.run(second.work))
    await turns()
    assert queue.waiting == 1
    assert not second.began.is_set()
    first.open()
    second.open()
    assert await next_one == "done"
    queue.close()


async def test_who_stops_waiting_frees_the_place_in_the_queue() -> None:
    queue = WorkQueue(at_once=1, waiting=1)
    gate, never = Gate(), Gate()
    running = asyncio.create_task(queue.run(gate.work))
    await gate.began.wait()
    for _ in range(3):
        waits = asyncio.create_task(queue.run(never.work))
        await turns()
        assert queue.waiting == 1
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        assert queue.waiting == 0
    last = asyncio.create_task(queue.run(int))
    gate.open()
    assert await running == "done"
    assert await last == 0
    assert not never.began.is_set()
    queue.close()


async def test_work_that_fails_frees_its_thread() -> None:
    queue = WorkQueue(at_once=1, waiting=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await queue.run(lambda: 1 // 0)
    queue.close()


async def test_a_closed_queue_begins_nothing() -> None:
    queue = WorkQueue(at_once=1, waiting=5)
    gate = Gate()
    running = asyncio.create_task(queue.run(gate.work))
    await gate.began.wait()
    waits = [asyncio.create_task(queue.run(int)) for _ in range(3)]
    await turns()
    queue.close()
    gate.open()
    assert await running == "done"
    answers = await asyncio.gather(*waits, return_exceptions=True)
    assert [answer.code for answer in answers if isinstance(answer, ChatError)] == ["stopping"] * 3
    with pytest.raises(ChatError, match="stopping"):
        await queue.run(int)
