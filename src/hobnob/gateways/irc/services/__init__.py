"""NickServ and ChanServ: one's account and one's rooms in words, for clients that know no other way."""

from hobnob.gateways.irc.services import chanserv, nickserv
from hobnob.gateways.irc.services.service import SERVICES, asked, service_named

__all__ = ["SERVICES", "asked", "chanserv", "nickserv", "service_named"]
