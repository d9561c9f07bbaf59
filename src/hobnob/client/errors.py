"""All that can go wrong for a program that uses the client: one family, a stable code and one sentence each.

ClientError
├── CannotConnect   nobody there, not a hobnob server, no trust, or not let in
│   └── UnknownKey  a server that this machine meets for the first time; `fingerprint` is of the key that it showed
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
    ``hung-up``, ``insecure``, ``not-trusted``, ``key-unknown``, ``key-changed``, ``key-known``,
    ``no-tls``, ``tls-required``, and those with which a server refuses a hello.
    """


class UnknownKey(CannotConnect):
    """Nothing says whether a server is the right one. Who has compared its `fingerprint` may trust it by that.

    Code: ``key-unknown``.
    """

    def __init__(self, hint: str, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        super().__init__("key-unknown", hint)


class Refused(ClientError):
    """The server understood a command and did not do it."""


class Closed(ClientError):
    """There is no connection any more, and there will be none. Code: ``closed``, or why the client gave up."""

    def __init__(self, code: str = "closed", hint: str = "This client was closed.") -> None:
        super().__init__(code, hint)
