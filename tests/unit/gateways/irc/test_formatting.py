"""mIRC formatting and Markdown: what is clear is put in the other's words, all else stays as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.gateways.irc.formatting import to_irc, to_markdown


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("so \x02very\x02 good", "so **very** good"),
        ("\x02all of it", "**all of it**"),
        ("\x02bold\x0f plain", "**bold** plain"),
        ("\x1dslanted\x1d, \x1estruck\x1e, \x11code\x11", "*slanted*, ~~struck~~, `code`"),
        ("half a\x02wo\x02rd", "half a\x02wo\x02rd"),
        ("\x02 blank \x02", "\x02 blank \x02"),
        ("\x02\x1dboth\x1d\x02", "\x02\x1dboth\x1d\x02"),
        ("\x02a ` b\x02", "\x02a ` b\x02"),
        ("\x0304red\x03", "\x0304red\x03"),
        ("plain ** and * and ~~", "plain ** and * and ~~"),
    ],
)
def test_what_is_typed_on_irc(typed: str, kept: str) -> None:
    assert to_markdown(typed) == kept


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("so **very** good, ~~bad~~", "so \x02very\x02 good, \x1ebad\x1e"),
        ("**two words**\nand **more**", "\x02two words\x02\nand \x02more\x02"),
        ("`**code**` and ``a ` **b**``", "`**code**` and ``a ` **b**``"),
        ("```\n**block**\n```", "```\n**block**\n```"),
        ("2 ** 3 ** 4, a**b**c, ****", "2 ** 3 ** 4, a**b**c, ****"),
        ("*as people write it*", "*as people write it*"),
    ],
)
def test_what_is_shown_on_irc(kept: str, shown: str) -> None:
    assert to_irc(kept) == shown


@given(st.text("ab *~`\x02\x0f\x1d\x1e\x11\n", max_size=40))
def test_bold_comes_back_as_it_was_and_nothing_else_is_lost(text: str) -> None:
    marks = str.maketrans("", "", "*~`\x02\x0f\x1d\x1e\x11")
    assert to_markdown(text).translate(marks) == text.translate(marks)
    assert to_irc(text).translate(marks) == text.translate(marks)
    assert to_irc(to_markdown("so \x02very\x02 \x1ebad\x1e")) == "so \x02very\x02 \x1ebad\x1e"
