"""Links to a server: where it is, by which key to know it, and the invite that lets one in.

``hobnob://host:port/#invite=CODE&key=FINGERPRINT&room=NAME``, or the same with ``https://`` for a browser. What is
secret stands after the ``#``: no browser sends that part, and no proxy or log sees it. What a newer server adds there
is ignored; a key that cannot be read is not, as the server would then be believed without it.
"""

import re
from dataclasses import dataclass, field, replace
from ipaddress import AddressValueError, IPv6Address
from typing import Final, Literal
from urllib.parse import quote, unquote

from hobnob.protocol.fingerprints import FINGERPRINT

Scheme = Literal["hobnob", "https", "http"]

PORTS: Final[dict[str, int]] = {"hobnob": 8080, "https": 443, "http": 80}
"""What a link without a port means; a browser leaves 443 out."""
MOST_CHARACTERS = 2000

_LINK = re.compile(
    r"(?P<scheme>hobnob|https?)://(?:\[(?P<ipv6>[^\]]*)\]|(?P<host>[^\s/?#@\\%&\[\]:]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?][^#]*)?(?:#(?P<secret>.*))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link in its parts: `host` without brackets, `key` a fingerprint, `room` a name without ``#``."""

    host: str
    port: int = PORTS["hobnob"]
    invite: str = field(default="", repr=False)
    key: str = ""
    scheme: Scheme = "hobnob"
    room: str = ""

    def __str__(self) -> str:
        host = f"[{self.host.replace('%', '%25')}]" if ":" in self.host else self.host
        parts = {"invite": self.invite, "key": self.key, "room": self.room}
        secret = "&".join(f"{name}={quote(value, safe='')}" for name, value in parts.items() if value)
        return f"{self.scheme}://{host}:{self.port}/" + (f"#{secret}" if secret else "")


def invite_links(at: Link | None, code: str) -> tuple[str, str]:
    """The links that carry an invite: for our clients, and for browsers, which `at` names the scheme for.

    Both are empty where it is not known how others reach the server.
    """
    if at is None:
        return "", ""
    return str(replace(at, scheme="hobnob", invite=code)), str(replace(at, invite=code, key=""))


def parse_link(text: str) -> Link | None:
    """The link that a text is, in quotes or not; None when it is none, or says something that cannot be."""
    found = _LINK.fullmatch(text.strip().strip("'\"")) if len(text) <= MOST_CHARACTERS else None
    if found is None:
        return None
    said_scheme = found["scheme"].lower()
    scheme: Scheme = "https" if said_scheme == "https" else "http" if said_scheme == "http" else "hobnob"
    host = (found["host"] or unquote(found["ipv6"])).lower()
    port = int(found["port"] or PORTS[scheme])
    said = _parameters(found["secret"] or "")
    if said is None or not 0 < port <= 65535 or not host.isprintable() or not (found["host"] or _is_ipv6(host)):
        return None
    key = said.get("key", "")
    if "key" in said and not FINGERPRINT.fullmatch(key):
        return None
    return Link(host, port, said.get("invite", ""), key, scheme, said.get("room", "").removeprefix("#"))


def _parameters(secret: str) -> dict[str, str] | None:
    """What stands after the ``#``; None when it says a thing twice, or what cannot be shown."""
    said: dict[str, str] = {}
    for part in secret.split("&"):
        name, _, value = part.partition("=")
        value = unquote(value)
        if name in said or not value.isprintable():
            return None
        said[name] = value
    return said


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host)
    except AddressValueError:
        return False
    return True
