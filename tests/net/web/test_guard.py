"""Who may ask: Hosts, Origins, and requests that two readers could understand differently."""

import pytest
from tests.net.web.conftest import Server


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8080", "[::1]:8080", "192.168.1.7", "localhost", "LOCALHOST:1", "box", "box.local", "chat.example.org"],
)
async def test_our_own_names_are_answered(server: Server, host: str) -> None:
    assert status(await server.get("/healthz", host=host)) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "local", "evil.local.example", "127.1", "."]
)
async def test_other_names_are_not(server: Server, host: str) -> None:
    assert status(await server.get("/healthz", host=host)) in ((421,) if host != "local" else (200,))


@pytest.mark.parametrize("host", ["", "a b", "localhost:x", "user@localhost", "localhost/", "[::1", "a,b"])
async def test_a_malformed_host_is_refused(server: Server, host: str) -> None:
    assert status(await server.get("/healthz", host=host)) in (400, 421)


async def test_there_is_one_host(server: Server) -> None:
    assert status(await server.raw(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")) == 400
    assert status(await server.get("/healthz", "Host: localhost")) == 400
    assert status(await server.get("http://evil.example/healthz")) == 400
    assert status(await server.get("http://localhost/healthz")) == 200
    assert status(await server.raw(b"GET /healthz HTTP/1.0\r\n\r\n")) == 200


@pytest.mark.parametrize(
    "headers",
    [
        ("Origin: http://evil.example",),
        ("Origin: null",),
        ("Origin: localhost",),
        ("Origin: http://localhost:81",),
        ("Origin: https://localhost:80",),
        ("Origin: http://localhost", "Origin: http://evil.example"),
        ("Sec-Fetch-Site: cross-site",),
        ("Origin: http://localhost", "Sec-Fetch-Site: same-site"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_pages_of_others_are_refused(server: Server, method: str, headers: tuple[str, ...]) -> None:
    assert status(await server.get("/ws", *headers, "Upgrade: websocket", method=method)) == 403
    assert server.house.entered.empty()


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://chat.example.org", "chat.example.org"),
        ("https://chat.example.org", "chat.example.org:443"),
        ("https://chat.example.org:8443", "chat.example.org:8443"),
    ],
)
async def test_our_own_page_may_connect_through_a_proxy_that_ends_tls(server: Server, origin: str, host: str) -> None:
    _, writer, answer = await server.upgrade(f"Origin: {origin}", host=host)
    assert status(answer) == 101
    writer.close()


async def test_a_page_in_the_clear_may_not_connect_to_a_server_in_tls(server: Server) -> None:
    server.be_tls()
    assert status(await server.get("/ws", "Origin: http://localhost", "Upgrade: websocket")) == 403


async def test_our_own_page_may_connect(server: Server) -> None:
    _, writer, answer = await server.upgrade("Origin: http://localhost", host="LocalHost:80")
    assert status(answer) == 101
    writer.close()
    assert await (await server.entered()).gone.get() == "connection lost"


@pytest.mark.parametrize(
    "request_",
    [
        (
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
        ),
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00\x01\x02 HTTP/1.1\r\n\r\n",
    ],
)
async def test_ambiguous_requests_end_the_connection(server: Server, request_: bytes) -> None:
    answer = await server.raw(request_)
    assert status(answer) in (400, 405, 501)
    assert answer.count(b"HTTP/1.") == 1
