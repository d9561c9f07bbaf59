"""The first bytes of a connection decide its protocol; this file is that decision, without a socket or a clock.

`classify` says None for as long as more bytes could change its answer, so how the bytes were cut into pieces never
matters. Only `{`, `USERNAME:`, `SSH-2.0-` and the TLS record decide before the end of the line: any other line may
still end in ` HTTP/1.1`.
"""

import enum
import re

MAX_FIRST_LINE = 8191 + 512
"""Bytes of the longest first line, without its newline: IRC with all its tags (IRCv3 message-tags)."""


class Kind(enum.Enum):
    """What a connection's first bytes show it to be."""

    TLS = enum.auto()
    WEB = enum.auto()
    JSON = enum.auto()
    IRC = enum.auto()
    SSH = enum.auto()
    STUDENT = enum.auto()
    """The first student's client, which marks no end of a message."""
    TEXT = enum.auto()
    """A person's words."""
    ENTER = enum.auto()
    """A person's empty line."""
    BINARY = enum.auto()
    """No protocol of ours and nobody's typing."""
    TOO_LONG = enum.auto()


_TLS_RECORD = b"\x16\x03"  # handshake, and the major version of all that is in use (RFC 8446, 5.1)
_SSH = b"SSH-2.0-"  # RFC 4253, 4.2
_STUDENT = b"USERNAME:"
_EARLY = frozenset(b"\x16SU{ \t")
"""First bytes of what decides before its line is whole."""

_REQUEST_LINE_END = re.compile(rb" HTTP/\d\.\d\r?\Z")
_HTTP_METHODS = frozenset(
    b"GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PRI PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK".split()
)

# Lines of a client (RFC 2812, IRCv3). Upper case only: "quit" and "who is there?" are a person's words.
_IRC_WORDS = frozenset(
    b"ACCEPT ADMIN AUTHENTICATE BATCH CAP CHATHISTORY CPRIVMSG CNOTICE GLINE ISON KLINE LUSERS MARKREAD METADATA"
    b" MONITOR MOTD NICK NOTICE OPER PASS PING PONG PRIVMSG PROTOCTL QUIT REDACT REGISTER REHASH SETNAME SERVLIST"
    b" SQUERY SQUIT STARTTLS TAGMSG USER USERHOST USERIP VERIFY WALLOPS WEBIRC WHOIS WHOWAS".split()
)
# Commands that are also what people shout: IRC alone on their line or before a channel's name ("JOIN #tea", "JOIN US").
_IRC_ENGLISH_WORDS = frozenset(
    b"AWAY CONNECT DIE INVITE JOIN KICK KILL KNOCK LINKS LIST MODE NAMES PART RENAME RESTART SILENCE STATS SUMMON TIME"
    b" TOPIC TRACE USERS VERSION WATCH WHO".split()
)
_IRC_SOURCE = re.compile(rb"(?:@[^ ]+ +)?(?::[^ ]+ +)?")
_IRC_TYPED = re.compile(  # by hand in lower case, where no sentence looks the same
    rb"nick [^ ]+ *|user [^ ]+ [^ ]+ [^ ]+ :.+|user [^ ]+ \d+ \* .+|cap (?:ls(?: \d+)?|list|end|req .+) *"
)

_IAC = b"\xff"
_SUBNEGOTIATION = re.compile(rb"\xff\xfa(?:[^\xff]|\xff[^\xf0])*\xff\xf0", re.DOTALL)  # a doubled IAC is data

# What nobody types and no text holds: C0 without BEL to CR (bell, backspace, white space) and ESC (arrow keys).
_NEVER_TYPED = bytes(code for code in range(0x20) if not (0x07 <= code <= 0x0D or code == 0x1B))


