"""Small files that a user's programs keep for each other: readable by that user alone, there in full or not at all.

They lie in the state folder of the user (``$XDG_STATE_HOME/hobnob``, as platformdirs has it).
"""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_state_path


def state_folder() -> Path:
    """Where they lie."""
    return user_state_path("hobnob")


def write_private(path: Path, text: str) -> None:
    """Put a file in the place of what was there. Raises OSError; what was there is untouched then."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(unfinished).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(unfinished).unlink()
        raise
