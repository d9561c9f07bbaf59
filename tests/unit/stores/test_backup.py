"""Backups and restores of a data folder: everything comes back, and what goes wrong changes nothing."""

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.stores.builders import ADA, BOB, LOBBY, TEA, created, deleted, edited, furnish, happen, joined, sent

from hobnob.protocol.codec import encode
from hobnob.protocol.events import Fact, ReactionAdded
from hobnob.protocol.records import Room
from hobnob.stores import archive, backup, restore
from hobnob.stores.archive import ArchiveRefused, Manifest
from hobnob.stores.backup import BackupRefused
from hobnob.stores.export import Export, reading_export
from hobnob.stores.folder import IDENTITY, DataFolder
from hobnob.stores.place import PlaceRefused, new_file
from hobnob.stores.restore import Restored
from hobnob.stores.sql import DATABASE, SqlStore
from hobnob.stores.store import Store, StoreRefused


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def save(data: Path, file: Path, force: bool = False) -> Manifest:
    return backup.save(data, file, force=force, program="1.0", progress=silent)


def restored(file: Path, data: Path, replace: bool = False) -> Restored:
    with file.open("rb") as stream:
        return restore.restore(stream, data, replace=replace, progress=silent)


def digest(store: Store) -> str:
    """A sum over every message in its present state."""
    found = hashlib.sha256()
    for room in (LOBBY, TEA):
        last, more = 0, True
        while more:
            messages, more = store.history(room, before=None, after=last, around=None, limit=200, since=0)
            for message in messages:
                found.update(encode(message))
                last = message.number
    return found.hexdigest()


def opened(data: Path) -> "closing[SqlStore]":
    store = SqlStore(data)
    store.open()
    return closing(store)


def no_link(source: Path, target: Path) -> None:
    """As on a disk whose files have one name only."""
    raise PermissionError


