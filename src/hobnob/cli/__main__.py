"""`python -m hobnob.cli` is the command `hobnob`."""

from hobnob.cli import main

main()
