"""The command line: one file per verb, `app.py` puts them together.

Nothing is imported here before signals are answered, so Ctrl+C ends the program quietly however early it comes.
"""

import gc
import os
import signal
import sys
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STOPPED = 130
"""As outcome.py has it, which is not imported yet. A server ends by being stopped; all else has not done its work."""


def main() -> None:
    """Run what the process's arguments ask for, and exit with its status."""
    _open_closed_streams()
    for number in _SIGNALS:
        signal.signal(number, _leave)
    gc.disable()  # importing makes much and throws little away; `serve` turns it on again
    status = 0
    try:
        from hobnob.cli.app import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # a second Ctrl+C, after the event loop had given the signal back
        status = _stopped()
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
    sys.exit(status)


def _open_closed_streams() -> None:
    """Put nothing in place of standard streams that are closed (`2>&-`), or sockets would get their numbers."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            lowest_free = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(lowest_free, "r+"))


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once: nothing is open yet that would have to be closed. A running node has handlers of its own."""
    os._exit(_stopped())


def _stopped() -> int:
    """The status of what a signal ended."""
    return 0 if sys.argv[1:2] == ["serve"] else _STOPPED
