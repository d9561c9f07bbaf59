"""BATCH: messages of several lines from clients (IRCv3 draft/multiline and client-initiated batches).

Lines are gathered until the batch ends and are said as one message. Where its author had cut lines is kept as a tag, so
that other IRC clients see the same lines. Only one batch of a client is open at a time.
"""

from collections.abc import Iterator

from hobnob.gateways.irc.client import Client, Multiline
from hobnob.gateways.irc.commands.channels import targets
from hobnob.gateways.irc.commands.command import Steps, guarded, handles
from hobnob.gateways.irc.commands.messages import absence, client_tags, send
from hobnob.gateways.irc.formatting import to_markdown
from hobnob.gateways.irc.lines import under_label
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.said import MAX_LINES, PARTS
from hobnob.protocol.text import MAX_TEXT, clean

_TYPE = "draft/multiline"
_CONCAT = "draft/multiline-concat"


@handles("BATCH", params=1, settled=False)
def batch(client: Client, message: Message) -> Steps:
    """Begin or end a message of several lines."""
    name = message.params[0]
    if _TYPE not in client.capabilities:
        yield client.numeric(Numeric.ERR_UNKNOWNCOMMAND, "BATCH")
    elif name.startswith("+"):
        yield from _begin(client, message)
    elif client.multiline is not None and name == f"-{client.multiline.name}":
        yield from _end(client, client.multiline)
    else:
        yield _fail(client, "MULTILINE_INVALID", text="No batch of this name is open.")


def belongs(client: Client, message: Message) -> bool:
    """Whether a line says that it is part of a batch of its client."""
    return _TYPE in client.capabilities and "batch" in message.tags


def add(client: Client, message: Message) -> Steps:
    """Take a line of a batch. After a first problem, which is told, the rest of it is dropped."""
    multiline = client.multiline
    if multiline is not None and multiline.name == message.tags["batch"]:
        if multiline.spoilt:
            return
        problem = _taken(client, multiline, message)
    else:
        problem = _fail(client, "MULTILINE_INVALID", text="No batch of this name is open.")
    if problem:
        label = ""
        if multiline is not None:
            multiline.spoilt, label, multiline.label = True, multiline.label, ""
        yield _told(client, label, problem)


def spoil(client: Client) -> None:
    """A line was dropped: what is gathered would lack it."""
    if client.multiline is not None:
        client.multiline.spoilt = True


def _begin(client: Client, message: Message) -> Iterator[bytes]:
    name, *rest = message.params
    label = message.tags.get("label", "") if "labeled-response" in client.capabilities else ""
    if len(rest) < 2 or rest[0] != _TYPE or len(targets(rest[1])) != 1 or name == "+":
        problem = "Begin with BATCH +name draft/multiline target."
        yield _told(client, label, _fail(client, "MULTILINE_INVALID", text=problem))
    elif client.multiline is not None:
        client.multiline = None
        problem = "End one batch before you begin another; both were dropped."
        yield _told(client, label, _fail(client, "MULTILINE_INVALID", text=problem))
    else:
        client.multiline = Multiline(name[1:], rest[1], client_tags(client, message.tags), label)


def _told(client: Client, label: str, problem: bytes) -> bytes:
    """A problem under the label of the batch whose it is."""
    return under_label(client, label, [problem]) if label else problem


def _taken(client: Client, multiline: Multiline, message: Message) -> bytes:
    """Add a line, or say why it cannot be."""
    text = message.params[1] if len(message.params) > 1 else ""
    if message.command not in ("PRIVMSG", "NOTICE") or not message.params:
        return _fail(client, "MULTILINE_INVALID", text="Only PRIVMSG and NOTICE may be in this batch.")
    if message.params[0].casefold() != multiline.target.casefold():
        here = (multiline.target, message.params[0])
        return _fail(client, "MULTILINE_INVALID_TARGET", *here, text="All lines of a batch go to its target.")
    notice = message.command == "NOTICE"
    if multiline.lines and notice != multiline.notice:
        return _fail(client, "MULTILINE_INVALID", text="A batch is of PRIVMSGs or of NOTICEs, not of both.")
    goes_on = _CONCAT in message.tags
    if goes_on and (not text or not multiline.lines):
        return _fail(client, "MULTILINE_INVALID", text="Only a line with a text can go on with one before it.")
    if multiline.lines == MAX_LINES:
        return _fail(client, "MULTILINE_MAX_LINES", str(MAX_LINES), text=f"Send at most {MAX_LINES} lines at once.")
    if goes_on:
        multiline.places.append(len(multiline.text))
    elif multiline.lines:
        multiline.text += "\n"
    multiline.text += text
    multiline.lines += 1
    multiline.notice = notice
    if len(multiline.text.encode()) > MAX_TEXT:
        return _fail(client, "MULTILINE_MAX_BYTES", str(MAX_TEXT), text=f"Send at most {MAX_TEXT} bytes at once.")
    return b""


def _end(client: Client, multiline: Multiline) -> Steps:
    client.multiline = None
    if multiline.spoilt:
        return
    if not multiline.text.strip():
        yield _fail(client, "MULTILINE_INVALID", text="There is nothing in this batch.")
        return
    tags = dict(multiline.tags)
    text = "\n".join(map(to_markdown, multiline.text.split("\n")))
    if multiline.places and clean(text) == multiline.text:
        tags[f"+{PARTS}"] = ",".join(map(str, multiline.places))
    command = "NOTICE" if multiline.notice else "PRIVMSG"
    yield from guarded(client, command, multiline.target, _said(client, multiline, text, tags), quiet=multiline.notice)


def _said(client: Client, multiline: Multiline, text: str, tags: dict[str, str]) -> Steps:
    yield from send(multiline.target, text, "notice" if multiline.notice else "text", tags)
    if not multiline.notice:
        yield from absence(client, multiline.target)


def _fail(client: Client, code: str, *context: str, text: str) -> bytes:
    return client.line("FAIL", "BATCH", code, *context, text)
