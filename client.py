"""The client of the two-terminal chat: `python client.py` is `hobnob join --lines`, with the same flags.

Who gives no name is `Client`, as ever, and `Client-2`, `Client-3` beside others.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("hobnob") is None:  # not installed: run it from this folder
    sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from hobnob.cli import main

if __name__ == "__main__":
    given = sys.argv[1:]
    named = any(word == "--name" or word.startswith("--name=") for word in given)
    sys.argv[1:] = ["join", "--lines", *([] if named else ["--name", "Client"]), *given]
    try:
        main()
    except ModuleNotFoundError as missing:
        sys.exit(f"hobnob: {missing.name} is not installed. Run this first: pip install -r requirements.txt")
