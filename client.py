"""The client of the two-terminal chat: `python client.py` is `hobnob join --lines`, with the same flags."""

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("hobnob") is None:  # not installed: run it from this folder
    sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from hobnob.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["join", "--lines"]
    try:
        main()
    except ModuleNotFoundError as missing:
        sys.exit(f"hobnob: {missing.name} is not installed. Run this first: pip install -r requirements.txt")
