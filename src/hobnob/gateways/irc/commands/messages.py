"""Saying something: PRIVMSG, NOTICE, TAGMSG, and the one CTCP that is more than a question to a program: ACTION."""

from hobnob.gateways.irc.client import Client, is_channel
from hobnob.gateways.irc.commands.channels import targets
from hobnob.gateways.irc.commands.command import Steps, guarded, handles
from hobnob.gateways.irc.isupport import MAX_TARGETS
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.commands import SendMessage
from hobnob.protocol.records import MessageKind

_CTCP = "\x01"


@handles("PRIVMSG", settled=False)
def privmsg(client: Client, message: Message) -> Steps:
    """Say something to channels and people."""
    if not message.params or not message.params[0]:
        yield client.numeric(Numeric.ERR_NORECIPIENT, text="No recipient given (PRIVMSG)")
        return
    text = message.params[1] if len(message.params) > 1 else ""
    if not text:
        yield client.numeric(Numeric.ERR_NOTEXTTOSEND)
        return
    yield from _send(client, message.params[0], text, notice=False)


@handles("NOTICE", params=2, settled=False, quiet=True)
def notice(client: Client, message: Message) -> Steps:
    """Say something that no program answers, this one included."""
    yield from _send(client, message.params[0], message.params[1], notice=True)


@handles("TAGMSG", params=1, settled=False)
def tagmsg(client: Client, message: Message) -> Steps:
    """Tags without a text. All tags of clients are denied (CLIENTTAGDENY=*), so nothing is left to pass on."""
    yield from ()


def _send(client: Client, recipients: str, text: str, *, notice: bool) -> Steps:
    command = "NOTICE" if notice else "PRIVMSG"
    kind: MessageKind = "notice" if notice else "text"
    if text.startswith(_CTCP):
        name, _, rest = text.strip(_CTCP).partition(" ")
        if notice or name.upper() != "ACTION":
            if not notice:
                yield client.line("NOTICE", client.nick, "Of CTCP only ACTION (/me) is passed on here.")
            return
        kind, text = "action", rest
    for index, target in enumerate(targets(recipients)):
        if index == MAX_TARGETS:
            if not notice:
                yield client.numeric(Numeric.ERR_TOOMANYTARGETS, target)
            return
        room = target if is_channel(target) else f"@{target}"
        yield from guarded(client, command, target, _send_one(room, text, kind), quiet=notice)


def _send_one(room: str, text: str, kind: MessageKind) -> Steps:
    yield SendMessage(room=room, text=text, kind=kind)
