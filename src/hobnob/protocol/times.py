"""Times on the wire: RFC 3339, UTC, milliseconds (``2026-11-22T23:00:00.123Z``)."""

from datetime import UTC, datetime
from functools import lru_cache


def rfc3339(ms: int) -> str:
    """The text of a time in ms since 1970."""
    seconds, rest = divmod(ms, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=512)
def _second(seconds: int) -> str:
    """Cached, as much happens in one second."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def milliseconds(time: str) -> int:
    """The inverse of `rfc3339`. Raises ValueError for what is no such time."""
    return round(datetime.fromisoformat(time).timestamp() * 1000)
