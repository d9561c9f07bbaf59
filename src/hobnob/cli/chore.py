"""What verbs that do one thing and end have in common: whose folder, what Ctrl+C does, how a failure is told.

Everything of a chore is undone by its own `finally` when it is stopped, so Ctrl+C and SIGTERM are exceptions here; a
second one cannot disturb that, and none what is `settled`. Whatever goes wrong is one sentence on stderr and a status
that is not 0.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

from cyclopts import Parameter

from hobnob.cli.outcome import DONE, STOPPED, failed, forget_stdout
from hobnob.config import Config, sentences

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

Data = Annotated[
    Path | None, Parameter(help=sentences()["data"].replace("it is made when it is missing", "as serve has it"))
]
Settings = Annotated[Path | None, Parameter(name="--config", help="TOML file with settings, as serve reads it.")]


def data_folder(data: Path | None) -> Path:
    """The folder that was asked for, or the usual one. Raises ConfigRefused."""
    return Config().data if data is None else Config(data=data).data


def named(file: Path) -> Path:
    """A file as it was named, with `~` written out. Raises PlaceRefused."""
    from hobnob.stores.place import PlaceRefused

    try:
        return file.expanduser()
    except RuntimeError:
        raise PlaceRefused(f"The home folder in {file} is not known: write it out.") from None


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
        return failed("Stopped; nothing was changed.", STOPPED)
    except ArchiveRefused as refused:
        return failed(f"The archive cannot be restored, and nothing was changed. {refused}")
    except (StoreRefused, BackupRefused, ExportRefused, PlaceRefused) as refused:
        return failed(str(refused))
    except BrokenPipeError:  # who read the output has seen enough
        forget_stdout()
        return DONE
    except sqlite3.Error as error:
        return failed(f"The database cannot be read ({error}). `hobnob doctor` says more.")
    except OSError as error:
        forget_stdout()  # which may be what takes nothing
        where = f"{error.filename}: " if error.filename else ""
        return failed(f"{where}{error.strerror or error}. Nothing was changed.")


@contextmanager
def _interruptible() -> Iterator[None]:
    before = [signal.signal(number, _interrupt) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)


def settled() -> None:
    """From here on the chore is done and cannot be stopped: it ends in a moment, and says what it did."""
    for each in _SIGNALS:
        signal.signal(each, _go_on)


def _interrupt(number: int, frame: FrameType | None) -> None:
    settled()  # one is enough; what it interrupts cleans up now
    raise KeyboardInterrupt


def _go_on(number: int, frame: FrameType | None) -> None:
    """Not SIG_IGN: of a signal that came just before that was set, Python would complain on stderr."""
