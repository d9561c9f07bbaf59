"""Answers of one command under its label (IRCv3 labeled-response).

They are gathered until the last one is known. What the client hears of its own doings, an echo, is an answer too.
"""

from typing import Final

import msgspec

from hobnob.gateways.gateway import Close, Said
from hobnob.gateways.irc.client import Client, away
from hobnob.gateways.irc.commands.command import Steps
from hobnob.gateways.irc.echoes import Echoes, Label
from hobnob.gateways.irc.lines import under_label
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.services import service_named
from hobnob.protocol.commands import Command, DeleteMessage, React, SendMessage, SendTags, SetTopic, Unreact
from hobnob.protocol.errors import ChatError
from hobnob.protocol.ids import new_ref
from hobnob.protocol.moderation_commands import SendAside
from hobnob.protocol.replies import Reply

MAX_LABEL: Final = 64
"""Bytes of a label."""

_SERVICES: Final = frozenset({"CHANSERV", "CS", "NICKSERV", "NS"})

_HAVE_ECHOES = SendAside | SendMessage | SendTags | React | Unreact | DeleteMessage | SetTopic


def labelled(echoes: Echoes, text: str, message: Message, steps: Steps) -> Steps:
    """The same steps, their answers gathered until the last one is known."""
    client = echoes.client
    answers: list[bytes] = []
    label = Label(text, answers if _has_several_answers(client, message) else None)
    reply: Reply | None = None
    refusal: ChatError | None = None
    while True:
        try:
            said: Said = steps.send(reply) if refusal is None else steps.throw(refusal)
        except StopIteration:
            break
        reply = refusal = None
        if isinstance(said, bytes):
            answers.append(said)
        elif isinstance(said, Close):
            yield under_label(client, text, answers)
            yield said
            return
        else:
            command = _with_ref(said)
            try:
                with echoes.expected(getattr(command, "ref", None), label):
                    reply = yield command
            except ChatError as error:
                refusal = error
    if not label.answered or label.kept is not None:
        yield under_label(client, text, answers)
    elif answers:  # what nobody could expect when the echo took the label
        yield b"".join(answers)


def _has_several_answers(client: Client, message: Message) -> bool:
    """Whether there is more to come than one echo: others, or that who was spoken to is away.

    One letter of MODE is one change; a ban takes somebody out, too.
    """
    target, rest = [*message.params, "", ""][:2]
    if message.command == "MODE":
        letters = rest.replace("+", "").replace("-", "")
        return len(letters) > 1 or letters == "b"
    if message.command in _SERVICES or (message.command == "KICK" and "," in rest):
        return True
    speaks = message.command == "PRIVMSG"
    if message.command == "BATCH" and client.multiline is not None:
        target, speaks = client.multiline.target, not client.multiline.notice
    return "," in target or service_named(target) is not None or (speaks and away(client.house, target) is not None)


def _with_ref(command: Command) -> Command:
    """The command with a ref by which its echo is known."""
    if isinstance(command, _HAVE_ECHOES) and command.ref is None:
        return msgspec.structs.replace(command, ref=new_ref())
    return command
