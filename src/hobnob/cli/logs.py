"""Logs: to stderr, readable on a terminal, one JSON object a line otherwise. Never the text of a message.

Ours from `info` on, the libraries' from `warning` on, all by one route. A stderr that is gone stops nobody.
"""

import logging
import os
import sys
from io import TextIOBase
from typing import TextIO

import structlog
from structlog.typing import Processor


def start_logs(stream: TextIO | TextIOBase | None = None, least: int = logging.INFO) -> None:
    """Send the logs of this process to `stream`, by default stderr; ours from level `least` on."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(stream.isatty()))
    )
    logging.raiseExceptions = False
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("hobnob").setLevel(least)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _rendering(terminal: bool) -> list[Processor]:
    tidy: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if terminal:
        # A plain traceback: a pretty one shows local variables, and texts of messages with them.
        return [
            tidy,
            structlog.dev.ConsoleRenderer(
                colors=not os.environ.get("NO_COLOR"), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    return [tidy, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
