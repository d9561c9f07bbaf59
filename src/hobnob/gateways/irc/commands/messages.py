"""Saying something: PRIVMSG, NOTICE, TAGMSG, and the one CTCP that is more than a question to a program: ACTION.

Tags of clients (IRCv3 message-tags) are passed on; an answer, a reaction and that one is typing mean on every gateway
what they mean here.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from typing import Final, Literal

from hobnob.gateways.irc.client import Client, away, is_channel
from hobnob.gateways.irc.commands.channels import targets
from hobnob.gateways.irc.commands.command import Steps, guarded, handles
from hobnob.gateways.irc.formatting import to_markdown
from hobnob.gateways.irc.isupport import MAX_TARGETS
from hobnob.gateways.irc.message import Message, ctcp
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.services import asked, service_named
from hobnob.protocol.commands import React, SendMessage, SendTags, Typing, Unreact
from hobnob.protocol.errors import ChatError
from hobnob.protocol.moderation_commands import SendAside
from hobnob.protocol.people_commands import SendSignal
from hobnob.protocol.records import MessageKind, parse_message_id

Addressed = Literal["owner", "moderator", "speaker"]

_ROLES: Final[dict[str, Addressed]] = {"+": "speaker", "@": "moderator", "~": "owner"}
"""By prefix, the lowest first."""
_CTCP = "\x01"
PASSED_ON: Final = ("CLIENTINFO", "PING", "SOURCE", "TIME", "USERINFO", "VERSION")
"""What programs ask each other and that harms nobody."""
_REPLIES: Final = ("+draft/reply", "+reply")
_PERSISTENT: Final = ("+draft/persist", "+persist")


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
    yield from say(client, message.params[0], text, client_tags(client, message.tags), notice=False)


@handles("NOTICE", params=2, settled=False, quiet=True)
def notice(client: Client, message: Message) -> Steps:
    """Say something that no program answers, this one included."""
    yield from say(client, message.params[0], message.params[1], client_tags(client, message.tags), notice=True)


@handles("TAGMSG", params=1, settled=False)
def tagmsg(client: Client, message: Message) -> Steps:
    """Tags without a text, for clients that take tags."""
    tags = client_tags(client, message.tags)
    if tags:
        yield from _to_each(client, "TAGMSG", message.params[0], lambda target: _tag(client, target, tags), quiet=False)


def client_tags(client: Client, tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that a client sends to other clients, if it takes part in tags itself."""
    if not tags or "message-tags" not in client.capabilities:
        return {}
    return {name: value for name, value in tags.items() if name.startswith("+")}


def say(client: Client, recipients: str, text: str, tags: dict[str, str], *, notice: bool) -> Steps:
    """Say a line to all that are named."""
    kind: MessageKind = "notice" if notice else "text"
    if text.startswith(_CTCP):
        name, _, rest = text.strip(_CTCP).partition(" ")
        if notice or name.upper() != "ACTION":
            yield from _signal(client, recipients, name.upper(), rest, answer=notice)
            return
        kind, text = "action", rest
    shown = to_markdown(text)
    command = "NOTICE" if notice else "PRIVMSG"

    def steps(target: str) -> Steps:
        yield from send(target, shown, kind, tags)
        if not notice:
            yield from absence(client, target)

    yield from _to_each(client, command, recipients, steps, text, quiet=notice)


def absence(client: Client, nick: str) -> Steps:
    """What somebody to whom one has spoken says of being away, if they are."""
    here = away(client.house, nick)
    if here is not None:
        yield client.numeric(Numeric.RPL_AWAY, here.person.name, text=here.text or "away")


