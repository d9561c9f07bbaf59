"""What verbs that do one thing and end have in common: whose folder, what Ctrl+C does, how a failure is told.

Everything of a chore is undone by its own `finally` when it is stopped, so Ctrl+C and SIGTERM are exceptions here; a
second one cannot disturb that. Whatever goes wrong is one sentence on stderr and a status that is not 0.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

from cyclopts import Parameter

from hobnob.config import Config, sentences

DONE, FAILED, STOPPED = 0, 1, 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

Data = Annotated[
    Path | None, Parameter(help=sentences()["data"].replace("it is made when it is missing", "as serve has it"))
]
Settings = Annotated[Path | None, Parameter(name="--config", help="TOML file with settings, as serve reads it.")]


def data_folder(data: Path | None) -> Path:
    """The folder that was asked for, or the usual one. Raises ConfigRefused."""
    return Config().data if data is None else Config(data=data).data


def attempt(chore: Callable[[], int]) -> int:
    """Do a chore, which answers with its status, and tell what went wrong, if something did."""
    import sqlite3

    from hobnob.stores.archive import ArchiveRefused
    from hobnob.stores.backup import BackupRefused
    from hobnob.stores.export import ExportRefused
    from hobnob.stores.place import PlaceRefused
    from hobnob.stores.store import StoreRefused

    try:
        with _interruptible():
            return chore()
    except KeyboardInterrupt:
        return _failed("Stopped; nothing was changed.", STOPPED)
    except ArchiveRefused as refused:
        return _failed(f"The archive cannot be restored, and nothing was changed. {refused}")
    except (StoreRefused, BackupRefused, ExportRefused, PlaceRefused) as refused:
        return _failed(str(refused))
    except BrokenPipeError:  # who read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at the end must not fail again
        return FAILED
    except sqlite3.Error as error:
        return _failed(f"The database cannot be read ({error}). `hobnob doctor` says more.")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(f"{where}{error.strerror or error}. Nothing was changed.")


def _failed(sentence: str, status: int = FAILED) -> int:
    print(f"hobnob: {sentence}", file=sys.stderr)
    return status


@contextmanager
def _interruptible() -> Iterator[None]:
    before = [signal.signal(number, _interrupt) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # one is enough; what it interrupts cleans up now
    raise KeyboardInterrupt
