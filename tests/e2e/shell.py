"""Where a person types our verbs: real processes, with an own folder for what they remember."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.clients import PATIENCE, Program
from tests.e2e.server import environment

HOBNOB = (sys.executable, "-W", "error", "-m", "hobnob")


class Shell:
    """Where a person types: a state folder of its own, and the server's address in the environment.

    `under` is a command that runs the verbs, such as nsenter.
    """

    def __init__(self, home: Path, port: int, under: Sequence[str] = ()) -> None:
        self._under = under
        self.variables = environment(XDG_STATE_HOME=str(home), SERVER_PORT=str(port), TZ="UTC", COLUMNS="100")

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        return subprocess.run(
            [*self._under, *HOBNOB, *arguments],
            input=typed,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, *arguments: str, terminal: bool = False) -> Program:
        """Start a verb."""
        return Program([*self._under, *HOBNOB, *arguments], terminal=terminal, **self.variables)


def left(program: Program) -> int:
    """The status of a program that ends."""
    return program.process.wait(PATIENCE)


def answers(program: Program, *dialogue: tuple[str, str]) -> None:
    """Type each answer once its question is there."""
    for question, answer in dialogue:
        program.until(question)
        program.type(f"{answer}\n")
