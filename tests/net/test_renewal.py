"""Certificates that are replaced while people are connected: newcomers get the new one, and nobody else notices."""

import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.net.conftest import House, Serve, send, until

from hobnob.net import renewal
from hobnob.net.certificate import keep_certificate
from hobnob.net.renewal import Renewal
from hobnob.net.tls import Tls, TlsRefused
from hobnob.protocol.fingerprints import fingerprint

KEPT = "the TLS certificate stays the one that was"
READ = "the TLS certificate was read again"
OTHER_KEY = "the TLS key is another: clients that remember the old one will stop"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """The files that are in use."""
    return keep_certificate(tmp_path / "used", [])


@pytest.fixture
def other(tmp_path: Path) -> tuple[Path, Path]:
    """Another pair, to take their place."""
    return keep_certificate(tmp_path / "other", [])


def replace(pair: tuple[Path, Path], by: tuple[Path, Path]) -> None:
    for file, new in zip(pair, by, strict=True):
        write(file, new.read_bytes())


def write(path: Path, data: bytes) -> None:
    """As a careful program does it: a whole new file in one step."""
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.replace(path)


def trusting_everybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def key_shown(house: House) -> str:
    """The fingerprint of the key that a newcomer is shown."""
    _, writer = await house.connect(trusting_everybody())
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return fingerprint(der)


@asynccontextmanager
async def watching(watched: Renewal) -> AsyncIterator[None]:
    watch = asyncio.create_task(watched.watch())
    yield
    assert not watch.done(), watch.exception()
    watch.cancel()


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "LOOK_EVERY", 0.002)


async def test_who_is_connected_stays_and_newcomers_get_the_new_one(
    serve: Serve, pair: tuple[Path, Path], other: tuple[Path, Path]
) -> None:
    tls = Tls()
    watched = Renewal(tls, lambda: pair)
    await watched.start()
    before = tls.fingerprint
    house = await serve(tls=tls)
    reader, writer = await house.connect(trusting_everybody())
    await send(writer, b"hello\n")
    assert await reader.readexactly(11) == b"TEXT<hello\n"
    assert await key_shown(house) == before
    async with watching(watched):
        with capture_logs() as logged:
            replace(pair, other)
            await until(lambda: tls.fingerprint != before)
            await until(lambda: len(logged) == 2)
    assert [line["event"] for line in logged] == [READ, OTHER_KEY]
    assert await key_shown(house) == tls.fingerprint
    await send(writer, b"still here\n")
    assert await reader.readexactly(11) == b"still here\n"


async def test_who_is_in_the_midst_of_a_handshake_ends_it_with_the_one_it_began_with(
    serve: Serve, pair: tuple[Path, Path], other: tuple[Path, Path]
) -> None:
    tls = Tls()
    watched = Renewal(tls, lambda: pair)
    await watched.start()
    before = tls.fingerprint
    house = await serve(tls=tls)
    reader, writer = await house.connect()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting_everybody().wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    writer.write(outgoing.read())
    incoming.write(await reader.read(65536))
    replace(pair, other)
    await watched.reload()
    client.do_handshake()
    writer.write(outgoing.read())
    client.write(b"hello\n")
    writer.write(outgoing.read())
    der = client.getpeercert(binary_form=True)
    assert der is not None
    assert fingerprint(der) == before != tls.fingerprint
    await until(lambda: len(house.opened.kinds) == 1)


async def test_a_pair_that_is_half_replaced_is_not_used(pair: tuple[Path, Path], other: tuple[Path, Path]) -> None:
    tls = Tls()
    watched = Renewal(tls, lambda: pair)
    await watched.start()
    before, context = tls.fingerprint, tls.context
    async with watching(watched):
        with capture_logs() as logged:
            write(pair[0], other[0].read_bytes())  # the new certificate with the old key
            await until(lambda: bool(logged))
            assert (tls.fingerprint, tls.context) == (before, context)
            write(pair[1], other[1].read_bytes())
            await until(lambda: tls.fingerprint != before)
    assert logged[0]["event"] == KEPT
    assert "does not belong to the certificate" in logged[0]["reason"]
    assert READ in [line["event"] for line in logged]


@pytest.mark.parametrize("what", ["missing", "empty", "half", "no PEM"])
async def test_files_that_are_no_use_leave_the_one_in_use_and_are_told_once(pair: tuple[Path, Path], what: str) -> None:
    tls = Tls()
    watched = Renewal(tls, lambda: pair)
    await watched.start()
    before, whole = tls.context, pair[0].read_bytes()
    async with watching(watched):
        with capture_logs() as logged:
            if what == "missing":
                pair[0].unlink()
            else:
                pair[0].write_bytes({"empty": b"", "half": whole[:200], "no PEM": b"hello"}[what])
            await until(lambda: bool(logged))
            looked = watched._read
            await until(lambda: watched._stamp() == looked)
            write(pair[0], whole)
            await until(lambda: tls.context is not before)
    assert [line["event"] for line in logged] == [KEPT, READ]
    assert logged[0]["reason"].endswith(".")


async def test_the_same_files_touched_are_the_same_key(pair: tuple[Path, Path]) -> None:
    tls = Tls()
    watched = Renewal(tls, lambda: pair)
    await watched.start()
    before = tls.context
    async with watching(watched):
        with capture_logs() as logged:
            os.utime(pair[0], (1, 1))
            await until(lambda: tls.context is not before)
    assert [line["event"] for line in logged] == [READ]


async def test_reloading_at_once_takes_turns(pair: tuple[Path, Path], other: tuple[Path, Path]) -> None:
    """SIGHUP may come while the watch reads, and more than once."""
    tls = Tls()
    watched = Renewal(tls, lambda: pair)
    await watched.start()
    replace(pair, other)
    with capture_logs() as logged:
        await asyncio.gather(*(watched.reload() for _ in range(5)))
    assert [line["event"] for line in logged].count(OTHER_KEY) == 1


async def test_our_own_is_seen_to_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "KEEP_EVERY", 3)
    names = ["first.example.org"]
    tls = Tls()
    watched = Renewal(tls, lambda: keep_certificate(tmp_path / "own", names))
    await watched.start()
    before = (tmp_path / "own/cert.pem").read_bytes()
    async with watching(watched):
        with capture_logs() as logged:
            names.append("second.example.org")
            await until(lambda: (tmp_path / "own/cert.pem").read_bytes() != before and bool(logged))
    assert {line["event"] for line in logged} == {READ}


async def test_a_first_pair_that_is_no_use_is_refused(pair: tuple[Path, Path]) -> None:
    shutil.copy(pair[1], pair[0])
    with pytest.raises(TlsRefused):
        await Renewal(Tls(), lambda: pair).start()


async def test_handshakes_wait_for_the_first_certificate(serve: Serve, pair: tuple[Path, Path]) -> None:
    """The port is open before the certificate is made."""
    tls = Tls()
    house = await serve(tls=tls)
    connecting = asyncio.create_task(house.connect(trusting_everybody()))
    await until(
        lambda: house.listener.undecided == 1 and bool(house.listener._port and house.listener._port.handshakes)
    )
    await Renewal(tls, lambda: pair).start()
    reader, writer = await asyncio.wait_for(connecting, 10)
    await send(writer, b"hi\n")
    assert await reader.readexactly(8) == b"TEXT<hi\n"


async def test_a_handshake_does_not_wait_for_ever(serve: Serve) -> None:
    house = await serve(tls=Tls(), handshake_within=0.05)
    with pytest.raises((ConnectionError, ssl.SSLError)):
        await house.connect(trusting_everybody())
    await until(lambda: house.listener.undecided == 0)
