"""Self-hosted chat: one command, one TCP port, any client.

What programs use is here: `connect`, `connect_sync`, `Bot` and `ClientError`; docs/python-client.md shows how. Each is
imported when it is first used, so that whoever needs only a part of hobnob does not wait for the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hobnob.client.bot import Bot
    from hobnob.client.connect import connect
    from hobnob.client.errors import ClientError
    from hobnob.client.sync import connect_sync

__all__ = ["Bot", "ClientError", "__version__", "connect", "connect_sync"]

__version__ = "0.1.0"

_HOMES = {"Bot": "bot", "ClientError": "errors", "connect": "connect", "connect_sync": "sync"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"hobnob.client.{_HOMES[name]}"), name)
