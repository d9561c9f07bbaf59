"""OPER, KILL, WALLOPS, REHASH: what an operator of the server does. Who is one is decided by the chat.

Moderators and owners of the server are operators without OPER, by their account.
"""

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.errors import ChatError
from hobnob.protocol.operator_commands import Announce, BecomeOperator, Disconnect, Reload


@handles("OPER", params=2)
def oper(client: Client, message: Message) -> Steps:
    """``OPER name password``."""
    before = client.person.role
    try:
        yield BecomeOperator(name=message.params[0], password=message.params[1])
    except ChatError as error:
        if error.code == "no-operator":
            yield client.numeric(Numeric.ERR_NOOPERHOST, text=error.hint)
        elif error.code == "wrong-password":
            yield client.numeric(Numeric.ERR_PASSWDMISMATCH, text=error.hint)
        else:
            raise
        return
    yield client.numeric(Numeric.RPL_YOUREOPER)
    if before not in ("owner", "moderator"):
        yield client.own_line("MODE", client.nick, "+o")


@handles("KILL", params=1)
def kill(client: Client, message: Message) -> Steps:
    """``KILL nick [reason]``: end somebody's connections."""
    nick = message.params[0]
    if nick.lower() == client.house.name.lower():
        yield client.numeric(Numeric.ERR_CANTKILLSERVER)
        return
    try:
        yield Disconnect(person=f"@{nick}", reason=message.params[1] if len(message.params) > 1 else "")
    except ChatError as error:
        if error.code != "not-allowed":
            raise
        yield client.numeric(Numeric.ERR_NOPRIVILEGES, text=error.hint)


@handles("WALLOPS", params=1)
def wallops(client: Client, message: Message) -> Steps:
    """``WALLOPS text``: tell everybody something; IRC clients hear it that have user mode w."""
    try:
        yield Announce(text=message.params[0])
    except ChatError as error:
        if error.code != "not-allowed":
            raise
        yield client.numeric(Numeric.ERR_NOPRIVILEGES, text=error.hint)


@handles("REHASH")
def rehash(client: Client, message: Message) -> Steps:
    """Have the server read the message of the day and its certificate again."""
    try:
        yield Reload()
    except ChatError as error:
        if error.code != "not-allowed":
            raise
        yield client.numeric(Numeric.ERR_NOPRIVILEGES, text=error.hint)
    else:
        yield client.numeric(Numeric.RPL_REHASHING, "motd,certificate", text="Rehashing")
