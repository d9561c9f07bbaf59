"""All that can go wrong for a program that uses the client: one family, a stable code and one sentence each.

ClientError
├── CannotConnect   nobody there, not a hobnob server, no trust, or not let in
├── Refused         the server refused a command; `code` is one of docs/protocol.md
└── Closed          the client was closed, or gave up, before there was an answer
"""


class ClientError(Exception):
    """Base of them all.

    Attributes:
        code: for programs, never changes.
        hint: one sentence for a person that says what to do.
    """

    def __init__(self, code: str, hint: str) -> None:
        self.code = code
        self.hint = hint
        super().__init__(hint)


class CannotConnect(ClientError):
    """There is no connection, and trying again as it is will not help or was not asked for.

    Codes: ``bad-address``, ``host-unknown``, ``connection-refused``, ``unreachable``, ``no-answer``, ``not-hobnob``,
    ``hung-up``, ``insecure``, ``not-trusted``, ``no-tls``, and those with which a server refuses a hello.
    """


class Refused(ClientError):
    """The server understood a command and did not do it."""


class Closed(ClientError):
    """There is no connection any more, and there will be none. Code: ``closed``, or why the client gave up."""

    def __init__(self, code: str = "closed", hint: str = "This client was closed.") -> None:
        super().__init__(code, hint)
