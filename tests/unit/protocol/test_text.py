"""Text: what cleaning removes, what it must not touch, and how terminals are shown it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.protocol.text import MAX_BIDI_DEPTH, MAX_MARKS, clean, clean_line, continuation, for_terminal

SNEAKY = (
    "\x00\x01\x02\x03\x04\x07\x08\x0b\x0c\x0f\x11\x16\x1b\x1c\x1d\x1e\x1f\x7f\x80\x85\x9b\r\n\t ,0123456789abEF_"
    "\u0301\u0323\u064b\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2060"
    "\u2066\u2067\u2068\u2069\u206a\ufe0f\ufeff\ufff9\ufffe\ufdd0\ud800\udfff"
    "\U0001f3f4\U000e0001\U000e0067\U000e0062\U000e0065\U000e007f\U000e0100\U000e0fff\U0010ffff"
    "é€жשمक्ष日😀👩"
)
hostile = st.one_of(st.text(SNEAKY, max_size=80), st.text(st.characters(), max_size=40))
KEPT_CONTROLS = set("\n\t\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f")


@pytest.mark.parametrize(
    "text",
    [
        "hello", "", "two\nlines", "\tcode\n\tmore", "  indented", "trailing  ", "a\n\nb",
        "\x02bold\x0f \x0304red\x03", "Grüße, €5", "日本語。", "می\u200cخواهم", "क्\u200dष", "👩\u200d👩\u200d👧",
        "❤\ufe0f", "葛\U000e0100", "👍🏽", "🇩🇪", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "שלום world", "a\u200bb", "e\u0301\u0323", "\u2067שלום\u2069 x", "😀" * 40, "……" * 20, "\u200f(א)",
        "๋็่้", "H\u034f",
    ],
)  # fmt: skip
def test_ordinary_text_is_untouched(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f", "a\nb\nc\nd\ne\nf"), ("\x1b[2Jx", "[2Jx"),
        ("\x01ACTION waves\x01", "ACTION waves"), ("\x9b31mx\x7f", "31mx"), ("a\x08b\x0bc\x0cd\x00", "abcd"),
        ("\ud83dx", "\ufffdx"), ("\uffff\ufdd0", "\ufffd" * 2), ("\ufeffhi", "hi"),
        ("hi\U000e0041\U000e0042", "hi"), ("🏴\U000e0067\U000e007f", "🏴"), ("\U0010fffe", "\ufffd"),
        ("hi\n \n\t\n", "hi"), ("hi \n", "hi "), ("\n\n", ""), ("   ", ""), ("\n hi", "\n hi"),
        ("a\ufff9b\ufffbc", "abc"), ("\u202eevil", "\u202eevil\u202c"),
        ("\u202eevil\nme", "\u202eevil\u202c\nme"), ("x\u202cy\u2069", "xy"),
        ("\u2067\u202ex\u2069y", "\u2067\u202ex\u202c\u2069y"),
        ("\u202e\u2066x\u202cy", "\u202e\u2066xy\u2069\u202c"),
        ("e" + "\u0301" * 50 + "x", "e" + "\u0301" * MAX_MARKS + "x"),
        ("a" + "\u200d\u200c" * 30, "a" + "\u200d\u200c" * 4),
        ("e" + "\u0301\x02" * 20, "e" + "\u0301\x02" * 8 + "\x02" * 12),
    ],
)  # fmt: skip
def test_what_is_cleaned(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(hostile)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(hostile)
def test_nothing_forbidden_passes(text: str) -> None:
    cleaned = clean(text)
    assert not cleaned.endswith("\n")
    cleaned.encode()
    for char in cleaned:
        assert char in KEPT_CONTROLS or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert ord(char) & 0xFFFE != 0xFFFE
        assert not 0xFDD0 <= ord(char) <= 0xFDEF
        assert char not in "\ufeff\ufff9\U000e0001"


@given(st.text(st.sampled_from("ab \n\x02\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), max_size=60))
def test_bidi_controls_nest_within_their_line(text: str) -> None:
    for line in clean(text).split("\n"):
        opened: list[str] = []
        for char in line:
            if char in "\u202a\u202b\u202d\u202e":
                opened.append("\u202c")
            elif char in "\u2066\u2067\u2068":
                opened.append("\u2069")
            elif char in "\u202c\u2069":
                assert opened.pop() == char
            assert len(opened) <= MAX_BIDI_DEPTH
        assert not opened


@given(st.text(st.characters(categories=["L", "N", "P", "S"], include_characters=" ")))
def test_letters_and_signs_are_ordinary(text: str) -> None:
    assert clean(text) == ("" if text.isspace() else text)


@given(hostile)
def test_a_line_is_one_line(text: str) -> None:
    line = clean_line(text)
    assert not set(line) & set("\n\r\t\u2028\u2029\x85")
    assert clean_line(line) == line


def test_a_line_joins_lines() -> None:
    assert clean_line(" tea\r\nand\tcake \n") == "tea and cake"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"), ("\x02b\x0f \x0304,12red\x03 \x04ff0000x", "b red x"), ("\x0312345", "345"),
        ("\x03,5", ",5"), ("naïve 日本", "naïve 日本"), ("שלום", "\u2068שלום\u2069"),
        ("a\nשלום\nb", "a\n\u2068שלום\u2069\nb"), ("\u202exyz\u202c", "\u2068\u202exyz\u202c\u2069"),
        ("e" + "\u0301\x034" * 20, "e" + "\u0301" * MAX_MARKS),
    ],
)  # fmt: skip
def test_for_terminals(text: str, shown: str) -> None:
    assert for_terminal(text) == shown


@given(hostile)
def test_no_control_reaches_a_terminal(text: str) -> None:
    shown = for_terminal(clean(text))
    assert all(char in "\n\t" or unicodedata.category(char) != "Cc" for char in shown)


def test_every_letter_that_runs_from_the_right_is_isolated() -> None:
    for code in range(0x20000):
        char = chr(code)
        if unicodedata.bidirectional(char) in ("R", "AL", "AN") and unicodedata.category(char) != "Cn":
            assert for_terminal(char) == f"\u2068{char}\u2069", hex(code)


def test_continuation_lines_are_marked() -> None:
    assert continuation("one\ntwo\n\nbob: three", "| ") == ["one", "| two", "| ", "| bob: three"]
    assert continuation("one", "| ") == ["one"]
    assert continuation("", "| ") == [""]


@given(hostile)
def test_cleaning_at_most_doubles_a_text(text: str) -> None:
    assert len(clean(text)) <= 2 * len(text)
