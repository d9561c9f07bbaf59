"""What is mistyped is answered in one sentence, without a server and without a trace."""

import re
from pathlib import Path

import pytest

from hobnob.cli.app import run

MISTAKE = 2


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = MISTAKE) -> str:
    """The one sentence on stderr."""
    assert run(arguments) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("hobnob: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("tail", "#ops", "-n", "-1"), '"-1" for -n'),
        (("tail", "#ops", "--since", "-1"), '"-1" for --since'),
        (("invite", "--uses", "-1"), '"-1" for --uses'),
        (("admin", "audit", "-n", "0"), '"0" for -n'),
        (("search", "hi", "-n", "0"), '"0" for -n'),
        (("send", "#ops", "hi", "--timeout", "0"), '"0.0" for --timeout'),
        (("send", "#ops", "hi", "--timeout", "nan"), '"nan" for --timeout'),
        (("rooms", "--name", ""), "leave the flag out"),
        (("join", "--room", ""), "leave the flag out"),
        (("rooms", "--trust", "--insecure"), "Write the fingerprint"),
        (("rooms", "--trust", ""), "leave the flag out"),
        (("search", "hi", "--room", ""), "leave the flag out"),
        (("send", "#ops", ""), "nothing to send"),
        (("send", "#ops", " \n\x00"), "nothing to send"),
    ],
)
def test_a_value_that_means_nothing(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], part: str) -> None:
    assert part in told(capsys, *arguments)


@pytest.mark.parametrize("fingerprint", ["-" + "a" * 42, "--" + "a" * 41, "a" * 43])
def test_a_fingerprint_may_begin_with_a_hyphen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fingerprint: str
) -> None:
    monkeypatch.setenv("SERVER_PORT", "1")
    sentence = told(capsys, "rooms", "--trust", fingerprint, status=1)
    assert "127.0.0.1:1" in sentence


@pytest.mark.parametrize(
    "arguments", [("backup", "~no-such-user/x"), ("restore", "~no-such-user/x"), ("export", "-o", "~no-such-user/x")]
)
def test_a_home_folder_of_nobody(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "hobnob.sqlite3").touch()
    sentence = told(capsys, *arguments, "--data", str(tmp_path), status=1)
    assert sentence == "hobnob: The home folder in ~no-such-user/x is not known: write it out.\n"


def test_a_mistake_of_our_own_is_one_sentence_without_what_was_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> int:
        raise KeyError("a secret")

    monkeypatch.setattr("hobnob.cli.app.app", fails)
    assert run(["rooms"]) == 1
    told = capsys.readouterr().err
    assert re.fullmatch(r"hobnob: This is a mistake of hobnob itself \(KeyError in \S+\.py, line \d+\)\. .*\n", told)
    assert "secret" not in told
