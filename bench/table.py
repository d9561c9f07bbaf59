"""What a measurement yields, and the table in which it is printed. Pure: no clock, no process, no file.

A row holds one figure of hobnob and the same figure of its reference; either may be missing, and the table then
shows a dash. An aim is a bound on the figure itself or on the ratio.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

COLUMNS = ("what", "hobnob", "reference", "ratio", "aim")


@dataclass(frozen=True)
class Aim:
    """A bound that hobnob's figure, or its ratio to the reference, is meant to keep."""

    bound: Literal["≤", "≥"]
    limit: float
    of: Literal["figure", "ratio"] = "figure"

    def is_met_by(self, value: float) -> bool:
        return value <= self.limit if self.bound == "≤" else value >= self.limit


@dataclass(frozen=True)
class Row:
    """One line of the table; `hobnob` and `reference` are both in `unit`."""

    what: str
    unit: str
    hobnob: float | None
    reference: float | None
    aim: Aim | None = None

    @property
    def ratio(self) -> float | None:
        """hobnob divided by reference."""
        if self.hobnob is None or not self.reference:
            return None
        return self.hobnob / self.reference


def figure(value: float | None) -> str:
    """`value` with three significant digits, or all digits before the point; a dash where nothing was measured."""
    if value is None:
        return "-"
    size = abs(value)
    for places, least in ((0, 100.0), (1, 10.0), (2, 1.0), (3, 0.1)):
        if size >= least:
            return f"{value:,.{places}f}"
    return f"{value:.4f}" if value else "0"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` (0 to 1) of them do not exceed (nearest rank).

    ValueError when there are no values or the share is out of range.
    """
    if not values or not 0 <= share <= 1:
        raise ValueError("a percentile needs values and a share from 0 to 1")
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(rank, 1) - 1]


def aim_cell(row: Row) -> str:
    """The row's aim in words, and whether it was met when it could be told."""
    if row.aim is None:
        return "-"
    bound = f"{row.aim.bound} {row.aim.limit:,g}"
    words, value = (f"ratio {bound}", row.ratio) if row.aim.of == "ratio" else (f"{bound} {row.unit}", row.hobnob)
    if value is None:
        return words
    return f"{words}: {'met' if row.aim.is_met_by(value) else 'missed'}"


def markdown(rows: Sequence[Row]) -> str:
    """The rows as one Markdown table, its columns aligned for reading in a terminal too."""
    cells = [COLUMNS] + [
        (f"{row.what}, {row.unit}", figure(row.hobnob), figure(row.reference), figure(row.ratio), aim_cell(row))
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
    lines = [_line(line, widths) for line in cells]
    rule = [("-" * (width + 1) + ":") if 0 < at < 4 else "-" * (width + 2) for at, width in enumerate(widths)]
    lines.insert(1, "|" + "|".join(rule) + "|")
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.rjust(width) if 0 < column < 4 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(aligned)} |"
