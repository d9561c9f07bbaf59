"""A store in a database, by SQLAlchemy Core; today SQLite in a data folder.

One connection writes, under a lock: `keep` is one transaction for all its items. When that fails for the sake of one
item (another process took the same name in between), nothing was kept, and the items are kept one by one. A few other
connections read. After an error of the database the connection is opened anew, so that the store recovers by itself.
"""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog

from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import Fact, Moderated
from hobnob.protocol.names import NameRefused
from hobnob.protocol.records import Device, Invite, Mask, Message, Person, Restriction, RoomListing, RoomState, Version
from hobnob.protocol.replies import Unread
from hobnob.stores import accounts, history, reading, restrictions, sqlite
from hobnob.stores.folder import DataFolder
from hobnob.stores.migrations import migrate
from hobnob.stores.projection import drop_room
from hobnob.stores.search.search import Index, IndexUnavailable
from hobnob.stores.search.sqlite import SqliteIndex
from hobnob.stores.store import (
    Account,
    Duplicate,
    Item,
    Membership,
    Outcome,
    Refused,
    RoomEntry,
    StoreRefused,
    TokenKeys,
    Unknown,
)
from hobnob.stores.tables import meta, rooms
from hobnob.stores.transaction import Transaction

DATABASE = "hobnob.sqlite3"
SEARCH = "search.sqlite3"
"""The full-text index. It is made anew when it is missing, so it belongs in no backup."""

P = ParamSpec("P")
T = TypeVar("T")

_log = structlog.get_logger()


class _OutcomeLost(Exception):
    """COMMIT failed in a way that tells nothing about what is on disk."""


