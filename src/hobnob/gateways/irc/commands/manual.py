"""HELP, which is HELPOP too: what may be said here, a line or two for each command."""

from typing import Final

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric

HELP: Final[dict[str, str]] = {
    "ADMIN": "ADMIN: who runs this server.",
    "AUTHENTICATE": "AUTHENTICATE PLAIN|SCRAM-SHA-256: log in with SASL. Programs do this by themselves.",
    "AWAY": "AWAY [text]: be away, with a word about it; without a text, be back.",
    "BATCH": "BATCH +name draft/multiline target: a message of several lines. Programs do this by themselves.",
    "CAP": "CAP LS|LIST|REQ|END: negotiate capabilities (ircv3.net). Programs do this by themselves.",
    "CHANSERV": "CHANSERV word ...: talk to ChanServ, who looks after rooms.",
    "CHATHISTORY": "CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN target moment… limit: what was said. For programs.",
    "CS": "CS word ...: the same as CHANSERV.",
    "HELP": "HELP [command]: this.",
    "HELPOP": "HELPOP [command]: the same as HELP.",
    "INFO": "INFO: what this server is.",
    "INVITE": "INVITE nick #room: ask somebody in; INVITE alone: where you were asked in.",
    "ISON": "ISON nick [nick ...]: which of them are here.",
    "ISUPPORT": "ISUPPORT: what a client may rely on. Programs do this by themselves.",
    "JOIN": "JOIN #room[,#room] [key[,key]]: come into rooms; one that is not there is made. JOIN 0 leaves all.",
    "KICK": "KICK #room nick[,nick] [reason]: take somebody out.",
    "KILL": "KILL nick [reason]: end somebody's connections.",
    "LINKS": "LINKS: the servers of this network: this one.",
    "LIST": "LIST [#room|mask|!mask|<n|>n|C<min|C>min|T<min|T>min,...]: the rooms you may see.",
    "LUSERS": "LUSERS: how many are here.",
    "MARKREAD": "MARKREAD target [timestamp=…]: up to when you have read. Programs do this by themselves.",
    "METADATA": "METADATA *|nick GET|LIST|SET|CLEAR|SYNC|SUB|UNSUB|SUBS ...: what people tell of themselves.",
    "MODE": "MODE #room [+-letters [parameter ...]]: set or unset q o b e I k l i m n s t S; MODE nick +B: be a bot.",
    "MONITOR": "MONITOR +|- nick[,nick], or C, L, S: hear when they come and go.",
    "MOTD": "MOTD: the message of the day.",
    "NAMES": "NAMES #room[,#room]: who is in rooms.",
    "NICK": "NICK name: be called otherwise.",
    "NICKSERV": "NICKSERV word ...: talk to NickServ, who looks after accounts.",
    "NOTICE": "NOTICE nick|#room text: say something that no program answers.",
    "NS": "NS word ...: the same as NICKSERV.",
    "OPER": "OPER name password: be an operator.",
    "PART": "PART #room[,#room] [reason]: leave rooms for good.",
    "PASS": "PASS password: a password, before NICK and USER.",
    "PING": "PING text: ask for a sign of life.",
    "PONG": "PONG text: give one.",
    "PRIVMSG": "PRIVMSG nick|#room[,...] text: say something.",
    "QUIT": "QUIT [reason]: go.",
    "REDACT": "REDACT nick|#room msgid [reason]: take a message back.",
    "REGISTER": "REGISTER * * password: make an account of your nick.",
    "REHASH": "REHASH: have the message of the day and the certificate read again.",
    "RENAME": "RENAME #old #new: call a room otherwise.",
    "SEARCH": "SEARCH [#room] words: find what was said.",
    "SETNAME": "SETNAME name: have another real name.",
    "STATS": "STATS u: since when the server runs.",
    "SUMMON": "SUMMON: disabled.",
    "TAGMSG": "TAGMSG nick|#room: a message of tags alone. Programs do this by themselves.",
    "TIME": "TIME: the server's clock.",
    "TOPIC": "TOPIC #room [text]: what a room is about; an empty text removes it.",
    "USER": "USER name 0 * realname: say who you are. Programs do this by themselves.",
    "USERHOST": "USERHOST nick [nick ...]: their hosts.",
    "USERS": "USERS: disabled.",
    "VERIFY": "VERIFY account code: nothing has to be verified here.",
    "VERSION": "VERSION: which program this is.",
    "WALLOPS": "WALLOPS text: tell everybody something.",
    "WHO": "WHO #room|nick|mask [o][%fields[,token]]: who is in a room, or fits.",
    "WHOIS": "WHOIS nick: who somebody is.",
    "WHOWAS": "WHOWAS nick [count]: who had a nick a while ago.",
}
"""By command; a test sees that none is missing."""

WIDTH = 60
"""Characters of a line of the list of commands."""


def help_(client: Client, message: Message) -> Steps:
    """The line of one command, or which there are."""
    topic = message.params[0].upper() if message.params else ""
    if topic and topic not in HELP:
        yield client.numeric(Numeric.ERR_HELPNOTFOUND, message.params[0])
        return
    name = topic or "*"
    lines = [HELP[topic]] if topic else _commands()
    yield client.numeric(Numeric.RPL_HELPSTART, name, text=lines[0])
    for line in lines[1:]:
        yield client.numeric(Numeric.RPL_HELPTXT, name, text=line)
    yield client.numeric(Numeric.RPL_ENDOFHELP, name, text="End of /HELP")


def _commands() -> list[str]:
    lines = ["What may be said here. HELP command says more of one."]
    for command in HELP:
        if len(lines) > 1 and len(lines[-1]) + len(command) < WIDTH:
            lines[-1] += f" {command}"
        else:
            lines.append(command)
    return lines


handles("HELP")(help_)
handles("HELPOP")(help_)
