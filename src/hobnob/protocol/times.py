"""Times on the wire: RFC 3339, UTC, milliseconds (``2026-11-22T23:00:00.123Z``)."""

import time


def rfc3339(ms: int) -> str:
    """The text of a time in ms since 1970."""
    seconds, rest = divmod(ms, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:03d}Z"
