"""One IRC connection: bytes become lines, lines become steps, answers let the steps go on.

Lines are taken in order. A line that depends on what came before waits until that is answered, by putting a Ping to the
chat into the queue; only sends are under way side by side. So it does not matter how the peer's bytes were split.
A PING waits for what others have said by then, too: who asks whether anything has come is told what has.
Follows the Modern IRC Client Protocol, IRCv3 message-tags and UTF8ONLY.
"""

from collections.abc import Iterable
from contextlib import suppress

import msgspec

from hobnob.gateways.gateway import Attach, Close, House, Manner, Said, Session, WireFormat
from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands import COMMANDS, channels, multiline
from hobnob.gateways.irc.commands.command import Steps, guarded
from hobnob.gateways.irc.echoes import Echoes
from hobnob.gateways.irc.labels import MAX_LABEL, labelled
from hobnob.gateways.irc.message import MAX_BODY, MAX_CLIENT_TAGS, LineBuffer, Message, parse
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.settings import IrcSettings
from hobnob.gateways.irc.wire import Pack, as_lines, silence
from hobnob.protocol.commands import Command, JsonId, Ping, SendMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import RoomChanged
from hobnob.protocol.records import Room
from hobnob.protocol.replies import Reply

_DEFAULTS = IrcSettings()

BACKLOG = 64 * 1024
"""Bytes that may wait for a client that is slowed: a page of a thousand lines does, a flood does not."""

_ENDED = "end of input"


