"""What an operator decides about IRC alone."""

import msgspec


class DayMessage(msgspec.Struct):
    """The message of the day, which may become another one while the server runs."""

    lines: tuple[str, ...] = ()


class IrcSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`network`: what clients call it all, the server's name if empty. `motd`: the message of the day.

    `password`: the connection password that PASS has to bring, none if empty. `admin`: up to three lines about who runs
    the server.
    `register_before_connecting`: REGISTER may come before NICK and USER have let the client in; `email_required`: it
    needs an address. `sts_days`: for so long clients keep to TLS, which is at `sts_port`; 0 for no promise.
    """

    network: str = ""
    motd: DayMessage = msgspec.field(default_factory=DayMessage)
    password: str = ""
    admin: tuple[str, ...] = ()
    sts_port: int = 0
    sts_days: int = 0
    register_before_connecting: bool = True
    email_required: bool = False
