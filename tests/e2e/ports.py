"""Ports that stay a test's own: other tests run at the same time, and what they start asks for any free port too."""

import socket

from tests.e2e.clients import belongings


def own_port() -> int:
    """A free port that nothing else is given before the test is over, while its server is not there yet, or is away.

    It is bound, and nobody listens on it: whoever asks for this very port gets it, as a server does that comes back.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    belongings.callback(held.close)
    port: int = held.getsockname()[1]
    return port
