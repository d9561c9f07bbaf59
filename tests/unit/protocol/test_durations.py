"""Times as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.protocol.durations import FOREVER, LONGEST, parse_duration, say_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90), ("10m", 600), ("10", 600), ("1h30m", 5400), ("2d", 172_800), ("1w", 604_800),
        (" 2 Days ", 172_800),
        ("1 hour 5 min", 3900), ("45 seconds", 45), ("3hrs", 10_800), ("forever", FOREVER), ("0", FOREVER),
    ],
)  # fmt: skip
def test_what_people_write(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-5m", "1.5h", "10x", "m", "5m forever", "1h 30", "999999999w", "0m", "٣m"]
)
def test_what_is_no_time(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "for ever"), (1, "1 second"), (5400, "1 hour 30 minutes"), (90_061, "1 day 1 hour"), (1_209_600, "2 weeks")],
)
def test_words(seconds: int, words: str) -> None:
    assert say_duration(seconds) == words


@given(st.integers(1, LONGEST // 60))
def test_what_is_said_can_be_read_again(minutes: int) -> None:
    said = say_duration(minutes * 60)
    read = parse_duration(said)
    assert read is not None
    assert say_duration(read) == said
    assert read <= minutes * 60


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    parse_duration(text)
