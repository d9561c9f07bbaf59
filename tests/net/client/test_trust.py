"""Servers that are met in TLS: known by their key, and dropped before anything is said when that is another one."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.between import Between
from tests.e2e.clients import eventually
from tests.net.client.conftest import HOST, Start

from hobnob.client.address import Address
from hobnob.client.client import Client
from hobnob.client.connect import connect
from hobnob.client.errors import CannotConnect, UnknownKey
from hobnob.client.known_hosts import KnownHosts
from hobnob.client.subscription import Disconnected, Reconnected, Subscription
from hobnob.client.trust import Tls
from hobnob.protocol.links import Link

TOKEN = "hb_" + "s" * 26
OTHER = "o" * 43


async def refusal(address: str, tls: Tls = None, *, insecure: bool = False) -> CannotConnect:
    with pytest.raises(CannotConnect) as refused:
        async with connect(address, token=TOKEN, tls=tls, insecure=insecure):
            pass
    assert "\n" not in refused.value.hint
    assert TOKEN not in refused.value.hint
    return refused.value


async def test_a_server_is_unknown_then_trusted_then_known(start: Start) -> None:
    server = start()
    address = f"{HOST}:{server.port}"
    unknown = await refusal(address, True)
    assert isinstance(unknown, UnknownKey)
    assert unknown.fingerprint == server.fingerprint
    assert KnownHosts().key_of(Address(HOST, server.port)) is None
    async with connect(address, name="ada", tls=unknown.fingerprint):
        pass
    assert KnownHosts().key_of(Address(HOST, server.port)) == server.fingerprint
    async with connect(address, name="ada") as ada:  # in TLS from now on, also without being asked to
        assert encrypted(ada)
    assert (await refusal(address, insecure=True)).code == "key-known"
    KnownHosts().forget(address)
    async with connect(address, name="ada") as ada:
        assert not encrypted(ada)


def encrypted(client: Client) -> bool:
    """Whether the client's connection is in TLS."""
    writer = client._connection._link._writer  # type: ignore[union-attr]
    return writer.get_extra_info("ssl_object") is not None


async def test_a_link_is_trusted_at_once(start: Start) -> None:
    server = start()
    link = str(Link(HOST, server.port, key=server.fingerprint))
    for address in (link, link.replace("hobnob:", "https:"), f"{HOST}:{server.port}"):
        async with connect(address, name="ada") as ada:
            assert encrypted(ada)
    wrong = await refusal(str(Link(HOST, server.port, key=OTHER)))
    assert wrong.code == "key-changed"


async def test_a_link_with_another_key_is_not_believed(start: Start) -> None:
    server = start()
    wrong = await refusal(str(Link(HOST, server.port, key=OTHER)))
    assert wrong.code == "key-changed"
    assert KnownHosts().key_of(Address(HOST, server.port)) is None


async def test_nothing_is_kept_for_who_wants_nothing_kept(start: Start) -> None:
    server = start()
    async with connect(str(Link(HOST, server.port, key=server.fingerprint)), name="ada", remember=False):
        pass
    assert not KnownHosts().path.exists()


async def test_the_system_s_word_is_enough_for_a_name(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start()
    monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "tls" / "cert.pem"))
    for address in (f"localhost:{server.port}", str(Link("localhost", server.port, key=server.fingerprint))):
        async with connect(address, name="ada", tls=True) as ada:
            assert encrypted(ada)
    assert not KnownHosts().path.exists()  # a certificate that is renewed may have another key
    assert (await refusal(str(Link("localhost", server.port, key=OTHER)))).code == "key-changed"


@pytest.mark.parametrize("known", ["by this machine", "by the link", "by the flag", "by nobody"])
async def test_a_swapped_certificate_hears_nothing(between: Callable[..., Between], known: str) -> None:
    attacker = between("swaps")
    address: str = f"{HOST}:{attacker.port}"
    if known == "by this machine":
        KnownHosts().remember(Address(HOST, attacker.port), OTHER)
    error = await refusal(
        str(Link(HOST, attacker.port, "INVITE", OTHER)) if known == "by the link" else address,
        OTHER if known == "by the flag" else True,
    )
    assert error.code == ("key-unknown" if known == "by nobody" else "key-changed")
    first = {"by nobody": 2, "by the link": 2}.get(known, 1)  # the system was asked, and did not trust it
    await asyncio.to_thread(eventually, lambda: attacker.all_heard(first))
    assert (attacker.handshakes, attacker.heard) == (1, b"")


async def test_whom_a_swapped_certificate_convinces_is_heard(between: Callable[..., Between]) -> None:
    attacker = between("swaps")
    unknown = await refusal(f"{HOST}:{attacker.port}", True)
    assert isinstance(unknown, UnknownKey)
    assert attacker.heard == b""
    speaking = asyncio.create_task(refusal(f"{HOST}:{attacker.port}", unknown.fingerprint))
    await asyncio.to_thread(eventually, lambda: TOKEN.encode() in attacker.heard)
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)


@pytest.mark.parametrize(("manner", "code"), [("drops", "no-answer"), ("resets", "hung-up"), ("clear", "no-tls")])
@pytest.mark.parametrize("known", [True, False])
async def test_without_tls_nothing_is_said(
    between: Callable[..., Between], monkeypatch: pytest.MonkeyPatch, manner: str, code: str, known: bool
) -> None:
    if manner == "drops":
        monkeypatch.setattr("hobnob.client.dialing.CONNECT_WITHIN", 0.2)
    attacker = between(manner)
    if known:
        KnownHosts().remember(Address(HOST, attacker.port), OTHER)
    error = await refusal(f"{HOST}:{attacker.port}", None if known else True)
    assert error.code == code
    await asyncio.to_thread(eventually, lambda: attacker.all_heard(1))
    assert attacker.heard[:3] in (b"\x16\x03\x01", b"")  # a ClientHello, if anything
    assert TOKEN.encode() not in attacker.heard
    if known and manner == "clear":
        assert "hobnob forget" in error.hint


async def until(events: Subscription, kind: type[Disconnected] | type[Reconnected]) -> None:
    """Pass over what happens in the rooms, up to news of the connection."""
    while not isinstance((await anext(events)).event, kind):
        pass


@pytest.mark.parametrize("manner", ["swaps", "clear"])
async def test_who_comes_back_asks_for_the_same_key(
    start: Start, between: Callable[..., Between], tmp_path: Path, manner: str
) -> None:
    server = start()
    client = connect(str(Link(HOST, server.port, key=server.fingerprint)), name="ada", tokens=tmp_path / "tokens")
    async with client as ada:
        events = ada.events()
        server.kill()
        await until(events, Disconnected)
        attacker = await asyncio.to_thread(between, manner, server.port)
        with pytest.raises(CannotConnect) as refused:
            await anext(events)
        assert refused.value.code == ("key-changed" if manner == "swaps" else "no-tls")
        await asyncio.to_thread(eventually, lambda: attacker.ended > 0)
        assert attacker.heard[:3] in (b"\x16\x03\x01", b"")
        assert ada.token
        assert ada.token.encode() not in attacker.heard


async def test_who_comes_back_to_the_same_key_goes_on(start: Start, tmp_path: Path) -> None:
    server = start()
    async with connect(str(Link(HOST, server.port, key=server.fingerprint)), name="ada") as ada:
        events = ada.events()
        server.kill()
        await until(events, Disconnected)
        await asyncio.to_thread(start, port=server.port)
        await until(events, Reconnected)
        assert encrypted(ada)
