"""TLS as OpenSSL's own client meets it, and certificates that change under the feet of people who are connected."""

import re
import signal
import ssl
import subprocess
from pathlib import Path

import pytest
from tests.e2e.clients import Client, JsonClient, Program, eventually, needed
from tests.e2e.conftest import Start
from tests.e2e.server import Server
from tests.e2e.shell import Shell


def s_client(server: Server, *options: str, said: bytes = b"") -> str:
    """What `openssl s_client` prints, both ways; its input ends after what it says."""
    command = [needed("openssl"), "s_client", "-connect", f"127.0.0.1:{server.port}", "-ign_eof", *options]
    ran = subprocess.run(command, input=said, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    return ran.stdout.decode("utf-8", "replace")


BYE = b"NICK ada\r\nUSER a 0 * :a\r\nQUIT\r\n"


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_what_is_older_than_tls_1_2_is_refused(server: Server, version: str) -> None:
    printed = s_client(server, version, "-cipher", "DEFAULT@SECLEVEL=0")
    assert "Cipher is (NONE)" in printed
    assert "BEGIN CERTIFICATE" not in printed


@pytest.mark.parametrize(("version", "name"), [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_tls_1_2_and_later_are_spoken_with_forward_secrecy(server: Server, version: str, name: str) -> None:
    printed = s_client(server, version, said=BYE)
    assert f"New, {name}, Cipher is " in printed
    cipher = re.search(r"Cipher is (\S+)", printed)
    assert cipher is not None
    assert cipher[1].startswith(("ECDHE-", "TLS_"))
    assert " 001 ada " in printed


@pytest.mark.parametrize(
    ("offered", "chosen"), [("http/1.1", "http/1.1"), ("irc", "irc"), ("h2,http/1.1", "http/1.1"), ("h2", None)]
)
def test_alpn(server: Server, offered: str, chosen: str | None) -> None:
    said = b"GET /healthz HTTP/1.0\r\n\r\n" if chosen == "http/1.1" else BYE
    printed = s_client(server, "-alpn", offered, said=said)
    assert (f"ALPN protocol: {chosen}" if chosen else "No ALPN negotiated") in printed


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_session_is_taken_up_again(server: Server, tmp_path: Path, version: str) -> None:
    """A ticket spares whoever comes back the signature, and a phone a round trip."""
    ticket = tmp_path / "ticket"
    assert "New, TLSv1" in s_client(server, version, "-sess_out", str(ticket), said=BYE)
    again = s_client(server, version, "-sess_in", str(ticket), said=BYE)
    assert "Reused, TLSv1" in again
    assert " 001 ada " in again


def test_a_session_of_another_start_is_made_anew(start: Start, tmp_path: Path) -> None:
    ticket = tmp_path / "ticket"
    first = start()
    s_client(first, "-sess_out", str(ticket), said=BYE)
    first.stop()
    again = s_client(start(), "-sess_in", str(ticket), said=BYE)
    assert "New, TLSv1" in again
    assert " 001 ada " in again


def test_renegotiation_is_refused(server: Server) -> None:
    """It would let a peer make us compute for as long as it likes, on one connection."""
    client = Program([needed("openssl"), "s_client", "-tls1_2", "-connect", f"127.0.0.1:{server.port}"])
    client.until("Verify return code")
    client.type("R\n")
    client.until("no renegotiation|handshake failure|unexpected message|:error:")


def shown_certificate(server: Server) -> str:
    return ssl.get_server_certificate(("127.0.0.1", server.port))


def test_a_certificate_that_is_replaced_drops_nobody(
    start: Start, certificate: tuple[str, ...], tmp_path: Path
) -> None:
    """As certbot and its like do it: new files, then SIGHUP. Chats in and outside of TLS go on."""
    server = start(*certificate)
    before = shown_certificate(server)
    inside = Client(server.port, b"NICK ada\r\nUSER a 0 * :a\r\nJOIN #lobby\r\n", tls=True)
    inside.until(b" 366 ")
    outside = JsonClient(server.port, "bob")
    command = [needed("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-days", "2", "-out", certificate[1], "-keyout", certificate[3]]
    subprocess.run(command, check=True, capture_output=True)
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: shown_certificate(server) != before, shown=lambda: server.errors)
    inside.send(b"PRIVMSG #lobby :still here\r\n")
    assert outside.event("message_sent")["text"] == "still here"
    outside.say("and so am I")
    inside.until(b"and so am I")
    assert server.process.poll() is None
    assert "the TLS key is another" in server.errors


def test_a_certificate_that_is_replaced_is_found_without_a_signal(start: Start, certificate: tuple[str, ...]) -> None:
    server = start(*certificate)
    before = shown_certificate(server)
    cert, key = Path(certificate[1]), Path(certificate[3])
    whole = cert.read_bytes()
    cert.write_bytes(whole[:100])  # somebody copies it slowly
    eventually(lambda: "stays the one that was" in server.errors, shown=lambda: server.errors)
    assert shown_certificate(server) == before
    command = [needed("openssl"), "req", "-x509", "-key", str(key), "-subj", "/CN=localhost", "-days", "3"]
    subprocess.run([*command, "-out", str(cert)], check=True, capture_output=True)
    eventually(lambda: shown_certificate(server) != before, shown=lambda: server.errors)
    assert "the TLS key is another" not in server.errors


def test_where_tls_is_required_netcat_is_told_so(start: Start) -> None:
    server = start("--tls", "required")
    netcat = Program([needed("nc"), "127.0.0.1", str(server.port)])
    netcat.type("hello\n")
    netcat.until("This server takes encrypted connections only: turn TLS on in your program")
    encrypted = Program([needed("openssl"), "s_client", "-quiet", "-connect", f"127.0.0.1:{server.port}"])
    encrypted.type("hello\n")
    encrypted.until("You are guest-")


def test_where_tls_is_required_our_client_says_how_and_does_not_wait(start: Start, tmp_path: Path) -> None:
    server = start("--tls", "required")
    refused = Shell(tmp_path, server.port).run("send", "#lobby", typed="one\ntwo\n")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"hobnob: 127.0.0.1:{server.port} takes encrypted connections only. Add --tls.")
