"""Whether two sets of times can be told apart: the rank test of Mann, Whitney and Wilcoxon. Pure: no clock.

It asks nothing of how the times are spread, so a few that took very long because of the machine decide nothing.
"""

from collections.abc import Sequence
from math import erfc, sqrt


def p_value(first: Sequence[float], second: Sequence[float]) -> float:
    """How likely ranks as unlike as these are when both came from one distribution (two-sided, normal approximation).

    ValueError when one of them has fewer than eight values, for which the approximation is none.
    """
    m, n = len(first), len(second)
    if min(m, n) < 8:
        raise ValueError("the rank test needs at least eight values on each side")
    ranks, ties = _ranks([*first, *second])
    u = sum(ranks[:m]) - m * (m + 1) / 2
    total = m + n
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:  # all values are one
        return 1.0
    distance = max(0.0, abs(u - m * n / 2) - 0.5)
    return erfc(distance / sqrt(2 * variance))


def _ranks(values: Sequence[float]) -> tuple[list[float], float]:
    """Each value's rank from 1, equal ones sharing theirs; and the sum of t³ - t over the groups of equal ones."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    ties = 0.0
    at = 0
    while at < len(order):
        end = at
        while end < len(order) and values[order[end]] == values[order[at]]:
            end += 1
        for index in order[at:end]:
            ranks[index] = (at + 1 + end) / 2
        ties += (end - at) ** 3 - (end - at)
        at = end
    return ranks, ties
