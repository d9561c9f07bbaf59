"""A TCP proxy that cuts connections in the middle of a byte stream, whichever way it flows."""

import random
import selectors
import socket
from threading import Thread


class CuttingProxy:
    """Passes every connection on to `target` and cuts it after a random number of bytes, while `cuts_left` lasts.

    `cuts_left` may be set at any time. Whether a connection is cut is settled before `target` hears of it, and no cut
    is counted below nothing.
    """

    def __init__(self, target: int, cuts: int, luck: random.Random, most: int) -> None:
        self.target = target
        self.cuts_left = cuts
        self._luck = luck
        self._most = most
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections; the thread ends with the last one."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            left = self._luck.randint(1, self._most) if self.cuts_left else None
            with near:
                try:
                    with socket.create_connection(("127.0.0.1", self.target), 5) as far:
                        self._pass_on(near, far, left)
                except OSError:
                    continue

    def _pass_on(self, near: socket.socket, far: socket.socket, left: int | None) -> None:
        """Copy both ways until one side ends or the bytes of this connection are used up, `left` if it is to be cut."""
        with selectors.DefaultSelector() as selector:
            for source, sink in ((near, far), (far, near)):
                selector.register(source, selectors.EVENT_READ, sink)
            while True:
                for key, _ in selector.select():
                    source, sink = (near, far) if key.fileobj is near else (far, near)
                    data = source.recv(4096)
                    if not data:
                        return
                    if left is not None and len(data) >= left:
                        sink.sendall(data[:left])
                        self.cuts_left -= self.cuts_left > 0
                        return
                    sink.sendall(data)
                    left = None if left is None else left - len(data)
