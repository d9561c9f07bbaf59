"""aiohttp's own server protocol, handed a connection whose first bytes were already read."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from tests.net.conftest import House, Serve, send

from hobnob.net.sniffer import Kind

NEVER = 60.0
FILE = bytes(range(256)) * 64


@pytest.fixture
async def runner(tmp_path: Path) -> AsyncIterator[web.AppRunner]:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def upload(request: web.Request) -> web.Response:
        size = 0
        async for piece in request.content.iter_chunked(4096):
            size += len(piece)
        return web.Response(text=str(size))

    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    async def file(request: web.Request) -> web.FileResponse:
        return web.FileResponse(path)

    path = tmp_path / "file.bin"
    path.write_bytes(FILE)
    app = web.Application()
    app.add_routes([web.get("/", hello), web.post("/", upload), web.get("/ws", echo), web.get("/file", file)])
    made = web.AppRunner(app)
    await made.setup()
    yield made
    await made.cleanup()


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
async def site(request: pytest.FixtureRequest, serve: Serve, runner: web.AppRunner) -> tuple[House, bool]:
    server = runner.server
    assert server is not None
    house = await serve(tls=request.param, greet_after=NEVER, gateways={Kind.WEB: lambda peer: server()})
    return house, request.param


ClientTls = Callable[..., ssl.SSLContext]


@pytest.fixture
async def browser(site: tuple[House, bool], client_tls: ClientTls) -> AsyncIterator[aiohttp.ClientSession]:
    house, tls = site
    base = f"{'https' if tls else 'http'}://{house.host}:{house.port}"
    async with aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(ssl=client_tls("http/1.1"))) as session:
        yield session


async def test_a_page_a_range_and_an_upload(browser: aiohttp.ClientSession) -> None:
    async with browser.get("/") as answer:
        assert await answer.text() == "hello"
    async with browser.get("/file", headers={"Range": "bytes=300-399"}) as answer:
        assert answer.status == 206
        assert await answer.read() == FILE[300:400]

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 5000

    async with browser.post("/", data=pieces()) as answer:
        assert await answer.text() == "250000"


async def test_a_web_socket(browser: aiohttp.ClientSession) -> None:
    async with browser.ws_connect("/ws") as socket:
        await socket.send_str("hi")
        assert await socket.receive_str() == "hi"


@pytest.mark.parametrize("bytewise", [False, True])
async def test_a_request_however_it_is_cut(site: tuple[House, bool], client_tls: ClientTls, bytewise: bool) -> None:
    house, tls = site
    request = (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    )
    reader, writer = await house.connect(client_tls() if tls else None)
    await send(writer, *([bytes([byte]) for byte in request] if bytewise else [request]))
    answer = await asyncio.wait_for(reader.read(), 30)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n11")
