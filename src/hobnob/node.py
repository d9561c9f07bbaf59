"""The only file that builds: config → store, bus, chat, gateways, listener. And the order in which all that stops."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import NamedTuple, Protocol

import structlog

from hobnob.buses.local import LocalBus
from hobnob.chat.chat import Chat
from hobnob.chat.limits import Limit
from hobnob.chat.passwords import Cost
from hobnob.chat.policy import Policy
from hobnob.config import Config, ConfigRefused
from hobnob.gateways.gateway import Codec
from hobnob.gateways.irc import IrcCodec
from hobnob.gateways.irc.settings import DayMessage, IrcSettings
from hobnob.gateways.json_lines import JsonLinesCodec, OperatorCodec
from hobnob.gateways.lines import GREETING, LinesCodec, StudentCodec
from hobnob.gateways.lines.wire import LinesWire
from hobnob.gateways.web.late import LateWebGateway
from hobnob.gateways.web.refusal import refusal
from hobnob.gateways.web.settings import WebSettings
from hobnob.net.admin_socket import AdminSocket
from hobnob.net.certificate import keep_certificate, name_for_others, names_of_this_machine
from hobnob.net.connection import Connection
from hobnob.net.descriptors import KEPT_FREE, raise_limit
from hobnob.net.door import CODES, TLS_ONLY, Door, DoorSettings
from hobnob.net.listener import Listener, ListenerSettings
from hobnob.net.peer import Peer
from hobnob.net.recogniser import Gateways
from hobnob.net.renewal import Files, Renewal
from hobnob.net.sniffer import Kind
from hobnob.net.tls import Tls, server_context
from hobnob.protocol.links import Link, invite_links
from hobnob.stores.folder import IDENTITY
from hobnob.stores.sql import SqlStore

GARBAGE = (50_000, 20, 100)
"""Thresholds of the cyclic collector: thousands of messages may be under way, and none of them is garbage."""
STOP_WITHIN = 2.5
"""Seconds for everyone's last bytes when the server stops."""
SWITCH_INTERVAL = 0.0005
"""Seconds a thread may hold the interpreter while another waits: the writer must not make the loop wait long."""
TIDY_EVERY = 300.0
"""Seconds between two looks at what the store put off."""

OPERATOR = Peer("127.0.0.1", 0)
"""Who comes by the admin socket: somebody of this machine, from no port."""

IRC_DEFAULTS = IrcSettings()

Addresses = list[tuple[str, int]]


class Started(NamedTuple):
    """A node that listens: on which addresses, with which key (a fingerprint, empty without TLS).

    `owner_link` is there as long as the server has no owner: who opens it within the hour becomes one.
    """

    listened: Addresses
    fingerprint: str = ""
    owner_link: str = ""


Ready = Callable[[Started], None]


class Console(Protocol):
    """The operator's terminal, where there is one."""

    def open(self, chat: Chat, stop: Callable[[], None]) -> None:
        """The node listens; `stop` stops it."""

    def arrived(self, peer: Peer) -> None:
        """Somebody came."""


_log = structlog.get_logger()


