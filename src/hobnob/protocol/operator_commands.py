"""What who runs the server may ask from any client."""

from hobnob.protocol.command import Command


class BecomeOperator(Command, frozen=True):
    """Be an owner of the server as long as one is here, by the name and the password in the settings."""

    name: str
    password: str


class ResignOperator(Command, frozen=True):
    """Be no operator any more."""


class Disconnect(Command, frozen=True):
    """End all connections of somebody; they may come back."""

    person: str
    reason: str = ""
    ref: str | None = None


class Announce(Command, frozen=True):
    """Tell everybody who is here something."""

    text: str


class Reload(Command, frozen=True):
    """Have the server read the files again that may have changed, such as its certificate."""
