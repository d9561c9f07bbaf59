"""The numerics that are sent, and what numeric each error of the chat becomes: two tables.

Numbers, parameters and their order are those of the Modern IRC Client Protocol (modern.ircdocs.horse, "Numerics").
The text is the last parameter; it is empty where a numeric has none of its own or always brings one.
"""

import enum
from typing import Final, Literal


class Numeric(enum.Enum):
    """Number and usual text."""

    RPL_WELCOME = "001", ""
    RPL_YOURHOST = "002", ""
    RPL_CREATED = "003", ""
    RPL_MYINFO = "004", ""
    RPL_ISUPPORT = "005", "are supported by this server"
    RPL_ENDOFSTATS = "219", "End of STATS report"
    RPL_UMODEIS = "221", ""
    RPL_STATSUPTIME = "242", ""
    RPL_LUSERCLIENT = "251", ""
    RPL_LUSEROP = "252", "operator(s) online"
    RPL_LUSERUNKNOWN = "253", "unknown connection(s)"
    RPL_LUSERCHANNELS = "254", "channels formed"
    RPL_LUSERME = "255", ""
    RPL_ADMINME = "256", ""
    RPL_ADMINLOC1 = "257", ""
    RPL_ADMINLOC2 = "258", ""
    RPL_ADMINEMAIL = "259", ""
    RPL_TRYAGAIN = "263", ""
    RPL_LOCALUSERS = "265", ""
    RPL_GLOBALUSERS = "266", ""
    RPL_AWAY = "301", ""
    RPL_USERHOST = "302", ""
    RPL_ISON = "303", ""
    RPL_UNAWAY = "305", "You are no longer marked as being away"
    RPL_NOWAWAY = "306", "You have been marked as being away"
    RPL_WHOISUSER = "311", ""
    RPL_WHOISSERVER = "312", ""
    RPL_WHOISOPERATOR = "313", "is an operator of this server"
    RPL_WHOWASUSER = "314", ""
    RPL_ENDOFWHO = "315", "End of WHO list"
    RPL_WHOISIDLE = "317", "seconds idle, signon time"
    RPL_ENDOFWHOIS = "318", "End of WHOIS list"
    RPL_WHOISCHANNELS = "319", ""
    RPL_LISTSTART = "321", "Users  Name"
    RPL_LIST = "322", ""
    RPL_LISTEND = "323", "End of LIST"
    RPL_CHANNELMODEIS = "324", ""
    RPL_CREATIONTIME = "329", ""
    RPL_WHOISACCOUNT = "330", "is logged in as"
    RPL_NOTOPIC = "331", "No topic is set"
    RPL_TOPIC = "332", ""
    RPL_TOPICWHOTIME = "333", ""
    RPL_WHOISBOT = "335", "is a bot"
    RPL_INVITELISTENTRY = "336", ""
    RPL_ENDOFINVITELISTENTRY = "337", "End of your invitations"
    RPL_INVITING = "341", ""
    RPL_INVITELIST = "346", ""
    RPL_ENDOFINVITELIST = "347", "End of channel invite list"
    RPL_EXCEPTLIST = "348", ""
    RPL_ENDOFEXCEPTLIST = "349", "End of channel exception list"
    RPL_VERSION = "351", ""
    RPL_WHOREPLY = "352", ""
    RPL_NAMREPLY = "353", ""
    RPL_WHOSPCRPL = "354", ""
    RPL_LINKS = "364", ""
    RPL_ENDOFLINKS = "365", "End of LINKS list"
    RPL_ENDOFNAMES = "366", "End of NAMES list"
    RPL_BANLIST = "367", ""
    RPL_ENDOFBANLIST = "368", "End of channel ban list"
    RPL_ENDOFWHOWAS = "369", "End of WHOWAS"
    RPL_INFO = "371", ""
    RPL_MOTD = "372", ""
    RPL_ENDOFINFO = "374", "End of INFO list"
    RPL_MOTDSTART = "375", ""
    RPL_ENDOFMOTD = "376", "End of /MOTD command"
    RPL_WHOISHOST = "378", ""
    RPL_YOUREOPER = "381", "You are now an operator of this server"
    RPL_REHASHING = "382", ""
    RPL_TIME = "391", ""
    ERR_NICKLOCKED = "902", "You may not use this account"
    RPL_SASLSUCCESS = "903", "You are logged in"
    ERR_SASLFAIL = "904", "The login failed"
    ERR_SASLTOOLONG = "905", "This is too long for a login"
    ERR_SASLABORTED = "906", "The login was given up"
    RPL_SASLMECHS = "908", "are the ways to log in"
    ERR_UNKNOWNERROR = "400", ""
    ERR_NOSUCHNICK = "401", "No such nick or channel"
    ERR_NOSUCHCHANNEL = "403", "No such channel; names of channels begin with #"
    ERR_NOSUCHSERVER = "402", "No such server"
    ERR_CANNOTSENDTOCHAN = "404", "Cannot send to channel"
    ERR_TOOMANYCHANNELS = "405", "You have joined too many channels"
    ERR_WASNOSUCHNICK = "406", "There was no such nick"
    ERR_TOOMANYTARGETS = "407", "Too many targets"
    ERR_NOORIGIN = "409", "No origin given"
    ERR_INVALIDCAPCMD = "410", "Invalid CAP command"
    ERR_NORECIPIENT = "411", ""
    ERR_NOTEXTTOSEND = "412", "No text to send"
    ERR_INPUTTOOLONG = "417", "Input line was too long"
    ERR_UNKNOWNCOMMAND = "421", "Unknown command"
    ERR_NOMOTD = "422", "There is no message of the day"
    ERR_NOADMININFO = "423", "The administrators have left no word"
    ERR_NONICKNAMEGIVEN = "431", "No nickname given"
    ERR_ERRONEUSNICKNAME = "432", "Erroneous nickname"
    ERR_NICKNAMEINUSE = "433", "Nickname is already in use"
    ERR_USERNOTINCHANNEL = "441", "They are not on that channel"
    ERR_NOTONCHANNEL = "442", "You're not on that channel"
    ERR_USERONCHANNEL = "443", "is on the channel already"
    ERR_SUMMONDISABLED = "445", "SUMMON has been disabled"
    ERR_USERSDISABLED = "446", "USERS has been disabled"
    ERR_NOTREGISTERED = "451", "You have not registered; send NICK and USER first"
    ERR_NEEDMOREPARAMS = "461", "Not enough parameters"
    ERR_PASSWDMISMATCH = "464", "Password incorrect"
    ERR_YOUREBANNEDCREEP = "465", "You are banned from this server"
    ERR_ALREADYREGISTERED = "462", "You may not reregister"
    ERR_CHANNELISFULL = "471", "Cannot join channel: it is full"
    ERR_UNKNOWNMODE = "472", "is unknown mode char to me"
    ERR_INVITEONLYCHAN = "473", "Cannot join channel: it is private"
    ERR_BANNEDFROMCHAN = "474", "Cannot join channel: you are banned"
    ERR_BADCHANNELKEY = "475", "Cannot join channel: it has a key"
    ERR_BADCHANMASK = "476", "Bad channel name"
    ERR_BANLISTFULL = "478", "Channel list is full"
    ERR_NOPRIVILEGES = "481", "Permission denied: you are no operator"
    ERR_CHANOPRIVSNEEDED = "482", "You're not allowed to do this on that channel"
    ERR_CANTKILLSERVER = "483", "You cannot kill a server"
    ERR_NOOPERHOST = "491", ""
    ERR_UMODEUNKNOWNFLAG = "501", "Unknown MODE flag"
    ERR_USERSDONTMATCH = "502", "Cannot change mode for other users"
    ERR_HELPNOTFOUND = "524", "No help is there on this"
    RPL_WHOISSECURE = "671", "is using a secure connection"
    ERR_INVALIDMODEPARAM = "696", ""
    RPL_HELPSTART = "704", ""
    RPL_HELPTXT = "705", ""
    RPL_ENDOFHELP = "706", ""
    RPL_MONONLINE = "730", ""
    RPL_MONOFFLINE = "731", ""
    RPL_MONLIST = "732", ""
    RPL_ENDOFMONLIST = "733", "End of MONITOR list"
    ERR_MONLISTFULL = "734", "Monitor list is full"
    RPL_WHOISKEYVALUE = "760", ""
    RPL_KEYVALUE = "761", ""
    RPL_KEYNOTSET = "766", "no such key is set"
    RPL_METADATASUBOK = "770", ""
    RPL_METADATAUNSUBOK = "771", ""
    RPL_METADATASUBS = "772", ""
    RPL_METADATASYNCLATER = "774", "Say SYNC to hear what is set"

    @property
    def number(self) -> str:
        """Three digits."""
        return self.value[0]

    @property
    def text(self) -> str:
        """The usual last parameter."""
        return self.value[1]


