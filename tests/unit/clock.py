"""A clock for tests of what depends on the time of day."""


class Clock:
    """The wall clock in ms, set by hand."""

    def __init__(self, now: int = 1_764_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now
