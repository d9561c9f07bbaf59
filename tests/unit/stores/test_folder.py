"""The data folder: private, and for one process."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hobnob.stores.folder import DataFolder
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import StoreRefused


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a" / "b")
    folder.open()
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.private_file("x").stat().st_mode) == 0o600
    folder.close()


def test_a_file_that_others_could_read_becomes_private(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    (tmp_path / "x").chmod(0o644)
    assert stat.S_IMODE(DataFolder(tmp_path).private_file("x").stat().st_mode) == 0o600
    assert (tmp_path / "x").read_text() == "mine"


def test_a_folder_in_use_is_refused_and_names_the_process(tmp_path: Path) -> None:
    store = SqlStore(tmp_path)
    store.open()
    with pytest.raises(StoreRefused, match=rf"in use by another hobnob \(process {os.getpid()}\)\. Stop it"):
        SqlStore(tmp_path).open()
    store.close()
    other = SqlStore(tmp_path)
    other.open()
    other.close()


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from hobnob.stores.folder import DataFolder;"
        "DataFolder(Path(sys.argv[1])).open(); os._exit(0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, env=environment)
    folder = DataFolder(tmp_path)
    folder.open()
    folder.close()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreRefused, match="cannot be used"):
        DataFolder(tmp_path / "data").open()


def test_a_full_disk_does_not_keep_the_folder_from_being_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    folder = DataFolder(tmp_path)
    folder.open()
    with pytest.raises(StoreRefused, match="process unknown"):
        DataFolder(tmp_path).open()
    folder.close()
