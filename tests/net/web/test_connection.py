"""The deadlines and caps of a connection."""

import asyncio

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs
from tests.net.conftest import PATIENCE, until_closed
from tests.net.web.conftest import CALM, HASTY, Server


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@HASTY
async def test_slowly_dripped_headers_are_cut(server: Server) -> None:
    reader, writer = await server.open()
    writer.write(b"GET / HTTP/1.1\r\n")
    answer = asyncio.ensure_future(until_closed(reader))
    while not (answer.done() or server.left):  # to whom it has cut, a header more would be answered by a reset
        writer.write(b"X: y\r\n")
        await asyncio.wait([answer], timeout=0.02)
    assert status(await answer) == 408


@HASTY
async def test_the_second_request_has_its_deadline_too(server: Server) -> None:
    reader, writer = await server.open()
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert status(await reader.readuntil(b"ok\n")) == 200
    writer.write(b"GET /healthz")
    assert status(await asyncio.wait_for(until_closed(reader), PATIENCE)) == 408


@pytest.mark.parametrize("server", [replace(CALM, idle_timeout=0.2)], indirect=True, ids=["impatient"])
async def test_an_idle_connection_is_closed(server: Server) -> None:
    assert await server.raw(b"") == b""
    for _ in range(20):  # again, where this machine was too busy to read a request within this short deadline
        if await server.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            return
    raise AssertionError("nobody is answered")


async def test_headers_have_a_bound(server: Server) -> None:
    assert (
        status(
            await server.raw(
                b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 4000 + b"\r\n" + (b"X: " + b"y" * 4000 + b"\r\n") * 9
            )
        )
        == 431
    )


async def test_who_takes_nothing_is_cut(server: Server) -> None:
    socket = await server.connect()
    conversation = await server.entered()
    [connection] = server.connections
    connection._settings = replace(CALM, idle_timeout=0.2)  # only now: it is for who comes late, too
    socket._response.connection.transport.pause_reading()  # type: ignore[union-attr]
    for _ in range(32):
        conversation.link.write(bytes(1024 * 1024))
    assert await conversation.heard.get() == "pause"
    assert await asyncio.wait_for(conversation.gone.get(), PATIENCE) == "connection lost"


async def test_who_half_closes_gets_the_answer(server: Server) -> None:
    reader, writer = await server.open()
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    writer.write_eof()
    assert (await asyncio.wait_for(until_closed(reader), PATIENCE)).endswith(b"\r\n\r\nok\n")


async def test_who_half_closes_in_the_middle_is_closed(server: Server) -> None:
    reader, writer = await server.open()
    writer.write(b"GET /healthz HTTP/1.1\r\nHo")
    writer.write_eof()
    assert await asyncio.wait_for(until_closed(reader), PATIENCE) == b""


async def test_what_goes_wrong_inside_is_told_in_a_sentence(server: Server) -> None:
    del server.house.version
    with capture_logs() as logged:
        answer = await server.get("/")
    assert [line["event"] for line in logged] == ["web request failed"]
    assert status(answer) == 500
    assert answer.endswith(b"Something went wrong on the server. It has been logged; try again.\n")
    assert b"Traceback" not in answer


async def test_what_goes_wrong_in_a_websocket_ends_it(server: Server) -> None:
    del server.house.entered
    with capture_logs() as logged:
        reader, _, answer = await server.upgrade()
        assert status(answer) == 101
        assert b"HTTP" not in await asyncio.wait_for(until_closed(reader), PATIENCE)
    assert [line["log_level"] for line in logged] == ["error"]