class IrcCodec:
    """See the head of this file, and the contract in gateways/gateway.py."""

    __slots__ = (
        "_client",
        "_closed",
        "_echoes",
        "_house",
        "_last_id",
        "_lines",
        "_pack",
        "_settings",
        "_unsettled",
        "_waiting",
        "wire",
    )

    manner = Manner(gateway="irc", keeps=False, attach=Attach.NOTHING, facts=False, own=True, backlog=BACKLOG)

    def __init__(self, house: House, settings: IrcSettings = _DEFAULTS, pack: Pack = as_lines) -> None:
        self.wire: WireFormat = silence(house, pack)
        self._pack = pack
        self._house = house
        self._settings = settings
        self._lines = LineBuffer()
        self._client: Client | None = None
        # None while nothing is under way: an idle client costs no empty tables.
        self._waiting: dict[JsonId, Steps] | None = None
        self._unsettled: dict[JsonId, None] | None = None
        self._last_id = 0
        self._closed = False

    def begin(self, session: Session) -> Iterable[bytes]:
        """A client is sent nothing before it has said something."""
        self._client = Client(self._house, session, self._settings, self._pack)
        self._echoes = Echoes(self._client)
        session.echo = self._echoes.echo
        session.renamed = self._renamed
        return ()

    def _renamed(self, event: RoomChanged, room: Room) -> bytes:
        assert self._client is not None
        return self._pack(channels.renamed(self._client, event, room))

    def receive(self, data: bytes) -> list[Said]:
        """What the lines in `data` say, with the line begun before."""
        said: list[Said] = []
        for line in self._lines.feed(data):
            if self._closed:
                break
            self._take(line, said)
        return said

    def end(self) -> Iterable[Said]:
        """A line without its end was cut off somewhere, so it is not taken for one; nor did anybody say QUIT."""
        return (Close(_ENDED, _ENDED),)

    def answer(self, command: Command, reply: Reply | ChatError) -> list[Said]:
        """The steps that asked go on."""
        assert self._waiting is not None
        steps = self._waiting.pop(command.id)
        if not self._waiting:
            self._waiting = self._unsettled = None
        elif self._unsettled:
            self._unsettled.pop(command.id, None)
        said: list[Said] = []
        self._go_on(steps, reply, said)
        return said

    def _take(self, line: bytes | None, said: list[Said]) -> None:
        assert self._client is not None
        if line is None or _is_too_long(line):
            self._go_on(self._refuse_length(self._client), None, said)
            return
        try:
            message = parse(line.decode())
        except UnicodeDecodeError:
            self._go_on(self._refuse_bytes(self._client, parse(line.decode(errors="replace"))), None, said)
            return
        if message is not None:
            self._go_on(self._steps(self._client, message), None, said)

    def _steps(self, client: Client, message: Message) -> Steps:
        """What a line does, after all that it depends on."""
        if self._unsettled or message.command == "PING":
            return self._in_turn(client, message)
        return self._meant(client, message, settled=not self._waiting)

    def _in_turn(self, client: Client, message: Message) -> Steps:
        """Not before its turn is known what a line is: its client may be asking for labels or batches just now."""
        yield from self._settle(sends=True, others=message.command == "PING")
        yield from self._meant(client, message, settled=True)

    def _meant(self, client: Client, message: Message, *, settled: bool) -> Steps:
        """Part of a message that is not complete, or a command behind its preconditions, answered under its label."""
        if multiline.belongs(client, message):
            return multiline.add(client, message)
        return self._under_label(client, message, self._checked(client, message, settled=settled))

    def _under_label(self, client: Client, message: Message, steps: Steps) -> Steps:
        label = message.tags.get("label", "")
        if message.command == "BATCH" and message.params:  # the label of its beginning is answered at its end
            begins = message.params[0].startswith("+")
            label = "" if begins or client.multiline is None else client.multiline.label
        if label and len(label.encode()) <= MAX_LABEL and "labeled-response" in client.capabilities:
            return labelled(self._echoes, label, message, steps)
        return steps

    def _checked(self, client: Client, message: Message, *, settled: bool) -> Steps:
        rule = COMMANDS.get(message.command)
        if not settled:
            yield from self._settle(sends=rule is None or rule.settled)
        if rule is None:
            yield client.numeric(Numeric.ERR_UNKNOWNCOMMAND, message.command)
            return
        if rule.registered and not client.registered:
            problem = client.numeric(Numeric.ERR_NOTREGISTERED)
        elif len(message.params) < rule.params:
            problem = client.numeric(Numeric.ERR_NEEDMOREPARAMS, message.command)
        else:
            target = message.params[0] if message.params else "*"
            steps = rule.run(client, message)
            yield from guarded(client, message.command, target, steps, quiet=rule.quiet)
            return
        if not rule.quiet:
            yield problem

    def _refuse_length(self, client: Client) -> Steps:
        yield from self._settle(sends=False)
        multiline.spoil(client)
        yield client.numeric(Numeric.ERR_INPUTTOOLONG)

    def _refuse_bytes(self, client: Client, message: Message | None) -> Steps:
        """What is wrong with a line whose bytes are no text (IRCv3 utf8-only), as far as it can be read."""
        yield from self._settle(sends=False)
        multiline.spoil(client)
        known = message if message is not None and message.command in COMMANDS else Message("*")
        refusal = client.line("FAIL", known.command, "INVALID_UTF8", "This line was dropped: send UTF-8.")
        yield from self._under_label(client, known, _said(refusal))

    def _settle(self, *, sends: bool, others: bool = False) -> Steps:
        """Wait until what came before is answered; `sends` before it too, and what `others` had said."""
        if others or self._unsettled or (sends and self._waiting):
            with suppress(ChatError):
                yield Ping(settled=others)

    def _go_on(self, steps: Steps, reply: Reply | ChatError | None, said: list[Said]) -> None:
        """Run steps until they ask the chat something, or to their end; what they say is added to what was `said`."""
        while True:
            try:
                step = steps.throw(reply) if isinstance(reply, ChatError) else steps.send(reply)
            except StopIteration:
                return
            reply = None
            if isinstance(step, bytes):
                said.append(self._pack(step))
            elif isinstance(step, Close):
                self._closed = True
                said.append(step)
            else:
                said.append(self._asked(step, steps))
                return

    def _asked(self, command: Command, steps: Steps) -> Command:
        """A command for the chat; its steps wait for the answer."""
        self._last_id += 1
        self._waiting = self._waiting or {}
        self._waiting[self._last_id] = steps
        if not isinstance(command, SendMessage):
            self._unsettled = self._unsettled or {}
            self._unsettled[self._last_id] = None
        return msgspec.structs.replace(command, id=self._last_id)


def _said(line: bytes) -> Steps:
    yield line


_LONG = (b"AUTHENTICATE ", b"REGISTER ")
"""What may be as long as a line can be: it is for nobody else, and passwords are long."""


def _is_too_long(line: bytes) -> bool:
    """Whether the tags or the rest of a line are over their own limits."""
    if len(line) <= MAX_BODY:
        return False
    tags, _, rest = line.partition(b" ") if line.startswith(b"@") else (b"", b"", line)
    return len(tags) - 1 > MAX_CLIENT_TAGS or (len(rest) > MAX_BODY and not rest[:13].upper().startswith(_LONG))