def classify(first: bytes, limit: int = MAX_FIRST_LINE) -> Kind | None:
    """The protocol of a connection that began with `first`; None while more bytes could change the answer.

    `limit` is in bytes and counts the line without its newline, and a telnet client's negotiation before it on its own.
    """
    start = _after_telnet(first) if first[:1] == _IAC else 0
    if start is None or start > limit:
        return Kind.TOO_LONG if len(first) > limit else None
    if not start and first and first[0] in _EARLY:
        early = _by_beginning(first[: limit + 1])
        if early is not None:
            return early
    end = first.find(b"\n", start)
    line = first[start:] if end < 0 else first[start:end]
    if _is_binary(line[:limit]) and first != _TLS_RECORD[:1]:
        return Kind.BINARY
    if len(line) > limit:
        return Kind.TOO_LONG
    if end < 0:
        return None
    return _by_spoken_line(line) if start else _by_line(line)


def classify_end(first: bytes, limit: int = MAX_FIRST_LINE) -> Kind | None:
    """The protocol of a connection that brings no more than `first`: its end ends the line. None: it said nothing.

    Half a telnet negotiation is an empty line.
    """
    if not first:
        return None
    return classify(first, limit) or classify(first + b"\n", limit) or Kind.ENTER


def begins_like_a_program(first: bytes) -> bool:
    """Whether an undecided beginning is more likely the first half of a program's line than a person's words."""
    if not first or first[:1] == _IAC:
        return False
    if any(beginning.startswith(first) for beginning in (_TLS_RECORD, _SSH, _STUDENT)):
        return True
    line = _without_source(first)
    word, space, rest = line.partition(b" ")
    if not space:
        return any(known.startswith(word) for known in _HTTP_METHODS | _IRC_WORDS | _IRC_ENGLISH_WORDS)
    if word in _HTTP_METHODS or (word.isupper() and rest.startswith((b"/", b"http"))):
        return True
    return _is_irc(line) or (word in (b"nick", b"user", b"cap") and b" " not in rest)


def _by_beginning(first: bytes) -> Kind | None:
    """What is known before the line is whole. White space before `{` is JSON's own (RFC 8259, 2)."""
    if first.startswith(_TLS_RECORD):
        return Kind.TLS
    if first.lstrip(b" \t").startswith(b"{"):
        return Kind.JSON
    if first.startswith(_STUDENT):
        return Kind.STUDENT
    return Kind.SSH if first.startswith(_SSH) else None


def _is_binary(line: bytes) -> bool:
    return len(line) != len(line.translate(None, _NEVER_TYPED))


def _by_line(line: bytes) -> Kind:
    if b" HTTP/" in line and _REQUEST_LINE_END.search(line[-11:]):
        return Kind.WEB
    bare = line.removesuffix(b"\r")
    if _is_irc(_without_source(bare)) or _IRC_TYPED.fullmatch(bare):
        return Kind.IRC
    return _by_spoken_line(line)


def _by_spoken_line(line: bytes) -> Kind:
    """A line that cannot be a program's; what negotiates telnet first is a person."""
    return Kind.TEXT if line.strip() else Kind.ENTER


def _is_irc(line: bytes) -> bool:
    """Whether a line without its tags and source begins with a client's command."""
    word, _, rest = line.partition(b" ")
    if word in _IRC_WORDS:
        return True
    return word in _IRC_ENGLISH_WORDS and (not rest.strip() or rest.lstrip().startswith((b"#", b"&")))


def _without_source(line: bytes) -> bytes:
    """A line of IRC from its command on."""
    if line[:1] not in (b"@", b":"):
        return line
    found = _IRC_SOURCE.match(line)
    return line[found.end() :] if found else line


def _after_telnet(first: bytes) -> int | None:
    """Where a telnet client's opening negotiation ends (RFC 854, 855); None when it is cut short."""
    at = 0
    while first[at : at + 1] == _IAC:
        command = first[at + 1 : at + 2]
        if not command:
            return None
        if b"\xfb" <= command <= b"\xfe":  # WILL, WON'T, DO, DON'T and an option
            at += 3
        elif command == b"\xfa":  # SB … IAC SE
            found = _SUBNEGOTIATION.match(first, at)
            if found is None:
                return None
            at = found.end()
        else:  # a person's Latin-1 ÿ
            break
    return at if at <= len(first) else None