def serve(config: Config, ready: Ready, console: Console | None = None) -> int:
    """Run a node until Ctrl+C or SIGTERM; the exit status.

    SIGHUP has the certificate read again; only where a terminal was and is gone, it ends the node.

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
    listened: Addresses = []
    tls = _tls(config)
    renewal = Renewal(tls, lambda: _certificate(config, listened)) if tls else None
    irc = irc_settings(config)
    read = partial(read_again, config, irc, renewal)
    _hear_hangup(stopped.set, read)
    store = SqlStore(config.data)
    store.open()
    try:
        chat = Chat(store, LocalBus(), config.name, policy=_policy(config))
        await chat.open()
        chat.reload = read
        web = LateWebGateway(chat, _web_settings(config, chat.policy, irc), partial(_one_too_many, chat, Limit.ASKING))
        door = Door(_door_settings(config))
        listener = Listener(
            gateways=gateways(chat, web, door, console, irc),
            greeting=GREETING,
            settings=_listener_settings(config),
            tls=tls,
            too_often=_too_often(chat, config),
            refusal_in_clear=refusal_in_clear(config.tls == "required"),
        )
        desk = AdminSocket(config.data, lambda: Connection(chat, lambda _: OperatorCodec(chat), OPERATOR, _nothing))
        chores = [loop.create_task(_tidy(chat))]
        try:
            listened += await listener.start(config.host, config.port)
            for host, port in config.also:
                listened += await listener.start(host, port)
            if tls and renewal:
                await renewal.start()
                chores.append(loop.create_task(renewal.watch()))
            chat.reached_at = lambda: _reached_at(config, listened, tls)
            await desk.start()
            ready(Started(listened, tls.fingerprint if tls else "", await _owner_link(chat)))
            if console is not None:
                console.open(chat, stopped.set)
            await web.start()
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GARBAGE)
            await stopped.wait()
        finally:
            for chore in chores:
                chore.cancel()
            desk.close()
            await _stop(chat, web, listener)
    finally:
        store.close()


def _reached_at(config: Config, listened: Addresses, tls: Tls | None) -> Link:
    """How others reach the server: by its first name, or its address; a machine that is alone speaks in the clear."""
    address, port = listened[0]
    at = ip_address(address.partition("%")[0])
    host = config.hosts[0] if config.hosts else name_for_others() if at.is_unspecified else address
    in_clear = tls is None or (at.is_loopback and config.tls != "required" and not config.hosts)
    return Link(host, port, key=tls.fingerprint if tls else "", scheme="http" if in_clear else "https")


async def _owner_link(chat: Chat) -> str:
    """The link that makes the first owner; empty where there is one."""
    staff = await chat.keeper.read(chat.store.staff)
    if any(person.role == "owner" for person in staff):
        return ""
    return invite_links(chat.reached_at(), await chat.owner_code())[1]


def _nothing(_: Peer) -> None:
    """What is to be done when a connection of the admin socket is gone: it was counted nowhere."""


def _policy(config: Config) -> Policy:
    return Policy(
        access=config.entrance[0],
        shortest_password=config.min_password_length,
        password_cost=Cost(memory=config.password_memory),
        limited=config.limits == "on",
        trusted_networks=config.trusted_networks,
        loopback_exempt=not config.public,
        operator_name=config.irc_oper_name or "",
        operator_password=config.irc_oper_password or "",
    )


def _tls(config: Config) -> Tls | None:
    """TLS as the settings want it, without its certificate where that is ours to make. Raises TlsRefused."""
    if config.tls == "off":
        return None
    return Tls(server_context(config.tls_cert, config.tls_key) if config.tls_cert and config.tls_key else None)


def _certificate(config: Config, listened: Addresses) -> Files:
    """The files with the certificate; our own is seen to. Blocks. Raises TlsRefused."""
    if config.tls_cert and config.tls_key:
        return config.tls_cert, config.tls_key
    own = [address for address, _ in listened if not ip_address(address.partition("%")[0]).is_unspecified]
    return keep_certificate(config.data / IDENTITY, [*names_of_this_machine(), *own, *config.hosts])


async def read_again(config: Config, irc: IrcSettings, renewal: Renewal | None) -> None:
    """Take what the files hold now that the settings name, as far as it can be used."""
    try:
        irc.motd.lines = await asyncio.to_thread(read_motd, config)
    except ConfigRefused as refused:
        _log.warning("the message of the day stays the one that was", reason=str(refused))
    if renewal is not None:
        await renewal.reload()


def _hear_hangup(stop: Callable[[], None], read: Callable[[], Coroutine[None, None, None]]) -> None:
    """SIGHUP is a person's wish to have files read again, or their terminal's end."""
    loop = asyncio.get_running_loop()
    ends_with_terminal = _has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN  # as nohup wants it
    reloads: set[asyncio.Task[None]] = set()

    def hung_up() -> None:
        if ends_with_terminal and not _has_terminal():
            stop()
        else:
            reload = loop.create_task(read())
            reloads.add(reload)
            reload.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGHUP, hung_up)


def _has_terminal() -> bool:
    """Whether a terminal controls this process, wherever its output goes."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def read_motd(config: Config) -> tuple[str, ...]:
    """The lines of the message of the day. Raises ConfigRefused where they cannot be read."""
    try:
        return tuple(config.irc_motd.read_text("utf-8").splitlines()) if config.irc_motd else ()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigRefused(f"The message of the day in {config.irc_motd} cannot be read as UTF-8 text.") from error


