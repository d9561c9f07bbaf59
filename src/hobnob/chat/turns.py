"""Slow mode: when each member wrote last in a room where they have to leave some seconds between two messages.

A turn is taken when a message is handed to the store, not when it is kept: else a thousand could be under way at once.
Times are in ms since 1970.
"""

from math import ceil

from hobnob.protocol.errors import ChatError

REMEMBERED = 1000
"""Members whose turns are known before those are looked through that are over."""


class TooSoon(ChatError):
    """A member's turn has not come yet."""

    def __init__(self, slow: int, wait_ms: int) -> None:
        wait = ceil(wait_ms / 1000)
        seconds = "1 second" if wait == 1 else f"{wait} seconds"
        pace = "second" if slow == 1 else f"{slow} seconds"
        super().__init__("too-fast", f"This room takes one message of each member every {pace}. Wait {seconds}.")


class Turns:
    """See the head of this file."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._last)

    def take(self, person: str, now: int, slow: int) -> None:
        """Write now, where that is `slow` seconds after the last time. Raises TooSoon."""
        gap = 1000 * slow
        last = self._last.get(person)
        if last is not None and now - last < gap:
            raise TooSoon(slow, min(gap, last + gap - now))  # a clock that was set back makes nobody wait for longer
        if len(self._last) >= REMEMBERED:
            self._last = {who: at for who, at in self._last.items() if now - at < gap}
        self._last[person] = now

    def told(self, person: str, at: int) -> None:
        """Somebody has written, here or on another node."""
        self._last[person] = at

    def give_back(self, person: str) -> None:
        """What was to be written was not kept."""
        self._last.pop(person, None)
