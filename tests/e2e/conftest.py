"""Real servers and real clients. Every process ends with its test, and only the test's own processes are touched."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from tests.e2e.clients import PATIENCE, belongings, needed
from tests.e2e.ports import own_port
from tests.e2e.server import Server
from tests.e2e.shell import Shell

Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers on `tmp_path / "data"`, or where `data` says, on ports to which they can come back."""
    with ExitStack() as started:

        def begin(*arguments: str, data: Path | None = None, port: int = 0, under: tuple[str, ...] = ()) -> Server:
            server = Server(tmp_path, *arguments, data=data, port=port or own_port(), under=under)
            started.callback(server.kill)
            return server.wait_until_ready()

        yield begin


@pytest.fixture(autouse=True)
def _nobody_stays() -> Iterator[None]:
    """Clients leave when their test is over."""
    with belongings:
        yield


@pytest.fixture
def server(start: Start) -> Server:
    """A running server."""
    return start()


@pytest.fixture
def shell(server: Server, tmp_path: Path) -> Shell:
    """A shell on the server's machine."""
    return Shell(tmp_path / "state", server.port)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, ...]:
    """A new self-signed certificate, as the server's arguments."""
    openssl, cert, key = needed("openssl"), tmp_path / "cert.pem", tmp_path / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", "/CN=localhost", "-days", "2", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, *subject, "-out", cert, "-keyout", key], check=True, capture_output=True)
    return "--tls-cert", str(cert), "--tls-key", str(key)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real Chromium for the tests of one file; each takes a context of its own.

    Not for longer: while it runs, no test can have an event loop of its own.
    """
    expect.set_options(timeout=1000 * PATIENCE)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    arguments += ["--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needed("chromium"), args=arguments)
        yield browser
        browser.close()
