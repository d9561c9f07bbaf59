"""NS, NICKSERV, CS and CHANSERV: what is said to a service, without PRIVMSG."""

from functools import partial

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.services import SERVICES, asked
from hobnob.gateways.irc.services.service import Service


def _ask(service: Service, client: Client, message: Message) -> Steps:
    yield from asked(client, service, " ".join(message.params) or "HELP")


for _names, _service in ((("NS", "NICKSERV"), "nickserv"), (("CS", "CHANSERV"), "chanserv")):
    for _name in _names:
        handles(_name)(partial(_ask, SERVICES[_service]))
