"""The capabilities that can be negotiated, as a table: name, value, to whom it is offered, what it changes.

Names and values are those of the IRCv3 specifications; what is not in the table is never acknowledged. A capability
that is `heard` changes how events are said, so it is part of the wire format; the others change answers alone.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from hobnob.gateways.irc.metadata import NEWER, OLDER
from hobnob.gateways.irc.said import MAX_LINES
from hobnob.protocol.text import MAX_TEXT

if TYPE_CHECKING:
    from hobnob.gateways.irc.client import Client


def _always(_: "Client") -> bool:
    return True


def _nothing(_: "Client") -> str:
    return ""


def may_carry_credentials(client: "Client") -> bool:
    """Whether nobody can read along."""
    return client.session.origin.confidential


def _registration(client: "Client") -> str:
    settings = client.settings
    wishes = {"before-connect": settings.register_before_connecting, "email-required": settings.email_required}
    return ",".join(name for name, wished in wishes.items() if wished)


def _has_sts(client: "Client") -> bool:
    """Whether there is a promise of TLS, and the client can read it: it stands in the value."""
    return client.settings.sts_days > 0 and client.version >= 302 and not client.session.origin.loopback


def _sts(client: "Client") -> str:
    """In the clear, where TLS is; within TLS, for how long a client has to keep to it (IRCv3 sts)."""
    settings = client.settings
    if client.session.origin.confidential:
        return f"duration={settings.sts_days * 24 * 3600}"
    return f"port={settings.sts_port}"


class Capability(msgspec.Struct, frozen=True):
    """A row of the table. `value` is shown to clients of version 302, `offered` says whether it is there at all.

    `asked`: it can be asked for; what is only told is no capability of the client's.
    """

    name: str
    heard: bool = False
    value: "Callable[[Client], str]" = _nothing
    offered: "Callable[[Client], bool]" = _always
    asked: bool = True

    def shown(self, client: "Client", *, valued: bool) -> str:
        """As it stands in the answer to CAP LS, with its value if that was asked for."""
        value = self.value(client) if valued else ""
        return f"{self.name}={value}" if value else self.name


_METADATA: Final = "before-connect,max-subs=50,max-keys=20,max-key-bytes=64,max-value-bytes=400"

CAPABILITIES: Final[dict[str, Capability]] = {
    row.name: row
    for row in (
        Capability("account-notify", heard=True),
        Capability("account-tag", heard=True),
        Capability("away-notify", heard=True),
        Capability("batch", heard=True),
        Capability("cap-notify"),
        Capability("chghost"),
        Capability("draft/account-registration", value=_registration, offered=may_carry_credentials),
        Capability("draft/chathistory"),
        Capability("draft/event-playback"),
        Capability("draft/channel-rename", heard=True),
        Capability("draft/extended-isupport"),
        Capability("draft/message-redaction", heard=True),
        Capability(OLDER, heard=True, value=lambda _: _METADATA),
        Capability(NEWER, heard=True, value=lambda _: _METADATA),
        Capability("draft/multiline", heard=True, value=lambda _: f"max-bytes={MAX_TEXT},max-lines={MAX_LINES}"),
        Capability("draft/no-implicit-names"),
        Capability("draft/pre-away"),
        Capability("draft/read-marker", heard=True),
        Capability("echo-message"),
        Capability("extended-join", heard=True),
        Capability("extended-monitor", heard=True),
        Capability("invite-notify", heard=True),
        Capability("labeled-response"),
        Capability("message-tags", heard=True),
        Capability("multi-prefix"),
        Capability("no-implicit-names"),
        Capability("sasl", value=lambda _: "PLAIN,SCRAM-SHA-256", offered=may_carry_credentials),
        Capability("server-time", heard=True),
        Capability("setname", heard=True),
        Capability("standard-replies"),
        Capability("sts", value=_sts, offered=_has_sts, asked=False),
        Capability("userhost-in-names"),
    )
}
"""By name. A person has one role in a room, so multi-prefix is kept by itself."""

HEARD: Final = frozenset(row.name for row in CAPABILITIES.values() if row.heard)
"""The capabilities that are part of the wire format."""


def offered(client: "Client") -> list[Capability]:
    """What this client can have."""
    return [row for row in CAPABILITIES.values() if row.offered(client)]


def after(client: "Client", request: Iterable[str]) -> frozenset[str] | None:
    """What the client has once a request is granted; None where it cannot be, as a whole.

    Who speaks version 302 keeps cap-notify (IRCv3 capability negotiation, "cap-notify").
    """
    names = set(client.capabilities)
    for word in request:
        name = word.removeprefix("-")
        row = CAPABILITIES.get(name)
        if row is None or not row.asked:
            return None
        if word.startswith("-"):
            if name == "cap-notify" and client.version >= 302:
                return None
            names.discard(name)
        elif row.offered(client):
            names.add(name)
        else:
            return None
    return frozenset(names)
