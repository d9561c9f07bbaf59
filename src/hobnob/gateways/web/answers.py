"""Short answers: one sentence, as a small page for browsers and as plain text for everything else.

Also the headers that every answer carries, whoever made it.
"""

from html import escape
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import LooseHeaders

from hobnob.gateways.web.refusal import HEADERS

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/style.css">
<body class="sentence">
<h1>{title}</h1>
<p>{sentence}</p>
<p><a href="/">To the chat</a></p>
"""


def wants_html(request: web.BaseRequest) -> bool:
    """Whether the client is a browser: it asks for HTML and is none of the programs that print what they get."""
    agent = request.headers.get("User-Agent", "").lower()
    return "text/html" in request.headers.get("Accept", "") and not agent.startswith(("curl/", "wget/"))


def answer(
    request: web.BaseRequest, status: HTTPStatus, sentence: str, headers: LooseHeaders | None = None
) -> web.Response:
    """A sentence that says what is wrong and what to do."""
    if wants_html(request):
        text, content_type = _PAGE.format(title=escape(status.phrase), sentence=escape(sentence)), "text/html"
    else:
        text, content_type = sentence + "\n", "text/plain"
    response = web.Response(status=status, text=text, content_type=content_type, charset="utf-8", headers=headers)
    response.headers["Cache-Control"] = "no-store"
    return response


async def add_headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Put our headers on an answer; those of a browser's cache only where none are there yet."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
