"""Logs as people and as machines read them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from hobnob.cli.logs import start_logs


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A stream whose reader has left."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Logging is the process's own: put it back."""
    root, ours = logging.getLogger(), logging.getLogger("hobnob")
    handlers, levels, loud = root.handlers[:], (root.level, ours.level), logging.raiseExceptions
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    logging.raiseExceptions = loud
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_machine_reads_one_object_a_line() -> None:
    stream = io.StringIO()
    start_logs(stream)
    structlog.get_logger("hobnob.chat").info("client came", client=7, address="::1\n")
    [line] = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "client came", "client": 7, "address": "::1\n", "level": "info"}


def test_libraries_take_the_same_way_from_warnings_on() -> None:
    stream = io.StringIO()
    start_logs(stream)
    logging.getLogger("asyncio").info("quiet")
    logging.getLogger("asyncio").warning("a task took %d s", 3)
    structlog.get_logger("hobnob.chat").debug("quiet")
    assert [line["event"] for line in lines(stream)] == ["a task took 3 s"]


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_an_exception_shows_no_variables(kind: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    stream = kind()
    start_logs(stream)
    said = "a private " + "text"
    try:
        raise ValueError(len(said))
    except ValueError:
        structlog.get_logger("hobnob.chat").exception("a command failed")
    assert "a command failed" in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert "a private text" not in stream.getvalue()


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for stream, wanted in ((Terminal(), True), (io.StringIO(), False)):
        start_logs(stream)
        structlog.get_logger("hobnob.chat").info("client came")
        assert ("\x1b[" in stream.getvalue()) is wanted
    monkeypatch.setenv("NO_COLOR", "1")
    start_logs(stream := Terminal())
    structlog.get_logger("hobnob.chat").info("client came")
    assert "client came" in stream.getvalue()
    assert "\x1b[" not in stream.getvalue()


def test_a_reader_who_left_stops_nobody() -> None:
    start_logs(Gone())
    structlog.get_logger("hobnob.chat").info("client came")


def test_a_reader_who_closed_the_stream_stops_nobody() -> None:
    stream = io.StringIO()
    start_logs(stream)
    stream.close()
    structlog.get_logger("hobnob.chat").info("client came")


def test_what_json_has_no_word_for_is_written_as_python_shows_it() -> None:
    stream = io.StringIO()
    start_logs(stream)
    structlog.get_logger("hobnob.chat").warning("strange", error=OSError("gone"), path="\ud800")
    [line] = lines(stream)
    assert line["error"] == "OSError('gone')"
