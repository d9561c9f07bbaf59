"""Who watches which names: a session hears when somebody of such a name comes, goes, is away or back, or registers.

A name may be watched that nobody has. Of comings and goings everyone hears who watches; of being away and of an account
only those who are not told of it anyway, as they hear a room of that person.
"""

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from hobnob.chat.lookup import by
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import WatchChanged
from hobnob.protocol.names import NameRefused, fold
from hobnob.protocol.records import Person, PresenceState

if TYPE_CHECKING:
    from hobnob.chat.session import Session

MOST_WATCHED = 200
"""Names that one session may watch."""


class Watching:
    """See the head of this file."""

    def __init__(self) -> None:
        self._watchers: dict[str, dict[Session, None]] = {}

    def watch(self, session: "Session", names: tuple[str, ...]) -> None:
        """Let a session hear of names. What can be no name is never taken, so it is not watched.

        Raises:
            ChatError: ``too-many``; none of them is watched then.
        """
        keys = {key for name in names if (key := _key(name)) is not None}
        watched = session.watched or set()
        if len(watched | keys) > MOST_WATCHED:
            raise ChatError("too-many", f"At most {MOST_WATCHED} names can be watched.")
        session.watched = watched | keys
        for key in keys - watched:
            self._watchers.setdefault(key, {})[session] = None

    def unwatch(self, session: "Session", names: tuple[str, ...]) -> None:
        """Let a session hear of names no more."""
        for key in {_key(name) for name in names} & (session.watched or set()):
            self._remove(session, key)

    def forget(self, session: "Session") -> None:
        """A session watches nobody any more."""
        for key in session.watched or ():
            self._remove(session, key)
        session.watched = None

    def watched(self, name: str) -> bool:
        """Whether anybody hears of a name."""
        return bool(self._watchers) and fold(name) in self._watchers

    def of(self, name: str) -> "Iterable[Session]":
        """The sessions that hear of a name."""
        return tuple(self._watchers.get(fold(name), ())) if self._watchers else ()

    def tell(
        self,
        person: Person,
        before: PresenceState,
        state: PresenceState,
        text: str = "",
        told: Container["Session"] = (),
        *,
        registered: bool = False,
    ) -> None:
        """Somebody was `before` and is `state` now, or has `registered`; `told` are sessions that hear of it otherwise.

        Who follows the house's log hears of accounts there.
        """
        if not self.watched(person.name):
            return
        for session in self._watchers[fold(person.name)]:
            if session in told or session.person is None or (registered and session.manner.facts):
                continue
            event = WatchChanged(
                **by(session.person), person=person.id, person_name=person.name, state=state, before=before, text=text,
                registered=registered,
            )  # fmt: skip
            if data := session.wire.encode(event, None):
                session.outbox.put(data)

    def _remove(self, session: "Session", key: str | None) -> None:
        assert key is not None
        if session.watched is not None:
            session.watched = session.watched - {key}
        watchers = self._watchers[key]
        del watchers[session]
        if not watchers:
            del self._watchers[key]


def _key(name: str) -> str | None:
    try:
        return fold(name.removeprefix("@"))
    except NameRefused:
        return None
