"""The live end of a numbered log: lets its facts through in order, once each.

Facts come from this node's store and, as hints that may vanish, repeat or overtake each other, from other nodes.
An early one is held back until the ones before it came; if they do not, they are read from the store (`Chat`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hobnob.protocol.events import Event

if TYPE_CHECKING:
    from hobnob.chat.session import Session


class Log:
    """`head` is the number of the last fact that was let through to `apply`."""

    __slots__ = ("_apply", "_early", "_late", "_waiting", "head", "id")

    def __init__(
        self, id: str, head: int, apply: "Callable[[Event, Session | None], None]", late: "Callable[[Log], None]"
    ) -> None:
        self.id = id
        self.head = head
        self._apply = apply
        self._late = late
        # These are None while there is nothing in them: everybody who is here has a log.
        self._early: dict[int, tuple[Event, Session | None]] | None = None
        self._waiting: list[tuple[int, Callable[[], None]]] | None = None

    @property
    def broken(self) -> bool:
        """Whether something is held back because facts before it are missing."""
        return bool(self._early)

    def take(self, event: Event, origin: "Session | None" = None) -> None:
        """Let an event through if it is its turn. A told event (number 0) always is; a known one never again."""
        number = event.number
        if number == self.head + 1:
            self.head = number
            self._apply(event, origin)
            if self._early or self._waiting:
                self._catch_up()
        elif number == 0:
            self._apply(event, origin)
        elif number > self.head:
            if not self._early:
                self._early = {}
                self._late(self)
            self._early.setdefault(number, (event, origin))

    def when(self, number: int, then: Callable[[], None]) -> None:
        """Call `then` as soon as fact `number` was let through, or the log is followed no more."""
        if number <= self.head:
            then()
        else:
            self._waiting = [*(self._waiting or ()), (number, then)]

    def end(self) -> None:
        """Nothing will be let through any more: whoever waits need not."""
        waiting, self._waiting = self._waiting or (), None
        for _, then in waiting:
            then()

    def _catch_up(self) -> None:
        while self._early and (early := self._early.pop(self.head + 1, None)) is not None:
            self.head += 1
            self._apply(*early)
        waiting = self._waiting or []
        ready = [then for number, then in waiting if number <= self.head]
        if ready:
            self._waiting = [(number, then) for number, then in waiting if number > self.head] or None
            for then in ready:
                then()
