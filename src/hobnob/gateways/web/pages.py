"""What is read without a WebSocket: the page, its files, the words for programs without HTML, and `/healthz`.

The files are read from the package at the start and stay in memory; a browser asks every time whether they changed.
"""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files

from aiohttp import ETag, web

from hobnob.gateways.gateway import House
from hobnob.gateways.web.answers import answer, wants_html
from hobnob.gateways.web.forwarding import PEER
from hobnob.gateways.web.guard import split_host

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_WORDS = """\
{name} is a chat server (hobnob {version}). Everyone here shares the same rooms, on one port, with whatever they have.

  a browser    {page}
  a terminal   {terminal}      then press Enter
  one line     {one_line}
  IRC          {irc}
  a program    one JSON object a line on the same port, or one a frame at {socket}

Nothing has to be installed, and a name is all that is asked for.
"""


@dataclass(frozen=True, slots=True)
class StaticFile:
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
            body = entry.read_bytes()
            found[entry.name] = StaticFile(body, _TYPES[suffix], hashlib.sha256(body).hexdigest()[:32])
    return found


class Pages:
    """The handlers of everything that is only read."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._files = read_static()

    async def front(self, request: web.Request) -> web.StreamResponse:
        """The page for browsers, words for everything else."""
        response = (
            send(request, self._files["index.html"]) if wants_html(request) else web.Response(text=self._words(request))
        )
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
        tls = request[PEER].tls
        host = request.headers.get("Host") or "localhost"
        name, port = split_host(host) or ("localhost", "")
        port = port or ("443" if tls else "80")
        netcat = (
            f"openssl s_client -quiet -connect {host.removesuffix(':' + port)}:{port}" if tls else f"nc {name} {port}"
        )
        return _WORDS.format(
            name=self._house.name,
            version=self._house.version,
            page=f"{'https' if tls else 'http'}://{host}/",
            terminal=netcat,
            # openssl does not pass the end of its input on, so there it takes a `bye`
            one_line=f"printf 'hello\\nbye\\n' | {netcat}" if tls else f"printf 'hello\\n' | nc -N {name} {port}",
            irc=f"/connect {'-tls ' if tls else ''}{name} {port}",
            socket=f"{'wss' if tls else 'ws'}://{host}/ws",
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