def irc_settings(config: Config) -> IrcSettings:
    """What is special to IRC. Raises ConfigRefused where the message of the day cannot be read."""
    return IrcSettings(
        network=config.irc_network or "",
        motd=DayMessage(read_motd(config)),
        admin=(config.irc_admin,) if config.irc_admin else (),
        password=config.irc_password or "",
        sts_port=config.port if config.irc_sts_days else 0,
        sts_days=config.irc_sts_days,
        register_before_connecting=not config.irc_register_late,
        email_required=config.irc_email_required,
    )


def gateways(
    chat: Chat, web: LateWebGateway, door: Door, console: Console | None, irc: IrcSettings = IRC_DEFAULTS
) -> Gateways:
    """How each protocol is spoken, to those whom the door lets in."""
    leave = door.leave  # bound once for all, as thousands of connections keep it

    def spoken(make_codec: Callable[[Peer], Codec]) -> Callable[[Peer], asyncio.BaseProtocol]:
        def build(peer: Peer) -> asyncio.BaseProtocol:
            if reason := door.enter(peer):
                return door.turn_away(make_codec(peer).wire.farewell(reason, CODES.get(reason, "full")))
            if console is not None:
                console.arrived(peer)
            return Connection(chat, make_codec, peer, leave)

        return build

    def browsed(peer: Peer) -> asyncio.BaseProtocol:
        if reason := door.enter(peer, answers_plain=True):
            return door.turn_away(refusal("503 Service Unavailable", reason))
        return web.protocol(peer, partial(door.leave, peer))

    return {
        Kind.WEB: browsed,
        Kind.JSON: spoken(lambda _: JsonLinesCodec(chat)),
        Kind.IRC: spoken(lambda _: IrcCodec(chat, irc)),
        Kind.STUDENT: spoken(lambda _: StudentCodec(chat)),
        Kind.TEXT: spoken(lambda peer: _lines(chat, peer)),
    }


def refusal_in_clear(tls_required: bool) -> bytes:
    """What silent people are told in place of the question for their name, where that would lead nowhere."""
    return LinesWire(crlf=True).farewell(TLS_ONLY, CODES[TLS_ONLY]) if tls_required else b""


def _too_often(chat: Chat, config: Config) -> Callable[[str], bool]:
    """Counts connections. A web proxy's are as many as its clients', each of whom is counted by what they do."""

    def too_often(address: str) -> bool:
        if any(ip_address(address) in network for network in config.web_proxies):
            return False
        return _one_too_many(chat, Limit.CONNECTING, address)

    return too_often


def _one_too_many(chat: Chat, limit: Limit, address: str) -> bool:
    return chat.limits.take(limit, address, None, None, chat.loop.time()) > 0


def _lines(chat: Chat, peer: Peer) -> LinesCodec:
    return LinesCodec(chat, greeted=peer.greeted, raw=peer.unended)


def _listener_settings(config: Config) -> ListenerSettings:
    caps = ListenerSettings()
    per_address = config.max_undecided_per_address
    return ListenerSettings(
        trusted_proxies=config.trusted_proxies,
        max_undecided=_max_undecided(config),
        max_undecided_per_address=per_address,
        max_undecided_per_site=max(caps.max_undecided_per_site, per_address),
    )


def _max_undecided(config: Config) -> int:
    """Connections that may have no protocol yet; never so many that those with one find no place."""
    return min(max(ListenerSettings().max_undecided, config.max_undecided_per_address), raise_limit() // 4)


def _door_settings(config: Config) -> DoorSettings:
    caps = DoorSettings()
    per_address = config.max_connections_per_address
    return DoorSettings(
        max_connections=max(1, min(config.max_connections, raise_limit() - _max_undecided(config) - KEPT_FREE)),
        max_connections_per_address=per_address,
        max_connections_per_site=max(caps.max_connections_per_site, 4 * per_address),
        exempt=(*config.trusted_networks, *config.web_proxies),
        loopback_exempt=not config.public,
        tls_required=config.tls == "required",
    )


def _web_settings(config: Config, policy: Policy, irc: IrcSettings) -> WebSettings:
    return WebSettings(
        hosts=frozenset(config.hosts),
        web_proxies=config.web_proxies,
        tls_required=config.tls == "required",
        access=policy.access,
        irc=irc,
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