def _signal(client: Client, recipients: str, what: str, text: str, *, answer: bool) -> Steps:
    """CTCP between programs, of one person to one other; what is refused is said where it was asked."""
    target = next(iter(targets(recipients)), "")
    to_channel = is_channel(target.lstrip("".join(_ROLES)))
    problem = ""
    if what == "DCC":
        problem = "DCC is not passed on, as it would tell addresses and open a way around the server. Send a link."
    elif what not in PASSED_ON:
        problem = f"Of CTCP only ACTION (/me) and {', '.join(PASSED_ON)} are passed on here."
    elif "," in recipients or to_channel or service_named(target) is not None:
        problem = "CTCP is passed on to one person at a time. ACTION (/me) may go to a channel."
    else:
        try:
            yield SendSignal(person=f"@{target}", what=what, text=text, answer=answer)
        except ChatError as error:
            if error.code == "no-such-person" and not answer:
                yield client.refusal(error, "PRIVMSG", target)
            problem = error.hint if error.code != "no-such-person" else ""
        else:
            if "echo-message" in client.capabilities:
                yield client.own_line("NOTICE" if answer else "PRIVMSG", target, ctcp(what, text))
    if answer or not problem:
        return
    if to_channel:
        yield client.numeric(Numeric.ERR_CANNOTSENDTOCHAN, target, text=problem)
    else:
        yield client.line("NOTICE", client.nick, problem)


def _to_each(
    client: Client, command: str, recipients: str, steps: Callable[[str], Steps], said: str = "", *, quiet: bool
) -> Steps:
    for index, target in enumerate(targets(recipients)):
        if index == MAX_TARGETS:
            if not quiet:
                yield client.numeric(Numeric.ERR_TOOMANYTARGETS, target)
            return
        service = service_named(target)
        if service is None:
            yield from guarded(client, command, target, steps(target), quiet=quiet)
        elif command == "PRIVMSG":  # a service answers no notice, and what it is told goes nowhere else
            yield from asked(client, service, said)


def _room_of(target: str) -> str:
    """The room that a target names, as the chat knows it."""
    return target if is_channel(target) else f"@{target}"


def _addressed(target: str) -> tuple[Addressed, str] | None:
    """The role and the channel of ``@#room`` (STATUSMSG): those with the lowest of its prefixes are meant."""
    channel = target.lstrip("".join(_ROLES))
    prefixes = target[: len(target) - len(channel)]
    if not prefixes or not is_channel(channel):
        return None
    return next((role for prefix, role in _ROLES.items() if prefix in prefixes)), channel


def send(target: str, text: str, kind: MessageKind, tags: dict[str, str]) -> Steps:
    """Say it in one room. What it answers may be nothing that hobnob knows; then it says so to the clients alone."""
    plain = {name.removeprefix("+"): value for name, value in tags.items()}
    addressed = _addressed(target)
    if addressed is not None:
        yield SendAside(room=addressed[1], to=addressed[0], text=text, kind=kind, tags=plain)
        return
    room = _room_of(target)
    answered = next((tags[name] for name in _REPLIES if parse_message_id(tags.get(name, ""))), None)
    if answered is not None:
        known = {name: value for name, value in plain.items() if f"+{name}" not in _REPLIES}
        try:
            yield SendMessage(room=room, text=text, kind=kind, reply_to=answered, tags=known)
        except ChatError as error:
            if error.code != "bad-number":
                raise
        else:
            return
    yield SendMessage(room=room, text=text, kind=kind, tags=plain)


def _tag(client: Client, target: str, tags: dict[str, str]) -> Steps:
    """A reaction to a message that is known is one for everybody; the rest is between clients."""
    addressed = _addressed(target)
    if addressed is not None:
        with suppress(ChatError) if "+typing" in tags else nullcontext():
            yield from send(target, "", "text", tags)
        return
    room = _room_of(target)
    answered = parse_message_id(next((tags[name] for name in _REPLIES if name in tags), ""))
    emoji = tags.get("+draft/react")
    taken = tags.get("+draft/unreact")
    if answered is not None and (emoji or taken) and client.means(target, answered[0]):
        try:
            if emoji:
                yield React(room=answered[0], of=answered[1], emoji=emoji)
            elif taken:
                yield Unreact(room=answered[0], of=answered[1], emoji=taken)
        except ChatError as error:
            if error.code not in ("bad-number", "emoji-invalid", "deleted"):
                raise
        else:
            return
    if list(tags) == ["+typing"]:
        with suppress(ChatError):  # clients say it by themselves, also to whom they have never spoken
            yield Typing(room=room, on=tags["+typing"] == "active")
        return
    keep = any(name in tags for name in _PERSISTENT)
    yield SendTags(room=room, tags={name.removeprefix("+"): value for name, value in tags.items()}, keep=keep)
