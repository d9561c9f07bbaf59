"""The names of all who are kept, as long as they are few: of any other name it is known at once that it is free.

A visitor would else wait until a thread has asked the store, which contends with the loop for the interpreter. A name
is noted before it is kept and never forgotten, so one that is not here is nobody's; of one that is here the store says
whether it is still taken. All this holds only where nobody else writes to the store.
"""

from collections.abc import Sequence
from typing import Final

from hobnob.protocol.events import PersonRenamed
from hobnob.protocol.names import fold, skeleton
from hobnob.stores.store import AddPerson, Item

MOST: Final = 10_000
"""People whose names are known, at about 150 bytes each; where there are more, the store is asked for every name."""


class KeptNames:
    """See the head of this file. Nothing is known before `know`."""

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        self._keys: set[str] | None = None
        """The folds and the skeletons of names, together: they need not be told apart to be missed here."""

    def know(self, keys: Sequence[tuple[str, str]]) -> None:
        """These are the fold and the skeleton of each name that is kept now; of more than `MOST` perhaps not of all."""
        self._keys = {key for pair in keys for key in pair} if len(keys) <= MOST else None

    def note(self, item: Item) -> None:
        """An item is about to be kept."""
        if self._keys is None:
            return
        names = [event.name for event in item.events if isinstance(event, PersonRenamed)]
        names += [write.person.name for write in item.writes if isinstance(write, AddPerson)]
        for name in names:
            self._keys |= {fold(name), skeleton(name)}
        if len(self._keys) > 2 * MOST:
            self._keys = None

    def lack(self, name: str) -> bool:
        """Whether a name is surely nobody's who is kept."""
        return self._keys is not None and self._keys.isdisjoint((fold(name), skeleton(name)))
