"""Who is not there, is no hobnob server, or may not be trusted: one sentence each, and nothing sent."""

import asyncio
import hashlib
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from tests.net.client.conftest import HOST, Start

import hobnob
from hobnob.client.address import Address
from hobnob.client.dialing import open_link
from hobnob.client.errors import CannotConnect
from hobnob.client.trust import Tls

CERTIFICATES = Path(__file__).parents[1] / "certificates"
FINGERPRINT = hashlib.sha256(ssl.PEM_cert_to_DER_cert((CERTIFICATES / "cert.pem").read_text())).hexdigest()


async def code_of(address: str, tls: Tls = False) -> str:
    with pytest.raises(CannotConnect) as refused:
        await hobnob.connect(address, tls=tls).__aenter__()
    assert refused.value.hint[-1] in ".?"
    assert "\n" not in refused.value.hint
    return refused.value.code


async def test_nobody_there() -> None:
    assert await code_of(f"{HOST}:1") == "connection-refused"
    assert await code_of("localhost:1") == "connection-refused"
    assert await code_of("nowhere.invalid") == "host-unknown"


async def test_no_hobnob_server() -> None:
    greeted: list[asyncio.StreamWriter] = []

    def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        greeted.append(writer)

    async with await asyncio.start_server(greet, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await code_of(f"{HOST}:{port}") == "not-hobnob"
        assert await code_of(f"{HOST}:{port}", tls=True) == "no-tls"
        for writer in greeted:
            writer.transport.abort()
        await asyncio.sleep(0)  # what was aborted closes its socket in the next turn


async def test_what_is_trusted_by_name(start: Start, tmp_path: Path) -> None:
    server = start("--tls-cert", str(CERTIFICATES / "cert.pem"), "--tls-key", str(CERTIFICATES / "key.pem"))
    address = f"localhost:{server.port}"
    assert await code_of(address, tls=f"sha256:{'0' * 64}") == "not-trusted"
    assert await code_of(address, tls=ssl.create_default_context()) == "not-trusted"
    for tls in (CERTIFICATES / "cert.pem", f"sha256:{FINGERPRINT}"):
        async with hobnob.connect(address, tls=tls, tokens=tmp_path) as chat:
            assert (await chat.send("#lobby", "in private")).number


async def test_off_this_machine_plain_connections_are_not_used(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnob.client.dialing.is_loopback", lambda host: False)
    with pytest.raises(CannotConnect) as refused:
        await open_link(Address(HOST, port))
    assert refused.value.code == "insecure"
    (await open_link(Address(HOST, port), insecure=True)).close()


def test_the_package_loads_the_client_only_when_it_is_used() -> None:
    code = "import sys, hobnob; assert 'asyncio' not in sys.modules; hobnob.Bot; assert 'asyncio' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
