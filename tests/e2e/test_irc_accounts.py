"""Real IRC clients with an account: they log in by SASL, and find what was said while they were away."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.clients import Client, Irssi, JsonClient, WeeChat
from tests.e2e.conftest import Start

PASSWORD = "secret-of-ada"


def account(port: int, name: str) -> None:
    """Make one."""
    client = Client(port, "")
    client.send(f"NICK {name}\r\nUSER x 0 * :x\r\nREGISTER * * {PASSWORD}\r\nQUIT\r\n")
    client.until(f"REGISTER SUCCESS {name}")
    client.until("ERROR")


def weechat(home: Path, port: int) -> WeeChat:
    client = WeeChat(home, port, "ada", PASSWORD)
    client.until("--\tChannel")
    return client


def irssi(home: Path, port: int) -> Irssi:
    client = Irssi(home, port, "ada", PASSWORD)
    client.until("ada [")
    client.say("/window 2")
    return client


@pytest.mark.parametrize("make", [weechat, irssi])
def test_a_client_logs_in_and_finds_what_it_missed(
    make: Callable[[Path, int], WeeChat | Irssi], start: Start, tmp_path: Path
) -> None:
    port = start().port
    account(port, "ada")
    bob = JsonClient(port, "bob")
    first = make(tmp_path / "first", port)
    bob.until('"member_attached"[^\n]*"ada"')
    first.say("hello from ada")
    bob.until("hello from ada")
    bob.tell("send_message", room="#lobby", text="seen by ada")
    first.until("seen by ada")
    first.say("/quit")
    bob.until('"state":"offline"')
    bob.tell("send_message", room="#lobby", text="missed by ada")
    bob.tell("send_message", room="@ada", text="psst ada")
    again = make(tmp_path / "again", port)
    again.until("Said while you were away")
    again.until("missed by ada")
    assert not any("seen by ada" in line for line in again.lines())
