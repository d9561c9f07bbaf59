"""Who may ask, by the headers alone: the Host must be ours, and what changes something must come from our own page.

A foreign page can send a visitor's browser here. It cannot read the answer (there are no CORS headers), the Host tells
when its own name was pointed at us, and the Origin tells whose page it is. Programs send no Origin and are no danger to
anybody: they carry nobody's cookies.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from ipaddress import ip_address

from aiohttp import web

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._-]{1,253})(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Refused(Exception):
    """Why a request is not answered; the sentence is for whoever sent it."""

    def __init__(self, status: HTTPStatus, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers


def split_host(host: str) -> tuple[str, str] | None:
    """Name (lower case, IPv6 without brackets) and port (maybe empty) of a Host header; None when it is malformed."""
    found = _HOST.fullmatch(host)
    if found is None:
        return None
    name, port = found[1].lower().rstrip("."), found[2] or ""
    return name.strip("[]"), port


def is_our_name(name: str, configured: frozenset[str]) -> bool:
    """Whether a Host of this name can be meant for us: none of these names is in a stranger's hand."""
    if _is_address(name):
        return True
    return bool(name) and ("." not in name or name.endswith(".local") or name in configured)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def is_own_origin(origin: str, scheme: str, host: str) -> bool:
    """Whether an Origin (RFC 6454) is the page that this server gave under `host`.

    `https` always can be: a proxy in front may have ended TLS, and only who holds our name's certificate serves such a
    page. The other way round, whoever sits on the line could have written a page of ours in the clear.
    """
    origin_scheme, separator, rest = origin.partition("://")
    asked, came_from = split_host(host), split_host(rest)
    if not separator or origin_scheme not in (scheme, "https") or asked is None or came_from is None:
        return False
    default = _DEFAULT_PORTS[origin_scheme]
    return asked[0] == came_from[0] and (asked[1] or default) == (came_from[1] or default)


def check_host(request: web.BaseRequest, configured: frozenset[str]) -> None:
    """Raises Refused for a Host that is missing, ambiguous or somebody else's."""
    hosts = request.headers.getall("Host", [])
    if not hosts and request.version < (1, 1):
        return
    if len(hosts) != 1 or (asked := split_host(hosts[0])) is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "A request names the one host that it is for.")
    if not request.raw_path.startswith(("/", "*")) and split_host(request.url.raw_authority) != asked:
        raise Refused(HTTPStatus.BAD_REQUEST, "The request is for one host, its Host header names another.")
    if not is_our_name(asked[0], configured):
        raise Refused(
            HTTPStatus.MISDIRECTED_REQUEST,
            "This server does not go by that name. Ask for it by its address, or have the name added to its settings.",
        )


def check_tls(request: web.BaseRequest, *, tls: bool) -> None:
    """Raises Refused for what is not encrypted; a page is shown the way. For a Host that was checked."""
    if tls:
        return
    hosts = request.headers.getall("Host", [])
    if hosts and request.method in ("GET", "HEAD") and "Upgrade" not in request.headers:
        # Not a permanent redirect: a browser would keep to it when the setting is long another.
        location = (
            f"https://{hosts[0]}{request.raw_path}" if request.raw_path.startswith("/") else f"https://{hosts[0]}/"
        )
        raise Refused(HTTPStatus.TEMPORARY_REDIRECT, f"This server is at {location} only.", {"Location": location})
    raise Refused(
        HTTPStatus.FORBIDDEN,
        "This server takes encrypted connections only: write https in the address, or wss for a WebSocket.",
    )


def check_origin(request: web.BaseRequest, scheme: str) -> None:
    """Raises Refused for what changes something (a WebSocket does) and comes from a page that is not ours."""
    if request.method in _SAFE_METHODS and "Upgrade" not in request.headers:
        return
    origins = request.headers.getall("Origin", [])
    own = not origins or (len(origins) == 1 and is_own_origin(origins[0], scheme, request.headers.get("Host", "")))
    if not own or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Refused(HTTPStatus.FORBIDDEN, "Pages of other sites may not do this. Open this server's own page.")
