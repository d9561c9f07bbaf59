"""The listening sockets: addresses, options, a taken port, and closing."""

import asyncio
import socket

import pytest
from tests.net.conftest import Serve, send, until_closed

from hobnob.net.listener import CannotListen, Listener, ListenerSettings, PortTaken

NEVER = 60.0


def listener() -> Listener:
    return Listener(gateways={}, greeting=b"", settings=ListenerSettings(greet_after=NEVER))


async def test_every_address_of_a_name_is_on_one_port() -> None:
    port = listener()
    try:
        listened = await port.start("*", 0)
        assert len({number for _, number in listened}) == 1
        for address, number in listened:
            reader, writer = await asyncio.open_connection(address, number)
            await send(writer, b"\x00")
            assert await until_closed(reader) == b""
            writer.close()
    finally:
        await port.close()


async def test_it_listens_on_further_addresses_and_closes_all() -> None:
    port = listener()
    try:
        listened = await port.start("127.0.0.1", 0) + await port.start("127.0.0.1", 0)
        assert len({number for _, number in listened}) == 2
        silent = [await asyncio.open_connection(*address) for address in listened]
        for address in listened:
            reader, writer = await asyncio.open_connection(*address)
            await send(writer, b"\x00")
            assert await until_closed(reader) == b""
            writer.close()
    finally:
        await port.close()
    for reader, writer in silent:
        assert await until_closed(reader) == b""
        writer.close()


async def test_ipv6_peers_are_named_by_their_address(serve: Serve) -> None:
    house = await serve(host="::1", greet_after=NEVER)
    await house.exchange(b"hi\n")
    assert house.opened.peers[0].address == "::1"
    assert house.opened.peers[0].loopback


async def test_a_taken_port_is_refused_in_one_sentence() -> None:
    first, second = listener(), listener()
    try:
        [(_, number)] = await first.start("127.0.0.1", 0)
        with pytest.raises(PortTaken, match=rf"^Another program has port {number} on 127\.0\.0\.1: .*--port\.$"):
            await second.start("127.0.0.1", number)
    finally:
        await first.close()
        await second.close()


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("192.0.2.1", r"^192\.0\.2\.1 is no address of this machine: .*--host\.$"),
        ("no.such.name.invalid", "no address"),
    ],
)
async def test_an_address_of_somebody_else_is_refused_in_one_sentence(host: str, why: str) -> None:
    with pytest.raises(CannotListen, match=why):
        await listener().start(host, 0)


async def test_accepted_sockets_have_the_options(serve: Serve) -> None:
    house = await serve(greet_after=NEVER, send_buffer=32768)
    await house.exchange(b"hi\n")
    reader, writer = await house.connect()
    await send(writer, b"hi\n")
    await reader.readexactly(5)
    sock = house.opened.transports[-1].get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 120
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == 32768


async def test_a_reader_who_does_not_read_is_noticed_early(serve: Serve) -> None:
    house = await serve(greet_after=NEVER)
    reader, writer = await house.connect()
    await send(writer, b"hi\n")
    await reader.readexactly(8)
    transport = house.opened.transports[0]
    taken = 0
    while transport.get_write_buffer_size() < 65536:
        transport.write(bytes(16384))
        taken += 16384
        await asyncio.sleep(0)
    assert taken - transport.get_write_buffer_size() < 1024 * 1024  # without the option, more than 2.5 MB


async def test_stop_accepting_keeps_connections(serve: Serve) -> None:
    house = await serve(greet_after=NEVER)
    reader, writer = await house.connect()
    await send(writer, b"h")
    await house.listener.stop_accepting()
    with pytest.raises(OSError, match=r"."):
        await house.connect()
    await send(writer, b"i\n")
    assert await reader.readexactly(8) == b"TEXT<hi\n"


async def test_close_ends_undecided_connections_and_leaves_the_others(serve: Serve) -> None:
    house = await serve(greet_after=NEVER)
    decided, writer = await house.connect()
    await send(writer, b"hi\n")
    await decided.readexactly(8)
    undecided, half = await house.connect()
    await send(half, b"NICK")
    await house.listener.close()
    assert await until_closed(undecided) == b""
    await send(writer, b"still here")
    assert await decided.readexactly(10) == b"still here"


async def test_a_closed_listener_may_be_closed_again() -> None:
    port = listener()
    await port.close()
    await port.start("127.0.0.1", 0)
    await port.close()
    await port.close()
