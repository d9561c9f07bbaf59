"""Ctrl+C during what does one thing and ends: in time it is undone, and too late it is said what was done."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from hobnob.cli.app import run
from hobnob.cli.chore import attempt, settled
from hobnob.stores import place, restore
from hobnob.stores.sql import SqlStore

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])


def interrupted(number: int, then: Callable[[Path], None]) -> Callable[[Path], None]:
    """The same, but the signal comes before it."""

    def do(folder: Path) -> None:
        os.kill(os.getpid(), number)
        then(folder)

    return do


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a chat in it. The tests are no slower after its backup."""
    monkeypatch.setattr(os, "nice", lambda _: 0)
    store = SqlStore(tmp_path / "data")
    store.open()
    store.close()
    return tmp_path / "data"


@SIGNALS
def test_a_chore_that_is_stopped_in_time_says_so(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    def chore() -> int:
        os.kill(os.getpid(), number)
        return 0

    assert attempt(chore) == 130
    assert capsys.readouterr().err == "hobnob: Stopped; nothing was changed.\n"


@SIGNALS
def test_what_is_settled_is_not_stopped(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    def chore() -> int:
        settled()
        os.kill(os.getpid(), number)
        return 0

    before = signal.getsignal(number)
    assert attempt(chore) == 0
    assert capsys.readouterr().err == ""
    assert signal.getsignal(number) is before


@SIGNALS
def test_ctrl_c_after_a_backup_has_its_name_is_too_late(
    data: Path, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(place, "sync_folder", interrupted(number, place.sync_folder))
    assert run(["backup", "--data", str(data), str(tmp_path / "chat.tar.gz")]) == 0
    assert "Kept 0 messages" in capsys.readouterr().err
    assert (tmp_path / "chat.tar.gz").exists()


@SIGNALS
def test_ctrl_c_after_a_restore_is_in_its_place_is_too_late(
    data: Path, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backup", "--data", str(data), str(tmp_path / "chat.tar.gz")]) == 0
    monkeypatch.setattr(restore, "sync_folder", interrupted(number, place.sync_folder))
    assert run(["restore", "--data", str(tmp_path / "new"), str(tmp_path / "chat.tar.gz")]) == 0
    assert "Restored 0 messages" in capsys.readouterr().err
