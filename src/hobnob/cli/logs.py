"""Logs: to stderr, readable on a terminal, one JSON object a line otherwise. Never the text of a message.

Ours from `info` on, the libraries' from `warning` on, all rendered alike. Ours go to the stream without the standard
library in between, which takes ten times as long: there is a line for everybody who comes, and one when they leave.
A stderr that is gone stops nobody.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOBase
from types import ModuleType
from typing import TextIO, cast


@contextmanager
def _without(module: str) -> Iterator[None]:
    """As if a module were not installed."""
    loaded = sys.modules.get(module)
    sys.modules[module] = cast("ModuleType", None)  # how importing is told so
    try:
        yield
    finally:
        del sys.modules[module]
        if loaded is not None:
            sys.modules[module] = loaded


# structlog would load Rich for tracebacks that are drawn without it here: 4 MiB, and a tenth of the time of a start.
with _without("rich"):
    import structlog
    from structlog.typing import EventDict, Processor, WrappedLogger

_JSON = json.JSONEncoder(default=repr)  # made once; in ASCII, as any stream can take it


class Stream:
    """What structlog calls a logger: each of its methods takes a line that is rendered already."""

    def __init__(self, stream: TextIO | TextIOBase) -> None:
        self._stream = stream

    def info(self, line: str) -> None:
        """Write a line."""
        with suppress(OSError, ValueError):  # nobody reads any more, or it is closed
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = warning = error = critical = info


def start_logs(stream: TextIO | TextIOBase | None = None, least: int = logging.INFO) -> None:
    """Send the logs of this process to `stream`, by default stderr; ours from level `least` on."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering = _rendering(stream.isatty())
    tidy: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[tidy, *rendering]))
    logging.raiseExceptions = False
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("hobnob").setLevel(least)  # of bots, whose authors know the standard library's
    ours = Stream(stream)
    structlog.configure(
        processors=[*shared, *rendering],
        logger_factory=lambda *_: ours,
        wrapper_class=structlog.make_filtering_bound_logger(least),
        cache_logger_on_first_use=True,
    )


def _rendering(terminal: bool) -> list[Processor]:
    if terminal:
        # A plain traceback: a pretty one shows local variables, and texts of messages with them.
        return [
            structlog.dev.ConsoleRenderer(
                colors=not os.environ.get("NO_COLOR"), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    return [structlog.processors.format_exc_info, _as_json]


def _as_json(logger: WrappedLogger, level: str, event: EventDict) -> str:
    return _JSON.encode(event)
