"""`--help` of every verb: what it does, examples, and no line that is broken at 80 columns."""

import re
from collections.abc import Iterator

import pytest
from cyclopts import App
from rich.console import Console

from hobnob.cli.app import app, run

COLUMNS = 80


def verbs(of: App, *before: str) -> Iterator[tuple[str, ...]]:
    """Every verb, as it is typed."""
    for name in of:
        if not name.startswith("-"):
            yield (*before, name)
            yield from verbs(of[name], *before, name)


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "console", Console(width=COLUMNS))  # it asks for the width once


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert max(map(len, captured.out.splitlines())) <= COLUMNS
    return captured.out


def test_there_are_verbs() -> None:
    assert {("join",), ("send",), ("backup",), ("admin", "ban")} <= {*verbs(app)}


@pytest.mark.parametrize("words", [*verbs(app)], ids=" ".join)
def test_every_verb_says_what_it_does(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    page = shown(capsys, *words, "--help")
    assert re.match(rf"Usage: hobnob {' '.join(words)}\b.*\n\n[A-Z].+\n", page)


@pytest.mark.parametrize("verb", [words[0] for words in verbs(app) if len(words) == 1])
def test_every_verb_has_examples_that_fit(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    page = shown(capsys, verb, "--help")
    lines = page.partition("\nExamples:\n")[2].partition("\n\n")[0].splitlines()
    assert lines
    for line in lines:
        assert line.startswith("  "), line  # else it was broken
        assert re.search(r"hobnob \S+", line), line
        for named in re.findall(r"hobnob ([a-z-]+)", line):
            assert (named,) in {*verbs(app)}, line
