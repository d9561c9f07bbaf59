"""The rank test against what is known of it."""

import random

import pytest
from bench.ranks import p_value
from hypothesis import given
from hypothesis import strategies as st

some = st.lists(st.integers(0, 50).map(float), min_size=8, max_size=30)


def test_what_cannot_be_told_apart_is_likely() -> None:
    values = [float(n) for n in range(20)]
    assert p_value(values, values) == 1.0
    assert p_value([5.0] * 10, [5.0] * 12) == 1.0


def test_what_never_overlaps_is_unlikely() -> None:
    assert p_value([float(n) for n in range(20)], [float(n) for n in range(100, 120)]) < 1e-6


def test_a_known_value() -> None:
    """Ten of each, one side higher by half a step throughout: U = 45, which has a p of about 0.73."""
    first, second = [float(n) for n in range(10)], [n + 0.5 for n in range(10)]
    assert p_value(first, second) == pytest.approx(0.734, abs=0.01)


def test_a_few_that_took_long_decide_nothing() -> None:
    values = [float(n % 7) for n in range(40)]
    slow = [*values[:38], 1e6, 1e7]
    assert p_value(values, slow) > 0.5


@given(some, some)
def test_it_does_not_matter_which_comes_first(first: list[float], second: list[float]) -> None:
    assert p_value(first, second) == pytest.approx(p_value(second, first))
    assert 0 <= p_value(first, second) <= 1


def test_of_equal_kinds_few_look_different() -> None:
    draw = random.Random(7)
    found = [p_value([draw.random() for _ in range(30)], [draw.random() for _ in range(30)]) for _ in range(400)]
    assert 4 < sum(p < 0.05 for p in found) < 40


def test_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="eight"):
        p_value([1.0] * 7, [1.0] * 20)
