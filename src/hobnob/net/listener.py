"""The one port: sockets that listen on every wanted address, and the undecided connections that came in by them.

Decided connections belong to their gateways; `close` leaves them alone.
"""

import asyncio
import errno
import socket
from contextlib import ExitStack

from hobnob.net.limits import ConnectionCaps, SpokeWeb
from hobnob.net.recogniser import Gateways, Port, Recogniser, TooOften, never
from hobnob.net.settings import ListenerSettings
from hobnob.net.tls import Tls

__all__ = ["CannotListen", "Listener", "ListenerSettings", "PortTaken"]

_EVERYWHERE = ("0.0.0.0", "::")
_TRIES_FOR_A_COMMON_PORT = 10
_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPALIVE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
"""Who vanished is gone after two minutes, not the two hours of most systems. TCP_KEEPALIVE is macOS's TCP_KEEPIDLE."""


class CannotListen(OSError):
    """The address cannot be listened on; the message is one sentence for whoever asked."""

    def __str__(self) -> str:
        return str(self.args[-1])


class PortTaken(CannotListen):
    """Another program has the port."""


class Listener:
    """Accepts connections, recognises their protocol, and builds the gateway's asyncio protocol for each.

    `gateways` has a factory for WEB, JSON, IRC, STUDENT and TEXT. `greeting` is fixed words, sent to silent people, or
    `refusal_in_clear` to those without TLS, if there are such words.
    `too_often` counts a connection from an address and says whether it was one too many.
    """

    def __init__(
        self,
        *,
        gateways: Gateways,
        greeting: bytes,
        settings: ListenerSettings,
        tls: Tls | None = None,
        too_often: TooOften = never,
        refusal_in_clear: bytes = b"",
    ) -> None:
        self._gateways = gateways
        self._greeting = greeting
        self._settings = settings
        self._tls = tls
        self._too_often = too_often
        self._refusal_in_clear = refusal_in_clear
        self._servers: list[asyncio.AbstractServer] = []
        self._port: Port | None = None

    @property
    def undecided(self) -> int:
        """How many connections have no protocol yet."""
        return len(self._port.undecided) if self._port else 0

    async def start(self, host: str, port: int) -> list[tuple[str, int]]:
        """Listen on every address of `host` (`*`: all, IPv4 and IPv6), the same port on each; 0 takes a free one.

        It may be called again for further ones, which share all limits. Returns the addresses listened on; raises
        PortTaken or CannotListen.
        """
        loop = asyncio.get_running_loop()
        settings = self._settings
        addresses = await _addresses(host)
        shared = self._port = self._port or self._new_port(loop)
        listened = []
        for sock in _bind_all(addresses, port, settings.send_buffer):
            listened.append(sock.getsockname()[:2])
            self._servers.append(
                await loop.create_server(lambda: Recogniser(shared), sock=sock, backlog=settings.backlog)
            )
        return listened

    def _new_port(self, loop: asyncio.AbstractEventLoop) -> Port:
        """What all addresses share that are listened on."""
        settings = self._settings
        return Port(
            loop=loop,
            gateways=self._gateways,
            greeting=self._greeting,
            settings=settings,
            tls=self._tls,
            too_often=self._too_often,
            limits=ConnectionCaps(
                per_process=settings.max_undecided,
                per_address=settings.max_undecided_per_address,
                per_site=settings.max_undecided_per_site,
            ),
            spoke_web=SpokeWeb(memory=settings.no_greet_memory),
            refusal_in_clear=self._refusal_in_clear,
        )

    async def stop_accepting(self) -> None:
        """Close the listening sockets; every connection stays."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def close(self) -> None:
        """Stop accepting and end the undecided connections without a word."""
        await self.stop_accepting()
        if self._port is None:
            return
        for recogniser in tuple(self._port.undecided):
            recogniser.close()
        handshakes = tuple(self._port.handshakes)
        for handshake in handshakes:
            handshake.cancel()
        await asyncio.gather(*handshakes, return_exceptions=True)


_Address = tuple[socket.AddressFamily, str, tuple[int | str, ...]]
"""A family, an address, and what stands after the port in the family's socket addresses (IPv6: flow and scope)."""


async def _addresses(host: str) -> list[_Address]:
    """The addresses of a host's name, each once, in the resolver's order."""
    found: dict[_Address, None] = {}
    for name in _EVERYWHERE if host in ("", "*") else (host,):
        try:
            infos = await asyncio.get_running_loop().getaddrinfo(
                name, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
        except OSError as unknown:
            raise CannotListen(f"There is no address for {name}; give an IP address of this machine.") from unknown
        for family, _, _, _, address in infos:
            found[family, str(address[0]), tuple(address[2:])] = None
    if host in ("", "*") and not _has_ipv6():
        return [known for known in found if known[0] == socket.AF_INET]
    return list(found)


def _has_ipv6() -> bool:
    """Whether this machine's kernel speaks IPv6, which some are started without."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _bind_all(addresses: list[_Address], port: int, send_buffer: int) -> list[socket.socket]:
    """One socket an address, all on one port. A free port of the first address may be taken on another: try again."""
    tries = 1 if port else _TRIES_FOR_A_COMMON_PORT
    while True:
        tries -= 1
        try:
            with ExitStack() as opened:
                sockets: list[socket.socket] = []
                for address in addresses:
                    common = sockets[0].getsockname()[1] if sockets else port
                    sockets.append(opened.enter_context(_bind(address, common, send_buffer)))
                opened.pop_all()
                return sockets
        except PortTaken:
            if not tries:
                raise


def _bind(address: _Address, port: int, send_buffer: int) -> socket.socket:
    """A bound socket. What is set here every accepted connection inherits, at no cost of its own."""
    family, host, rest = address
    with ExitStack() as opened:
        try:
            sock = opened.enter_context(socket.socket(family, socket.SOCK_STREAM))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEPALIVE:
                if hasattr(socket, name):
                    sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if send_buffer:
                # Unlike SO_SNDBUF it leaves the window of a fast download over a long way to the kernel.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, send_buffer)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((host, port, *rest))
            sock.listen()  # another program's socket on this port may show only now
        except OSError as refused:
            raise _cannot_listen(refused, host, port) from refused
        opened.pop_all()
        return sock


def _cannot_listen(refused: OSError, host: str, port: int) -> CannotListen:
    where = f"port {port} on {host}"
    if refused.errno == errno.EADDRINUSE:
        return PortTaken(errno.EADDRINUSE, f"Another program has {where}: stop it, or choose another port with --port.")
    if refused.errno == errno.EACCES:
        return CannotListen(errno.EACCES, f"This user may not listen on {where}: choose a port above 1023 with --port.")
    if refused.errno == errno.EADDRNOTAVAIL:
        return CannotListen(refused.errno, f"{host} is no address of this machine: choose one of its own with --host.")
    reason = (refused.strerror or str(refused)).lower()
    return CannotListen(refused.errno, f"Nobody can listen on {where}: {reason}.")
