"""Real IRC clients with an account: they log in by SASL, and find what was said while they were away.

In clear text on this machine by the password; over TLS, whose certificate the server made itself and they have pinned,
by a token, which the ones that know SCRAM do not send.
"""

import hashlib
import re
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.clients import Client, Irssi, JsonClient, Program, WeeChat
from tests.e2e.conftest import Start
from tests.e2e.server import Server

PASSWORD = "secret-of-ada"
Make = Callable[[Path, Server, str], WeeChat | Irssi]


def account(port: int, name: str) -> str:
    """Make one, and a token for it."""
    client = Client(port, f"NICK {name}\r\nUSER x 0 * :x\r\nREGISTER * * {PASSWORD}\r\n")
    client.until(f"REGISTER SUCCESS {name}")
    client.send(f"NS TOKEN {PASSWORD} laptop\r\nQUIT\r\n")
    told = re.search(rb"hb_[\w-]{32}", client.until("ERROR"))
    assert told is not None
    return told[0].decode()


def certificate(server: Server) -> str:
    """What a person would pin: they run the server, or were told by who does."""
    der = ssl.PEM_cert_to_DER_cert((server.data / "tls" / "cert.pem").read_text())
    return hashlib.sha256(der).hexdigest()


def ready(client: WeeChat | Irssi) -> WeeChat | Irssi:
    """A client that is in the lobby and can be typed to."""
    if isinstance(client, WeeChat):
        client.until("--\tChannel")
    else:
        client.until("ada [")
        client.say("/window 2")
    return client


def weechat(home: Path, server: Server, token: str) -> WeeChat:
    return WeeChat(home, server.port, "ada", PASSWORD)


def irssi(home: Path, server: Server, token: str) -> Irssi:
    return Irssi(home, server.port, "ada", PASSWORD)


def weechat_by_scram(home: Path, server: Server, token: str) -> WeeChat:
    return WeeChat(home, server.port, "ada", token, mechanism="scram-sha-256", pinned=certificate(server))


def irssi_over_tls(home: Path, server: Server, token: str) -> Irssi:
    """Before 1.5 it knows no SCRAM."""
    return Irssi(home, server.port, "ada", token, pinned=certificate(server))


@pytest.mark.parametrize("make", [weechat, irssi, weechat_by_scram, irssi_over_tls])
def test_a_client_logs_in_and_finds_what_it_missed(make: Make, start: Start, tmp_path: Path) -> None:
    server = start()
    token = account(server.port, "ada")
    bob = JsonClient(server.port, "bob")
    nan = Program(["nc", "127.0.0.1", str(server.port)])
    nan.type("\nnan\n")
    nan.until("Welcome, nan")
    first = ready(make(tmp_path / "first", server, token))
    first.say("hello from ada")
    bob.until("hello from ada")
    nan.until("hello from ada")
    bob.tell("send_message", room="#lobby", text="seen by ada")
    first.until("seen by ada")
    nan.type("nan was here too\n")
    first.until("nan was here too")
    first.say("/quit")
    bob.until('"state":"offline"')
    bob.tell("send_message", room="#lobby", text="missed by ada")
    bob.tell("send_message", room="@ada", text="psst ada")
    again = ready(make(tmp_path / "again", server, token))
    again.until("Said while you were away")
    again.until("missed by ada")
    assert not any("seen by ada" in line for line in again.lines())
