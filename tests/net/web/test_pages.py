"""What is read over HTTP: the page, its files, the words for programs, and the headers of every answer."""

import re

import pytest
from msgspec.structs import replace
from tests.net.web.conftest import CALM, HASTY, Server, Visitor


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_a_browser_gets_the_page(server: Server) -> None:
    answer = await server.get("/", "Accept: text/html,*/*;q=0.8", "User-Agent: Mozilla/5.0")
    assert status(answer) == 200
    assert b"<!doctype html>" in answer
    assert b"Content-Type: text/html; charset=utf-8" in answer


@pytest.mark.parametrize("headers", [(), ("Accept: */*",), ("Accept: text/html", "User-Agent: curl/8.5.0")])
async def test_everything_else_gets_words(server: Server, headers: tuple[str, ...]) -> None:
    answer = await server.get("/", *headers, host="chat.local:9000")
    assert b"text/plain" in answer
    assert b"http://chat.local:9000/" in answer
    assert b"nc chat.local 9000 " in answer
    assert b"printf 'hello\\n' | nc -N chat.local 9000\n" in answer


async def test_the_words_over_tls_name_tls_clients(server: Server) -> None:
    server.be_tls()
    answer = await server.get("/", host="[::1]")
    assert b"https://[::1]/" in answer
    assert b"openssl s_client -quiet -connect [::1]:443" in answer


@pytest.mark.parametrize("server", [replace(CALM, access="invite"), replace(CALM, access="accounts")], indirect=True)
async def test_the_words_say_what_a_newcomer_needs(server: Server) -> None:
    local = await server.get("/", host="localhost:9000")
    assert b"invite" in local
    assert b"nc localhost 9000 " in local
    assert b"a name is all" not in local
    server.peer = Visitor("192.0.2.7", loopback=False)
    afar = await server.get("/", host="chat.local:9000")
    assert b"https://chat.local:9000/" in afar
    assert b"openssl s_client -quiet -connect chat.local:9000 " in afar
    assert b"/connect -tls chat.local 9000" in afar
    assert b"wss://chat.local:9000/ws" in afar
    assert b"http://" not in afar
    page = await server.get("/", "Accept: text/html", "User-Agent: Mozilla")
    assert b'data-access="open"' not in page
    assert re.search(b'<body data-access="(invite|accounts)">', page)


@HASTY
async def test_every_answer_carries_our_headers(server: Server) -> None:
    requests = [
        await server.get("/"),
        await server.get("/static/chat.js"),
        await server.get("/nowhere"),
        await server.get("/ws"),
        await server.get("/", host="evil.example"),
        await server.get("/", method="POST"),
        await server.raw(b"GARBAGE / HTTP/1.1\r\n\r\n"),
        await server.raw(b"GET / HTTP/1.1\r\nHost"),
    ]
    assert [status(answer) for answer in requests] == [200, 200, 404, 426, 421, 405, 501, 408]
    for answer in requests:
        assert b"\r\nServer: hobnob\r\n" in answer
        assert b"Content-Security-Policy: default-src 'self'; frame-ancestors 'none'" in answer
        assert b"X-Content-Type-Options: nosniff" in answer
        assert b"Referrer-Policy: no-referrer" in answer
        assert b"Access-Control" not in answer
        assert b"aiohttp" not in answer
        assert b"Traceback" not in answer


async def test_a_browser_asks_whether_a_file_has_changed(server: Server) -> None:
    first = await server.get("/static/style.css")
    etag = next(line for line in first.split(b"\r\n") if line.startswith(b"Etag: ")).decode()[6:]
    again = await server.get("/static/style.css", f"If-None-Match: {etag}")
    assert status(again) == 304
    assert again.endswith(b"\r\n\r\n")
    assert status(await server.get("/static/style.css", 'If-None-Match: "other"')) == 200


@pytest.mark.parametrize(
    "path", ["/nowhere", "/static/", "/static/../host.py", "/static/..%2fhost.py", "/static/%00", "//"]
)
async def test_other_paths_are_nothing(server: Server, path: str) -> None:
    assert status(await server.get(path)) == 404
    page = await server.get(path, "Accept: text/html", "User-Agent: Mozilla")
    assert b"<h1>Not Found</h1>" in page


async def test_health(server: Server) -> None:
    assert (await server.get("/healthz")).endswith(b"\r\n\r\nok\n")
    assert (await server.get("/healthz", method="HEAD")).endswith(b"\r\n\r\n")
