"""`python -m hobnob` is the command `hobnob`."""

from hobnob.cli import main

main()
