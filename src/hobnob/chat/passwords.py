"""Passwords as they are kept: Argon2id (RFC 9106), worked out in threads, two at once.

A hash takes 46 MiB and some 65 ms on purpose. So few are made at a time, few more may wait, and the rest is told to
come again: a flood of logins costs neither the memory nor the loop. To check takes as long whether the account exists
or not.
"""

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import msgspec

from hobnob.chat.password_rules import prepared
from hobnob.protocol.errors import ChatError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

AT_ONCE = 2
WAITING = 256
"""A class of 200 that logs in at one moment waits, the last of them some eight seconds; nobody is sent away."""
NICE = 5
"""How far these threads step back for the loop, in steps of nice(2)."""

T = TypeVar("T")


class Cost(msgspec.Struct, frozen=True):
    """What a hash costs whoever makes it. A kept one of another cost asks for a new one at the next login.

    The default is the first of those that OWASP's Password Storage page holds for equal. The profiles of RFC 9106 take
    2 GiB, or 64 MiB with three passes on four threads: too much for a machine of 1 GiB and two processors that chats.
    """

    memory: int = 46 * 1024
    """KiB."""
    passes: int = 1
    lanes: int = 1
    """Threads of each hash: more would take from the loop what one in two at once leaves it."""


class Verdict(msgspec.Struct, frozen=True):
    """Whether the password was right, and then whether it should be hashed again at the present cost."""

    right: bool
    rehash: bool = False


WRONG = Verdict(right=False)


class WorkQueue:
    """Runs what takes long in threads: so many at once, so many waiting, and for more than that `busy`.

    Who stops waiting gives up a place in the queue at once. Work that has begun keeps its thread until it ends, whether
    or not anybody still wants to know, so that never more than `at_once` run.
    """

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._threads = ThreadPoolExecutor(at_once, "passwords", initializer=_step_back)
        self._free = asyncio.Semaphore(at_once)
        self._may_wait = waiting
        self._waiting = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait for a thread."""
        return self._waiting

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Raises ChatError: busy, stopping."""
        if self._free.locked() and self._waiting >= self._may_wait:
            raise ChatError("busy")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        if self._closed:
            self._free.release()
            raise ChatError("stopping")
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        running.add_done_callback(lambda _: self._free.release())
        return await asyncio.shield(running)

    def close(self) -> None:
        """Begin nothing more; what has begun ends by itself, within the time of one hash."""
        self._closed = True
        self._threads.shutdown(wait=False)


class Passwords:
    """Hashes passwords and checks them. Nothing here says whether a password is good: `why_weak` does."""

    def __init__(self, cost: Cost | None = None, queue: WorkQueue | None = None) -> None:
        self._cost = cost or Cost()
        self._queue = queue or WorkQueue()
        self._making = threading.Lock()
        self._tools: tuple[PasswordHasher, str] | None = None

    async def hash(self, password: str) -> str:
        """What to keep: cost, salt and hash in one string (PHC form).

        Raises ChatError: busy, stopping; password-weak for one that `why_weak` refuses for its characters or length.
        """
        return await self._queue.run(lambda: self._hash(password))

    async def verify(self, kept: str | None, password: str) -> Verdict:
        """Whether `password` is the one kept. Raises ChatError: busy, stopping.

        None: no such account, or one without a password. It takes as long as a wrong password for an account of the
        present cost, and so does a kept string that is no hash.
        """
        return await self._queue.run(lambda: self._verify(kept, password))

    async def run(self, work: Callable[[], T]) -> T:
        """Do other work of the kind in the same threads. Raises ChatError: busy, stopping."""
        return await self._queue.run(work)

    def close(self) -> None:
        """Check and hash nothing more."""
        self._queue.close()

    # What follows runs in the threads.

    def _hash(self, password: str) -> str:
        data = prepared(password)
        if data is None:
            raise ChatError("password-weak")
        hasher, _ = self._hasher_and_nobodys()
        return hasher.hash(data)

    def _verify(self, kept: str | None, password: str) -> Verdict:
        from argon2.exceptions import VerificationError, VerifyMismatchError

        data = prepared(password)
        hasher, nobodys = self._hasher_and_nobodys()
        try:
            hasher.verify(nobodys if kept is None else kept, data or b"")
        except VerifyMismatchError:
            return WRONG
        except (VerificationError, ValueError):  # no hash at all; a lack of memory shows again in the next line
            with suppress(VerifyMismatchError):
                hasher.verify(nobodys, b"")
            return WRONG
        if kept is None or data is None:
            return WRONG
        return Verdict(right=True, rehash=hasher.check_needs_rehash(kept))

    def _hasher_and_nobodys(self) -> "tuple[PasswordHasher, str]":
        """Made together at the first use, whoever it is for: were nobody's hash made for the first name that is
        missing, that answer would take longer than others."""
        with self._making:
            if self._tools is None:
                from argon2 import PasswordHasher

                hasher = PasswordHasher(self._cost.passes, self._cost.memory, self._cost.lanes)
                self._tools = hasher, hasher.hash(secrets.token_bytes(16))
            return self._tools


def _step_back() -> None:
    # The threads hold no lock of Python's while they hash, but they share the processors with the loop.
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
