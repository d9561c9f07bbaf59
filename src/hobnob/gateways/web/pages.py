"""What is read without a WebSocket: the page, its files, the words for programs without HTML, and `/healthz`.

The files are read from the package at the start and stay in memory; a browser asks every time whether they changed.
"""

import hashlib
from http import HTTPStatus
from importlib.resources import files

import msgspec
from aiohttp import ETag, web

from hobnob.gateways.gateway import House
from hobnob.gateways.web.answers import answer, wants_html
from hobnob.gateways.web.forwarding import PEER
from hobnob.gateways.web.guard import split_host
from hobnob.gateways.web.settings import WebSettings

_OPEN = b'data-access="open"'
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_WORDS = """\
{name} is a chat server (hobnob {version}). Everyone here shares the same rooms, on one port, with whatever they have.

  a browser    {page}
  a terminal   {terminal}      then press Enter
{one_line}  IRC          {irc}
  a program    one JSON object a line on the same port, or one a frame at {socket}

{needed}
"""
_ONE_LINE = "  one line     {}\n"
_NEEDED = {
    "open": "Nothing has to be installed, and a name is all that is asked for.",
    "invite": "Nothing has to be installed. You need an invite, which somebody inside gives you, or an account.",
    "accounts": "Nothing has to be installed. You need an account; somebody inside gives you the invite to make one.",
}
_ASKED_FOR = "Invites and passwords are asked for when you are there, and never without encryption."


class StaticFile(msgspec.Struct, frozen=True):
    """A file of the package, ready to be sent."""

    body: bytes
    content_type: str
    etag: str


def read_static() -> dict[str, StaticFile]:
    """The files beside this one in ``static/``, by name."""
    found = {}
    for entry in files("hobnob.gateways.web").joinpath("static").iterdir():
        suffix = "." + entry.name.rpartition(".")[2]
        if suffix in _TYPES:
            found[entry.name] = _file(entry.read_bytes(), suffix)
    return found


def _file(body: bytes, suffix: str) -> StaticFile:
    return StaticFile(body, _TYPES[suffix], hashlib.sha256(body).hexdigest()[:32])


class Pages:
    """The handlers of everything that is only read."""

    def __init__(self, house: House, settings: WebSettings) -> None:
        self._house = house
        self._access = settings.access
        self._files = read_static()
        # What the door asks for at first sight; what it turns out to need besides, the answers to hello say.
        self._page = _file(
            self._files["index.html"].body.replace(_OPEN, f'data-access="{self._access}"'.encode()), ".html"
        )

    async def front(self, request: web.Request) -> web.StreamResponse:
        """The page for browsers, words for everything else."""
        response = send(request, self._page) if wants_html(request) else web.Response(text=self._words(request))
        response.headers["Vary"] = "Accept, User-Agent"
        response.headers["Cache-Control"] = "no-cache"
        return response

    async def static(self, request: web.Request) -> web.StreamResponse:
        """A file of the page."""
        file = self._files.get(request.match_info["name"])
        if file is None:
            return answer(request, HTTPStatus.NOT_FOUND, "There is no such file here.")
        return send(request, file)

    async def health(self, request: web.Request) -> web.StreamResponse:
        """For whoever watches the server."""
        return web.Response(text="ok\n")

    def _words(self, request: web.Request) -> str:
        """How to come in, for whoever reads it in a terminal; of rooms and people not a word."""
        is_open = self._access == "open"
        peer = request[PEER]
        tls = peer.tls or not (is_open or peer.origin.confidential)
        host = request.headers.get("Host") or "localhost"
        name, port = split_host(host) or ("localhost", "")
        port = port or ("443" if peer.tls else "80")
        bare = host.removesuffix(f":{port}")
        netcat = f"openssl s_client -quiet -connect {bare}:{port}" if tls else f"nc {name} {port}"
        at = f"{bare}:{port}" if tls and not peer.tls else host
        # openssl does not pass the end of its input on, so there it takes a `bye`
        one_line = f"printf 'hello\\nbye\\n' | {netcat}" if tls else f"printf 'hello\\n' | nc -N {name} {port}"
        needed = _NEEDED[self._access]
        return _WORDS.format(
            name=self._house.name,
            version=self._house.version,
            page=f"{'https' if tls else 'http'}://{at}/",
            terminal=netcat,
            one_line=_ONE_LINE.format(one_line) if is_open else "",
            irc=f"/connect {'-tls ' if tls else ''}{name} {port}",
            socket=f"{'wss' if tls else 'ws'}://{at}/ws",
            needed=needed if is_open else f"{needed}\n{_ASKED_FOR}",
        )


def send(request: web.Request, file: StaticFile) -> web.Response:
    """A file, or only that it has not changed (RFC 9110, 13.1.2)."""
    known = request.if_none_match or ()
    if any(tag.value in (file.etag, "*") for tag in known):
        response = web.Response(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = web.Response(body=file.body, content_type=file.content_type, charset="utf-8")
    response.etag = ETag(file.etag)
    response.headers["Cache-Control"] = "no-cache"
    return response
