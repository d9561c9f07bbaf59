"""Where tokens are kept: private, one for each server and name, and never in another folder."""

import stat
from pathlib import Path

import pytest

from hobnob.client.address import Address
from hobnob.client.tokens import TokenFile, names_kept, token_file

HERE = Address("localhost")


def test_a_token_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    file = token_file(HERE, "ada", tmp_path / "state")
    assert file.read() is None
    assert file.write("hb_secret")
    assert file.read() == "hb_secret"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]
    file.forget()
    assert file.read() is None


def test_whether_it_is_an_account_s_is_kept_with_it(tmp_path: Path) -> None:
    file = token_file(HERE, "ada", tmp_path)
    assert not file.is_account()
    file.write("hb_secret", account=True)
    assert (file.read(), file.is_account()) == ("hb_secret", True)
    file.write("hb_secret")
    assert (file.read(), file.is_account()) == ("hb_secret", False)


def test_spellings_of_a_name_share_a_file_and_servers_do_not(tmp_path: Path) -> None:
    ada = token_file(HERE, "ada", tmp_path)
    assert token_file(HERE, " Ada", tmp_path).path == ada.path
    assert token_file(HERE, "bob", tmp_path).path != ada.path
    assert token_file(Address("localhost", 8081), "ada", tmp_path).path != ada.path


def test_one_s_names_on_a_server_are_known(tmp_path: Path) -> None:
    assert names_kept(HERE, tmp_path) == []
    for name in ("ada", "Łukasz", "Ann|away"):
        token_file(HERE, name, tmp_path).write("hb_secret")
    token_file(Address("localhost", 8081), "bob", tmp_path).write("hb_secret")
    assert names_kept(HERE, tmp_path) == ["ada", "ann|away", "łukasz"]


@pytest.mark.parametrize("name", ["..", "../../etc/passwd", "a/b", "\0", ".", "x" * 5000, "ä" * 64, "a\nb", "\ud800"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "state"
    file = token_file(HERE, name, folder)
    assert file.write("hb_x")
    assert file.path.resolve().is_relative_to(folder.resolve())
    assert file.path.parent.parent == folder


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe", b"hb_" + b"x" * 5000 + b"\nmore", b"hb_a\x1b[31m"])
def test_what_is_no_token_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    token = TokenFile(path).read()
    assert token is None or "\n" not in token


def test_a_folder_that_cannot_be_made_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not token_file(HERE, "ada", tmp_path / "file").write("hb_x")
