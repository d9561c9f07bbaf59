"""The one family of errors: a code for machines, which never changes, and a hint for people.

Gateways translate the code into their own words (``not-a-member`` is IRC 442, HTTP 403). The cause, if there
is one, goes to the log only.
"""

from typing import Final

HINTS: Final[dict[str, str]] = {
    "already-here": "You have introduced yourself on this connection already.",
    "bad-command": "The command could not be understood. See docs/protocol.md for its fields.",
    "bad-json": "Send one JSON object a line, in UTF-8.",
    "bad-number": "There is no message with this number here.",
    "bad-ref": "A ref is 20 to 64 letters, digits, - or _, and holds at least 128 random bits.",
    "bad-search": "This search could not be understood. See docs/search.md for what may stand in one.",
    "busy": "The server has much to do right now. Try again in a moment.",
    "deleted": "This message has been deleted.",
    "emoji-invalid": "React with one emoji or a short word, at most 32 bytes.",
    "frame-too-long": "A frame holds at most 64 KiB. Send it in pieces.",
    "hello-first": 'Introduce yourself first: {"do":"hello","name":"ada"}.',
    "internal": "Something went wrong on the server. It has been logged; try again.",
    "name-invalid": "Choose a name of 1 to 32 letters and digits.",
    "name-lookalike": "This name looks too much like one that is taken. Choose another.",
    "name-reserved": "This name is reserved. Choose another.",
    "name-taken": "This name is taken. Choose another.",
    "no-such-person": "Nobody of this name is known here.",
    "no-such-room": "There is no such room, or you may not see it.",
    "not-a-member": "Join the room first.",
    "not-allowed": "You may not do this here.",
    "not-kept": "Nothing of this is kept for visitors. Connect with the web page or a JSON client to be known again.",
    "not-yours": "You can only change what you said yourself.",
    "password-weak": "Choose another password: a longer one, of letters, digits, signs and spaces.",
    "ref-reused": "This ref was used for something else. Make a new random one for each command.",
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
