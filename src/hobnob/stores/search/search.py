"""The contract of a full-text index, which belongs to one store and follows its logs.

Nothing is indexed in the transaction that keeps a message. `index_more` takes over what was kept since, a batch at a
time, and edits with it. `search` joins what the index finds to the rows of the store as they are at that moment: only
present texts, no deleted messages, only what the asker may see. So a deletion counts at once, even though the
index itself loses the words later, in `tidy`.

Everything is synchronous and safe to call from any thread.
"""

from typing import Protocol

import msgspec

from hobnob.protocol.records import Hit
from hobnob.protocol.search import Query

TIME_LIMIT = 0.25
"""Seconds that a search may take."""


class Visit(msgspec.Struct, frozen=True):
    """A room that a visitor is in, which no store knows of, and the first number they may read there."""

    room: str
    since: int


class Question(msgspec.Struct, frozen=True):
    """A search of somebody.

    `asker` is a person's id, `visits` are rooms that they may see besides those of their kept memberships. `room`
    limits it to one room, by id. `sender` is the id of the person called as ``query.sender`` says, if there is one;
    messages that were said under this name count too. `before`: only older ones than this message (room, number).
    `private`: whether private rooms are searched.
    """

    query: Query
    asker: str
    visits: tuple[Visit, ...] = ()
    room: str | None = None
    sender: str | None = None
    before: tuple[str, int] | None = None
    limit: int = 20
    private: bool = True


class Page(msgspec.Struct, frozen=True):
    """Hits, newest first, and whether there are more. `partial`: not everything that was kept is indexed yet."""

    hits: tuple[Hit, ...] = ()
    more: bool = False
    partial: bool = False


class Index(Protocol):
    """See the head of this file."""

    def index_more(self) -> bool:
        """Take over one batch of what was kept; whether there is more. Raises IndexUnavailable."""

    def search(self, question: Question, limit: float = TIME_LIMIT) -> Page:
        """What is found within `limit` seconds.

        Raises:
            SearchTooSlow: not enough was found in time.
            NoSuchMessage: `before` names none that the asker may see.
            IndexUnavailable: the index cannot be read right now.
        """

    def close(self) -> None:
        """Let go of everything. Only the store calls it."""

    def tidy(self) -> None:
        """Forget for good the words of what was deleted some minutes ago. Call it every few minutes."""


class SearchTooSlow(Exception):
    """The time limit was reached."""


class NoSuchMessage(Exception):
    """A page cannot begin there."""


class IndexUnavailable(Exception):
    """The index could not be read or written; the cause is logged by whoever calls."""
