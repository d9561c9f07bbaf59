"""Which passwords may be chosen, and that each has one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.chat.password_rules import LIST, LIST_ENDS, MAX_BYTES, SHORTEST, is_common, prepared, why_weak

FINE = [
    "correct horse battery",
    "gartenzwerg am teich",
    "x7-Tq_zR",
    "пароль от подвала",
    "合言葉は秘密の合言葉だ",
    "🐢🐇 by 1 hair",
    "ada loves engines",
]
WEAK = {
    "": "at least 8 characters",
    "seven77": "at least 8 characters",
    "e\u0301" * 7: "at least 8 characters",
    "x" * (MAX_BYTES + 1): "at most 1,024 bytes",
    "🐢" * (MAX_BYTES // 4 + 1): "at most 1,024 bytes",
    "password": "among the first",
    "PassWord1": "among the first",
    "iloveyou": "among the first",
    "aaaaaaaaaaaaaaaa": "among the first",
    "121212121212": "among the first",
    "34567890123": "among the first",
    "lkjhgfdsapo": "among the first",
    "Margaret": "your name",
    "margaret1": "your name",
    "123margareT": "your name",
    "margaretmargaret": "your name",
    "good\x00password": "without control characters",
    "good password\n": "without control characters",
    "good\u200bpassword": "without control characters",
    "good\ud800password": "without control characters",
}


@pytest.mark.parametrize("password", FINE)
def test_a_good_password_is_let_be(password: str) -> None:
    assert why_weak(password, "ada") is None


@pytest.mark.parametrize(("password", "why"), WEAK.items(), ids=range(len(WEAK)))
def test_a_weak_one_is_refused_in_one_sentence(password: str, why: str) -> None:
    sentence = why_weak(password, "Margaret")
    assert sentence is not None
    assert why in sentence
    assert sentence.startswith("Choose ")
    assert sentence.endswith(".")


def test_a_server_may_ask_for_more() -> None:
    assert "15 characters" in (why_weak("x7-Tq_zR", "ada", shortest=15) or "")
    assert why_weak("x7-Tq_zR-x7-Tq!", "ada", shortest=15) is None


def test_the_list_is_what_the_search_takes_it_for() -> None:
    data = LIST.read_bytes()
    words = data.split(LIST_ENDS)
    assert words[0] == words[-1] == b""
    assert len(words) - 2 == 10_000
    assert words[1:-1] == sorted({word.lower() for word in words[1:-1]})
    assert min(map(len, words[1:-1])) == SHORTEST
    assert len(data) < 100_000
    assert LIST.with_name("common_passwords.LICENSE.txt").is_file()


def test_parts_and_rows_of_the_list_are_not_on_it() -> None:
    first, second = LIST.read_bytes().split(LIST_ENDS)[1:3]
    assert is_common(first.decode())
    assert not is_common(first.decode()[:-1] + "~")
    assert not is_common(f"{first.decode()}\n{second.decode()}")
    assert not is_common("")


@given(st.text(max_size=40))
def test_what_is_good_can_be_hashed_in_one_form(password: str) -> None:
    if why_weak(password, "ada") is None:
        data = prepared(password)
        assert data is not None
        assert prepared(data.decode()) == data


@given(st.text(st.characters(codec=None), max_size=1100))
def test_any_text_has_an_answer(password: str) -> None:
    data = prepared(password)
    assert data is None or 0 < len(data) <= MAX_BYTES
    if data is None:
        assert why_weak(password, "ada") is not None
