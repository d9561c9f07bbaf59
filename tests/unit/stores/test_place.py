"""What a killed program left half-made is known from what another is still making, and goes with the next attempt."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hobnob.stores.place import abandoned, beside, new_file, work_folder

KILLED = """
import os, signal, sys
from pathlib import Path
from hobnob.stores.place import beside, new_file, work_folder
file = Path(sys.argv[1])
with new_file(file, force=False) as stream, work_folder(beside(file)) as work:
    (work / "copy").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(file: Path) -> None:
    """Be killed while a file and a folder for it are made."""
    subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)


def test_what_is_left_goes_with_the_next_attempt_at_the_same_name(tmp_path: Path) -> None:
    killed(tmp_path / "a.tgz")
    killed(tmp_path / "b.tgz")
    assert len(abandoned(tmp_path)) == 4
    assert len(abandoned(tmp_path, "a.tgz")) == 2
    with new_file(tmp_path / "a.tgz", force=False) as stream:
        stream.write(b"whole")
    assert abandoned(tmp_path, "a.tgz") == []
    assert len(abandoned(tmp_path)) == 2
    assert (tmp_path / "a.tgz").read_bytes() == b"whole"


def test_what_is_being_made_is_not_left(tmp_path: Path) -> None:
    file = tmp_path / "a.tgz"
    with new_file(file, force=False) as first, work_folder(beside(file)) as work:
        assert abandoned(tmp_path) == []
        with new_file(file, force=True) as second:
            second.write(b"second")
        assert work.is_dir()
        file.unlink()
        first.write(b"first")
    assert file.read_bytes() == b"first"
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.parametrize("name", ["notes.unfinished", ".a.tgz.0123.unfinished", ".a.tgz.0123456789abcdef.unfinished~"])
def test_what_others_call_unfinished_is_theirs(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert abandoned(tmp_path) == []


def test_a_link_of_that_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / ".a.tgz.0123456789abcdef.unfinished").symlink_to(tmp_path / "mine")
    assert abandoned(tmp_path) == []


def test_a_folder_in_which_nothing_may_be_made_is_named(tmp_path: Path) -> None:
    name = "x" * (os.pathconf(tmp_path, "PC_NAME_MAX") - 1)
    with pytest.raises(OSError, match="File name too long") as refused, new_file(tmp_path / name, force=False):
        pass
    assert refused.value.filename == str(tmp_path / name)


def test_who_is_stopped_before_the_file_has_its_name_is_stopped_in_time(tmp_path: Path) -> None:
    told: list[list[Path]] = []
    with new_file(tmp_path / "a.tgz", force=False, settle=lambda: told.append([*tmp_path.glob("*.tgz")])):
        assert told == []
    assert told == [[]]
    assert (tmp_path / "a.tgz").exists()
