"""REDACT: take a message back, one's own or, as a moderator, another's (IRCv3 draft/message-redaction)."""

from hobnob.gateways.irc.client import Client, is_channel
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.commands import DeleteMessage
from hobnob.protocol.errors import ChatError
from hobnob.protocol.records import parse_message_id

_CODES = {
    "no-such-room": "INVALID_TARGET",
    "not-a-member": "INVALID_TARGET",
    "not-allowed": "REDACT_FORBIDDEN",
    "not-yours": "REDACT_FORBIDDEN",
    "bad-number": "UNKNOWN_MSGID",
    "deleted": "UNKNOWN_MSGID",
}


@handles("REDACT", params=2)
def redact(client: Client, message: Message) -> Steps:
    """Delete a message for good."""
    if "draft/message-redaction" not in client.capabilities:
        yield client.numeric(Numeric.ERR_UNKNOWNCOMMAND, "REDACT")
        return
    target, msgid, *reason = message.params
    found = parse_message_id(msgid)
    if is_channel(target) and client.joined(target) is None:
        yield client.line("FAIL", "REDACT", "INVALID_TARGET", target, "Join this channel first.")
    elif found is None or not client.means(target, found[0]):
        yield client.line("FAIL", "REDACT", "UNKNOWN_MSGID", target, msgid, "There is no such message here.")
    else:
        try:
            yield DeleteMessage(room=found[0], of=found[1], reason=reason[0] if reason else "")
        except ChatError as error:
            code = _CODES.get(error.code)
            if code is None:
                raise
            context = [target] if code == "INVALID_TARGET" else [target, msgid]
            yield client.line("FAIL", "REDACT", code, *context, error.hint)