class SqlStore:
    """A `Store` in ``hobnob.sqlite3`` in a data folder, which it locks."""

    def __init__(self, folder: Path) -> None:
        self.epoch = ""
        self.secret = b""
        self._folder = DataFolder(folder)
        self._writing = threading.Lock()
        self._erased = False
        self._writer: sa.Engine
        self._readers: sa.Engine
        self.index: Index

    def open(self) -> None:
        self._folder.open()
        try:
            path = self._folder.private_file(DATABASE)
            self._writer, self._readers = sqlite.writer(path), sqlite.readers(path)
            with self._transaction() as connection:
                self._erased = migrate(connection, self._copy_aside)  # perhaps; the last one here may have been killed
                self.epoch = _made_once(connection, "epoch", 16)
                self.secret = bytes.fromhex(_made_once(connection, "secret", 32))
            self.index = SqliteIndex(self._folder.private_file(SEARCH), path, self.epoch)
            self._overwrite_erased()
        except StoreRefused:
            self.close()
            raise
        except (sa.exc.DBAPIError, sqlite3.Error, OSError) as error:
            self.close()
            raise StoreRefused(sqlite.why_not_opened(self._folder.path / DATABASE, _cause(error))) from error

    def _copy_aside(self, revision: str) -> None:
        with self._readers.connect() as connection:
            sqlite.copy(connection, self._folder.path / f"{DATABASE}.before-{revision}")

    def close(self) -> None:
        if hasattr(self, "index"):
            self.index.close()
        with self._writing:
            for engine in ("_readers", "_writer"):  # the last connection to go empties the WAL: the one that may write
                if hasattr(self, engine):
                    getattr(self, engine).dispose()
        self._folder.close()

    def tidy(self) -> None:
        self._overwrite_erased()
        try:
            self.index.tidy()
        except IndexUnavailable as error:
            _log.warning("the index could not be tidied; it is tried again", reason=str(error))

    def _overwrite_erased(self) -> None:
        with self._writing:
            if self._erased:
                self._erased = not sqlite.truncate_wal(self._writer)

    # Writing

    def keep(self, items: Sequence[Item], now: int) -> list[Outcome]:
        with self._writing:
            try:
                return self._keep(items, now)
            except (sa.exc.IntegrityError, ValueError, OverflowError):
                return [self._keep_alone(item, now) for item in items]

    def _keep_alone(self, item: Item, now: int) -> Outcome:
        try:
            return self._keep([item], now)[0]
        except sa.exc.IntegrityError:
            return Refused("stale")
        except NameRefused as refused:
            return Refused(refused.code)
        except (ValueError, OverflowError):  # what no database can hold: half a surrogate pair, a number past 64 bits
            return Refused("bad-command")

    def _keep(self, items: Sequence[Item], now: int) -> list[Outcome]:
        try:
            with self._transaction() as connection:
                transaction = Transaction(connection, now)
                outcomes = transaction.perform(items)
        except sa.exc.IntegrityError:
            raise
        except (_OutcomeLost, sa.exc.DBAPIError, sqlite3.Error) as error:
            _log.warning("the store could not write", reason=str(_cause(error)))
            if isinstance(error, _OutcomeLost):
                return [Unknown()] * len(items)
            return [Refused(sqlite.refusal(_cause(error)))] * len(items)
        self._erased = self._erased or transaction.erased
        return outcomes

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """A transaction of the writing connection, which is opened anew after errors."""
        with self._writer.connect() as connection:
            try:
                yield connection
                _commit(connection)
            except (sa.exc.DBAPIError, _OutcomeLost) as error:
                if not isinstance(error, sa.exc.IntegrityError):
                    connection.invalidate()
                raise

    def forget_visitors(self) -> None:
        with self._writing, self._transaction() as connection:
            for seq in connection.execute(sa.select(rooms.c.log).where(~rooms.c.lasting)).scalars().all():
                drop_room(connection, seq)
                self._erased = True

    # Reading

    def _read(self, read: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with self._readers.connect() as connection:
                return read(connection, *args, **kwargs)
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error) as error:
            _log.warning("the store could not read", reason=str(_cause(error)))
            raise ChatError("store-unavailable") from error

    def kept_ref(self, by: str, ref: str) -> tuple[Duplicate, bytes] | None:
        return self._read(history.kept_ref, by, ref)

    def heads(self, logs: Sequence[str]) -> dict[str, int]:
        return self._read(history.heads, logs)

    def rights(self, log: str) -> int:
        return self._read(history.rights, log)

    def events_since(self, log: str, number: int, limit: int) -> tuple[list[Fact], bool]:
        return self._read(history.events_since, log, number, limit)

    def person(self, id: str) -> Person | None:
        return self._read(reading.person, id)

    def person_by_name(self, name: str) -> Person | None:
        return self._read(reading.person_by_name, name)

    def account(self, person: str) -> Account | None:
        return self._read(accounts.account, person)

    def device(self, hash: bytes) -> tuple[Device, str] | None:
        return self._read(accounts.device, hash)

    def devices(self, person: str) -> list[Device]:
        return self._read(accounts.devices, person)

    def token_keys(self, person: str) -> list[tuple[Device, TokenKeys]]:
        return self._read(accounts.token_keys, person)

    def staff(self) -> list[Person]:
        return self._read(accounts.staff)

    def ignored(self, person: str) -> list[Person]:
        return self._read(accounts.ignored_by, person)

    def invite(self, hash: bytes) -> Invite | None:
        return self._read(accounts.invite, hash)

    def invites(self, room: str | None) -> list[Invite]:
        return self._read(accounts.all_invites, room)

    def invited(self, room: str, person: str) -> bool:
        return self._read(accounts.invited, room, person)

    def restrictions(self) -> list[Restriction]:
        return self._read(restrictions.all_restrictions)

    def audit(self, *, room: str | None, before: int | None, limit: int) -> tuple[list[Moderated], bool]:
        return self._read(restrictions.audit, room=room, before=before, limit=limit)

    def blanking(self) -> list[str]:
        return self._read(accounts.blanking)

    def messages_by(self, person: str, limit: int) -> list[tuple[str, int]]:
        return self._read(accounts.messages_by, person, limit)

    def naming(self, person: str, after: int, limit: int) -> tuple[list[tuple[str, int]], int | None]:
        return self._read(accounts.naming, person, after, limit)

    def names_taken(self, names: Sequence[str]) -> dict[str, str]:
        return self._read(reading.names_taken, names)

    def name_keys(self, limit: int) -> list[tuple[str, str]]:
        return self._read(reading.name_keys, limit)

    def room(self, id: str) -> RoomEntry | None:
        return self._read(reading.room, id)

    def room_by_name(self, name: str) -> RoomEntry | None:
        return self._read(reading.room_by_name, name)

    def direct_room(self, people: Sequence[str]) -> RoomEntry | None:
        return self._read(reading.direct_room, people)

    def public_rooms(self) -> list[RoomListing]:
        return self._read(reading.public_rooms)

    def rooms_of(self, person: str) -> list[RoomState]:
        return self._read(reading.rooms_of, person)

    def members(self, room: str) -> list[Membership]:
        return self._read(reading.members_of, room)

    def unread(self, person: str, room: str) -> Unread | None:
        return self._read(reading.unread, person, room)

    def message(self, room: str, number: int) -> Message | None:
        return self._read(history.message, room, number)

    def history(
        self, room: str, *, before: int | None, after: int | None, around: int | None, limit: int, since: int
    ) -> tuple[list[Message], bool]:
        return self._read(history.page, room, before=before, after=after, around=around, limit=limit, since=since)

    def number_at(self, log: str, at: int) -> int:
        return self._read(history.number_at, log, at)

    def versions(self, room: str, number: int) -> list[Version]:
        return self._read(history.earlier_texts, room, number)

    def settings(self, person: str) -> dict[str, str]:
        return self._read(reading.settings_of, person)

    def invitations(self, person: str) -> list[RoomListing]:
        return self._read(reading.invitations_of, person)

    def masks(self, room: str) -> list[Mask]:
        return self._read(reading.masks_of, room)

    def details(self, people: Sequence[str]) -> dict[str, dict[str, str]]:
        return self._read(reading.details_of, people)


def _made_once(connection: sa.Connection, key: str, size: int) -> str:
    """So many random bytes, in hex: those of the first time."""
    made: str | None = connection.execute(sa.select(meta.c.value).where(meta.c.key == key)).scalar()
    if made is None:
        made = secrets.token_hex(size)
        connection.execute(sa.insert(meta).values(key=key, value=made))
    return made


def _commit(connection: sa.Connection) -> None:
    try:
        connection.commit()
    except sa.exc.DBAPIError as error:
        if sqlite.surely_undone(error.orig):
            raise
        raise _OutcomeLost from error


def _cause(error: BaseException) -> BaseException | None:
    """What the driver said, which holds no texts."""
    if isinstance(error, _OutcomeLost):
        return error.__cause__
    return error.orig if isinstance(error, sa.exc.DBAPIError) else error
