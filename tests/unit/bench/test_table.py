"""The figures, ratios and aims of a table are told as they are, and what was not measured is never invented."""

import pytest
from bench.table import Aim, Row, aim_cell, figure, markdown, percentile
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0"),
        (0.0623, "0.0623"),
        (0.15, "0.150"),
        (5.5, "5.50"),
        (43.25, "43.2"),
        (999.6, "1,000"),
        (86012.4, "86,012"),
        (-7.5, "-7.50"),
    ],
)
def test_a_figure_has_three_digits_that_count(value: float | None, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 5), (0.51, 6), (0.9, 9), (0.99, 10), (1, 10)])
def test_a_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == value


@given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.floats(0, 1))
def test_a_percentile_covers_its_share_and_no_smaller_value_does(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < max(share * len(values), 1)


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], -0.1), ([1.0], 1.1)])
def test_a_percentile_of_nothing_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="needs values"):
        percentile(values, share)


def test_the_ratio_is_hobnob_by_reference() -> None:
    assert Row("x", "µs", 6.0, 4.0).ratio == 1.5


@pytest.mark.parametrize(("hobnob", "reference"), [(None, 4.0), (6.0, None), (6.0, 0.0)])
def test_no_ratio_without_both(hobnob: float | None, reference: float | None) -> None:
    assert Row("x", "µs", hobnob, reference).ratio is None


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (Row("x", "µs", 6.0, 4.0), "-"),
        (Row("x", "µs", 6.0, 4.0, Aim("≤", 1.25, "ratio")), "ratio ≤ 1.25: missed"),
        (Row("x", "µs", 5.0, 4.0, Aim("≤", 1.25, "ratio")), "ratio ≤ 1.25: met"),
        (Row("x", "µs", None, 4.0, Aim("≤", 1.25, "ratio")), "ratio ≤ 1.25"),
        (Row("x", "a second", 21000.0, 4.0, Aim("≥", 20_000)), "≥ 20,000 a second: met"),
        (Row("x", "ms", 21.0, None, Aim("≤", 20)), "≤ 20 ms: missed"),
    ],
)
def test_an_aim_is_judged_only_when_it_can_be(row: Row, cell: str) -> None:
    assert aim_cell(row) == cell


def test_the_table_is_markdown_with_aligned_columns() -> None:
    table = markdown([Row("a", "µs", 6.0, 4.0, Aim("≤", 2, "ratio")), Row("longer name", "ms", None, 10.0)])
    assert table.splitlines() == [
        "| what            | hobnob | reference | ratio | aim            |",
        "|-----------------|-------:|----------:|------:|----------------|",
        "| a, µs           |   6.00 |      4.00 |  1.50 | ratio ≤ 2: met |",
        "| longer name, ms |      - |      10.0 |     - | -              |",
    ]
