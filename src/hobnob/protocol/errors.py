"""The one family of errors: a code for machines, which never changes, and a hint for people.

Gateways translate the code into their own words (``not-a-member`` is IRC 442, HTTP 403). The cause, if there
is one, goes to the log only.
"""

from typing import Final

HINTS: Final[dict[str, str]] = {
    "account-needed": "This needs an account. Choose a name and a password.",
    "already-account": "You have an account already.",
    "already-here": "You have introduced yourself on this connection already.",
    "bad-key": "This room has a key. Ask somebody who is in it, and give it when you join.",
    "bad-command": "The command could not be understood. See docs/protocol.md for its fields.",
    "bad-json": "Send one JSON object a line, in UTF-8.",
    "bad-network": "Give an address or a network, such as 203.0.113.7 or 2001:db8::/48.",
    "bad-number": "There is no message with this number here.",
    "bad-ref": "A ref is 20 to 64 letters, digits, - or _, and holds at least 128 random bits.",
    "bad-time": "Give a time such as 2026-11-22T23:00:00.123Z.",
    "bad-tags": "Tags are at most 4,094 bytes of names (letters, digits, -, . and /) and values.",
    "bad-search": "This search could not be understood. See docs/search.md for what may stand in one.",
    "banned": "You are not welcome here.",
    "busy": "The server has much to do right now. Try again in a moment.",
    "deleted": "This message has been deleted.",
    "detail-invalid": "A detail has a name of at most 64 of a-z, 0-9 and _./- and a value of at most 400 bytes.",
    "doors-closed": "Nobody new is let in for now. Try again later.",
    "emoji-invalid": "React with one emoji or a short word, at most 32 bytes.",
    "frame-too-long": "A frame holds at most 64 KiB. Send it in pieces.",
    "hello-first": 'Introduce yourself first: {"do":"hello","name":"ada"}.',
    "internal": "Something went wrong on the server. It has been logged; try again.",
    "invite-needed": "This server asks for an invite. Ask somebody who is in for one.",
    "invite-unknown": "This invite cannot be used: it is mistyped, used up, too old or taken back. Ask for another.",
    "last-owner": "Somebody has to be the owner. Make another person one first.",
    "mask-invalid": "A mask is name!user@host with * and ?, or account:name, of at most 150 characters.",
    "muted": "You may read here, but not write for now.",
    "name-invalid": "Choose a name of 1 to 32 letters and digits.",
    "name-lookalike": "This name looks too much like one that is taken. Choose another.",
    "name-reserved": "This name is reserved. Choose another.",
    "name-taken": "This name is taken. Choose another.",
    "no-operator": "No operator is set up here. Whoever runs the server says who is one in its settings.",
    "no-such-device": "You have no such device.",
    "no-such-invite": "There is no such invite.",
    "no-such-person": "Nobody of this name is known here.",
    "no-such-restriction": "There is no such ban or mute.",
    "no-such-room": "There is no such room, or you may not see it.",
    "nobody-there": "None of those whom this is for is there now. Nobody was told.",
    "not-a-member": "Join the room first.",
    "not-allowed": "You may not do this here.",
    "not-confidential": "Passwords, invites and private rooms need an encrypted connection. Connect with TLS.",
    "not-kept": "Nothing of this is kept for visitors. Connect with the web page or a JSON client to be known again.",
    "not-reachable": "They take no messages or invitations from you.",
    "not-yours": "You can only change what you said yourself.",
    "only-moderators": "Only moderators write here.",
    "password-weak": "Choose another password: a longer one, of letters, digits, signs and spaces.",
    "ref-reused": "This ref was used for something else. Make a new random one for each command.",
    "room-full": "This room is full. Try again when somebody has left.",
    "room-taken": "There is a room of this name already.",
    "search-busy": "A search of yours is still running. Wait for it, then search again.",
    "search-too-slow": "This search took too long. Add a word, or a filter such as in:#lobby.",
    "search-unavailable": "The server cannot search right now. Try again in a minute.",
    "setting-invalid": "A setting has a name of at most 64 characters and a value of at most 4 KiB.",
    "stopping": "The server is stopping. Connect again in a moment.",
    "store-full": "The server's disk is full, so nothing can be kept. Nothing was sent; try again later.",
    "store-unavailable": "The server cannot write to its store right now. Nothing was sent; try again later.",
    "text-empty": "There is nothing to send.",
    "text-too-long": "A message holds at most 16 KiB. Send it in pieces.",
    "token-unknown": "This device token is not known here. Say hello with a name instead.",
    "too-fast": "That was too much in a short time. Wait a moment, then go on.",
    "too-many": "That is more than one command may ask for.",
    "topic-too-long": "A topic holds at most 1,000 characters.",
    "try-again": "Too much changed here at the same moment. Try again.",
    "unknown-command": "There is no such command. See docs/protocol.md for the list.",
    "unknown-outcome": "It is not known whether this was kept. Send it again with the same ref.",
    "wrong-password": "The name or the password is wrong.",
}


class ChatError(Exception):
    """Why a command was refused.

    Attributes:
        code: a key of `HINTS`; stable, for programs.
        hint: one sentence for a person that says what to do.
    """

    def __init__(self, code: str, hint: str | None = None) -> None:
        self.code = code
        self.hint = hint or HINTS[code]
        super().__init__(f"{code}: {self.hint}")