About = Literal["target", "command", "nothing"]
"""What stands between the client's nick and the text."""

ERRORS: Final[dict[str, tuple[Numeric, About]]] = {
    "bad-key": (Numeric.ERR_BADCHANNELKEY, "target"),
    "last-owner": (Numeric.ERR_CHANOPRIVSNEEDED, "target"),
    "muted": (Numeric.ERR_CANNOTSENDTOCHAN, "target"),
    "name-invalid": (Numeric.ERR_ERRONEUSNICKNAME, "target"),
    "name-lookalike": (Numeric.ERR_NICKNAMEINUSE, "target"),
    "name-reserved": (Numeric.ERR_ERRONEUSNICKNAME, "target"),
    "name-taken": (Numeric.ERR_NICKNAMEINUSE, "target"),
    "no-such-person": (Numeric.ERR_NOSUCHNICK, "target"),
    "no-such-room": (Numeric.ERR_NOSUCHCHANNEL, "target"),
    "nobody-there": (Numeric.ERR_CANNOTSENDTOCHAN, "target"),
    "not-a-member": (Numeric.ERR_NOTONCHANNEL, "target"),
    "not-allowed": (Numeric.ERR_CHANOPRIVSNEEDED, "target"),
    "only-moderators": (Numeric.ERR_CANNOTSENDTOCHAN, "target"),
    "room-full": (Numeric.ERR_CHANNELISFULL, "target"),
    "text-empty": (Numeric.ERR_NOTEXTTOSEND, "nothing"),
    "text-too-long": (Numeric.ERR_INPUTTOOLONG, "nothing"),
    "topic-too-long": (Numeric.ERR_INPUTTOOLONG, "nothing"),
}
"""By the code of a `ChatError`. A code that is not here becomes FAIL or 400 with its hint."""

