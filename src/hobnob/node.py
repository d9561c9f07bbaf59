"""The only file that builds: config → store, bus, chat, gateways, listener. And the order in which all that stops."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_network
from typing import Protocol

import structlog

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.config import Config
from hobnob.gateways.gateway import Codec
from hobnob.gateways.irc import IrcCodec
from hobnob.gateways.json_lines import JsonLinesCodec
from hobnob.gateways.lines import GREETING, LinesCodec, StudentCodec
from hobnob.gateways.web.late import LateWebGateway
from hobnob.gateways.web.settings import WebSettings
from hobnob.net.connection import Connection
from hobnob.net.descriptors import raise_limit
from hobnob.net.listener import Listener, ListenerSettings
from hobnob.net.peer import Peer
from hobnob.net.recogniser import Gateways
from hobnob.net.sniffer import Kind
from hobnob.net.tls import server_context
from hobnob.stores.sql import SqlStore

GARBAGE = (50_000, 20, 100)
"""Thresholds of the cyclic collector: thousands of messages may be under way, and none of them is garbage."""
STOP_WITHIN = 2.5
"""Seconds for everyone's last bytes when the server stops."""
SWITCH_INTERVAL = 0.0005
"""Seconds a thread may hold the interpreter while another waits: the writer must not make the loop wait long."""
TIDY_EVERY = 300.0
"""Seconds between two looks at what the store put off."""

Ready = Callable[[list[tuple[str, int]]], None]


class Console(Protocol):
    """The operator's terminal, where there is one."""

    def open(self, chat: Chat, stop: Callable[[], None]) -> None:
        """The node listens; `stop` stops it."""

    def arrived(self, peer: Peer) -> None:
        """Somebody came."""


_log = structlog.get_logger()


def serve(config: Config, ready: Ready, console: Console | None = None) -> int:
    """Run a node until Ctrl+C or SIGTERM; the exit status. `ready` hears the addresses that are listened on.

    With a `console`, the end of its terminal (SIGHUP) ends the node as well.

    Raises:
        StoreRefused, CannotListen, TlsRefused: it cannot start; the message is one sentence.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    raise_limit()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run(config, ready, console))
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def run(config: Config, ready: Ready, console: Console | None = None) -> None:
    """Build the node, serve until told to stop, stop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stopped.set)
    if console is not None and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants it ignored
        loop.add_signal_handler(signal.SIGHUP, stopped.set)
    context = server_context(config.tls_cert, config.tls_key) if config.tls_cert and config.tls_key else None
    store = SqlStore(config.data)
    store.open()
    try:
        chat = Chat(store, LocalBus(), config.name)
        await chat.open()
        web = LateWebGateway(chat, WebSettings(hosts=frozenset(config.hosts)))
        listener = Listener(
            gateways=_gateways(chat, web, console),
            greeting=GREETING,
            settings=_listener_settings(config),
            ssl_context=context,
        )
        tidying = loop.create_task(_tidy(chat))
        try:
            ready(await listener.start(config.host, config.port))
            if console is not None:
                console.open(chat, stopped.set)
            await web.start()
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GARBAGE)
            await stopped.wait()
        finally:
            tidying.cancel()
            await _stop(chat, web, listener)
    finally:
        store.close()


def _gateways(chat: Chat, web: LateWebGateway, console: Console | None) -> Gateways:
    """How each protocol is spoken."""

    def spoken(make_codec: Callable[[Peer], Codec]) -> Callable[[Peer], Connection]:
        def build(peer: Peer) -> Connection:
            if console is not None:
                console.arrived(peer)
            return Connection(chat, make_codec, peer)

        return build

    return {
        Kind.WEB: web.protocol,
        Kind.JSON: spoken(lambda _: JsonLinesCodec(chat)),
        Kind.IRC: spoken(lambda _: IrcCodec(chat)),
        Kind.STUDENT: spoken(lambda _: StudentCodec(chat)),
        Kind.TEXT: spoken(lambda peer: _lines(chat, peer)),
    }


def _lines(chat: Chat, peer: Peer) -> LinesCodec:
    return LinesCodec(chat, greeted=peer.greeted, raw=peer.unended)


def _listener_settings(config: Config) -> ListenerSettings:
    caps = ListenerSettings()
    per_address = config.max_undecided_per_address
    return ListenerSettings(
        trusted_proxies=tuple(ip_network(network) for network in config.trusted_proxies),
        max_undecided=max(caps.max_undecided, per_address),
        max_undecided_per_address=per_address,
        max_undecided_per_site=max(caps.max_undecided_per_site, per_address),
    )


async def _tidy(chat: Chat) -> None:
    """Let the store do, now and then, what it put off."""
    while True:
        await asyncio.sleep(TIDY_EVERY)
        try:
            await asyncio.to_thread(chat.store.tidy)
        except Exception:  # noqa: BLE001  it is tried again; the house goes on meanwhile
            _log.exception("tidying the store failed")


async def _stop(chat: Chat, web: LateWebGateway, listener: Listener) -> None:
    """Nobody new, then the last words, then a moment for them to arrive."""
    await listener.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(STOP_WITHIN):
            await chat.stop("The server is stopping. Connect again in a moment.")
            await web.stop()
            await chat.empty.wait()
