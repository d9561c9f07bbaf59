"""Reading all messages of a data folder in their present state, also while a server is using it.

A whole reading sees one moment, and holds a page of messages in memory at a time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import sqlalchemy as sa

from hobnob.protocol.records import Message, Person, Room, parse_message_id
from hobnob.stores import history, reading
from hobnob.stores.backup import read_only
from hobnob.stores.migrations import HEAD
from hobnob.stores.sql import DATABASE
from hobnob.stores.tables import facts, logs, rooms

_PAGE = 500


class ExportRefused(Exception):
    """There is nothing to export; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Export:
    """The messages of one room, of one person, or all, as a connection sees them."""

    connection: sa.Connection
    room: Room | None
    person: Person | None

    def __post_init__(self) -> None:
        remembered = lru_cache(10_000)(partial(reading.person, self.connection))
        object.__setattr__(self, "_person", remembered)

    def count(self) -> int:
        """How many messages there are."""
        found = sa.select(sa.func.count()).select_from(facts).join(rooms, rooms.c.log == facts.c.log)
        found = found.join(logs, logs.c.seq == facts.c.log).where(facts.c.author.is_not(None))
        if self.room is not None:
            found = found.where(logs.c.id == self.room.id)
        if self.person is not None:
            found = found.where(facts.c.author == self.person.id)
        return int(self.connection.execute(found).scalar_one())

    def rooms(self) -> list[Room]:
        """The rooms to look into: public ones by name, then private, then direct ones."""
        if self.room is not None:
            return [self.room]
        ids = self.connection.execute(sa.select(logs.c.id).join(rooms, rooms.c.log == logs.c.seq)).scalars().all()
        found = [entry.room for each in ids if (entry := reading.room(self.connection, each)) is not None]
        kinds = ("public", "private", "direct")
        return sorted(found, key=lambda room: (kinds.index(room.kind), room.name, room.id))

    def messages(self, room: Room) -> Iterator[Message]:
        """The messages of a room, oldest first; deleted ones are among them."""
        last, more = 0, True
        author = None if self.person is None else self.person.id
        while more:
            page, more = history.page_after(self.connection, room.id, last, _PAGE, author)
            yield from page
            last = page[-1].number if page else last

    def answered(self, message: Message) -> Message | None:
        """The message that this one answers, if it is known."""
        found = parse_message_id(message.reply_to or "")
        return None if found is None else history.message(self.connection, *found)

    def name_of(self, person: str) -> str:
        """What somebody is called now; visitors are not remembered by their ids."""
        found: Person | None = self._person(person)  # type: ignore[attr-defined]
        return "a visitor" if found is None else found.name


@contextmanager
def reading_export(data: Path, room: str | None = None, person: str | None = None) -> Iterator[Export]:
    """The messages of a data folder: of a room (``#tea`` or an id), of a person (``ada`` or an id), or all.

    Raises:
        ExportRefused: there is no such room or person, or no chat in the folder.
        sqlite3.Error: it cannot be read.
    """
    if not (data / DATABASE).is_file():
        raise ExportRefused(f"There is no chat in {data}: name the data folder with --data.")
    engine = sa.create_engine("sqlite://", creator=lambda: read_only(data / DATABASE), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            _check_revision(connection, data)
            yield Export(connection, _room(connection, room), _person(connection, person))
    except sa.exc.DBAPIError as error:
        raise (error.orig or error) from None
    finally:
        engine.dispose()


def _check_revision(connection: sa.Connection, data: Path) -> None:
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision != HEAD:
        raise ExportRefused(
            f"The database in {data} has revision {revision}, and this hobnob reads {HEAD}:"
            " use the hobnob that serves it, or start this one's server once."
        )


def _room(connection: sa.Connection, wanted: str | None) -> Room | None:
    if wanted is None:
        return None
    entry = reading.room_by_name(connection, wanted.removeprefix("#")) or reading.room(connection, wanted)
    if entry is None:
        raise ExportRefused(f"There is no room {ascii(wanted)[:60]}.")
    return entry.room


def _person(connection: sa.Connection, wanted: str | None) -> Person | None:
    if wanted is None:
        return None
    found = reading.person_by_name(connection, wanted.removeprefix("@")) or reading.person(connection, wanted)
    if found is None:
        raise ExportRefused(f"Nobody who is remembered is called {ascii(wanted)[:60]}; visitors are not.")
    return found
