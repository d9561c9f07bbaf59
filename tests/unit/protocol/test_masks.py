"""Masks: what they stand for, and that no mask takes long."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.protocol.masks import is_mask, matches

MASKS = st.text("ab*?", max_size=8)
TEXTS = st.text("abC*", max_size=8)


@given(MASKS, TEXTS)
def test_a_mask_stands_for_what_its_expression_says(mask: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in mask)
    assert matches(mask, text) == bool(re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL))


def test_case_does_not_count() -> None:
    assert matches("ÄDA!*@*", "äda!~u@host")


def test_no_mask_takes_long() -> None:
    began = time.thread_time()
    assert not matches("*a" * 200, "a" * 199 + "b" * 300)
    assert time.thread_time() - began < 1


@pytest.mark.parametrize(("text", "expected"), [("ada", False), ("a*", True), ("a?a", True)])
def test_is_mask(text: str, expected: bool) -> None:
    assert is_mask(text) == expected
