"""The protocol of a connection whose protocol is not known yet.

It reads until `classify` knows, then hands the transport over for life and replays what it read. It writes nothing but
fixed words: the greeting, an SSH or TLS refusal. One timer a connection, for patience first and then as the deadline;
whatever ends here undecided ends without a word.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from sys import intern
from typing import Final, cast

import msgspec

from hobnob.net.limits import ConnectionCaps, Refusals, SpokeWeb
from hobnob.net.peer import Peer, plain_address
from hobnob.net.proxy import ProxyRefused, parse_header
from hobnob.net.settings import ListenerSettings
from hobnob.net.sniffer import Kind, begins_like_a_program, classify, classify_end
from hobnob.net.ssh import refusal
from hobnob.net.tls import ACCESS_DENIED, ALPN_ACME, ALPN_IRC, ALPN_WEB, NO_TLS_HERE, Tls

TooOften = Callable[[str], bool]
Gateways = Mapping[Kind, Callable[[Peer], asyncio.BaseProtocol]]


def never(address: str) -> bool:
    """Nobody connects too often."""
    return False


_ALPN_KINDS: dict[str | None, Kind] = {ALPN_WEB: Kind.WEB, ALPN_IRC: Kind.IRC}
_SSH_REFUSAL = refusal("hobnob does not speak SSH. Use a browser, an IRC client, netcat or telnet on this same port.")


class Port(msgspec.Struct):
    """What all undecided connections of one listener share."""

    loop: asyncio.AbstractEventLoop
    gateways: Gateways
    greeting: bytes
    settings: ListenerSettings
    tls: Tls | None
    too_often: TooOften
    limits: ConnectionCaps
    spoke_web: SpokeWeb
    refusal_in_clear: bytes
    """What silent people are told in place of the greeting where nobody may stay without TLS; empty elsewhere."""
    refusals: Refusals = msgspec.field(default_factory=Refusals)
    hasty: Refusals = msgspec.field(default_factory=partial(Refusals, "an address connects too often; it gets no TLS"))
    undecided: "dict[Recogniser, None]" = msgspec.field(default_factory=dict)
    """The oldest first."""
    handshakes: set[asyncio.Task[None]] = msgspec.field(default_factory=set)
    shaking: "dict[Recogniser, None]" = msgspec.field(default_factory=dict)
    """Those in the midst of a handshake, the oldest first."""

    def admit(self, address: str | None) -> bool:
        """Count one more undecided connection from `address`, unless that has its share already.

        Where the process has as many as it may, the oldest one goes: who means to speak does so at once, and a flood
        from many addresses must not keep everybody out for as long as its silence may last.
        """
        if self.limits.admit(address):
            return True
        if not self.limits.full or not self.undecided:
            return False
        oldest = next(iter(self.undecided))
        oldest.make_room()
        return self.limits.admit(address)

    def begin_handshake(self, recogniser: "Recogniser") -> None:
        """Count one more, in the place of the oldest where there are too many."""
        if len(self.shaking) >= self.settings.max_handshakes:
            next(iter(self.shaking)).make_room()
        self.shaking[recogniser] = None


# Where a connection stands. Plain numbers: every connection compares them a dozen times.
_PROXY: Final = 0  # a trusted peer's header comes first
_SNIFFING: Final = 1
_HANDSHAKE: Final = 2
_CHOSEN: Final = 3  # ALPN named the protocol; its first byte is awaited
_GREETED: Final = 4
_OVER: Final = 5  # handed over, refused or lost


class Recogniser(asyncio.Protocol):
    """One undecided connection; it stays the same object through PROXY header, TLS and greeting."""

    __slots__ = (
        "_address",
        "_alpn",
        "_counted",
        "_ended",
        "_first",
        "_hasty",
        "_knew_web",
        "_patient",
        "_peer_port",
        "_port",
        "_proxied",
        "_stage",
        "_successor",
        "_timer",
        "_tls",
        "_transport",
        "_unended",
    )

    def __init__(self, port: Port) -> None:
        self._port = port
        self._stage: int = _SNIFFING
        self._first = b""
        self._address = ""
        self._peer_port = 0
        self._counted: str | None = None  # the address that the limits counted, None for the process alone
        self._tls = False
        self._alpn: str | None = None
        self._proxied = False
        self._hasty = False
        self._knew_web: bool | None = None  # whether the address spoke HTTP or TLS before this handshake
        self._patient = False  # a greeted person's half line has its timer
        self._ended = False  # the end of input came during the handshake
        self._successor: asyncio.Protocol | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unended = False  # a program's text, by the look of it: it waits for an answer, and ended no line
        self._transport: asyncio.Transport

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        port = self._port
        name = transport.get_extra_info("peername")
        if not name:  # gone before it was accepted
            self.close()
            return
        self._address, self._peer_port = intern(plain_address(name[0])), name[1]  # many come from one address
        trusted = port.settings.trusts(self._address)
        self._counted = None if trusted else self._address
        if not port.admit(self._counted):
            self._refuse()
            return
        port.undecided[self] = None
        if trusted:
            self._stage = _PROXY
        else:
            self._hasty = port.too_often(self._address)
        self._timer = port.loop.call_later(port.settings.greet_after, self._patience_ended)

    def data_received(self, data: bytes) -> None:
        if self._stage != _OVER:
            self._first += data
            self._look()

    def eof_received(self) -> bool | None:
        if self._stage == _HANDSHAKE:
            self._ended = True
            return None
        return self._input_ended()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def close(self) -> None:
        """End the connection without a word."""
        self._leave()
        self._transport.abort()

    def make_room(self) -> None:
        """End it for a newcomer's sake."""
        self._refuse()

    def _refuse(self) -> None:
        """A cap is reached."""
        self._port.refusals.note(self._address, self._port.loop.time())
        self.close()

    # What decides

    def _look(self) -> None:
        """Go as far as the bytes that are here allow."""
        if self._stage == _PROXY:
            self._read_proxy_header()
        if not self._first:
            return
        if self._stage == _CHOSEN:
            self._hand_over(_ALPN_KINDS[self._alpn])
        elif self._stage == _SNIFFING or self._stage == _GREETED:
            kind = classify(self._first, self._port.settings.max_first_line)
            if kind is not None:
                self._decide(kind)
            elif self._stage == _GREETED and not self._patient:
                self._patient = True
                self._set_timer(self._port.settings.greet_after, self._patience_ended)

    def _decide(self, kind: Kind) -> None:
        if self._stage == _GREETED:
            self._decide_greeted(kind)
        elif kind is Kind.ENTER:
            self._first = self._first.partition(b"\n")[2]  # it asked for the greeting and answers no question
            self._greet()
            self._look()
        elif kind is Kind.TLS:
            self._start_tls()
        elif kind is Kind.SSH:
            self._say_and_end(_SSH_REFUSAL)
        elif kind is Kind.BINARY or kind is Kind.TOO_LONG:
            self.close()
        else:
            if kind is Kind.WEB:
                self._port.spoke_web.note(self._address, self._port.loop.time())
            self._hand_over(kind)

    def _decide_greeted(self, kind: Kind) -> None:
        """A greeted connection never becomes HTTP or TLS: the greeting stands where their first bytes belong."""
        if kind in (Kind.WEB, Kind.TLS, Kind.BINARY, Kind.TOO_LONG):
            self.close()
        elif kind in (Kind.JSON, Kind.IRC, Kind.STUDENT):
            self._hand_over(kind)
        else:
            self._hand_over(Kind.TEXT)

    def _patience_ended(self) -> None:
        """The one look at silence. Half a program's line waits for the deadline, anything else is a person's."""
        settings = self._port.settings
        self._set_timer(settings.decide_within - settings.greet_after, self.close)
        if self._stage not in (_SNIFFING, _GREETED) or begins_like_a_program(self._first):
            return
        kind = classify_end(self._first, settings.max_first_line)
        if kind is Kind.TEXT or kind is Kind.ENTER:
            self._unended = kind is Kind.TEXT and self._stage == _SNIFFING
            self._decide(kind)
        elif kind is None and not self._may_be_a_browser():
            self._greet()

    def _may_be_a_browser(self) -> bool:
        """Browsers keep silent spare connections; inside TLS they are known by ALPN."""
        if self._knew_web is not None:
            return self._knew_web
        return self._port.spoke_web.remembers(self._address, self._port.loop.time())

    def _input_ended(self) -> bool | None:
        """The end of input ends a person's line. What is returned keeps our half open, as the new protocol wants it."""
        if self._stage == _SNIFFING or self._stage == _GREETED:
            kind = classify_end(self._first, self._port.settings.max_first_line)
            if kind is not None:
                self._decide(kind)
        self._leave()
        return self._successor.eof_received() if self._successor else None

    # What follows from it

    def _greet(self) -> None:
        if self._port.refusal_in_clear and not self._tls:
            self._say_and_end(self._port.refusal_in_clear)
            return
        self._stage = _GREETED
        self._set_timer(self._port.settings.answer_within, self.close)
        self._transport.write(self._port.greeting)

    def _say_and_end(self, words: bytes) -> None:
        """Last words, and a moment to read them: closing over unread input would make the kernel drop them."""
        self._stage = _OVER
        self._set_timer(self._port.settings.decide_within, self.close)
        self._transport.write(words)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _read_proxy_header(self) -> None:
        try:
            header = parse_header(self._first)
        except ProxyRefused:
            self.close()
            return
        if header is None:
            return
        self._first = self._first[header.length :]
        self._proxied = True
        self._tls = header.tls
        self._stage = _SNIFFING
        if header.address is not None:
            self._address, self._peer_port = header.address, header.port
            self._port.limits.leave(self._counted)
            self._counted = header.address
            if not self._port.limits.admit(header.address):
                del self._port.undecided[self]
                self._refuse()
                return
            self._hasty = self._port.too_often(header.address)
        self._choose_by_alpn(header.alpn)

    def _choose_by_alpn(self, alpn: str | None) -> None:
        self._alpn = alpn
        self._stage = _CHOSEN if alpn in _ALPN_KINDS else _SNIFFING
        if alpn == ALPN_ACME:
            self.close()

    def _start_tls(self) -> None:
        if self._tls:  # TLS in TLS
            self.close()
            return
        port = self._port
        now = port.loop.time()
        if self._hasty:
            port.hasty.note(self._address, now)
            self._say_and_end(ACCESS_DENIED)
            return
        self._knew_web = port.spoke_web.remembers(self._address, now)
        port.spoke_web.note(self._address, now)
        if port.tls is None:
            self._say_and_end(NO_TLS_HERE)
            return
        self._stage = _HANDSHAKE
        port.begin_handshake(self)
        self._cancel_timer()
        self._transport.pause_reading()
        client_hello, self._first = self._first, b""
        task = port.loop.create_task(self._shake_hands(port.tls, client_hello))
        port.handshakes.add(task)
        task.add_done_callback(port.handshakes.discard)

    async def _shake_hands(self, tls: Tls, client_hello: bytes) -> None:
        """Put TLS under this object, which sees the clear text from then on, also before `start_tls` returns."""
        try:
            inner = await self._put_tls_under(tls, client_hello)
        except OSError:  # refused, reset or too slow
            inner = None
        within = inner.get_extra_info("ssl_object") if inner else None
        if inner is None or within is None or self._stage == _OVER:
            self.close()
            return
        self._port.shaking.pop(self, None)
        self._transport = inner
        self._tls = True
        self._set_timer(self._port.settings.greet_after, self._patience_ended)
        self._choose_by_alpn(within.selected_alpn_protocol())
        self._look()
        if self._ended and not self._input_ended():
            inner.close()

    async def _put_tls_under(self, tls: Tls, client_hello: bytes) -> asyncio.Transport | None:
        """The transport inside TLS; None when there is none. Raises OSError."""
        loop, outer, within = self._port.loop, self._transport, self._port.settings.handshake_within
        context = tls.context
        if context is None:
            async with asyncio.timeout(within):
                context = await tls.until_there()
        if self._stage == _OVER:
            return None
        under = loop.create_task(
            loop.start_tls(
                outer, self, context, server_side=True, ssl_handshake_timeout=within, ssl_shutdown_timeout=within
            )
        )
        # The task's first step lets start_tls connect its protocol and resume reading in the turn after it; a call
        # that is nested once comes right behind these two, before anything more is read.
        loop.call_soon(loop.call_soon, _feed_successor, outer, client_hello)
        return await under

    def _hand_over(self, kind: Kind) -> None:
        """Give the transport away for life, and with it every byte that was read."""
        transport, first = self._transport, self._first
        greeted = self._stage == _GREETED
        self._leave()
        peer = Peer(
            self._address, self._peer_port, self._tls, self._alpn, self._proxied, greeted, self._unended, self._hasty
        )
        was_closing = transport.is_closing()  # the end of input inside TLS closes by itself
        try:
            successor = self._successor = cast(asyncio.Protocol, self._port.gateways[kind](peer))
            transport.set_protocol(successor)
            successor.connection_made(transport)
            if first and transport.is_closing() == was_closing:
                _feed(successor, first)
        except BaseException:
            transport.abort()
            raise

    # One timer, one count

    def _set_timer(self, seconds: float, then: Callable[[], None]) -> None:
        self._cancel_timer()
        self._timer = self._port.loop.call_later(seconds, then)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _leave(self) -> None:
        """No longer undecided, for whatever reason."""
        self._stage = _OVER
        self._cancel_timer()
        self._port.shaking.pop(self, None)
        if self in self._port.undecided:
            del self._port.undecided[self]
            self._port.limits.leave(self._counted)


def _feed(protocol: asyncio.BaseProtocol, data: bytes) -> None:
    """Deliver `data` as a transport would. On uvloop a BufferedProtocol is known only by its methods."""
    if not hasattr(protocol, "get_buffer"):
        cast(asyncio.Protocol, protocol).data_received(data)
        return
    buffered = cast(asyncio.BufferedProtocol, protocol)
    while data:
        buffer = memoryview(buffered.get_buffer(len(data))).cast("B")
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        buffered.buffer_updated(size)
        data = data[size:]


def _feed_successor(transport: asyncio.Transport, data: bytes) -> None:
    if not transport.is_closing():
        _feed(transport.get_protocol(), data)
