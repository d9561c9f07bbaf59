"""The server of the two-terminal chat: `python server.py` is `hobnob serve`, with the same flags and settings."""

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("hobnob") is None:  # not installed: run it from this folder
    sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from hobnob.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["serve"]
    try:
        main()
    except ModuleNotFoundError as missing:
        sys.exit(f"hobnob: {missing.name} is not installed. Run this first: pip install -r requirements.txt")
