"""Times on the wire: RFC 3339, UTC, milliseconds (``2026-11-22T23:00:00.123Z``)."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=512)
def rfc3339(ms: int) -> str:
    """The text of a time in ms since 1970. Cached, as the facts of one commit share their time."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:03d}Z"


def milliseconds(time: str) -> int:
    """The inverse of `rfc3339`. Raises ValueError for what is no such time."""
    return round(datetime.fromisoformat(time).timestamp() * 1000)
