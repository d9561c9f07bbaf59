"""Somebody in between: listens where the client thinks the server is, and writes down every byte that it is told."""

import asyncio
import socket
import ssl
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread

CERTIFICATES = Path(__file__).parents[1] / "net" / "certificates"
"""A key that none of our servers has."""


class Between:
    """A listener on a thread of its own. `heard` is all that clients said, inside TLS where there is TLS.

    ``drops``: never answers. ``resets``: hangs up at the first byte. ``clear``: greets in the clear. ``swaps``: shakes
    hands with a certificate of its own. `connections`, `ended` and `handshakes` count how often it came to that.
    """

    def __init__(self, manner: str, port: int = 0) -> None:
        self.heard = b""
        self.connections = self.ended = self.handshakes = 0
        self._manner = manner
        self._context: ssl.SSLContext | None = None
        if manner == "swaps":
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(CERTIFICATES / "cert.pem", CERTIFICATES / "key.pem")
            self._context.num_tickets = 0  # or hanging up would be a reset, which swallows what was said last
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listening.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()

    def all_heard(self, connections: int) -> bool:
        """Whether so many have come and gone, so that nothing of them is still on its way."""
        return self.connections == self.ended == connections

    def close(self) -> None:
        """Listen no more; what was heard stays."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self) -> None:
        meeting: set[asyncio.Task[None]] = set()
        with ExitStack() as accepted:  # a task that is cancelled before it began would not close its socket
            self._listening.setblocking(False)
            self._loop.add_reader(self._listening, self._accept, accepted, meeting)
            await self._stopped.wait()
            self._loop.remove_reader(self._listening)
            for task in meeting:
                task.cancel()
            await asyncio.gather(*meeting, return_exceptions=True)
            self._listening.close()

    def _accept(self, accepted: ExitStack, meeting: set[asyncio.Task[None]]) -> None:
        with suppress(OSError):  # it may be gone again
            near = accepted.enter_context(self._listening.accept()[0])
            near.setblocking(False)
            self.connections += 1
            task = self._loop.create_task(self._meet(near))
            meeting.add(task)
            task.add_done_callback(meeting.discard)

    async def _meet(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            await self._hear(near)
        self.ended += 1

    async def _hear(self, near: socket.socket) -> None:
        if self._manner == "clear":
            await self._loop.sock_sendall(near, b"This is hobnob.\r\nYour name? ")
        if self._context is not None:
            await self._shake_hands(near, self._context)
            return
        while data := await self._loop.sock_recv(near, 65536):
            self.heard += data
            if self._manner == "resets":
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return

    async def _shake_hands(self, near: socket.socket, context: ssl.SSLContext) -> None:
        coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
        inside = context.wrap_bio(coming, going, server_side=True)
        shaken = False
        while data := await self._loop.sock_recv(near, 65536):
            coming.write(data)
            with suppress(ssl.SSLError):
                if not shaken:
                    inside.do_handshake()
                    shaken = True
                    self.handshakes += 1
                while said := inside.read(65536):
                    self.heard += said
            await self._loop.sock_sendall(near, going.read())