LATER: Final = frozenset({"busy", "search-busy", "store-unavailable", "too-fast", "try-again"})
"""The codes that become 263 instead of 400: nothing was wrong, and it may be tried again (RFC 2812 section 5.1)."""

ERRORS_OF_COMMAND: Final[dict[tuple[str, str], tuple[Numeric, About]]] = {
    ("JOIN", "name-invalid"): (Numeric.ERR_NOSUCHCHANNEL, "target"),
    ("JOIN", "name-lookalike"): (Numeric.ERR_BADCHANMASK, "target"),
    ("JOIN", "name-reserved"): (Numeric.ERR_BADCHANMASK, "target"),
    ("JOIN", "not-allowed"): (Numeric.ERR_INVITEONLYCHAN, "target"),
    # A room that is not there would have been made, so this says only that the name is taken by one that is private.
    ("JOIN", "no-such-room"): (Numeric.ERR_INVITEONLYCHAN, "target"),
    ("JOIN", "banned"): (Numeric.ERR_BANNEDFROMCHAN, "target"),
    ("INVITE", "banned"): (Numeric.ERR_CHANOPRIVSNEEDED, "target"),
    ("INVITE", "name-invalid"): (Numeric.ERR_NOSUCHCHANNEL, "target"),
    ("KICK", "name-invalid"): (Numeric.ERR_NOSUCHCHANNEL, "target"),
    ("MODE", "name-invalid"): (Numeric.ERR_NOSUCHCHANNEL, "target"),
    ("RENAME", "name-invalid"): (Numeric.ERR_NOSUCHCHANNEL, "target"),
    ("TOPIC", "muted"): (Numeric.ERR_CHANOPRIVSNEEDED, "target"),
    ("TOPIC", "only-moderators"): (Numeric.ERR_CHANOPRIVSNEEDED, "target"),
    ("PRIVMSG", "not-a-member"): (Numeric.ERR_CANNOTSENDTOCHAN, "target"),
    ("PRIVMSG", "not-allowed"): (Numeric.ERR_CANNOTSENDTOCHAN, "target"),
    ("PRIVMSG", "name-invalid"): (Numeric.ERR_NOSUCHNICK, "target"),
    ("TOPIC", "name-invalid"): (Numeric.ERR_NOSUCHCHANNEL, "target"),
}
"""Where one command has another numeric for a code."""
