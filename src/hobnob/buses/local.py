"""The bus of a house of one node: there is nobody else to tell."""

from collections.abc import Callable

from hobnob.protocol.events import Event


class LocalBus:
    """A `Bus` without other nodes."""

    alone = True

    async def start(self, hear: Callable[[Event], None]) -> None:
        """Nothing will ever be heard."""

    def publish(self, event: Event) -> None:
        """Nobody listens."""

    async def stop(self) -> None:
        """Nothing to stop."""
