"""How long to wait before the next attempt: twice as long each time, up to a limit, and never all clients at once."""

import random
from dataclasses import dataclass, field

FIRST = 0.5
LONGEST = 30.0


@dataclass
class Backoff:
    """Seconds between attempts; each is drawn from the upper half of a span that doubles."""

    first: float = FIRST
    longest: float = LONGEST
    luck: random.Random = field(default_factory=random.Random)
    _attempts: int = 0

    def next(self) -> float:
        """The next wait, in seconds."""
        span = min(self.longest, self.first * 2.0 ** min(self._attempts, 32))
        self._attempts += 1
        return span * self.luck.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It went well: begin with short waits again."""
        self._attempts = 0
