"""Who is here: the people with a client on this node, their state, and the names that are in use.

Names of guests and accounts are the store's to guard; a visitor's name lives here, as long as they do.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hobnob.chat.watching import Watching
from hobnob.protocol.errors import ChatError
from hobnob.protocol.names import NameRefused, fold, skeleton
from hobnob.protocol.records import Person, PresenceState, Role
from hobnob.stores.store import DETAIL

if TYPE_CHECKING:
    from hobnob.chat.log import Log
    from hobnob.chat.room import Room
    from hobnob.chat.session import Session


MOST_REMEMBERED = 500
"""Names of those who left that are still known, visitors' too."""
MOST_OF_A_NAME = 8
"""How many who had one name are."""


class Gone(NamedTuple):
    """Somebody who left, and when (ms since 1970); `passing` is what they told of themselves and is kept nowhere."""

    person: Person
    at: int
    passing: dict[str, str]


class Here:
    """A person with at least one client. `came_at` and `spoke_at` (their last message) are in ms since 1970."""

    __slots__ = (
        "came_at",
        "details",
        "log",
        "moments",
        "office",
        "passing",
        "person",
        "rooms",
        "sessions",
        "spoke_at",
        "state",
        "text",
        "typed",
    )

    def __init__(self, person: Person) -> None:
        self.person = person
        self.log: Log | None = None
        self.sessions: tuple[Session, ...] = ()
        """Replaced, never changed: of one it is a quarter as large as what could be changed."""
        self.rooms: dict[str, Room] = {}
        """The rooms that one of the sessions hears."""
        self.state: PresenceState = "online"
        self.text = ""
        self.typed: dict[str, tuple[float, bool]] | None = None
        """In which rooms others were told that they write, when, and whether that still holds."""
        self.moments: dict[str, str] | None = None
        """Up to when each room was read, by its id, where somebody named a time in these visits."""
        self.details: dict[str, str] | None = None
        """What they tell of themselves and is kept; None until somebody asked."""
        self.passing: dict[str, str] | None = None
        """What else they tell while they are here."""
        self.office: Role | None = None
        """The role on the server from before they became an operator, if they are one."""
        self.came_at = 0
        self.spoke_at = 0

    @property
    def lasting_role(self) -> Role:
        """Their role on the server without what holds only while they are here."""
        return self.office or self.person.role

    @property
    def clients(self) -> int:
        """With how many clients they are here."""
        return len(self.sessions)

    def told(self, key: str) -> str:
        """What they tell of themselves under a key, as far as it is known by now; empty without it."""
        kept = self.details.get(key) if self.details else None
        return kept or (self.passing.get(key, "") if self.passing else "")

    def note(self, key: str, value: str | None) -> None:
        """A setting is another one, or gone; what was not read yet will be."""
        if self.details is None or not key.startswith(DETAIL):
            return
        details = {other: self.details[other] for other in self.details if DETAIL + other != key}
        self.details = details if value is None else {**details, key.removeprefix(DETAIL): value}


class People:
    """See the head of this file."""

    def __init__(self, clock: Callable[[], int], watching: Watching) -> None:
        self.most = 0
        """How many were here at once."""
        self._clock = clock
        self._watching = watching
        self._gone: dict[str, list[Gone]] = {}
        self._here: dict[str, Here] = {}
        self._names: dict[str, str] = {}
        self._skeletons: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._here)

    def __iter__(self) -> Iterator[Here]:
        return iter(tuple(self._here.values()))

    def get(self, person: str) -> Here | None:
        """A person who is here, by id."""
        return self._here.get(person)

    def named(self, name: str) -> Here | None:
        """A person who is here, by name, as names compare."""
        try:
            return self._here.get(self._names.get(fold(name), ""))
        except NameRefused:
            return None

    def reserve(self, name: str, person: str) -> None:
        """Take a name for a person, before or while they are here.

        Raises:
            ChatError: ``name-taken`` or ``name-lookalike``, another one here has it.
        """
        key, look = fold(name), skeleton(name)
        if self._names.get(key, person) != person:
            raise ChatError("name-taken")
        if self._skeletons.get(look, person) != person:
            raise ChatError("name-lookalike")
        self._names[key] = self._skeletons[look] = person

    def release(self, name: str, person: str) -> None:
        """Give a name back."""
        key, look = fold(name), skeleton(name)
        if self._names.get(key) == person:
            del self._names[key]
        if self._skeletons.get(look) == person:
            del self._skeletons[look]

    def enter(self, here: Here) -> None:
        """Somebody is here now, under a name that was reserved."""
        self._here[here.person.id] = here
        here.came_at = here.spoke_at = self._clock()
        self.most = max(self.most, len(self._here))
        self._watching.tell(here.person, "offline", here.state)

    def rename(self, here: Here, name: str) -> None:
        """Somebody here has another name now; the old one is free."""
        self.release(here.person.name, here.person.id)
        if fold(name) != fold(here.person.name):
            self._remember(here)
            self._watching.tell(here.person, here.state, "offline")
            self._watching.tell(msgspec.structs.replace(here.person, name=name), "offline", here.state)
        self._names[fold(name)] = here.person.id
        self._skeletons[skeleton(name)] = here.person.id

    def settle(self, person: str, name: str) -> None:
        """A name was reserved for somebody: where they are called otherwise, or are gone by now, it is free again."""
        here = self._here.get(person)
        if here is None or here.person.name != name:
            self.release(name, person)
        if here is not None:
            self.reserve(here.person.name, person)

    def leave(self, here: Here) -> None:
        """Somebody is gone; their name is free here."""
        del self._here[here.person.id]
        self._watching.tell(here.person, here.state, "offline")
        self.release(here.person.name, here.person.id)
        self._remember(here)

    def gone(self, name: str) -> list[Gone]:
        """Who had this name and is gone, or called otherwise now, the last first; nobody once it was long ago."""
        try:
            return self._gone.get(fold(name), [])
        except NameRefused:
            return []

    def moderators(self) -> int:
        """How many who are here moderate or own the server."""
        return sum(here.person.role in ("owner", "moderator") for here in self._here.values())

    def _remember(self, here: Here) -> None:
        name = fold(here.person.name)
        gone = Gone(here.person, self._clock(), here.passing or {})
        self._gone[name] = [gone, *self._gone.pop(name, [])[: MOST_OF_A_NAME - 1]]
        if len(self._gone) > MOST_REMEMBERED:
            del self._gone[next(iter(self._gone))]
