"""Looks at all clients now and then: they go on although one of them failed, or nothing would be guarded any more."""

from collections.abc import Awaitable, Callable

import structlog

_log = structlog.get_logger()


async def go_on(look: Callable[[], Awaitable[None]]) -> None:
    """Look until cancelled. A look rests by itself before it begins."""
    while True:
        try:
            await look()
        except Exception:  # noqa: BLE001  one client's fault must not end it for all
            _log.exception("a look at the clients failed; it goes on")
