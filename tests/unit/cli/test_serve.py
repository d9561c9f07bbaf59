"""What `hobnob` prints: help, version, how to reach the server, and why it does not start."""

from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hobnob import __version__, node
from hobnob.cli.app import app, run
from hobnob.cli.serve import welcome
from hobnob.config import Config, sentences
from hobnob.net.listener import PortTaken
from hobnob.net.tls import TlsRefused
from hobnob.stores.store import StoreRefused


def test_alone_it_shows_its_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "serve" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"hobnob {__version__}\n"
    assert metadata.version("hobnob") == __version__


def test_a_verb_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serv"]) == 2
    assert 'Did you mean "serve"?' in capsys.readouterr().err


def test_the_help_has_every_flag_and_its_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "console", Console(width=400))
    assert run(["serve", "--help"]) == 0
    printed = capsys.readouterr().out
    for name, sentence in sentences().items():
        assert f"--{name.replace('_', '-')} " in printed
        assert sentence in printed
    assert "hobnob serve --config hobnob.toml" in printed


@pytest.mark.parametrize(
    "refusal", [StoreRefused("It is in use."), PortTaken(98, "It is taken."), TlsRefused("It is encrypted.")], ids=repr
)
def test_what_cannot_start_says_why(
    refusal: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(config: Config, ready: node.Ready, console: node.Console | None) -> int:
        raise refusal

    monkeypatch.setattr(node, "serve", serve)
    monkeypatch.setattr("hobnob.cli.logs.start_logs", lambda: None)
    assert run(["serve"]) == 2
    assert capsys.readouterr().err == f"hobnob: {refusal}\n"


KEY = "wV4M6kMLHA9JCHuTPTh9eqlLKJVEfa6PdoCYm4AQkF0"


def test_the_block_at_the_start() -> None:
    block = welcome(Config(data=Path("/chat")), [("127.0.0.1", 4321)], KEY)
    assert "http://127.0.0.1:4321/" in block
    assert "nc 127.0.0.1 4321" in block
    assert "-c 127.0.0.1 -p 4321" in block
    assert "ws://127.0.0.1:4321/ws" in block
    assert "/chat" in block
    assert f"TLS key  {KEY}" in block
    assert "openssl" not in block


def test_the_block_names_no_plain_way_where_tls_is_required() -> None:
    block = welcome(Config(tls="required"), [("127.0.0.1", 4321)], KEY)
    assert "https://127.0.0.1:4321/" in block
    assert "irssi -c 127.0.0.1 -p 4321 --tls\n" in block
    assert "nc 127" not in block


SHUT_OUT = "But nobody new from elsewhere gets in"


@pytest.mark.parametrize(
    ("settings", "is_told"),
    [
        ({"host": "*", "tls": "off"}, True),
        ({"host": "192.0.2.1", "tls": "off", "access": "accounts"}, True),
        ({"also_listen": ("192.0.2.1:6667",), "tls": "off"}, True),
        ({"host": "*", "tls": "off", "access": "open"}, False),
        ({"host": "*", "tls": "off", "web_proxies": ("192.0.2.0/24",)}, False),
        ({"host": "*", "tls": "off", "trusted_proxies": ("192.0.2.0/24",)}, False),
        ({"tls": "off", "public": True}, False),
        ({"host": "*"}, False),
    ],
    ids=str,
)
def test_that_nobody_new_can_come_in_is_said_at_the_start(settings: dict[str, Any], is_told: bool) -> None:
    said = welcome(Config(**settings), [("192.0.2.1", 8080)], "")
    assert (SHUT_OUT in said) is is_told


def test_the_block_with_tls_and_ipv6() -> None:
    config = Config(host="::1", tls_cert=Path("c"), tls_key=Path("k"))
    block = welcome(config, [("::1", 4321)], KEY)
    assert "https://[::1]:4321/" in block
    assert "wss://[::1]:4321/ws" in block
    assert "nc ::1 4321" in block
    assert "openssl s_client -quiet -connect [::1]:4321" in block


def test_the_block_names_an_address_that_can_be_reached() -> None:
    block = welcome(Config(host="*"), [("0.0.0.0", 4321), ("::", 4321)], "")
    assert "http://127.0.0.1:4321/" in block
    assert "0.0.0.0" not in block
    assert "TLS key" not in block
    assert "in place of 127.0.0.1" in block
    assert (
        "Only who has an invite may come in, since others can reach this machine; --access says otherwise.\n" in block
    )
