"""Searches as people type them: any text is understood or refused with one sentence."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.protocol.errors import ChatError
from hobnob.protocol.search import MAX_QUERY, Query, parse
from hobnob.protocol.words import contains, fold, marks, term, words

DAY = 24 * 60 * 60 * 1000
FIRST_OF_NOVEMBER = 1_793_491_200_000


def read(text: str) -> tuple[list[str], list[str]]:
    """What is wanted and what is not, as words; a star behind a beginning."""
    query = parse(text)
    return tuple(
        [" ".join(each.words) + "*" * each.prefix for each in terms] for terms in (query.wanted, query.unwanted)
    )  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("Green  TEA", ["green", "tea"], []),
        ('"green tea" cup', ["green tea", "cup"], []),
        ("“green tea”", ["green tea"], []),
        ('"green tea', ["green tea"], []),
        ('cup"green tea"', ["cup", "green tea"], []),
        ("gre*", ["gre*"], []),
        ('"green te"*', ["green te*"], []),
        ("tea -milk", ["tea"], ["milk"]),
        ('tea -"cold milk"', ["tea"], ["cold milk"]),
        ("tea - * \" ' () {} ^ + : ;", ["tea"], []),
        ("don't well-known", ["don t", "well known"], []),
        ("NEAR(a b) AND OR NOT", ["near a", "b", "and", "or", "not"], []),
        ("text:a about:b", ["text a", "about b"], []),
        ("日本語", ["日本 本語"], []),
        ("京", ["京*"], []),
        ("日本語で話す*", ["日本 本語 語で で話 話す"], []),
        ("ｔｅａ", ["tea"], []),
    ],
)
def test_words(text: str, wanted: list[str], unwanted: list[str]) -> None:
    assert read(text) == (wanted, unwanted)


def test_filters() -> None:
    query = parse("From:Ada IN:#Tea before:2026-11-02 after:2026-11-01 has:link has:replies has:link")
    assert query == Query(
        sender="Ada", room="#Tea", before=FIRST_OF_NOVEMBER + DAY, after=FIRST_OF_NOVEMBER, has=("link", "reply")
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least one word"),
        ("🍵 ?!", "at least one word"),
        ("-milk", "what to find"),
        ("from:", "name right behind from:"),
        ("in:#", "name of a room right behind in:"),
        ("tea -from:ada", "minus"),
        ("from:ada from:bob", "only once"),
        ("before:tomorrow", "year-month-day"),
        ("before:2026-13-01", "year-month-day"),
        ("after:99999-01-01", "year-month-day"),
        ("has:", "has: takes"),
        ("has:fun", "has: takes"),
        ("has:file", "Files cannot be searched for yet"),
        ("tea " * 17, "at most 16 words"),
        ("x" * (MAX_QUERY + 1), "at most 500 characters"),
    ],
)
def test_refused(text: str, said: str) -> None:
    with pytest.raises(ChatError) as refused:
        parse(text)
    assert refused.value.code == "bad-search"
    assert said in refused.value.hint
    assert refused.value.hint.endswith(".")


def test_a_million_characters_are_refused_at_once() -> None:
    begun = time.thread_time()
    for text in ("x" * 1_000_000, '"' * 1_000_000, "(" * 1_000_000, "京" * 1_000_000):
        with pytest.raises(ChatError):
            parse(text)
    assert time.thread_time() - begun < 0.1


@given(st.one_of(st.text(max_size=60), st.text(alphabet='ab"*-: ()^京\ud800\u0300', max_size=30)))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except ChatError as refused:
        assert (refused.code, refused.hint[-1]) == ("bad-search", ".")  # noqa: PT017
        return
    for each in (*query.wanted, *query.unwanted):
        assert each.words
        assert all(word and set(map(unicodedata.category, word)) & {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No",
               "Mn", "Mc", "Me", "Co"} and not set(word) & set(' "*()^:') for word in each.words)  # fmt: skip


@given(st.text(max_size=40))
def test_every_text_is_found_by_itself(text: str) -> None:
    found = term(text)
    if found is None:
        assert words(text) == []
    else:
        assert contains(fold(text), found)
        assert marks(text, [found])


@given(st.text(max_size=40), st.text(min_size=1, max_size=3))
def test_marks_lie_in_the_text_and_do_not_touch(text: str, part: str) -> None:
    found = term(part, prefix=True)
    end = -1
    for start, stop in marks(text, [found] if found else []):
        assert end < start < stop <= len(text)
        end = stop


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Green tea, tea!", "tea", ["tea", "tea"]),
        ("Green, tea", '"green tea"', ["Green, tea"]),
        ("greener", "gre*", ["greener"]),
        ("我在北京工作", "北京", ["北京"]),
        ("我在北京工作", "作", ["作"]),
        ("die Straße dort", "strasse dort", ["Straße", "dort"]),
        ("cafe\u0301 noir", "cafe", ["cafe\u0301"]),
        ("\x0304tea", "tea", ["tea"]),
        ("🍵🍵 tea", "tea", ["tea"]),
    ],
)
def test_marks(text: str, query: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in marks(text, parse(query).wanted)] == marked


def test_a_long_text_is_marked_quickly() -> None:
    begun = time.thread_time()
    for text in ("tea " * 4000, "a" * 16_000, "京" * 5000, "ß " * 5000, "a" + " " * 16_000, "x" * 8000 + " " * 8000):
        marks(text, parse('tea "a b" 京 s* "x y"').wanted)
    assert time.thread_time() - begun < 0.5