def names(folder: Path) -> set[str]:
    """What is in a folder, but for the index and what readers leave empty beside a database."""
    found = {path.name for path in folder.iterdir()}
    return {name for name in found if not name.startswith("search.") and not name.endswith(("-wal", "-shm"))}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that holds a little chat, with no server."""
    with opened(tmp_path / "data") as store:
        furnish(store)
        happen(store, created(TEA, "tea"), joined(ADA, TEA), sent(ADA, "green"), sent(BOB, "black", TEA))
    return tmp_path / "data"


@pytest.fixture
def file(data: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    save(data, tmp_path / "chat.tar.gz")
    return tmp_path / "chat.tar.gz"


def happenings() -> st.SearchStrategy[list[Fact]]:
    person, room, text = st.sampled_from([ADA, BOB]), st.sampled_from([LOBBY, TEA]), st.text("aä\n ", max_size=9)
    number = st.integers(1, 20)
    said = st.builds(sent, person, text, room)
    changed = st.builds(edited, person, number, text, room)
    gone = st.builds(deleted, person, number, room)
    liked = st.builds(
        lambda by, of, room: ReactionAdded(room=room, of=of, emoji="👍", by=by.id, by_name=by.name),
        person,
        number,
        room,
    )
    return st.lists(st.one_of(said, said, changed, gone, liked), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(facts=happenings())
def test_everything_comes_back(tmp_path: Path, facts: list[Fact]) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    with opened(tmp_path / "data") as store:
        furnish(store)
        happen(store, created(TEA, "tea"), joined(ADA, TEA), *facts)
        before, epoch, secret = digest(store), store.epoch, store.secret
        manifest = save(tmp_path / "data", tmp_path / "chat.tar.gz")  # while the store is open
    assert manifest.messages == sum(fact.__struct_config__.tag == "message_sent" for fact in facts)
    assert (manifest.epoch, manifest.rooms, manifest.people) == (epoch, 2, 3)
    restored(tmp_path / "chat.tar.gz", tmp_path / "elsewhere")
    with opened(tmp_path / "elsewhere") as store:
        assert digest(store) == before
        assert store.epoch not in ("", epoch)
        assert store.secret == secret


def test_it_is_of_one_moment(data: Path, tmp_path: Path) -> None:
    """What is written while the copy is under way is in the next one."""
    with opened(data) as store:
        before = digest(store)

        def write_more(what: str, done: int, total: int) -> None:
            happen(store, sent(BOB, "meanwhile"))

        backup.save(data, tmp_path / "chat.tar.gz", force=False, program="1.0", progress=write_more)
        assert digest(store) != before
    restored(tmp_path / "chat.tar.gz", tmp_path / "elsewhere")
    with opened(tmp_path / "elsewhere") as store:
        assert digest(store) == before
        assert store.names_taken([ADA.name])


def test_every_restore_is_a_history_of_its_own(file: Path, tmp_path: Path) -> None:
    epochs = set()
    for name in ("first", "second"):
        restored(file, tmp_path / name)
        with opened(tmp_path / name) as store:
            epochs.add(store.epoch)
    assert len(epochs) == 2


def test_only_this_user_may_read_it(file: Path, tmp_path: Path) -> None:
    restored(file, tmp_path / "elsewhere")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (file, *sorted((tmp_path / "elsewhere").iterdir()))}
    assert modes == {"chat.tar.gz": 0o600, DATABASE: 0o600, "hobnob.lock": 0o600}
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o700


# Backups that are refused


def test_a_file_that_is_there_is_replaced_by_force_only(data: Path, file: Path) -> None:
    file.write_bytes(b"older")
    with pytest.raises(PlaceRefused, match="--force"):
        save(data, file)
    assert file.read_bytes() == b"older"
    save(data, file, force=True)
    assert tarfile.is_tarfile(file)
    assert names(file.parent) == {"data", file.name}


@pytest.mark.parametrize("place", ["nowhere/chat.tar.gz", "data", "link"])
def test_places_that_are_none(data: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "link").symlink_to("/dev/null")
    with pytest.raises(PlaceRefused):
        save(data, tmp_path / place, force=True)
    assert names(tmp_path) == {"data", "link"}


def test_a_folder_without_a_chat(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="--data"):
        save(tmp_path, tmp_path / "chat.tar.gz")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("damage", ["no database at all", "a hole"])
def test_a_damaged_database(data: Path, tmp_path: Path, damage: str) -> None:
    content = (data / DATABASE).read_bytes()
    hole = content[:8192] + b"\x07" * 40_000 + content[48_192:]
    (data / DATABASE).write_bytes(hole if damage == "a hole" else b"hello" * 1000)
    with pytest.raises(BackupRefused):
        save(data, tmp_path / "chat.tar.gz")
    assert names(tmp_path) == {"data"}


def test_it_reaches_the_disk_little_by_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, sync = [0], os.fsync

    def noted(file: int) -> None:
        sync(file)
        synced.append(os.fstat(file).st_size)

    monkeypatch.setattr(os, "fsync", noted)
    with new_file(tmp_path / "large", force=False) as stream:
        for _ in range(100):
            stream.write(bytes(99_999))
    assert (tmp_path / "large").stat().st_size == 9_999_900
    assert max(size - before for before, size in pairwise(synced[:-1])) < 2 * 1024 * 1024


def test_packing_leaves_half_of_the_time_to_others(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = 0.0
    rests: list[float] = []

    def thread_time() -> float:
        nonlocal computed
        computed += 0.5
        return computed

    monkeypatch.setattr("hobnob.stores.backup.time.thread_time", thread_time)
    monkeypatch.setattr("hobnob.stores.backup.time.sleep", rests.append)
    told: list[str] = []
    backup.save(data, tmp_path / "chat.tar.gz", force=False, program="1.0", progress=lambda what, *_: told.append(what))
    assert rests.count(0.5) == told.count("packing") > 0


def test_stopping_a_backup_leaves_nothing(data: Path, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if what == "packing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup.save(data, tmp_path / "chat.tar.gz", force=False, program="1.0", progress=stop)
    assert names(tmp_path) == {"data"}


# Restores


def test_a_chat_that_is_there_is_moved_aside(data: Path, file: Path) -> None:
    with opened(data) as store:
        happen(store, sent(BOB, "since then"))
        later = digest(store)
    (data / "search.sqlite3").write_bytes(b"of the old history")
    with pytest.raises(StoreRefused, match="--replace"):
        restored(file, data)
    aside = restored(file, data, replace=True).aside
    assert aside is not None
    assert names(aside) == {DATABASE}
    assert (aside / "search.sqlite3").read_bytes() == b"of the old history"
    assert not (data / "search.sqlite3").exists()
    assert names(data) == {DATABASE, "hobnob.lock", aside.name}
    with opened(data) as store:
        assert digest(store) != later
    with opened(aside) as store:
        assert digest(store) == later


def test_the_server_stays_who_it_is(data: Path, file: Path, tmp_path: Path) -> None:
    for folder in (data, tmp_path / "new"):
        (folder / IDENTITY).mkdir(parents=True)
        (folder / IDENTITY / "key.pem").write_text("the key")
    aside = restored(file, data, replace=True).aside
    assert aside is not None
    assert not (aside / IDENTITY).exists()
    assert restored(file, tmp_path / "new").aside is None  # a key is no chat yet
    for folder in (data, tmp_path / "new"):
        assert (folder / IDENTITY / "key.pem").read_text() == "the key"


def test_twice_replaced_is_twice_kept(data: Path, file: Path) -> None:
    first, second = restored(file, data, replace=True).aside, restored(file, data, replace=True).aside
    assert first is not None
    assert second is not None
    assert names(data) == {DATABASE, "hobnob.lock", first.name, second.name}


def test_a_damaged_chat_is_replaced_and_kept_as_it_is(data: Path, file: Path) -> None:
    (data / DATABASE).write_bytes(b"hello" * 1000)
    (data / f"{DATABASE}-wal").write_bytes(b"world")
    aside = restored(file, data, replace=True).aside
    assert aside is not None
    assert (aside / DATABASE).read_bytes() == b"hello" * 1000
    with opened(data) as store:
        assert store.person(ADA.id) == ADA


def test_where_files_have_one_name_only(data: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_link)
    aside = restored(file, data, replace=True).aside
    assert aside is not None
    assert names(aside) == {DATABASE}


def test_a_server_that_uses_the_folder(data: Path, file: Path) -> None:
    with opened(data) as store:
        before = digest(store)
        with pytest.raises(StoreRefused, match="in use"):
            restored(file, data, replace=True)
        assert digest(store) == before


def test_a_program_that_reads_the_folder(data: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "_BUSY_TIMEOUT", 0.0)
    with opened(data) as store, closing(backup.read_only(data / DATABASE)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM meta").fetchall()
        happen(store, sent(BOB, "since then"))
        store.close()
        with pytest.raises(StoreRefused, match="reading"):
            restored(file, data, replace=True)
    assert not [name for name in names(data) if name.startswith("before-restore-")]


def test_an_empty_folder_is_no_chat(file: Path, tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "empty")
    folder.open()
    folder.close()
    assert restored(file, tmp_path / "empty").aside is None


def test_a_restore_that_was_killed_is_cleared_away(file: Path, tmp_path: Path) -> None:
    work = tmp_path / "elsewhere" / "restoring"
    work.mkdir(parents=True)
    (work / DATABASE).write_bytes(b"half")
    assert restored(file, tmp_path / "elsewhere").aside is None
    assert names(tmp_path / "elsewhere") == {DATABASE, "hobnob.lock"}


@pytest.mark.parametrize("at", ["unpacking", "checking"])
@pytest.mark.parametrize("where", ["data", "elsewhere", "folder/elsewhere"])
def test_stopping_a_restore_changes_nothing(data: Path, file: Path, at: str, where: str) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if what == at:
            raise KeyboardInterrupt

    before = (data / DATABASE).read_bytes()
    target = data.parent / where
    with file.open("rb") as stream, pytest.raises(KeyboardInterrupt):
        restore.restore(stream, target, replace=True, progress=stop)
    assert target == data or not target.exists()
    assert (data / DATABASE).read_bytes() == before
    assert names(data) == {DATABASE, "hobnob.lock"}


def test_no_room_on_the_disk(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "_SPARE", 1 << 62)
    with pytest.raises(ArchiveRefused, match="room for 0 only"):
        restored(file, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


# Databases in archives that are not what they should be


@pytest.fixture
def forge(data: Path, tmp_path: Path) -> Callable[..., Path]:
    """Builds an archive around a changed database, with a manifest that fits it."""

    def build(*statements: str, content: bytes | None = None, **claims: str) -> Path:
        manifest = save(data, tmp_path / "honest.tar.gz")
        shutil.copy(data / DATABASE, tmp_path / DATABASE)
        with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)
        if content is not None:
            (tmp_path / DATABASE).write_bytes(content)
        stream = io.BytesIO()
        parts = (archive.describe(tmp_path / DATABASE),)
        fields = {name: getattr(manifest, name) for name in manifest.__struct_fields__} | {"parts": parts} | claims
        archive.write(stream, Manifest(**fields), tmp_path, silent)
        (tmp_path / "forged.tar.gz").write_bytes(stream.getvalue())
        return tmp_path / "forged.tar.gz"

    return build


TRIGGER = "CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM facts; END"


@pytest.mark.parametrize(
    ("statements", "claims", "words"),
    [
        ([TRIGGER], {}, "triggers"),
        (["CREATE VIEW v AS SELECT 1"], {}, "views"),
        (["CREATE VIRTUAL TABLE v USING fts5(text)"], {}, "virtual tables"),
        (["DROP TABLE pins", "CREATE VIRTUAL TABLE pins USING fts5(log, of)"], {}, "virtual tables"),
        (["DROP TABLE pins"], {}, "pins"),
        (["ALTER TABLE facts DROP COLUMN digest"], {}, "digest"),
        (["DROP TABLE alembic_version"], {}, "alembic_version"),
        (["DELETE FROM alembic_version"], {}, "describes"),
        (["UPDATE meta SET value = 'x'"], {}, "describes"),
        (["UPDATE alembic_version SET version_num = '9999'"], {"revision": "9999"}, "newer hobnob"),
        ([], {"revision": "0000"}, "describes"),
    ],
)
def test_forged_databases(
    forge: Callable[..., Path], tmp_path: Path, statements: list[str], claims: dict[str, str], words: str
) -> None:
    with pytest.raises(ArchiveRefused, match=words):
        restored(forge(*statements, **claims), tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_no_database_at_all(forge: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match="damaged"):
        restored(forge(content=b"hello" * 1000), tmp_path / "elsewhere")


# Killed in the middle


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a process that is gone at its so-manieth change of the file system; False when it ends before."""
    process = os.fork()
    if process == 0:
        left = [step]

        def counted(change: Callable[..., object]) -> Callable[..., object]:
            def count_and_change(*arguments: object, **options: object) -> object:
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)
                return change(*arguments, **options)

            return count_and_change

        for name in ("mkdir", "rename", "replace", "link", "unlink", "rmdir", "fsync", "chmod"):
            setattr(os, name, counted(getattr(os, name)))
        try:
            work()
        finally:
            os._exit(0 if left[0] >= 0 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 9


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_whenever_it_is_killed_there_is_a_whole_chat(
    data: Path, file: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", no_link)
    with opened(data) as store:
        old = digest(store)
        happen(store, sent(BOB, "since then"))
        later = digest(store)
    (data / "search.sqlite3").write_bytes(b"of the old history")
    step, seen = 0, set()
    while killed_at(step, lambda: restored(file, data, replace=True)):
        step += 1
        wholes = [data, *data.glob("before-restore-*")]
        found = [digest_of(folder) for folder in wholes if (folder / DATABASE).exists()]
        assert later in found  # what was there is never lost
        if links:
            seen.add(digest_of(data))
    assert step > 5
    assert digest_of(data) == old
    assert not links or seen == {later, old}


def digest_of(data: Path) -> str:
    """A sum over every message of a folder, which is left as it is."""
    with reading_export(data) as found:
        messages = [encode(message) for room in (LOBBY, TEA) for message in found.messages(found_room(found, room))]
    return hashlib.sha256(b"".join(messages)).hexdigest()


def found_room(export: Export, id: str) -> Room:
    return next(room for room in export.rooms() if room.id == id)


def test_a_backup_that_is_killed_is_none(data: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    file, step = tmp_path / "backups/chat.tar.gz", 0
    while killed_at(step, lambda: save(data, file)):
        step += 1
        if file.exists():  # then it is whole
            restored(file, tmp_path / f"restored-{step}")
            file.unlink()
    assert step > 3
    restored(file, tmp_path / "elsewhere")
