"""What backups, restores and exports that were killed have left, where they usually work."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from hobnob.cli.checks.finding import Finding, warn
from hobnob.stores.place import abandoned


def check_leftovers(folders: Iterable[Path]) -> Iterator[Finding]:
    """Name what may be removed in these folders; what somebody is working on is not among it."""
    for folder in dict.fromkeys(each.absolute() for each in folders):
        try:
            found = abandoned(folder)
        except OSError:  # other checks say so, where it matters
            continue
        for path in found:
            says = f"{path} is left of a backup or export that was killed"
            yield warn("leftover", says, "Remove it; making a file of the same name again does so too.")
