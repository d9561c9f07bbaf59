"""One thing that was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """`says` is a clause without a full stop, `remedy` a sentence: only where something is to be done."""

    check: str
    state: State
    says: str
    remedy: str = ""

    def line(self) -> str:
        """As a person reads it."""
        return f"{self.state:<5}{self.check:<12}{self.says}." + (f" {self.remedy}" if self.remedy else "")


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", says)


def warn(check: str, says: str, remedy: str) -> Finding:
    """It works, and might not for long, or not for everybody."""
    return Finding(check, "warn", says, remedy)


def fail(check: str, says: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check, "fail", says, remedy)
