"""``… WHERE column IN (…)`` for many values, quickly: the same few statements, compiled once, whatever the number.

SQLAlchemy's own expanding parameters are written out anew for each execution, which takes longer than the look-up.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import sqlalchemy as sa

from hobnob.stores.rows import Row

_SIZES = (1, 8, 64, 512)


class Among:
    """The rows of `select` in which `column` is one of some values."""

    def __init__(self, select: "sa.Select[*tuple[object, ...]]", column: "sa.Column[object]") -> None:
        self._select = select
        self._column = column

    def execute(self, connection: sa.Connection, values: Sequence[str | bytes]) -> Iterator[Row]:
        """Each matching row once for every chunk of values it matches in; `values` should be distinct."""
        for statement, filled in self._statements(connection.dialect, values):
            yield from connection.exec_driver_sql(statement, filled)

    def execute_alone(self, connection: sa.Connection, values: Sequence[str | bytes]) -> Iterator[tuple[object, ...]]:
        """The same by the driver, outside of any transaction: beginning and ending one takes ten times as long."""
        cursor = connection.connection.cursor()
        try:
            for statement, filled in self._statements(connection.dialect, values):
                cursor.execute(statement, filled)
                yield from cursor.fetchall()
        finally:
            cursor.close()

    def _statements(
        self, dialect: sa.Dialect, values: Sequence[str | bytes]
    ) -> Iterator[tuple[str, tuple[str | bytes, ...]]]:
        for start in range(0, len(values), _SIZES[-1]):
            chunk = tuple(values[start : start + _SIZES[-1]])
            size = next(size for size in _SIZES if size >= len(chunk))
            yield self._statement(dialect, size), chunk + chunk[-1:] * (size - len(chunk))

    @cache  # noqa: B019  there are as many as there are statements in the source, for ever
    def _statement(self, dialect: sa.Dialect, size: int) -> str:
        values: list[sa.BindParameter[object]] = [sa.bindparam(f"value{index}") for index in range(size)]
        return str(self._select.where(self._column.in_(values)).compile(dialect=dialect))
